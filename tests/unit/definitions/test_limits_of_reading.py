"""How large the text of a file may be before anybody looks at what it says: at each border."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flowengine.definitions.load import C_PARSER, PURE_PARSER, Parser, load
from flowengine.errors import DefinitionError

PARSERS = pytest.mark.parametrize("parser", [C_PARSER, PURE_PARSER], ids=["libyaml", "pure"])
SIZE_BYTES = 262_144
HEAD = "title: x\n# "


def outcome(text: str | bytes, parser: Parser = C_PARSER) -> str:
    """Nothing, or what the file is refused with."""
    try:
        load(text, path="f.yaml", parser=parser)
    except DefinitionError as error:
        [problem] = error.problems
        return f"{problem.code} {problem.message}"
    return ""


@pytest.mark.parametrize("letter", ["a", "ä", "€", "\U0001f600"])
@pytest.mark.parametrize("encoded", [False, True], ids=["text", "bytes"])
def test_file_is_at_most_256_kib(letter: str, *, encoded: bool) -> None:
    def file(size_bytes: int) -> str | bytes:
        count, rest = divmod(size_bytes - len(HEAD), len(letter.encode()))
        text = f"{HEAD}{letter * count}{'.' * rest}"
        assert len(text.encode()) == size_bytes
        return text.encode() if encoded else text

    assert [outcome(file(SIZE_BYTES + more)) for more in (-1, 0)] == ["", ""]
    assert outcome(file(SIZE_BYTES + 1)) == "FE107 the file is larger than 256 KiB"


VALUES: dict[str, Callable[[int], str]] = {
    # the map and the list are two of them
    "items": lambda n: f"a: [{'1,' * (n - 2)}]",
    "items of lines": lambda n: "a:\n" + "- 1\n" * (n - 2),
    "keys": lambda n: "".join(f"k{i}:\n" for i in range(n - 1)),
    # an alias is as many as what it stands for: here a list and 196 items, a hundred times and one
    "aliases": lambda n: (
        f"a: &a [{'1,' * 196}]\nb: [{'*a,' * 100}]\nc: [{'1,' * (n - 3 - 101 * 197)}]"
    ),
}


@pytest.mark.parametrize("what", VALUES)
def test_file_has_at_most_20_000_values(what: str) -> None:
    file = VALUES[what]

    assert [outcome(file(n)) for n in (19_999, 20_000)] == ["", ""]
    assert outcome(file(20_001)) == "FE107 more than 20000 values"


def test_file_has_at_most_20_000_values_without_libyaml_too() -> None:
    file = VALUES["keys"]

    assert outcome(file(20_000), PURE_PARSER) == ""
    assert outcome(file(20_001), PURE_PARSER) == "FE107 more than 20000 values"


@PARSERS
def test_file_has_at_most_100_aliases(parser: Parser) -> None:
    def file(aliases: int) -> str:
        return f"a: &a 1\nb: &b [*a]\nc: [{'*a, *b, ' * ((aliases - 1) // 2)}]\n" + (
            "d: *b\n" if aliases % 2 == 0 else ""
        )

    assert [outcome(file(n), parser) for n in (99, 100)] == ["", ""]
    assert outcome(file(101), parser) == "FE107 more than 100 aliases"


LEVELS: dict[str, Callable[[int], str]] = {
    # the map around is the first
    "lists": lambda n: f"a: {'[' * (n - 1)}{']' * (n - 1)}",
    "a value in lists": lambda n: f"a: {'[' * (n - 2)}1{']' * (n - 2)}",
    "maps": lambda n: f"{'{a: ' * (n - 1)}1{'}' * (n - 1)}",
    "indented maps": lambda n: "\n".join(f"{' ' * i}a:" for i in range(n - 1)),
    "dashes": lambda n: f"a:\n{'- ' * (n - 2)}1",
    "an alias": lambda n: f"a: &a [[[[1]]]]\nb: {'[' * (n - 6)}*a{']' * (n - 6)}",
}


@PARSERS
@pytest.mark.parametrize("what", LEVELS)
def test_file_has_at_most_64_levels(what: str, parser: Parser) -> None:
    file = LEVELS[what]

    assert [outcome(file(n), parser) for n in (63, 64)] == ["", ""]
    assert outcome(file(65), parser) == "FE107 more than 64 levels"

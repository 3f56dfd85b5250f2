"""The limits of expressions, each below, at and above its border."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from flowengine.definitions.expressions.evaluate import evaluate, render
from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.errors import ExpressionError

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def outcome(done: Callable[[], Any]) -> str:
    """Nothing, or the code of the refusal."""
    try:
        done()
    except ExpressionError as error:
        return error.code
    return ""


def read(text: str) -> str:
    return outcome(lambda: parse_expression(text))


def value(text: str, scope: Any) -> str:
    return outcome(lambda: evaluate(parse_expression(text), scope, NOON))


def result(template: Any, scope: Any) -> str:
    return outcome(lambda: render(parse_template(template), scope, NOON))


def items(count: int) -> str:
    """A list: a node of its own, and one for each item."""
    return f"[{','.join('1' * (count - 1))}]"


READ: dict[str, tuple[int, Callable[[int], str]]] = {
    "characters": (2_000, lambda n: f"'{'a' * (n - 2)}'"),
    "characters of a path": (2_000, lambda n: f"a.{'b' * (n - 2)}"),
    "nodes": (500, items),
    "nodes of names": (500, lambda n: f"[{','.join('a' * (n - 3))}, -a]"),
    "brackets": (32, lambda n: "(" * n + "1" + ")" * n),
    "lists": (32, lambda n: "[" * n + "]" * n),
    "calls": (32, lambda n: "abs(" * (n - 1) + "1" + ")" * (n - 1)),
    "signs": (32, lambda n: "!" * (n - 1) + "a"),
    "keys": (32, lambda n: "a[" * (n - 1) + "1" + "]" * (n - 1)),
    "a chain of sums": (32, lambda n: "+".join("1" * n)),
    "a chain of names": (32, lambda n: ".".join("a" * n)),
}
"""By what is counted: the most, and the expression that has so many."""


@pytest.mark.parametrize("what", READ)
def test_size_is_bounded_when_it_is_read(what: str) -> None:
    most, made = READ[what]

    assert [read(made(n)) for n in (most - 1, most, most + 1)] == ["", "", "FE209"]
    assert [
        outcome(lambda n=n: parse_template(f"${{{{ {made(n)} }}}}"))  # type: ignore[misc]
        for n in (most - 1, most, most + 1)
    ] == ["", "", "FE209"]


def test_cost_is_a_hundred_thousand_units() -> None:
    def spends(units: int) -> str:
        """9 nodes around; 8,000 items to make, each with a body of 11; and the rest in a list."""
        rest = units - 9 - 8_000 - 8_000 * 11
        return f"size(range({rest})) > 0 && range(8000).all(i, [1, 1, 1, 1, 1, 1, 1] != [])"

    assert [value(spends(n), {}) for n in (99_999, 100_000, 100_001)] == ["", "", "FE405"]


TEXT = 64 * 1024
MADE: dict[str, tuple[int, str, Callable[[int], Any]]] = {
    "text of +": (TEXT, "t + 'b'", lambda n: {"t": "a" * (n - 1)}),
    "text of join": (TEXT, "t.join('--')", lambda n: {"t": ["a" * (n - 3), "b"]}),
    "text of replace": (TEXT, "t.replace('b', 'cde')", lambda n: {"t": "a" * (n - 3) + "b"}),
    "text of toJson": (TEXT, "toJson(t)", lambda n: {"t": "a" * (n - 2)}),
    "text of upper": (TEXT, "t.upper()", lambda n: {"t": "ß" + "a" * (n - 2)}),
    "items of range": (10_000, "range(n)", lambda n: {"n": n}),
    "items of +": (10_000, "x + [1]", lambda n: {"x": [0] * (n - 1)}),
    "items of split": (10_000, "t.split(',')", lambda n: {"t": "," * (n - 1)}),
    "items of flatten": (10_000, "flatten([x, 1])", lambda n: {"x": [0] * (n - 1)}),
    "items of a loop": (10_000, "x.map(v, v)", lambda n: {"x": [0] * n}),
    "keys of a loop": (10_000, "x.all(k, true)", lambda n: {"x": {f"k{i}": 0 for i in range(n)}}),
    "keys of merge": (
        *(10_000, "merge(x, {'a': 1})"),
        lambda n: {"x": {f"k{i}": 0 for i in range(n - 1)}},
    ),
}
"""By what is made: the most, the expression, and the scope with which it makes so many."""


@pytest.mark.parametrize("what", MADE)
def test_what_is_made_is_bounded(what: str) -> None:
    most, text, scope = MADE[what]

    assert [value(text, scope(n)) for n in (most - 1, most, most + 1)] == ["", "", "FE405"]


def test_text_around_expressions_is_bounded() -> None:
    texts = [{"t": "a" * (TEXT - 2 + more)} for more in (-1, 0, 1)]

    assert [result("<${{ t }}>", scope) for scope in texts] == ["", "", "FE405"]


RESULT = 256 * 1024


@pytest.mark.parametrize(
    ("template", "around"),
    [
        ("${{ [t] }}", 3 + 3),
        ("${{ {'key': t} }}", 3 + (3 + 4) + 3),
        ("${{ [[], t, {}, 1] }}", 3 + 3 + 3 + 3 + 8),
    ],
)
def test_result_is_bounded(template: str, around: int) -> None:
    """Roughly as JSON: 3 of a list, a map, and for the quotes of a text; 8 of what else there is."""
    texts = [{"t": "a" * (RESULT - around + more)} for more in (-1, 0, 1)]

    assert [result(template, scope) for scope in texts] == ["", "", "FE405"]

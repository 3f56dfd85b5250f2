"""The canonical text of files as people write them: the examples, wrong ones, odd ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowengine.definitions.digest import digest
from flowengine.definitions.formatting import formatted
from flowengine.definitions.load import load
from flowengine.definitions.nodes import to_json
from flowengine.definitions.parse import parse
from flowengine.errors import DefinitionError
from tests.unit.definitions.hostile_files import UNUSUAL

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "workflows").glob("*.yaml"))
SHIPPED = sorted((Path(__file__).parents[3] / "flowengine").rglob("workflows/*.yaml"))
REFUSED = sorted((Path(__file__).parent / "refused").rglob("*.yaml"))


def _digest(text: str) -> str:
    return digest(to_json(load(text, path="f").root))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_formatted_example_is_the_same_version_with_all_its_comments(path: Path) -> None:
    text = path.read_text()
    once = formatted(text)

    assert parse(once).digest == parse(text).digest
    assert formatted(once) == once
    assert sorted(re.findall(r"#.*", once)) == sorted(re.findall(r"#.*", text))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_file_of_the_package_is_canonical(path: Path) -> None:
    assert formatted(path.read_text()) == path.read_text()


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_wrong_file_is_refused_or_formatted_once_and_for_all(path: Path) -> None:
    text = path.read_text()
    try:
        once = formatted(text)
    except DefinitionError:
        return

    assert _digest(once) == _digest(text)
    assert formatted(once) == once
    assert once.count("#") == text.count("#")


@pytest.mark.parametrize("name", UNUSUAL)
def test_file_that_only_looks_odd_is_the_same_version_afterwards(name: str) -> None:
    once = formatted(UNUSUAL[name])

    assert parse(once).digest == parse(UNUSUAL[name]).digest
    assert formatted(once) == once

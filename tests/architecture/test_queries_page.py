"""The page of queries names every key that there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowengine.orchestration.querying import COLUMNS, SEARCHED_MAX
from flowengine.orchestration.selections import COUNT_MAX

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "queries.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_key_is_on_the_page(kind: str) -> None:
    [row] = re.findall(rf"^\| {kind.replace('_', ' ')}s \| (.*) \|$", PAGE, re.MULTILINE)

    named = re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", row))

    assert named == list(COLUMNS[kind])


def test_keys_with_an_index_and_the_bound_of_the_others_are_on_the_page() -> None:
    with_index = {
        kind: [key for key, column in columns.items() if column.has_index]
        for kind, columns in COLUMNS.items()
    }

    said = re.sub(r"\s+", " ", PAGE)
    letters, events = (
        ", ".join(f"`{key}`" for key in with_index[kind]) for kind in ("dead_letter", "event")
    )
    assert (
        f"of dead letters {letters}; of runs all but `digest` and `label`; of events {events};"
        in said
    )
    assert COLUMNS["run"].keys() - {*with_index["run"]} == {"digest", "label"}
    assert f"the newest {SEARCHED_MAX:,} of what" in said


def test_bound_of_a_selection_is_on_the_page() -> None:
    assert f"at most {COUNT_MAX:,} things" in PAGE

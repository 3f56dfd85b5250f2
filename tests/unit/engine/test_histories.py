"""Recorded runs, decided again: no release changes the past."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.engine.recorded import FOLDER, decided_again, read

HISTORIES = sorted(FOLDER.glob("*.json"))


def test_there_are_recorded_histories() -> None:
    assert len(HISTORIES) >= 3


@pytest.mark.parametrize("path", HISTORIES, ids=lambda each: each.stem)
def test_recorded_run_is_decided_as_it_was(path: Path) -> None:
    for number, (entry, decided) in enumerate(decided_again(read(path))):
        assert decided == entry["decided"], f"entry {number} of {path.name}"

"""Recorded runs, decided again: no release changes the past."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowengine.definitions.steps import KINDS
from flowengine.engine.transitions import Transition
from tests.unit.engine.recorded import FOLDER, decided_again, read, workflow_of

HISTORIES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda each: each.stem)
def test_recorded_run_is_decided_as_it_was(path: Path) -> None:
    for number, (entry, decided) in enumerate(decided_again(read(path))):
        assert decided == entry["decided"], f"entry {number} of {path.name}"


def test_every_kind_of_step_is_in_a_recorded_workflow() -> None:
    steps = [
        spot.step for path in HISTORIES for spot in workflow_of(read(path)).graph.spots.values()
    ]

    assert {type(step) for step in steps} == set(KINDS)
    assert any(step.loop is not None for step in steps)
    assert any(step.rescue for step in steps)


def test_every_kind_of_transition_is_in_a_recorded_history() -> None:
    recorded = {
        transition["t"]
        for path in HISTORIES
        for entry in read(path)["entries"]
        for transition in entry["decided"]["transitions"]
    }

    assert {kind.__struct_config__.tag for kind in Transition.__args__} - recorded == {
        "run.queued",
        "run.expired",
    }

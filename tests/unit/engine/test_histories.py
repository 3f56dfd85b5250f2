"""Recorded runs, decided again: no release changes the past."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from flowengine.definitions.steps import KINDS
from flowengine.engine.commands import Command
from flowengine.engine.messages import Message
from flowengine.engine.transitions import Transition
from tests.unit.engine.constructs import constructs
from tests.unit.engine.recorded import FOLDER, decided_again, read, workflow_of

CONSTRUCTS = {
    *("if", "title", "needs", "timeout", "output", "compensate", "on_unknown", "detach"),
    *("fail_fast: false", "max_parallel", "max_failures", "give_up_after", "start_within"),
    *("on_failure", "finally", "cancel_on", "hold_on_failure"),
    *(f"rescue: {kind}" for kind in ("task", "wait_for", "parallel", "for_each")),
    *(f"for_each in {outer}" for outer in ("for_each", "parallel", "switch", "finally")),
    *("rescue in rescue", "rescue in for_each", "steps in switch", "parallel in rescue"),
    *("switch in finally", "workflow in on_failure", "compensate in for_each"),
    "for_each in parallel in switch",
}
HISTORIES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda each: each.stem)
def test_recorded_run_is_decided_as_it_was(path: Path) -> None:
    for number, (entry, decided) in enumerate(decided_again(read(path))):
        assert decided == entry["decided"], f"entry {number} of {path.name}"


def test_every_construct_is_in_a_recorded_workflow() -> None:
    seen: set[str] = set()
    for path in HISTORIES:
        seen |= constructs(workflow_of(read(path)))

    assert set(KINDS.values()) - seen == set()
    assert CONSTRUCTS - seen == set()


def test_every_message_and_every_command_is_in_a_recorded_history() -> None:
    entries = [entry for path in HISTORIES for entry in read(path)["entries"]]
    commands = {each["command"] for entry in entries for each in entry["decided"]["commands"]}

    said = {entry["message"] for entry in entries if "message" in entry}
    assert said == _names_of(Message)
    assert commands == _names_of(Command)


def _names_of(union: Any) -> set[str]:
    return {kind.__name__ for kind in get_args(union)}


def test_every_kind_of_transition_is_in_a_recorded_history() -> None:
    recorded = {
        transition["t"]
        for path in HISTORIES
        for entry in read(path)["entries"]
        for transition in entry["decided"]["transitions"]
    }

    assert {kind.__struct_config__.tag for kind in Transition.__args__} - recorded == set()

"""``flow explain``: what the gates say to an event, as it was recorded and as it would be now."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pytest_django import Settings

from flowengine import emit
from flowengine.cli.exits import Exit
from flowengine.models import DeadLetterRecord
from flowengine.testing import Runner, inline
from tests.builders.files import declare
from tests.database.cli.conftest import Flow

pytestmark = pytest.mark.django_db

WORKFLOW = """
workflow: gated
on: gate.knocked
inputs: {who: string}
steps: [{sleep: 1d}]
"""
TRIGGER = "  ✓ on[0] gate.knocked"
Gated = Callable[[str], Runner]


@pytest.fixture
def gated(settings: Settings, tmp_path: Path) -> Gated:
    """The workflow with these gates, synchronised; its clock stands at the present."""

    def synchronised(gates: str) -> Runner:
        declare(settings, tmp_path, WORKFLOW + gates)
        with inline() as runner:
            return runner

    return synchronised


def knocked(runner: Runner, *given: object) -> list[UUID]:
    """One event for each of *given*, routed one after another; their ids."""
    events = []
    for who in given:
        events.append(emit("gate.knocked", {"who": who}).event_id)
        runner.run()
    return events


def told(flow: Flow, *event: str) -> tuple[int, list[str]]:
    """The exit code, and the lines about the workflow but for when it was recorded, and by which version."""
    said = flow("explain", *event, "--workflow", "gated")
    return said.code, [
        line for line in said.out.splitlines()[1:] if not line.startswith("  recorded")
    ]


def told_of_a_file(flow: Flow, folder: Path, who: object) -> tuple[int, list[str]]:
    """The same of an event that is written in a file, and was never published."""
    file = folder / "event.json"
    file.write_text(json.dumps({"type": "gate.knocked", "data": {"who": who}}), encoding="utf-8")
    return told(flow, str(file))


def recorded_line(flow: Flow, event: UUID) -> str:
    """What is said of when, by which version, and as which run."""
    lines = flow("explain", str(event), "--workflow", "gated").out.splitlines()
    [found] = [line for line in lines if line.startswith("  recorded")]
    return found


def test_start_that_a_throttle_drops_is_told_with_when_the_limit_ends(
    flow: Flow, gated: Gated, tmp_path: Path
) -> None:
    runner = gated("throttle: {limit: 1, per: 1d, excess: drop}")
    until = f"{runner.clock.now() + timedelta(days=1):%Y-%m-%d %H:%M:%S} UTC"
    first, second = knocked(runner, "ann", "bob")
    lines = [
        f"gated: dropped  the limit of 1 is reached until {until}",
        TRIGGER,
        "  throttle key  one for all",
    ]

    assert told(flow, str(first)) == (Exit.OK, ["gated: started", *lines[1:]])
    assert told(flow, str(second)) == (Exit.FAILED, lines)
    assert told_of_a_file(flow, tmp_path, "eve") == (Exit.FAILED, lines)
    assert "  run " not in recorded_line(flow, second)


def test_run_that_waits_for_its_slot_is_told_with_the_slot(
    flow: Flow, gated: Gated, tmp_path: Path
) -> None:
    runner = gated("throttle: {limit: 1, per: 1d, key: inputs.who}")
    slots = [
        f"gated: queued  until its slot at {runner.clock.now() + timedelta(days=n):%Y-%m-%d %H:%M:%S} UTC"
        for n in (1, 2)
    ]
    key = "  throttle key  ann"
    _first, second = knocked(runner, "ann", "ann")

    assert told(flow, str(second)) == (Exit.OK, [slots[0], TRIGGER, key])
    assert told_of_a_file(flow, tmp_path, "ann") == (Exit.OK, [slots[1], TRIGGER, key])
    assert told_of_a_file(flow, tmp_path, "bob")[1][0] == "gated: started"
    [queued] = [run for run in runner.runs_of("gated") if run.state == "queued"]
    assert recorded_line(flow, second).endswith(f"  run {queued.id}")


def test_run_that_waits_for_a_place_is_told_with_those_before_it(
    flow: Flow, gated: Gated, tmp_path: Path
) -> None:
    runner = gated("concurrency: {key: inputs.who}")
    _first, second, third = knocked(runner, "ann", "ann", "ann")

    for event, queued in ((str(second), 0), (str(third), 1)):
        assert told(flow, event) == (
            Exit.OK,
            [
                f"gated: queued  1 open and {queued} queued already for key 'ann'",
                TRIGGER,
                "  concurrency key  ann",
            ],
        )
    assert told_of_a_file(flow, tmp_path, "ann")[1][0] == (
        "gated: queued  1 open and 2 queued already for key 'ann'"
    )
    assert told_of_a_file(flow, tmp_path, "bob")[1][0] == "gated: started"


def test_start_for_which_the_queue_is_full_is_told_and_is_a_dead_letter(
    flow: Flow, gated: Gated, tmp_path: Path
) -> None:
    runner = gated("concurrency: {key: inputs.who, max_queued: 1}")
    _first, _second, third = knocked(runner, "ann", "ann", "ann")
    detail = "gated: 1 runs already wait for key 'ann'"
    lines = [f"gated: overflow  {detail}", TRIGGER, "  concurrency key  ann"]

    assert told(flow, str(third)) == (Exit.FAILED, lines)
    letter = DeadLetterRecord.objects.get()
    assert (letter.event_id, letter.code, letter.message) == (third, "FE307", detail)
    assert told_of_a_file(flow, tmp_path, "ann") == (Exit.FAILED, lines)


def test_data_that_do_not_fit_are_told(flow: Flow, gated: Gated, tmp_path: Path) -> None:
    [event] = knocked(gated("concurrency: {key: inputs.who}"), 7)
    lines = ["gated: bad input  gated: input 'who' must be string, not integer", TRIGGER]

    assert told(flow, str(event)) == (Exit.FAILED, lines)
    assert told_of_a_file(flow, tmp_path, 7) == (Exit.FAILED, lines)
    letter = DeadLetterRecord.objects.get()
    assert (letter.event_id, letter.code) == (event, "FE306")


def test_event_that_a_newer_one_of_its_burst_has_superseded_is_told(
    flow: Flow, gated: Gated, tmp_path: Path
) -> None:
    runner = gated("debounce: {key: inputs.who, period: 1d}")
    first, second = knocked(runner, "ann", "ann")
    until = f"{runner.clock.now() + timedelta(days=1):%Y-%m-%d %H:%M:%S} UTC"
    rest = [TRIGGER, "  debounce key  ann"]

    assert told(flow, str(first)) == (
        Exit.FAILED,
        [f"gated: debounced  event {second} is newer", *rest],
    )
    assert told(flow, str(second)) == (
        Exit.OK,
        [f"gated: debouncing  until {until} at the earliest", *rest],
    )
    assert told_of_a_file(flow, tmp_path, "ann")[1][0].startswith("gated: debouncing  until ")

    runner.advance("1d")

    assert told(flow, str(first))[1][0] == f"gated: debounced  event {second} is newer"
    assert told(flow, str(second)) == (Exit.OK, ["gated: started", *rest])

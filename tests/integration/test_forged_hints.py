"""Whatever is put into a station's queue: only the step's row says what is to be done."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from flowengine import emit
from flowengine.models import DeadLetterRecord, RunRecord, StepRecord
from tests.conformance.witness import eventually
from tests.integration.strangers import (
    Message,
    Stranger,
    Worker,
    a_hint,
    an_event,
    assert_undisturbed,
    nested_table,
    timestamp,
    to_station,
    until_ended,
)
from tests.project.models import Mark

MIB = 1024 * 1024
DEEP = b'{"run_id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def said(body: bytes) -> Message:
    """A message of these bytes, in the queue of a station."""
    return to_station(Message(body=body))


UNREADABLE = {
    "random bytes": (said(random.Random(8).randbytes(500)), "JSON is malformed"),
    "nothing": (said(b""), "truncated"),
    "a list": (said(b"[]"), "Expected `object`, got `array`"),
    "100,000 levels": (said(DEEP), "at `$.run_id`"),
    "1 MiB": (said(b'"' + b"x" * MIB), "truncated"),
    "an event": (to_station(an_event()), "missing required field `run_id`"),
    "no run": (a_hint("run_id"), "missing required field `run_id`"),
    "no step": (a_hint("step"), "missing required field `step`"),
    "a run that is no UUID": (a_hint(run_id="7"), "Invalid UUID - at `$.run_id`"),
    "an empty step": (a_hint(step=""), "at `$.step`"),
    "a step without end": (a_hint(step="a" * 256), "at `$.step`"),
    "a control character": (a_hint(step="o\x00ne"), "`step` contains a control character"),
    "an item below zero": (a_hint(item="-1"), "at `$.item`"),
    "an item of another kind": (a_hint(item=1), "at `$.item`"),
    "an attempt beyond all": (a_hint(attempt=2**31), "at `$.attempt`"),
    "an attempt of another kind": (a_hint(attempt="1"), "at `$.attempt`"),
}

STRAY = {
    "a run that is not there": a_hint(),
    "unknown fields": a_hint(run_id=str(UUID(int=8)), more={"of": "this"}),
    "odd headers": replace(
        a_hint(run_id=str(UUID(int=9))),
        headers={"deep": nested_table(2000), "at": timestamp(2**63)},
    ),
}


def test_what_is_no_hint_is_kept_as_unreadable(
    worker: Worker, stranger: Stranger, subtests: pytest.Subtests
) -> None:
    stranger.publish(*(message for message, _ in UNREADABLE.values()))

    assert_undisturbed(worker, stranger)
    for name, (message, says) in UNREADABLE.items():
        with subtests.test(name):
            letter = DeadLetterRecord.objects.get(body=message.body[:MIB])
            assert (letter.kind, letter.code, letter.state) == ("unreadable", "FE301", "open")
            assert says in letter.message
    assert DeadLetterRecord.objects.count() == len(UNREADABLE)


def test_hint_that_names_no_run_is_acknowledged_and_counted(
    worker: Worker, stranger: Stranger
) -> None:
    stranger.publish(*STRAY.values())

    assert_undisturbed(worker, stranger)
    assert worker.stale == len(STRAY)
    assert not DeadLetterRecord.objects.exists()


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"attempt": 1}, id="the running attempt"),
        pytest.param({"attempt": 99}, id="an attempt to come"),
        pytest.param({"step": "two"}, id="a step to come"),
        pytest.param({"step": "nowhere"}, id="a step that the workflow has not"),
        pytest.param({"item": "5"}, id="an item that is not there"),
    ],
)
def test_forged_hint_for_a_running_step_runs_nothing_twice(
    worker: Worker, stranger: Stranger, forged: dict[str, Any]
) -> None:
    run_id = emit("line.begun", {"seconds": 0.1}).run_ids["line"]
    until_step_is(run_id, "one", "running")

    stranger.publish(*[a_hint(**{"run_id": str(run_id), "step": "one", **forged})] * 3)

    until_ended(run_id)
    assert_undisturbed(worker, stranger)
    attempts = StepRecord.objects.filter(run_id=run_id).values_list("attempt", flat=True)
    assert list(attempts) == [1] * 5
    assert marks_of(run_id) == ["four", "one", "three", "two"]
    assert worker.stale >= 1


def test_forged_hint_does_not_shorten_the_wait_before_a_retry(
    worker: Worker, stranger: Stranger
) -> None:
    run_id = emit("troubled.flaky", {"order_id": 1}).run_ids["troubled"]
    until_step_is(run_id, "flaky", "retrying")

    stranger.publish(
        *(a_hint(run_id=str(run_id), step="flaky", attempt=attempt) for attempt in (0, 1, 2, 99))
    )

    until_ended(run_id)
    assert_undisturbed(worker, stranger)
    flaky = StepRecord.objects.get(run_id=run_id, step="flaky")
    assert flaky.started_at is not None
    assert flaky.first_started_at is not None
    assert flaky.started_at >= flaky.first_started_at + timedelta(seconds=1)
    assert marks_of(run_id) == ["flaky", "flaky"]
    assert worker.stale >= 1


def test_hint_for_a_run_that_is_over_changes_nothing(worker: Worker, stranger: Stranger) -> None:
    run_id = emit("chain.begun", {}).run_ids["chain"]
    until_ended(run_id)
    before = RunRecord.objects.values().get(pk=run_id)

    stranger.publish(*(a_hint(run_id=str(run_id), step=step) for step in ("one", "five")))

    assert_undisturbed(worker, stranger)
    assert RunRecord.objects.values().get(pk=run_id) == before
    assert worker.stale == 2


def test_a_thousand_forged_hints_are_acknowledged_and_work_goes_on(
    worker: Worker, stranger: Stranger
) -> None:
    strange = [a_hint(run_id=str(UUID(int=n))) for n in range(1, 1001)]

    stranger.publish(*strange)

    assert_undisturbed(worker, stranger)
    assert worker.stale == 1000


def until_step_is(run_id: UUID, step: str, state: str) -> None:
    """Wait until that step is there, in that state."""
    found = StepRecord.objects.filter(run_id=run_id, step=step, state=state)
    eventually(found.exists, f"step {step} is {state}")


def marks_of(run_id: UUID) -> list[str]:
    """The steps whose task was really called, once for each call."""
    return sorted(Mark.objects.filter(run_id=run_id).values_list("step", flat=True))

"""What a run may use up, kept from one transaction to the next, and set by the project."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from flowengine.engine.messages import Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.errors import EditRefused
from flowengine.models import EventRecord, RunRecord
from flowengine.orchestration.control import resume
from tests.builders.stored import claim, define, now, row, start, tell

pytestmark = pytest.mark.django_db

LINE = """
workflow: order
on: order.begun
hold_on_failure: 1h
steps:
  - {id: first, task: line.nothing}
  - {id: second, task: line.nothing}
"""
TOLD = """
workflow: order
on: order.begun
steps:
  - {emit: order.told, with: {text: "${{ event.data.text }}"}}
"""
NO = Failure(code="Declined", message="no funds", permanent=True)


def leave(run: UUID, step: str, size: int) -> None:
    """The step is done, and leaves so many bytes."""
    claim(run, step)
    tell(run, Succeeded(step=step, attempt=1, output="x" * (size - 2)))


@pytest.mark.parametrize(("size", "state"), [(59, "succeeded"), (60, "succeeded"), (61, "held")])
def test_outputs_of_a_run_are_counted_over_its_transactions(
    settings: Any, size: int, state: str
) -> None:
    settings.FLOWENGINE = {"RUN_DATA_MAX_BYTES": 100}
    [run] = start(define(LINE))

    leave(run, "first", 40)
    assert RunRecord.objects.get(pk=run).output_bytes == 40
    leave(run, "second", size)

    record = RunRecord.objects.get(pk=run)
    assert record.state == state
    assert record.output_bytes == (40 + size if state == "succeeded" else 40)
    if state == "held":
        failure = row(run, "second").failure
        assert failure is not None
        assert (failure.code, failure.fe) == ("PayloadTooLarge", "FE423")


@pytest.mark.parametrize(("size", "fits"), [(59, True), (60, True), (61, False)])
def test_output_given_by_hand_counts_too(settings: Any, size: int, *, fits: bool) -> None:
    settings.FLOWENGINE = {"RUN_DATA_MAX_BYTES": 100}
    [run] = start(define(LINE))
    leave(run, "first", 40)
    claim(run, "second")
    tell(run, Failed(step="second", attempt=1, failure=NO))

    if fits:
        resume(run, output="x" * (size - 2), is_done=True, now=now())
    else:
        with pytest.raises(EditRefused, match="too large"):
            resume(run, output="x" * (size - 2), is_done=True, now=now())

    expected = StepState.SUCCEEDED if fits else StepState.FAILED
    assert row(run, "second").state is expected


@pytest.mark.parametrize(("length", "is_published"), [(88, True), (89, True), (90, False)])
def test_event_of_a_step_is_bound_by_the_limit_of_events(
    settings: Any, length: int, *, is_published: bool
) -> None:
    settings.FLOWENGINE = {"EVENT_DATA_MAX_BYTES": 100}
    workflow = define(TOLD)

    [run] = start(workflow, text="x" * length)

    assert EventRecord.objects.filter(type="order.told").exists() is is_published
    state = RunRecord.objects.get(pk=run).state
    assert state == ("succeeded" if is_published else "failed")

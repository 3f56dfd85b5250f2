"""What may have taken effect, through the database: undone, or put up for review."""

from __future__ import annotations

from uuid import UUID

import pytest

from flowengine.engine.messages import Cancel, Due, Failed, Lost, Succeeded
from flowengine.engine.run import Failure
from flowengine.models import DeadLetterRecord, EventRecord, RunRecord, StepRecord
from flowengine.orchestration import control
from flowengine.orchestration.advance import advance
from flowengine.orchestration.audit import By
from flowengine.orchestration.work import Told, Work
from tests.builders.stored import claim, define, now, row, start, tell

pytestmark = pytest.mark.django_db

PAY = """
workflow: pay
on: pay.begun
steps:
  - id: charge
    task: line.nothing
    retry: {attempts: 3}
    compensate: {task: line.nothing, on_unknown: true}
"""
TIMEOUT = Failure(code="Timeout", message="its time was over")


def begun(text: str = PAY) -> UUID:
    [run] = start(define(text))
    claim(run, "charge")
    return run


def has_undo(run: UUID) -> bool:
    return StepRecord.objects.filter(run_id=run, step="undo charge").exists()


def test_attempt_that_is_lost_after_the_run_was_cancelled_is_undone() -> None:
    run = begun()
    tell(run, Cancel())

    tell(run, Lost(step="charge", attempt=1))

    assert (row(run, "charge").state, row(run, "charge").doubt) == ("undoing", "WorkerLost")
    assert has_undo(run)


def test_attempt_that_is_lost_after_the_run_was_cancelled_needs_review() -> None:
    run = begun(PAY.replace(", on_unknown: true", ""))
    tell(run, Cancel())

    tell(run, Lost(step="charge", attempt=1))

    letter = DeadLetterRecord.objects.get(kind="needs review")
    assert (letter.code, letter.step, letter.run_id) == ("FE433", "charge", run)
    assert not has_undo(run)


def test_doubt_of_a_try_is_kept_in_the_row_over_the_next_one() -> None:
    run = begun()
    tell(run, Failed(step="charge", attempt=1, failure=TIMEOUT))
    StepRecord.objects.filter(run_id=run, step="charge").update(due_at=now())
    advance(Work(told=(Told(run_id=run, message=Due()),)), now())
    claim(run, "charge")
    declined = Failure(code="Declined", message="no", permanent=True)

    tell(run, Failed(step="charge", attempt=2, failure=declined))

    assert (row(run, "charge").state, row(run, "charge").doubt) == ("undoing", "Timeout")
    assert has_undo(run)


def test_task_whose_output_is_too_large_is_undone() -> None:
    run = begun(PAY.replace(", on_unknown: true", ""))

    tell(run, Succeeded(step="charge", attempt=1, output={"v": "x" * 300_000}))

    assert row(run, "charge").doubt == "Returned"
    assert has_undo(run)


def test_loop_leaves_more_than_one_step_may() -> None:
    [run] = start(
        define("""
workflow: parcels
on: parcels.begun
steps:
  - {id: each, for_each: "${{ event.data.items }}", max_parallel: 1000, task: line.nothing}
"""),
        items=list(range(1000)),
    )
    items = [str(n) for n in range(1000)]
    claim(run, "each", *items)
    told = [
        Succeeded(step="each", item=item, attempt=1, output={"tracking": "x" * 250})
        for item in items
    ]

    advance(Work(told=tuple(Told(run_id=run, message=each) for each in told)), now())

    assert RunRecord.objects.get(pk=run).state == "succeeded"
    assert len(row(run, "each").output) == 1000


def test_detached_child_of_a_hook_is_called_after_each_end() -> None:
    define("workflow: note\non: {call: true}\nsteps: [{id: work, task: line.nothing}]\n")
    [run] = start(
        define("""
workflow: main
on: main.begun
steps: [{id: charge, task: line.nothing, retry: {attempts: 1}}]
finally: [{id: tell, workflow: note, detach: true}]
""")
    )
    claim(run, "charge")
    tell(run, Failed(step="charge", attempt=1, failure=TIMEOUT))
    control.resume(run, by=By(who="7", reason="repaired"), now=now())
    claim(run, "charge")

    tell(run, Succeeded(step="charge", attempt=2, output={}))

    assert EventRecord.objects.filter(type="flowengine.call").count() == 2

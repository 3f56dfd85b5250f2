"""What comes from outside the line: time that is over, and somebody who wants the run to end.

Stopping is the same for a run that is cancelled and a block that has failed: what sleeps or waits for a
worker is cancelled at once; what runs is told, and awaited. Nothing that is being stopped begins
anything more.
"""

from __future__ import annotations

from flowengine.definitions.steps import ChildStep, GroupStep, ParallelStep
from flowengine.engine import failures, rows
from flowengine.engine.commands import Dispatch, Unlisten
from flowengine.engine.draft import Draft
from flowengine.engine.messages import Cancel, GiveUp
from flowengine.engine.rules import children, conclusion, finish, flow, resume, waits
from flowengine.engine.run import Item, Place, Step
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import (
    RunCancelling,
    RunExpired,
    StepFailing,
    StepReady,
    StepStopping,
)

OPEN = frozenset({RunState.RUNNING, RunState.WAITING, RunState.HELD})
"""It has begun, and has not begun to end."""
_AT_ONCE = frozenset({StepState.READY, StepState.WAITING, StepState.RETRYING})
"""States of rows that nobody is at work on."""


def cancel(draft: Draft, message: Cancel) -> None:
    """The run shall end; one that already ends is left as it is."""
    if draft.run.state is RunState.QUEUED:
        conclusion.conclude(draft, RunState.CANCELLED, by=message.by, reason=message.reason)
    elif draft.run.state in OPEN:
        wind_down(draft, RunCancelling(by=message.by, reason=message.reason))


def run_is_due(draft: Draft) -> bool:
    """Whether the run's own time is over; what that means is :func:`end_of_time`'s.

    What a final run is due for is the shell's to know.
    """
    run = draft.run
    is_final = run.state is not None and run.state.is_final
    return not is_final and run.due_at is not None and run.due_at <= draft.now


def end_of_time(draft: Draft) -> None:
    """The run's own time is over: it expires, is held no longer, or is timed out."""
    run, workflow = draft.run, draft.workflow
    if run.state is RunState.QUEUED:
        since = run.created_at or draft.now
        if workflow.start_within is not None and since + workflow.start_within <= draft.now:
            draft.record(RunExpired())
            if workflow.cancel_on:
                draft.commands.append(Unlisten())
    elif run.state is RunState.HELD:
        resume.give_up(draft, GiveUp(reason="nobody resumed it in time"))
    else:
        failure = failures.run_timeout(workflow.timeout)
        wind_down(draft, RunCancelling(outcome=RunState.FAILED, failure=failure))


def rows_due(draft: Draft) -> list[Place]:
    """Where time has come, in the order in which it came."""
    due = [
        (row.due_at, row.place)
        for row in rows.active(draft.run)
        if row.due_at is not None and row.due_at <= draft.now
    ]
    return [place for _, place in sorted(due)]


def fire(draft: Draft, place: Place) -> None:
    """Do what the time of this row has come for; nothing, where it has ended meanwhile."""
    row = draft.row(place)
    if row is None or row.due_at is None or row.due_at > draft.now:
        return
    if row.state is StepState.RETRYING:
        _ready_again(draft, row)
    elif row.state is StepState.WAITING:
        waits.timed_out(draft, row)
    elif row.state is StepState.RUNNING:
        _time_out(draft, row)


def _ready_again(draft: Draft, row: Step) -> None:
    draft.record(
        StepReady(step=row.id, item=row.item, task=row.task, station=row.station, again=True)
    )
    draft.commands.append(
        Dispatch(step=row.id, item=row.item, station=row.station, attempt=row.attempt)
    )


def _time_out(draft: Draft, row: Step) -> None:
    """A block did not end in its time: what is inside is stopped, then it fails."""
    step = draft.spot(row.place).step
    assert isinstance(step, GroupStep | ParallelStep), "no other block has a time of its own"
    assert step.timeout is not None, "its due_at came from there"
    failure = failures.step_timeout(step.id, step.timeout)
    draft.record(StepFailing(step=row.id, item=row.item, failure=failure))
    stop(draft, row.id, row.item)


def wind_down(draft: Draft, cancelling: RunCancelling) -> None:
    """The run ends early: in its order, with what is to be undone."""
    was_idle = draft.run.state is RunState.HELD
    draft.record(cancelling)
    if was_idle:
        finish.settle(draft)
    else:
        stop(draft, None, "")


def stop(draft: Draft, inside: str | None, item: Item) -> None:
    """End everything active inside the block *inside* at *item*; None = everything of the run.

    The block itself is left as it is: it ends when the last row inside it has.
    """
    within = None if inside is None else draft.graph.within(inside)
    found = [
        row
        for row in rows.active(draft.run)
        if not row.is_stopping
        and (
            within is None
            or (row.id in within and rows.is_within(row.item, item))
            or (row.id == inside and row.item != item and rows.is_within(row.item, item))
        )
    ]
    for row in found:
        if row.state not in _AT_ONCE:
            draft.record(StepStopping(step=row.id, item=row.item))
    for row in found:
        if row.state in _AT_ONCE:
            forget(draft, row)
            flow.cancel(draft, row.place)


def forget(draft: Draft, row: Step) -> None:
    """Nobody is asked, listened for or waited for on its behalf any longer."""
    if row.state is StepState.WAITING:
        if isinstance(draft.spot(row.place).step, ChildStep):
            children.forget(draft, row)
        else:
            waits.forget(draft, row)

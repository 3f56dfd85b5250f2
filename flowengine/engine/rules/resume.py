"""Going on after a failure: what failed begins anew, what is done stays. Language §4.4, §4.5, §4.11.

A resume makes every row pending again that failed, or was cancelled because of that, and reaches the
line where it stood. From there on the run goes the way it always goes: what is decided well is passed
over, a step that begins anew keeps the input it had, and a block is *reopened* with what is decided
inside it. So a loop begins its failed items, as many at a time as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from flowengine.definitions.graph import Line, Role, Spot
from flowengine.definitions.steps import (
    ChildStep,
    EmitStep,
    GroupStep,
    ParallelStep,
    SwitchStep,
    TaskStep,
)
from flowengine.engine import failures, places, rows
from flowengine.engine.draft import Draft
from flowengine.engine.evolve import left
from flowengine.engine.messages import GiveUp, Resume
from flowengine.engine.rules import compensation, flow, waits
from flowengine.engine.run import Place, Run, Step
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import (
    RunResumed,
    StepRescuing,
    StepReset,
    StepSkipped,
    StepSucceeded,
)

Bad = Mapping[Place, Step]
"""The rows that have failed or were cancelled."""


def refusal(run: Run) -> str | None:
    """Why the run cannot be resumed (FE501); None = it can."""
    if run.state is RunState.HELD:
        return "it is held by hand: release it" if run.failure is None else None
    if run.state is not RunState.FAILED:
        return "it is not failed or held"
    if run.has_undone:
        return "a step was undone; use restart"
    return "its hooks still run" if run.tail else None


def resume(draft: Draft, message: Resume) -> None:
    """The run goes on from where it failed; stale where it cannot."""
    if refusal(draft.run) is not None:
        return
    bad = {row.place: row for row in rows.ended_badly(draft.run) if _is_of_line(draft, row.place)}
    again = [row for row in bad.values() if _begins_anew(draft, row.place, bad)]
    by_hand = _failed_leaves(draft, again)
    if not _is_storable(draft, message, by_hand):
        return
    was_final = draft.run.state is RunState.FAILED
    draft.rows({place for row in again for place in _inside(draft, row)})  # read together
    draft.record(
        RunResumed(
            by=message.by,
            reason=message.reason,
            due_at=end_of_time(draft),
            edited=_edited(message),
        )
    )
    if was_final:
        _reset_hooks(draft)
        waits.watch_cancel(draft)
    meant = {row.place for row in by_hand}
    # Items that are decided by hand first: they are behind the next item of their loop.
    for row in sorted(again, key=lambda row: not (row.place in meant and draft.is_item(row.place))):
        _reset(draft, row, message if row.place in meant else Resume())
    line = draft.graph.line(None, Role.LINE)
    draft.go(line, _first(draft, line, again), "")


def give_up(draft: Draft, message: GiveUp) -> None:  # noqa: ARG001 - who and why is the shell's
    """A run that is held for its failure is no longer: what is to be undone is, and it has failed."""
    if draft.run.state is RunState.HELD and draft.run.failure is not None:
        compensation.begin(draft, RunState.FAILED, draft.run.failure)


def was_begun(row: Step) -> bool:
    """Whether a row that is pending has been at work before: its ``if`` was true then."""
    return row.ready_at is not None or row.clause is not None


def reopen(draft: Draft, spot: Spot, row: Step) -> bool:
    """Take up a step where its *row* is: a block with what is inside it, a rescue in its clause.

    False where there is nothing to take up: it begins like any other.
    """
    item = row.item
    if _was_rescuing(spot, row):
        _rescue_again(draft, row)
        return True
    if row.ready_at is None or not (row.kind == flow.FOR_EACH or _is_block(spot)):
        return False
    draft.record(
        StepReset(step=row.id, item=item, reopened=True, due_at=_end_of_block(draft, spot, row))
    )
    if row.kind == flow.FOR_EACH or isinstance(spot.step, ParallelStep):
        draft.more((row.id, item))
    elif isinstance(spot.step, GroupStep):
        draft.go(draft.graph.line(row.id, Role.BODY), 0, item)
    else:
        assert row.clause is not None, "a switch that was opened has chosen"
        draft.go(draft.graph.line(row.id, Role.CLAUSE, row.clause), 0, item)
    return True


def _rescue_again(draft: Draft, row: Step) -> None:
    assert row.clause is not None, "the caller looked"
    assert row.failure is not None, "the reset kept what it is rescued from"
    draft.record(
        StepRescuing(
            step=row.id,
            item=row.item,
            kind=row.kind,
            title=row.title,
            block=row.block,
            clause=row.clause,
            failure=row.failure,
            attempt=row.attempt,
            tries=row.tries,
        )
    )
    draft.go(draft.graph.line(row.id, Role.RESCUE, row.clause), 0, row.item)


def _end_of_block(draft: Draft, spot: Spot, row: Step) -> datetime | None:
    """A block has its whole time again, as a step has its tries."""
    if row.kind == flow.FOR_EACH or not isinstance(spot.step, GroupStep | ParallelStep):
        return None
    return draft.after(spot.step.timeout)


def _is_block(spot: Spot) -> bool:
    return isinstance(spot.step, GroupStep | ParallelStep | SwitchStep)


def _was_rescuing(spot: Spot, row: Step) -> bool:
    """One of its rescue clauses had begun. What a switch has chosen is another matter."""
    return row.clause is not None and not isinstance(spot.step, SwitchStep)


def _is_storable(draft: Draft, message: Resume, by_hand: list[Step]) -> bool:
    """Whether what a person gives, of each of these rows, can be kept."""
    limits, values = draft.limits, (message.output, dict(message.inputs))
    one_max = limits.payload_max_bytes
    if any(failures.unstorable("it", each, size_max_bytes=one_max) for each in values):
        return False
    added = sum(left(StepState.SUCCEEDED, row.kind, message.output) for row in by_hand)
    return draft.run.output_bytes + added <= limits.outputs_max_bytes


def _is_of_line(draft: Draft, place: Place) -> bool:
    return places.root_of(draft.graph, draft.spot(place)).role is Role.LINE


def _begins_anew(draft: Draft, place: Place, bad: Bad) -> bool:
    """Whether all that is around the row has failed, too: else its failure was made good.

    What is inside a step whose rescue clause has failed stays as it is, but for that clause.
    """
    while True:
        spot = draft.spot(place)
        if draft.is_item(place):
            place = flow.loop_of(place)
            if place not in bad:
                return False
            continue
        line = spot.line
        if line.owner is None:
            return True
        place = (line.owner, place[1])
        owner = bad.get(place)
        if owner is None:
            return False
        clause = owner.clause if _was_rescuing(draft.spot(place), owner) else None
        if clause != (line.index if line.role is Role.RESCUE else None):
            return False


def _inside(draft: Draft, row: Step) -> Iterator[Place]:
    """The rows of the line, or the branches, in which the row's step goes on."""
    spot = draft.spot(row.place)
    lines = places.inner_lines(draft.graph, spot.step)
    if _was_rescuing(spot, row):
        lines = [draft.graph.line(row.id, Role.RESCUE, row.clause or 0)]
    elif row.kind == flow.FOR_EACH:
        return
    for line in lines:
        if line.role is not Role.CLAUSE or line.index == row.clause:
            yield from ((step.id, row.item) for step in line.steps)


def _failed_leaves(draft: Draft, again: list[Step]) -> list[Step]:
    """The failed steps that a person may speak of: not the blocks that failed with them.

    Where none has failed (the run's time was over), those that were cancelled.
    """
    leaves = [
        row
        for row in again
        if not _was_rescuing(draft.spot(row.place), row)
        and (
            row.ready_at is None
            or not (row.kind == flow.FOR_EACH or _is_block(draft.spot(row.place)))
        )
    ]
    return [row for row in leaves if row.state is StepState.FAILED] or leaves


def _reset(draft: Draft, row: Step, message: Resume) -> None:
    """The row is pending again; or decided, where *message* says how."""
    spot = draft.spot(row.place)
    takes = isinstance(spot.step, TaskStep | ChildStep | EmitStep)
    failure = None
    if _was_rescuing(spot, row):
        assert row.failure is not None, "it was rescued from something"
        is_cancelled = row.state is StepState.CANCELLED
        failure = row.failure if is_cancelled else failures.original_of(row.failure)
    draft.record(
        StepReset(
            step=row.id,
            item=row.item,
            input=dict(message.inputs) if takes and message.inputs else None,
            failure=failure,
        )
    )
    about: dict[str, Any] = {
        "step": row.id,
        "item": row.item,
        "kind": row.kind,
        "title": row.title,
        "block": row.block,
    }
    if message.skip:
        draft.record(StepSkipped(**about, task=row.task, station=row.station))
    elif message.is_done:
        draft.record(StepSucceeded(**about, attempt=row.attempt, output=message.output))


def _first(draft: Draft, line: Line, again: list[Step]) -> int:
    """Where the line goes on; its end, where no step has failed but the run's output."""
    found = [draft.spot(row.place) for row in again]
    positions = [spot.position for spot in found if spot.line is line]
    return min(positions, default=len(line.steps))


def _reset_hooks(draft: Draft) -> None:
    """What ran after the failure runs again after the next end."""
    hooks = [
        (step_id, "")
        for step_id, spot in draft.graph.spots.items()
        if not spot.loops and not _is_of_line(draft, (step_id, ""))
    ]
    for row in draft.rows(hooks).values():
        if row.state is not StepState.PENDING:
            draft.record(StepReset(step=row.id, item=row.item, afresh=True))


def end_of_time(draft: Draft) -> datetime:
    """When the run's own time is over: later by as long as it stood still.

    Where it has used up its time, it has the whole once more.
    """
    run = draft.run
    since = run.held_at if run.state is RunState.HELD else run.finished_at
    assert since is not None, "it was said when it stopped"
    assert run.started_at is not None, "only what has started can fail"
    stood_still = timedelta(seconds=run.still_s) + (draft.now - since)
    timeout = draft.workflow.timeout
    end = run.started_at + timeout + stood_still
    return end if end > draft.now else draft.now + timeout


def _edited(message: Resume) -> tuple[str, ...]:
    """What was given by hand."""
    edited = [f"with.{name}" for name in message.inputs]
    if message.skip:
        edited.append("skip")
    elif message.is_done:
        edited.append("output")
    return tuple(edited)

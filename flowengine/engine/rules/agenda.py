"""What follows: a step is reached, a row has ended, a block may begin more.

The one place that knows every kind of step. The rules of each kind do their own thing and put what
follows on the draft's agenda; here it is worked off, until nothing follows any more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowengine.definitions.expressions.evaluate import decide as holds
from flowengine.definitions.graph import Line, Role, Spot
from flowengine.definitions.step_ids import UNDO
from flowengine.definitions.steps import (
    ApprovalStep,
    ChildStep,
    EmitStep,
    FailStep,
    GroupStep,
    ParallelStep,
    SleepStep,
    SwitchStep,
    TaskStep,
    WaitStep,
)
from flowengine.engine import failures, places
from flowengine.engine.draft import Draft, Ended, Going, Result
from flowengine.engine.rules import (
    approvals,
    attempts,
    blocks,
    children,
    compensation,
    finish,
    flow,
    foreach,
    holding,
    hooks,
    resume,
    waits,
)
from flowengine.engine.run import Failure, Item, Place, Run
from flowengine.engine.scope import scope_of
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import RunStarted
from flowengine.errors import ExpressionError

_OPEN = frozenset({RunState.RUNNING, RunState.WAITING})
_HOOKS = frozenset({Role.ON_FAILURE, Role.FINALLY})


def start(draft: Draft) -> None:
    """The run begins: its time counts from now, its first step is reached."""
    was_queued = draft.run.state is RunState.QUEUED
    due_at = draft.now + draft.workflow.timeout
    draft.record(RunStarted(title=draft.run.title, due_at=due_at, **once_more(draft.run)))
    if not was_queued:
        waits.watch_cancel(draft)
    draft.go(draft.graph.line(None, Role.LINE), 0, "")


def once_more(run: Run) -> dict[str, Any]:
    """What the first transition of a new run says of the replay that it is of; nothing else does."""
    again = run.event.again
    if again is None or run.state is not None:
        return {}
    return {"replay_of": run.replay_of, "by": again.by, "reason": again.reason}


def work_off(draft: Draft) -> None:
    """Do what is on the agenda, and what follows from that, until it is empty."""
    while draft.agenda:
        following = draft.agenda.popleft()
        if isinstance(following, Going):
            _go_on(draft, following.line, following.position, following.item)
        elif isinstance(following, Ended):
            _ended(draft, following.place, following.result)
        else:
            _begin_more(draft, following.place)


def _go_on(draft: Draft, line: Line, position: int, item: Item) -> None:
    if not _is_wanted(draft, line, item):
        _line_ended(draft, line, item, Result.CANCELLED)
    elif position == len(line.steps):
        _line_ended(draft, line, item, Result.DONE)
    elif not (draft.run.holding and holding.holds_here(draft, line)):
        if draft.run.known is not None:
            draft.rows((step.id, item) for step in places.ahead(line, position))  # read together
        reach(draft, draft.graph.spots[line.steps[position].id], item)


def _is_wanted(draft: Draft, line: Line, item: Item) -> bool:
    """Whether what the line stands in still goes on: it may have been stopped a moment ago."""
    if line.role is Role.LINE:
        return draft.run.state in _OPEN
    if line.owner is None:
        return draft.run.tail == line.role
    owner = draft.row((line.owner, item))
    assert owner is not None, "what is inside a step begins after it"
    if line.role is Role.RESCUE:
        return not owner.is_stopping
    return not owner.is_stopping and owner.failure is None


def reach(draft: Draft, spot: Spot, item: Item) -> None:
    """What is before the step is decided: it is skipped, or it begins.

    In a resume, one that was decided well stays as it is, and one that had begun goes on where it was.
    """
    step, place = spot.step, (spot.step.id, item)
    row = draft.row(place)
    if row is not None and row.state in blocks.GOOD:
        draft.ended(place, Result.DONE)
        return
    if row is not None and resume.was_begun(row):
        begin(draft, spot, item)
        return
    if step.condition is not None:
        try:
            wanted = holds(step.condition, scope_of(draft, spot, item), draft.now)
        except ExpressionError as error:
            flow.fail(draft, place, failures.no_value("if", error))
            return
        if not wanted:
            flow.skip(draft, place)
            return
    if step.loop is not None:
        foreach.open_(draft, spot, item)
    else:
        begin(draft, spot, item)


def begin(draft: Draft, spot: Spot, item: Item) -> None:
    """The step, or one item of it, begins; or goes on where it was, where this is a resume."""
    row = draft.row((spot.step.id, item))
    if row is None or not resume.reopen(draft, spot, row):
        _BEGIN[type(spot.step)](draft, spot, item)


_BEGIN: dict[type[Any], Callable[[Draft, Spot, Item], None]] = {
    TaskStep: attempts.begin_task,
    ChildStep: children.begin_child,
    EmitStep: children.begin_emit,
    WaitStep: waits.begin_wait,
    SleepStep: waits.begin_sleep,
    ApprovalStep: approvals.begin,
    ParallelStep: blocks.open_parallel,
    SwitchStep: blocks.open_switch,
    GroupStep: blocks.open_group,
    FailStep: flow.begin_fail,
}
"""A new kind of step joins here."""


def _ended(draft: Draft, place: Place, result: Result) -> None:
    """Tell what stands around the row: the line, the loop, or the parallel block."""
    row = draft.row(place)
    assert row is not None, "it has just been decided"
    if place[0].startswith(UNDO):
        _undo_ended(draft, place, result, row.failure)
        return
    spot = draft.spot(place)
    if spot.step.loop is not None and draft.is_item(place):
        foreach.item_ended(draft, place, result)
        return
    line, item = spot.line, place[1]
    if line.role is Role.BRANCH:
        assert line.owner is not None
        blocks.branch_ended(draft, (line.owner, item), result, row.failure)
    elif line.role in _HOOKS:
        hooks.hook_ended(draft, line, spot.position, result, row.failure)
    elif result is Result.DONE:
        draft.go(line, spot.position + 1, item)
    else:
        _line_ended(draft, line, item, result, row.failure)


def _undo_ended(draft: Draft, place: Place, result: Result, failure: Failure | None) -> None:
    if result is Result.DONE:
        compensation.undone(draft, place)
    else:
        assert failure is not None, "an undo that failed says why"
        compensation.undo_failed(draft, place, failure)


def _line_ended(
    draft: Draft, line: Line, item: Item, result: Result, failure: Failure | None = None
) -> None:
    if line.owner is not None:
        blocks.line_ended(draft, line, item, result, failure)
    elif draft.run.state is RunState.CANCELLING:
        finish.settle(draft)
    elif result is Result.DONE:
        finish.line_done(draft)
    else:
        assert failure is not None, "only a run that is cancelling has a line that is cancelled"
        finish.run_failed(draft, failure)


def _begin_more(draft: Draft, place: Place) -> None:
    """Begin what may begin in a parallel block or a loop; decide it where nothing is left."""
    spot = draft.spot(place)
    row = draft.row(place)
    while row is not None and row.state is StepState.RUNNING:
        if row.is_stopping or row.failure is not None:
            break
        if row.kind == flow.FOR_EACH:
            following = foreach.following(draft, spot, row)
            if following is None:
                break
            begin(draft, spot, following[1])
        else:
            assert isinstance(spot.step, ParallelStep)
            branch = blocks.following(draft, spot.step, row)
            if branch is None:
                break
            reach(draft, branch, place[1])
        row = draft.row(place)
    else:
        return
    if row.kind == flow.FOR_EACH:
        foreach.join(draft, spot, row)
    else:
        assert isinstance(spot.step, ParallelStep)
        blocks.join(draft, spot.step, row)

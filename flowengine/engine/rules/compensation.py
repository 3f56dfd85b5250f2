"""Undoing: what had succeeded is undone, latest end first, one at a time. Language §4.10.

A step that has not succeeded and may have had its effect all the same is undone only where its author
says so; else somebody must look at it. One undo that fails does not keep the others.
"""

from __future__ import annotations

from msgspec.structs import replace

from flowengine.definitions.step_ids import UNDO
from flowengine.engine import failures, rows
from flowengine.engine.commands import Bury, Dispatch
from flowengine.engine.draft import Draft
from flowengine.engine.fill import fill_undo
from flowengine.engine.rules import conclusion
from flowengine.engine.run import Failure, Place, Step
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import (
    RunCompensating,
    StepReady,
    StepUndoFailed,
    StepUndoing,
    StepUndone,
)

FAILED_UNDO = "failed undo"
NEEDS_REVIEW = "needs review"
"""Kinds of dead letters. Language §4.11."""


def begin(draft: Draft, outcome: RunState, failure: Failure | None) -> None:
    """The run will be *outcome*: the first undo begins, or it is that at once."""
    _go_on(draft, outcome, failure, None)


def undone(draft: Draft, place: Place) -> None:
    """The undo at *place* has done its work: the next one begins."""
    step, item = undoes(place)
    draft.record(StepUndone(step=step, item=item))
    _next(draft)


def undo_failed(draft: Draft, place: Place, failure: Failure) -> None:
    """The undo at *place* has failed for good: somebody must do it; the next one begins."""
    _give_up(draft, undoes(place), failure)
    _next(draft)


def undoes(place: Place) -> Place:
    """The row that is undone by the row at *place*."""
    return (place[0].removeprefix(UNDO), place[1])


def _next(draft: Draft) -> None:
    run = draft.run
    assert run.outcome is not None, "said when it began to compensate"
    _go_on(draft, run.outcome, run.failure, run.undoing)


def _go_on(draft: Draft, outcome: RunState, failure: Failure | None, before: int | None) -> None:
    """Begin the undo of what ended last *before* that transition; the run ends where nothing did."""
    candidates = tuple(each for each in draft.graph.spots if draft.graph.undo(each) is not None)
    for row in rows.newest_first(draft.run, candidates, before):
        undo = draft.graph.undo(row.id)
        assert undo is not None, "only candidates are found"
        if _is_unknown(row) and not undo.on_unknown:
            _review(draft, row)
            continue
        if draft.run.state is not RunState.COMPENSATING:
            draft.record(RunCompensating(outcome=outcome.value, failure=failure))
        if _begin(draft, row):
            return
    conclusion.conclude(draft, outcome, failure)


def _begin(draft: Draft, row: Step) -> bool:
    """Begin to undo that row; False where the undo has no input, and so has failed already."""
    undo = draft.graph.undo(row.id)
    assert undo is not None, "only candidates are found"
    given = fill_undo(draft, draft.spot(row.place), row.item)
    draft.record(StepUndoing(step=row.id, item=row.item))
    limit = draft.limits.payload_max_bytes
    refusal: Failure | None
    if isinstance(given, Failure):
        refusal = given
    else:
        what = f"the input of the undo of {row.id!r}"
        refusal = failures.unstorable(what, given, size_max_bytes=limit)
    if refusal is not None:
        _give_up(draft, row.place, replace(refusal, step=row.id))
        return False
    called = UNDO + row.id
    draft.record(
        StepReady(
            step=called,
            item=row.item,
            kind="undo",
            task=undo.task,
            station=undo.station,
            input=given,
        )
    )
    draft.commands.append(Dispatch(step=called, item=row.item, station=undo.station, attempt=0))
    return True


def _give_up(draft: Draft, place: Place, failure: Failure) -> None:
    draft.record(StepUndoFailed(step=place[0], item=place[1], failure=failure))
    draft.commands.append(
        Bury(kind=FAILED_UNDO, failure=failures.undo_failed(place[0], failure), step=place[0])
    )


def _is_unknown(row: Step) -> bool:
    """Whether nobody knows if it took effect. One that returned did, whatever became of its output."""
    return row.state is not StepState.SUCCEEDED and row.doubt != failures.RETURNED


def _review(draft: Draft, row: Step) -> None:
    """Nobody knows whether it took effect, and its undo cannot be called on the chance."""
    told = failures.in_doubt(row.id, row.doubt, row.attempt)
    draft.commands.append(Bury(kind=NEEDS_REVIEW, failure=told, step=row.id))

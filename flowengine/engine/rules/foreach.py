"""Loops: a step that runs once per item. Language §2.5, §4.7.

The list is evaluated once, and each item gets a row at once. From then on the end of an item costs the
same in a loop of ten and of ten thousand: it reads its own row, the loop's, and that of the next item.
"""

from __future__ import annotations

from itertools import count
from typing import Any

from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.graph import Spot
from flowengine.definitions.steps import Loop, kind_of
from flowengine.engine import failures, rows
from flowengine.engine.draft import Draft, Result
from flowengine.engine.rules import control, flow
from flowengine.engine.run import Counts, Failure, Item, Place, Step
from flowengine.engine.scope import scope_of
from flowengine.engine.states import StepState
from flowengine.engine.transitions import StepFailing, StepOpened
from flowengine.errors import ExpressionError


def open_(draft: Draft, spot: Spot, item: Item) -> None:
    """The list is evaluated, and its first items begin; an empty one is done at once."""
    step = spot.step
    place = (step.id, item)
    values = _values(draft, spot, item)
    if isinstance(values, Failure):
        flow.fail(draft, place, values)
        return
    if not values:
        flow.succeed(draft, place, [])
        return
    if draft.row(place) is not None:
        # A hook that runs once more: the attempts of its items count on, so they must be there.
        rows.items(draft.run, place)
    # The row becomes the loop's own; "kind" is what its items are.
    facts = {**flow.begun(draft, place, step), "kind": kind_of(step)}
    draft.record(
        StepOpened(step=step.id, item=item, total=len(values), values=tuple(values), **facts)
    )
    draft.more(place)


def _values(draft: Draft, spot: Spot, item: Item) -> list[Any] | Failure:
    loop = _loop(spot)
    try:
        scope = {} if loop.items.is_constant else scope_of(draft, spot, item)
        values = render(loop.items, scope, draft.now)
    except ExpressionError as error:
        return failures.no_value("for_each", error)
    if not isinstance(values, list):
        return failures.no_list("for_each", values)
    if len(values) > draft.limits.items_max:
        return failures.too_many_items(spot.step.id, len(values), draft.limits.items_max)
    return values


def following(draft: Draft, spot: Spot, row: Step) -> Place | None:
    """The item that may begin now; None = none may before something else has happened.

    *row* is that of the loop, which runs. Items begin in order; after a resume those that are decided
    are passed over, each once.
    """
    counts, loop = _counts(row), _loop(spot)
    if counts.begun == counts.total or counts.open >= loop.max_parallel:
        return None
    if counts.failed > may_fail(loop, counts.total):
        return None
    ahead = ((row.id, rows.inner(row.item, index)) for index in count(counts.next))
    return next(place for place in ahead if _is_pending(draft, place))


def _is_pending(draft: Draft, place: Place) -> bool:
    row = draft.row(place)
    assert row is not None, "fewer have begun than there are"
    return row.state is StepState.PENDING


def item_ended(draft: Draft, place: Place, result: Result) -> None:
    """An item is decided: where too many have failed, those at work are stopped."""
    above = flow.loop_of(place)
    spot, row = draft.spot(place), draft.row(above)
    assert row is not None, "its items were made with it"
    failure = _too_many(spot, row)
    if (
        result is Result.FAILED
        and failure is not None
        and row.failure is None
        and row.state is StepState.RUNNING
    ):
        draft.record(StepFailing(step=row.id, item=row.item, failure=failure))
        control.stop(draft, *above)
    draft.more(above)


def _too_many(spot: Spot, row: Step) -> Failure | None:
    """Why the loop fails, if more items have failed than may."""
    counts = _counts(row)
    allowed = may_fail(_loop(spot), counts.total)
    return failures.items_failed(row.id, counts, allowed) if counts.failed > allowed else None


def may_fail(loop: Loop, total: int) -> int:
    """How many of *total* items may fail."""
    return total * loop.max_failures // 100 if loop.is_percent else loop.max_failures


def join(draft: Draft, spot: Spot, row: Step) -> None:
    """Decide the loop, if no item is at work. None may begin any more."""
    if _counts(row).open:
        return
    if row.is_stopping:
        flow.cancel(draft, row.place)
        return
    failure = row.failure or _too_many(spot, row)
    if failure is not None:
        flow.fail(draft, row.place, failure)
    else:
        flow.succeed(draft, row.place, _outputs(draft, row))


def _outputs(draft: Draft, row: Step) -> list[Any]:
    """In the order of the items; None for one that failed."""
    # A hook that ran before may have had more.
    found = rows.items(draft.run, row.place)[: _counts(row).total]
    return [each.output if each.state is StepState.SUCCEEDED else None for each in found]


def _loop(spot: Spot) -> Loop:
    assert spot.step.loop is not None, "only a step with for_each has items"
    return spot.step.loop


def _counts(row: Step) -> Counts:
    assert row.counts is not None, "it was opened with a total"
    return row.counts

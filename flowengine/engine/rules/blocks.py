"""Blocks: groups, switches and parallel blocks, and what the end of a line means to whom it belongs.

A block runs while anything inside it does. It is decided once nothing inside is active: *cancelled*
where it is being stopped itself, *failed* where something has failed it, else by its kind. Joins:
language §4.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from flowengine.definitions.expressions.evaluate import decide as holds
from flowengine.definitions.graph import Line, Role, Spot
from flowengine.definitions.steps import GroupStep, ParallelStep, SwitchStep
from flowengine.engine import failures
from flowengine.engine.draft import Draft, Result
from flowengine.engine.rules import control, flow
from flowengine.engine.run import Counts, Failure, Item, Place, Step
from flowengine.engine.scope import scope_of
from flowengine.engine.states import StepState
from flowengine.engine.transitions import StepFailing, StepOpened, StepRescued
from flowengine.errors import ExpressionError

GOOD = frozenset({StepState.SUCCEEDED, StepState.RESCUED, StepState.SKIPPED})
"""States after which what needs a step may begin."""


def open_group(draft: Draft, spot: Spot, item: Item) -> None:
    """Its line begins; its time counts from now."""
    step = spot.step
    assert isinstance(step, GroupStep)
    place = (step.id, item)
    draft.record(
        StepOpened(
            step=step.id,
            item=item,
            due_at=draft.after(step.timeout),
            **flow.begun(draft, place, step),
        )
    )
    draft.go(draft.graph.line(step.id, Role.BODY), 0, item)


def open_switch(draft: Draft, spot: Spot, item: Item) -> None:
    """The first clause that holds begins; where none does, it fails with ``NoMatch``."""
    step = spot.step
    assert isinstance(step, SwitchStep)
    place = (step.id, item)
    chosen = _chosen(draft, spot, step, item)
    if isinstance(chosen, Failure):
        flow.fail(draft, place, chosen)
        return
    facts = flow.begun(draft, place, step)
    draft.record(StepOpened(step=step.id, item=item, clause=chosen, **facts))
    draft.go(draft.graph.line(step.id, Role.CLAUSE, chosen), 0, item)


def _chosen(draft: Draft, spot: Spot, step: SwitchStep, item: Item) -> int | Failure:
    scope: dict[str, Any] | None = None
    for index, clause in enumerate(step.clauses):
        if clause.condition is None:
            return index
        if scope is None:
            scope = scope_of(draft, spot, item)
        try:
            if holds(clause.condition, scope, draft.now):
                return index
        except ExpressionError as error:
            return failures.no_value(f"switch[{index}].if", error)
    return failures.no_match(len(step.clauses))


def open_parallel(draft: Draft, spot: Spot, item: Item) -> None:
    """The branches that need no other begin, as many as may run at once."""
    step = spot.step
    assert isinstance(step, ParallelStep)
    place = (step.id, item)
    draft.record(
        StepOpened(
            step=step.id,
            item=item,
            total=len(step.branches),
            due_at=draft.after(step.timeout),
            **flow.begun(draft, place, step),
        )
    )
    draft.more(place)


def following(draft: Draft, step: ParallelStep, block: Step) -> Spot | None:
    """The branch that may begin now; None = none may before something else has happened.

    *block* is the row of the parallel block, which runs.
    """
    counts = _counts(block)
    if counts.begun == counts.total or (step.fail_fast and counts.failed):
        return None
    if step.max_parallel is not None and counts.open >= step.max_parallel:
        return None
    found = _branches(draft, step, block.item)
    for branch in step.branches:
        row = found.get((branch.step.id, block.item))
        if (row is None or row.state is StepState.PENDING) and all(
            _is_good(found.get((name, block.item))) for name in branch.needs
        ):
            return draft.graph.spots[branch.step.id]
    return None


def _is_good(row: Step | None) -> bool:
    return row is not None and row.state in GOOD


def branch_ended(draft: Draft, block: Place, result: Result, failure: Failure | None) -> None:
    """A branch is decided: where one failure is enough, the others are stopped."""
    step, row = draft.spot(block).step, draft.row(block)
    assert isinstance(step, ParallelStep)
    assert row is not None, "its branch has begun"
    if (
        result is Result.FAILED
        and step.fail_fast
        and row.failure is None
        and row.state is StepState.RUNNING
    ):
        assert failure is not None, "a step that failed says why"
        draft.record(StepFailing(step=block[0], item=block[1], failure=failure))
        control.stop(draft, *block)
    draft.more(block)


def join(draft: Draft, step: ParallelStep, block: Step) -> None:
    """Decide the block, if no branch is at work. None may begin any more."""
    counts = _counts(block)
    if counts.open:
        return
    if block.is_stopping:
        flow.cancel(draft, block.place)
        return
    found = _branches(draft, step, block.item)
    failure = block.failure
    if counts.failed:
        by_key = {key[0]: row.failure for key, row in found.items() if row.failure is not None}
        names = [name for name, _, _ in counts.failures]
        failure = _with_all(failure or by_key[names[0]], names, by_key)
    if failure is not None:
        flow.fail(draft, block.place, failure)
    else:
        keys = [branch.step.id for branch in step.branches]
        outputs = {key: found[key, block.item].output for key in keys}
        flow.succeed(draft, block.place, outputs)


def _with_all(first: Failure, names: list[str], by_key: Mapping[str, Failure]) -> Failure:
    """The failure of the block: the first one, and in its details all."""
    errors = [
        {
            "branch": name,
            "step": by_key[name].step,
            "code": by_key[name].code,
            "message": by_key[name].message,
            "details": by_key[name].details,
        }
        for name in names
    ]
    return replace(first, details={"errors": errors})


def _counts(block: Step) -> Counts:
    assert block.counts is not None, "it was opened with a total"
    return block.counts


def _branches(draft: Draft, step: ParallelStep, item: Item) -> dict[Place, Step]:
    return draft.rows((branch.step.id, item) for branch in step.branches)


def line_ended(
    draft: Draft, line: Line, item: Item, result: Result, failure: Failure | None = None
) -> None:
    """A line inside a step is decided: so is the step. *failure* is that of the step that failed."""
    assert line.owner is not None
    place = (line.owner, item)
    row = draft.row(place)
    assert row is not None, "what is inside a step begins after it"
    if row.is_stopping:
        flow.cancel(draft, place)
        return
    if line.role is Role.RESCUE:
        _rescue_ended(draft, line, row, result, failure)
        return
    if row.failure is not None:
        flow.fail(draft, place, row.failure)
        return
    if result is Result.DONE:
        flow.succeed(draft, place, flow.last_output(draft, line, item))
    else:
        assert failure is not None, "nothing is cancelled in a block that goes on"
        flow.fail(draft, place, failure)


def _rescue_ended(
    draft: Draft, line: Line, row: Step, result: Result, failure: Failure | None
) -> None:
    if result is Result.DONE:
        output = flow.last_output(draft, line, row.item)
        draft.record(StepRescued(step=row.id, item=row.item, output=output))
        draft.ended(row.place, Result.DONE)
    else:
        assert failure is not None, "nothing is cancelled in a rescue that goes on"
        assert row.failure is not None, "it is rescued from that"
        flow.fail(draft, row.place, failures.in_rescue(failure, row.failure))

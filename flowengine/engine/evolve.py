"""Fold one transition over a run. The only place where a run changes.

``evolve`` refuses what the tables of :mod:`flowengine.engine.states` do not have, so a rule that is
wrong is found at the move, not in the database. It reads no clock and no workflow: what a
transition does not say, the run after it does not know. Counters are folded here too, those of the run
(how many rows are busy or asleep) and those of the block that counts a row, so that no rule can forget
one: a row that begins or is decided moves them by itself. A row that has not been read is never
written over: there, too, :class:`flowengine.engine.rows.RowsMissing` says what to read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from flowengine.engine import folds
from flowengine.engine.failures import size_of
from flowengine.engine.rows import index_of, inner, outer, row
from flowengine.engine.run import Counts, Place, Run, Step
from flowengine.engine.states import FINAL_STEP_STATES, RUN_MOVES, STEP_MOVES, StepState
from flowengine.engine.transitions import (
    StepOpened,
    Transition,
)
from flowengine.errors import IllegalMove

WORK = frozenset({"task", "undo"})
"""Kinds of rows that need a worker."""
_AT_WORK = frozenset({StepState.READY, StepState.RUNNING})
_ASLEEP = frozenset({StepState.WAITING, StepState.RETRYING})
MADE_OF_OTHERS = frozenset({"steps", "switch", "parallel", "for_each"})
"""Kinds of rows whose output is made of those inside them."""
FAILURES_KEPT = 100
"""Failures that a block remembers one by one."""


class Workbench(dict[Place, Step]):
    """The rows of a decision that is being made: nobody else holds them, so they are written in place.

    Copied for each transition, ten thousand items that are done in one decision would cost the square
    of their number.
    """


def evolve(run: Run, transition: Transition, at: datetime) -> Run:
    """The run after *transition*, which happened at *at*; its number is the new ``seq``.

    Raises:
        IllegalMove: the run or the step is not in a state from which this can follow.
    """
    kind = type(transition)
    fold = folds.STEP_FOLDS.get(kind)
    if fold is not None:
        return _step_moved(run, transition, at, *fold)
    if kind in folds.STEP_NOTES:
        return _step_noted(run, transition)
    if kind in folds.RUN_NOTES:
        return replace(run, seq=run.seq + 1, **folds.RUN_NOTES[kind](run, transition, at))
    to, changes = folds.RUN_FOLDS[kind]
    if to not in RUN_MOVES[run.state]:
        raise IllegalMove(f"run {run.id} cannot go from {run.state} to {to}")
    return replace(run, seq=run.seq + 1, state=to, **changes(run, transition, at))


def _step_noted(run: Run, transition: Any) -> Run:
    """What is noted on a row without moving it."""
    place: Place = (transition.step, transition.item)
    before = row(run, place)
    if before is None or before.state.is_final:
        raise IllegalMove(
            f"step {place} of run {run.id} is not active: {type(transition).__name__}"
        )
    after = replace(before, **folds.STEP_NOTES[type(transition)](before, transition))
    steps = _own(run)
    steps[place] = after
    return replace(run, seq=run.seq + 1, steps=steps)


def _own(run: Run) -> dict[Place, Step]:
    """The rows, to be written to: a copy, but for those of a decision that is being made."""
    return run.steps if isinstance(run.steps, Workbench) else dict(run.steps)


def _step_moved(
    run: Run,
    transition: Any,
    at: datetime,
    to: folds.Target,
    changes: Callable[[Step, Any, datetime], folds.Changes],
) -> Run:
    place: Place = (transition.step, transition.item)
    before = row(run, place) or Step(id=place[0], item=place[1])
    target = to(before, transition) if callable(to) else to
    if target not in STEP_MOVES[before.state]:
        raise IllegalMove(f"step {place} of run {run.id} cannot go from {before.state} to {target}")
    number = run.seq + 1
    moved = changes(before, transition, at)
    is_final = target in FINAL_STEP_STATES
    if is_final != (before.state in FINAL_STEP_STATES):
        moved["ended"] = number if is_final else None
    after = replace(before, state=target, **moved)
    undoing: dict[str, Any] = {}
    if target is StepState.UNDOING:
        undoing = {"undoing": before.ended, "has_undone": True}
    steps = _own(run)
    steps[place] = after
    if isinstance(transition, StepOpened) and transition.values is not None:
        after = steps[place] = replace(after, kind="for_each")
        steps |= _items(run, place, transition)
    if after.block is not None:
        _count_in_block(run, steps, before, after)
    return replace(
        run,
        seq=number,
        steps=steps,
        busy=run.busy
        + (target in _AT_WORK and after.kind in WORK)
        - (before.state in _AT_WORK and before.kind in WORK),
        asleep=run.asleep + (target in _ASLEEP) - (before.state in _ASLEEP),
        output_bytes=run.output_bytes + left(target, after.kind, after.output),
        **undoing,
    )


def left(state: StepState, kind: str, output: Any) -> int:
    """How many bytes a row of that kind adds to what the run keeps, when it comes to that state."""
    if state is not StepState.SUCCEEDED or kind in MADE_OF_OTHERS:
        return 0
    return size_of(output)


def _items(run: Run, place: Place, opened: StepOpened) -> dict[Place, Step]:
    """The rows of a loop's items, none of which has begun; of a hook's, at least not this time."""
    assert opened.values is not None
    made = {}
    for index, value in enumerate(opened.values):
        path = (place[0], inner(place[1], index))
        before = run.steps.get(path)
        made[path] = Step(
            id=path[0],
            item=path[1],
            kind=opened.kind,
            block=path[0],
            value=value,
            attempt=0 if before is None else before.attempt,
        )
    return made


def _count_in_block(run: Run, steps: dict[Place, Step], before: Step, after: Step) -> None:
    """Move the counters of the block that counts this row."""
    pending = StepState.PENDING
    begun = (before.state is pending) - (after.state is pending)
    done = after.state.is_final - before.state.is_final
    # A failed row that is undone has failed for all that.
    failed = (after.state is StepState.FAILED) - (before.state is StepState.FAILED and done < 0)
    if not (begun or done or failed):
        return
    is_item = after.block == after.id
    place: Place = (after.block or "", outer(after.item) if is_item else after.item)
    block = row(run, place)
    assert block is not None, "a row that a block counts begins after the block"
    assert block.counts is not None, "a block that counts was opened with a total"
    counts = replace(
        block.counts,
        begun=block.counts.begun + begun,
        offset=_offset(block.counts, index_of(after.item), begun) if is_item else 0,
        done=block.counts.done + done,
        failed=block.counts.failed + failed,
        failures=_failures(block.counts, after, failed, is_item=is_item),
    )
    steps[place] = replace(block, counts=counts)


def _offset(counts: Counts, index: int, begun: int) -> int:
    """Where the next item is looked for, after *begun* (-1, 0 or 1) more: the item at *index*."""
    if not begun:
        return counts.offset
    first = max(counts.next, index + 1) if begun > 0 else min(counts.next, index)
    return first - (counts.begun + begun)


def _failures(
    counts: Counts, after: Step, failed: int, *, is_item: bool
) -> tuple[tuple[str, str, str], ...]:
    """The failures that are remembered, after *failed* (-1, 0 or 1) more of this row."""
    name = str(index_of(after.item)) if is_item else after.id
    if failed > 0 and after.failure is not None and len(counts.failures) < FAILURES_KEPT:
        return (*counts.failures, (name, after.failure.code, after.failure.message))
    if failed < 0:
        return tuple(each for each in counts.failures if each[0] != name)
    return counts.failures

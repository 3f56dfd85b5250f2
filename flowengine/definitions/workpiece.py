"""What is filled in by name: where a parameter is looked for, and what the steps there may leave.

Language §2.5. Follows from the workflow and the signatures of its tasks alone; what a run really left
is the engine's to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

from flowengine.definitions.graph import Graph, Role, Spot
from flowengine.definitions.steps import (
    ApprovalStep,
    ChildStep,
    GroupStep,
    ParallelStep,
    Step,
    SwitchStep,
    TaskStep,
    WaitStep,
)

Level = tuple[Step, ...]
"""Places that are equally near: one step, or the branches that a branch needs."""


def above(graph: Graph, spot: Spot) -> Iterator[Level]:
    """The places where a parameter is looked for by its name, nearest first."""
    while True:
        line = spot.line
        for step in reversed(line.steps[: spot.position]):
            yield (step,)
        if line.owner is None:
            return
        owner = graph.spots[line.owner]
        if isinstance(owner.step, ParallelStep) and line.role is Role.BRANCH:
            yield from _needed(owner.step, line.index)
        spot = owner


def _needed(block: ParallelStep, index: int) -> Iterator[Level]:
    """The branches that one needs; then those that these need."""
    branches = {branch.step.id: branch for branch in block.branches}
    seen: set[str] = set()
    wanted = dict.fromkeys(block.branches[index].needs)
    while wanted:
        yield tuple(branches[key].step for key in wanted)
        seen |= wanted.keys()
        wanted = dict.fromkeys(
            need for key in wanted for need in branches[key].needs if need not in seen
        )


def lasts(steps: tuple[Step, ...]) -> Iterator[Step]:
    """The steps that may be the last of a line that runs, the last one first."""
    for step in reversed(steps):
        yield step
        if step.condition is None:
            return


@dataclass(frozen=True, slots=True)
class Left:
    """What a step may leave."""

    certain: dict[str, str]
    """Names that are there whenever it succeeds, and the id of the step that returns each."""
    possible: frozenset[str]
    """Names that may be there; the certain ones too."""
    is_open: bool = False
    """And any others: nobody has declared what it returns."""


NOTHING = Left({}, frozenset())
ANYTHING = Left({}, frozenset(), is_open=True)


class Workpiece:
    """What each step of a workflow may leave; worked out once for each."""

    def __init__(self) -> None:
        self._known: dict[str, Left] = {}

    def left_by(self, step: Step) -> Left:
        """What *step* may leave for those after it."""
        left = self._known.get(step.id)
        if left is None:
            left = self._known[step.id] = self._left_by(step)
        return left

    def returned_twice(self, level: Level, name: str) -> tuple[str, str] | None:
        """Two steps side by side that both leave *name* for certain; None where there are no such."""
        sources = [
            left.certain[name]
            for step in _apart(level)
            if name in (left := self.left_by(step)).certain
        ]
        return (sources[0], sources[1]) if len(sources) > 1 else None

    def _left_by(self, step: Step) -> Left:
        left = NOTHING if step.loop is not None else self._inside(step)
        for rescue in step.rescue:
            left = _either(left, self._line(rescue.steps))
        return left if step.condition is None else _either(left, NOTHING)

    def _inside(self, step: Step) -> Left:  # noqa: PLR0911 - one for each kind
        match step:
            case TaskStep():
                return returned(step)
            case ChildStep():
                return NOTHING if step.detach else ANYTHING
            case WaitStep():
                return ANYTHING
            case ApprovalStep():
                return Left({}, frozenset(field.name for field in step.form))
            case GroupStep():
                return self._line(step.steps)
            case SwitchStep():
                return reduce(_either, (self._line(clause.steps) for clause in step.clauses))
            case ParallelStep():
                return self._side_by_side(branch.step for branch in step.branches)
            case _:
                return NOTHING

    def _line(self, steps: tuple[Step, ...]) -> Left:
        """Of its last step that is not skipped."""
        return reduce(_either, [self.left_by(step) for step in lasts(steps)] or [NOTHING])

    def _side_by_side(self, steps: Iterable[Step]) -> Left:
        """Of branches that all happen."""
        every = [self.left_by(step) for step in steps]
        return Left(
            {name: source for left in every for name, source in left.certain.items()},
            frozenset().union(*(left.possible for left in every)),
            is_open=any(left.is_open for left in every),
        )


def returned(step: TaskStep) -> Left:
    """What a task returns. A declared return type is the whole of it."""
    signature = step.signature
    if signature is None or signature.returns is None:
        return ANYTHING
    return Left(dict.fromkeys(signature.returns, step.id), frozenset(signature.returns))


def _either(one: Left, other: Left) -> Left:
    """Of two of which one happens."""
    return Left(
        {name: source for name, source in one.certain.items() if name in other.certain},
        one.possible | other.possible,
        is_open=one.is_open or other.is_open,
    )


def _apart(level: Level) -> Iterator[Step]:
    """The steps that leave something each for itself."""
    for step in level:
        is_block = isinstance(step, ParallelStep) and step.loop is None and not step.rescue
        if isinstance(step, ParallelStep) and is_block and step.condition is None:
            yield from _apart(tuple(branch.step for branch in step.branches))
        else:
            yield step

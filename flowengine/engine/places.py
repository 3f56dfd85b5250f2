"""Where a step finds what it needs: the steps its expressions name, and the places above it.

All of this follows from the workflow alone, so it is worked out once for each step and kept. The rules
ask for the rows of one :class:`Reading` together, and read no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from flowengine.definitions.expressions.evaluate import names_used, steps_used
from flowengine.definitions.expressions.tree import Expression, Template
from flowengine.definitions.graph import Graph, Line, Role, Spot
from flowengine.definitions.step_ids import UNDO
from flowengine.definitions.steps import (
    ApprovalStep,
    ChildStep,
    EmitStep,
    FailStep,
    GroupStep,
    ParallelStep,
    SleepStep,
    Step,
    SwitchStep,
    TaskStep,
    WaitStep,
)
from flowengine.definitions.task_signature import TaskSignature
from flowengine.definitions.workpiece import Level, above, lasts
from flowengine.engine.rows import depth as depth_of
from flowengine.engine.run import Item, Place

Part = Expression | Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a step reads before it begins, or is undone."""

    named: frozenset[str]
    """Ids of the steps that its expressions name."""
    names: frozenset[str]
    """Names of the scope that its expressions read."""
    missing: tuple[str, ...]
    """Required parameters that its ``with`` does not give."""
    levels: tuple[Level, ...]
    """Where those are looked for, nearest first; empty where none is missing."""
    rows: tuple[tuple[str, int], ...]
    """The rows that all this takes: a step's id, and how many indices of the path are its own."""

    def places(self, item: Item) -> list[Place]:
        """The same for a step at *item*."""
        return [(step_id, at(item, depth)) for step_id, depth in self.rows]


def at(item: Item, depth: int) -> Item:
    """The first *depth* indices of a path; all of it where it has no more."""
    return item if item.count(".") < depth and depth else ".".join(item.split(".")[:depth])


def alike(asked: Iterable[Place], of: Item, others: Iterable[Item]) -> frozenset[Place]:
    """What rows in the items *others* will ask for, where one in the item *of* asks for *asked*."""
    found = set(asked)
    depths = {(step, depth_of(item)) for step, item in asked if item == at(of, depth_of(item))}
    for other in others:
        found |= {(step, at(other, above)) for step, above in depths}
    return frozenset(found)


@lru_cache(maxsize=16384)
def reading(graph: Graph, spot: Spot) -> Reading:
    """What the step there reads before it begins."""
    signature = spot.step.signature if isinstance(spot.step, TaskStep) else None
    arguments = spot.step.arguments if isinstance(spot.step, TaskStep) else {}
    return _reading(graph, spot, tuple(_parts_of(spot.step)), signature, arguments)


@lru_cache(maxsize=16384)
def undo_reading(graph: Graph, spot: Spot) -> Reading:
    """What the undo of the step there reads."""
    undo = graph.undo(spot.step.id)
    assert undo is not None, "only a step with `compensate` is undone"
    parts = tuple(undo.arguments.values())
    found = _reading(graph, spot, parts, undo.signature, undo.arguments)
    own = (UNDO + spot.step.id, len(spot.loops) + 1)  # it is about to begin
    return replace(found, rows=(*found.rows, own))


@lru_cache(maxsize=16384)
def inside(graph: Graph, step_id: str) -> frozenset[str]:
    """The ids of all steps inside that one, at any depth."""
    return graph.within(step_id)


@lru_cache(maxsize=16384)
def has_loops(graph: Graph) -> bool:
    """Whether any of its steps runs once per item."""
    return any(spot.step.loop is not None for spot in graph.spots.values())


def ahead(line: Line, position: int) -> Iterator[Step]:
    """The step there, and those after it that may be reached in the same decision."""
    for step in line.steps[position:]:
        yield step
        is_done_at_once = isinstance(step, EmitStep) or (
            isinstance(step, ChildStep) and step.detach
        )
        if step.condition is None and not is_done_at_once:
            return


def root_of(graph: Graph, spot: Spot) -> Line:
    """Which of the workflow's own three lines the step is in, at whatever depth."""
    line = spot.line
    while line.owner is not None:
        line = graph.spots[line.owner].line
    return line


def rescued_by(graph: Graph, spot: Spot) -> Spot | None:
    """The step whose ``rescue`` this one is part of, the innermost; None = none."""
    line = spot.line
    while line.owner is not None:
        owner = graph.spots[line.owner]
        if line.role is Role.RESCUE:
            return owner
        line = owner.line
    return None


def shared_depth(one: Spot, other: Spot) -> int:
    """How many loops, from the outside, are around both."""
    depth = 0
    for mine, its in zip(one.loops, other.loops, strict=False):
        if mine != its:
            break
        depth += 1
    return depth


def _parts_of(step: Step) -> Iterator[Part]:
    """Every expression that is evaluated where the step stands."""
    items = None if step.loop is None else step.loop.items
    for part in (step.condition, step.title, items, *_own_parts_of(step)):
        if part is not None:
            yield part


def _own_parts_of(step: Step) -> tuple[Part | None, ...]:  # noqa: PLR0911 - one per kind of step
    """Those of its kind."""
    match step:
        case TaskStep() | ChildStep():
            return tuple(step.arguments.values())
        case EmitStep():
            return (*step.arguments.values(), step.subject)
        case WaitStep():
            return (*step.match.values(), step.accept)
        case SleepStep():
            return (step.until,)
        case ApprovalStep():
            return (step.ask, step.users)
        case SwitchStep():
            return tuple(clause.condition for clause in step.clauses)
        case FailStep():
            return (step.message,)
        case _:
            assert isinstance(step, GroupStep | ParallelStep), "a new kind joins above"
            return ()


def _reading(
    graph: Graph,
    spot: Spot,
    parts: tuple[Part, ...],
    signature: TaskSignature | None,
    arguments: Mapping[str, Template],
) -> Reading:
    named = steps_of(parts) & graph.spots.keys()
    names = frozenset(name for part in parts for name in names_used(part))
    required = () if signature is None else signature.required
    missing = tuple(name for name in required if name not in arguments)
    levels = tuple(above(graph, spot)) if missing else ()
    rows: dict[tuple[str, int], None] = {(spot.step.id, len(spot.loops) + 1): None}
    for depth, loop_id in enumerate(spot.loops, start=1):
        loop = graph.spots[loop_id].step.loop
        if loop is not None and loop.name in names:
            rows[loop_id, depth] = None
    owner = rescued_by(graph, spot)
    if owner is not None and "error" in names:
        rows[owner.step.id, len(owner.loops)] = None
    for step_id in sorted(named):
        rows |= dict.fromkeys(_rows_of_named(graph, spot, step_id))
    for level in levels:
        for step in level:
            rows |= dict.fromkeys(_rows_of_left(graph, step, frozenset(missing)))
    return Reading(named=named, names=names, missing=missing, levels=levels, rows=tuple(rows))


def steps_of(parts: Iterable[Part]) -> frozenset[str]:
    """The ids of the steps that these expressions name."""
    return frozenset(step_id for part in parts for step_id in steps_used(part))


def _rows_of_named(graph: Graph, spot: Spot, step_id: str) -> Iterator[tuple[str, int]]:
    """The step's row; and of the blocks around it, which say why there is none."""
    other = graph.spots[step_id]
    yield step_id, shared_depth(spot, other)
    around = _at_work_around(graph, spot)
    for owner in graph.owners(step_id):
        if owner in around:
            return
        yield owner, shared_depth(spot, graph.spots[owner])


def _at_work_around(graph: Graph, spot: Spot) -> frozenset[str]:
    """The blocks that the step is in, but for those whose inside has failed already."""
    found = set()
    line = spot.line
    while line.owner is not None:
        if line.role is not Role.RESCUE:
            found.add(line.owner)
        line = graph.spots[line.owner].line
    return frozenset(found)


def _rows_of_left(graph: Graph, step: Step, names: frozenset[str]) -> Iterator[tuple[str, int]]:
    """The rows that say what *step* has left, as far as it may be one of *names*."""
    if not step.rescue and not may_leave(step, names):
        return
    yield step.id, len(graph.spots[step.id].loops)
    lines = [graph.line(step.id, Role.RESCUE, index) for index in range(len(step.rescue))]
    if step.loop is None:
        lines += inner_lines(graph, step)
    for line in lines:
        for last in lasts(line.steps):
            yield from _rows_of_left(graph, last, names)
            if last.condition is not None:
                # Whether it ran is said by its row, whatever it leaves.
                yield last.id, len(graph.spots[last.id].loops)


def may_leave(step: Step, names: frozenset[str]) -> bool:
    """It may leave one of *names*. A declared return type is the whole of what a task leaves."""
    if isinstance(step, EmitStep | SleepStep | FailStep) or step.loop is not None:
        return False
    if not isinstance(step, TaskStep) or step.signature is None or step.signature.returns is None:
        return True
    return not names.isdisjoint(step.signature.returns)


def inner_lines(graph: Graph, step: Step) -> list[Line]:
    """The lines of a block's inside; none for the other kinds."""
    match step:
        case GroupStep():
            return [graph.line(step.id, Role.BODY)]
        case ParallelStep():
            return [graph.line(step.id, Role.BRANCH, n) for n in range(len(step.branches))]
        case SwitchStep():
            return [graph.line(step.id, Role.CLAUSE, n) for n in range(len(step.clauses))]
        case _:
            return []

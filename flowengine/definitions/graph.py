"""Where each step of a workflow stands: in which line, inside which block, in how many loops.

A *line* is steps one after another. The file has up to three of its own (the line, ``on_failure``,
``finally``); a branch is a line of one step; the bodies of groups, the clauses of switches and of
rescues are lines that belong to their step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flowengine.definitions.step_ids import UNDO
from flowengine.definitions.steps import (
    ChildStep,
    GroupStep,
    ParallelStep,
    Step,
    SwitchStep,
    TaskStep,
    Undo,
)


class Role(StrEnum):
    """What a line is to its owner."""

    LINE = "line"
    """The workflow's own; no owner."""
    ON_FAILURE = "on_failure"
    FINALLY = "finally"
    BODY = "body"
    """Of a group."""
    BRANCH = "branch"
    """Of a parallel block: one step."""
    CLAUSE = "clause"
    """Of a switch."""
    RESCUE = "rescue"
    """Of any step that has failed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """Steps one after another."""

    role: Role
    steps: tuple[Step, ...]
    owner: str | None = None
    """The id of the step it is part of; None for the workflow's own."""
    index: int = 0
    """Which branch, clause or rescue of its owner."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spot:
    """Where one step stands."""

    step: Step
    line: Line
    position: int
    """In the line, from 0."""
    loops: tuple[str, ...]
    """Ids of the ``for_each`` steps around it, outermost first; without its own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Graph:
    """All spots of a workflow."""

    spots: Mapping[str, Spot]
    """By id, in the order of the file."""
    lines: Mapping[tuple[str | None, Role, int], Line]
    """By owner, role and index."""

    @staticmethod
    def of(
        steps: tuple[Step, ...], on_failure: tuple[Step, ...] = (), at_end: tuple[Step, ...] = ()
    ) -> Graph:
        """The graph of these three lines."""
        spots: dict[str, Spot] = {}
        lines: dict[tuple[str | None, Role, int], Line] = {}

        def add(line: Line, loops: tuple[str, ...]) -> None:
            lines[line.owner, line.role, line.index] = line
            for position, step in enumerate(line.steps):
                spots[step.id] = Spot(step=step, line=line, position=position, loops=loops)
                inside = (*loops, step.id) if step.loop is not None else loops
                for below in _lines_of(step):
                    # A rescue is of the loop as a whole: its items are not in sight.
                    add(below, loops if below.role is Role.RESCUE else inside)

        add(Line(role=Role.LINE, steps=steps), ())
        add(Line(role=Role.ON_FAILURE, steps=on_failure), ())
        add(Line(role=Role.FINALLY, steps=at_end), ())
        return Graph(spots=spots, lines=lines)

    def line(self, owner: str | None, role: Role, index: int = 0) -> Line:
        """That line; KeyError where there is none."""
        return self.lines[owner, role, index]

    def owners(self, step_id: str) -> Iterator[str]:
        """The ids of the steps around it, innermost first."""
        owner = self.spots[step_id].line.owner
        while owner is not None:
            yield owner
            owner = self.spots[owner].line.owner

    def within(self, step_id: str) -> frozenset[str]:
        """The ids of all steps inside it, at any depth; rescues of it included, not itself."""
        return frozenset(each for each in self.spots if step_id in self.owners(each))

    def undo(self, step_id: str) -> Undo | None:
        """How the step is undone; None = it is not."""
        step = self.spots[step_id].step
        return step.compensate if isinstance(step, TaskStep | ChildStep) else None

    def work(self, row_id: str) -> TaskStep | Undo:
        """What a worker calls for a row of that id; KeyError where it is no work."""
        if row_id.startswith(UNDO):
            undo = self.undo(row_id.removeprefix(UNDO))
            if undo is None:
                raise KeyError(row_id)
            return undo
        step = self.spots[row_id].step
        if not isinstance(step, TaskStep):
            raise KeyError(row_id)
        return step


def _lines_of(step: Step) -> Iterator[Line]:
    match step:
        case GroupStep():
            yield Line(role=Role.BODY, owner=step.id, steps=step.steps)
        case ParallelStep():
            for index, branch in enumerate(step.branches):
                yield Line(role=Role.BRANCH, owner=step.id, index=index, steps=(branch.step,))
        case SwitchStep():
            for index, clause in enumerate(step.clauses):
                yield Line(role=Role.CLAUSE, owner=step.id, index=index, steps=clause.steps)
        case _:
            pass
    for index, rescue in enumerate(step.rescue):
        yield Line(role=Role.RESCUE, owner=step.id, index=index, steps=rescue.steps)

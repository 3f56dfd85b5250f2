"""The lines of a floor: for each workflow its steps in the order of the file, and where each is worked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from flowengine import event_types
from flowengine.definitions.catalog import Catalog
from flowengine.definitions.check import STATION
from flowengine.definitions.expressions.tree import Constant
from flowengine.definitions.graph import Line, Role, Spot
from flowengine.definitions.model import EventTrigger, Workflow
from flowengine.definitions.patterns import matches
from flowengine.definitions.step_ids import UNDO
from flowengine.definitions.steps import (
    GroupStep,
    ParallelStep,
    Step,
    SwitchStep,
    TaskStep,
    kind_of,
)
from flowengine.representations import words

Place = tuple[str, str]
"""A station of the floor: the queue that is served, and the task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One step on the way."""

    step: str
    """Its id; of an undo ``undo charge``."""
    title: str
    kind: str
    """The key it is written with; ``undo``."""
    line: str
    """``line``, ``on_failure``, ``finally`` or ``undo``."""
    block: str | None
    """The id of the step that it is inside."""
    branch: int | None
    """Which branch, clause or rescue of that; None = it is in the block's only line, or in none."""
    is_loop: bool
    place: Place | None
    """None = no worker is needed for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One workflow."""

    workflow: str
    title: str
    types: tuple[str, ...]
    """The event types, or patterns of them, that it starts by."""
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """All lanes, and what they have in common."""

    lanes: tuple[Lane, ...]
    places: tuple[Place, ...]
    """Every station of the floor, once, in the order of the lanes."""
    types: tuple[str, ...]
    """Every event type that starts something; without patterns."""
    workflows_at: Mapping[Place, Sequence[str]]
    """The workflows that pass there: all of the project's, also where these are the lines of a few."""

    def only(self, workflows: Collection[str]) -> Lines | None:
        """The same of those of these workflows that there are; None = there is none of them."""
        lanes = tuple(lane for lane in self.lanes if lane.workflow in workflows)
        return _joined(lanes, self.workflows_at) if lanes else None


@lru_cache(maxsize=4)
def lines_of(catalog: Catalog) -> Lines:
    """The lines of these workflows, in the order of their names."""
    known = sorted(event_types.names())
    lanes = tuple(_lane(workflow, known) for workflow in catalog.workflows.values())
    return _joined(lanes, _workflows_at(lanes))


def _workflows_at(lanes: Sequence[Lane]) -> dict[Place, list[str]]:
    found: dict[Place, list[str]] = {}
    for lane in lanes:
        for place in {stop.place for stop in lane.stops if stop.place is not None}:
            found.setdefault(place, []).append(lane.workflow)
    return found


def _joined(lanes: tuple[Lane, ...], workflows_at: Mapping[Place, Sequence[str]]) -> Lines:
    places = dict.fromkeys(
        stop.place for lane in lanes for stop in lane.stops if stop.place is not None
    )
    types = dict.fromkeys(name for lane in lanes for name in lane.types if "*" not in name)
    return Lines(lanes=lanes, places=tuple(places), types=tuple(types), workflows_at=workflows_at)


def _lane(workflow: Workflow, known: Sequence[str]) -> Lane:
    stops = [
        stop
        for spot in workflow.graph.spots.values()
        if not isinstance(spot.step, GroupStep | ParallelStep | SwitchStep)
        for stop in _stops(workflow, spot)
    ]
    patterns = dict.fromkeys(
        pattern
        for trigger in workflow.triggers
        if isinstance(trigger, EventTrigger)
        for pattern in trigger.patterns
    )
    types = dict.fromkeys(name for pattern in patterns for name in _types(pattern, known))
    return Lane(
        workflow=workflow.name,
        title=words(workflow.name),
        types=tuple(types),
        # What undoes comes last: it is on nobody's way.
        stops=tuple(sorted(stops, key=lambda stop: stop.kind == "undo")),
    )


def _types(pattern: str, known: Sequence[str]) -> list[str]:
    """The registered types that a pattern speaks of; itself where there are none."""
    if "*" not in pattern:
        return [pattern]
    return [name for name in known if matches(pattern, name)] or [pattern]


def _stops(workflow: Workflow, spot: Spot) -> Iterator[Stop]:
    step = spot.step
    task = step if isinstance(step, TaskStep) else None
    place = None if task is None else (task.station or STATION, task.task)
    yield _stop(workflow, spot, step.id, kind_of(step), place)
    undo = workflow.graph.undo(step.id)
    if undo is not None:
        at = (undo.station or STATION, undo.task)
        yield _stop(workflow, spot, UNDO + step.id, "undo", at)


def _stop(workflow: Workflow, spot: Spot, step: str, kind: str, place: Place | None) -> Stop:
    line = spot.line
    return Stop(
        step=step,
        title=words(step) if kind == "undo" else _title(spot.step),
        kind=kind,
        line="undo" if kind == "undo" else _outermost(workflow, line).role.value,
        block=line.owner,
        branch=line.index if line.role in {Role.BRANCH, Role.CLAUSE, Role.RESCUE} else None,
        is_loop=spot.step.loop is not None or bool(spot.loops),
        place=place,
    )


def _outermost(workflow: Workflow, line: Line) -> Line:
    while line.owner is not None:
        line = workflow.graph.spots[line.owner].line
    return line


def _title(step: Step) -> str:
    """What is written for people where that needs no values; else the id in words."""
    root = None if step.title is None else step.title.root
    return str(root.value) if isinstance(root, Constant) else words(step.id)

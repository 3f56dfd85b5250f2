"""A decision while it is being made: what the rules write to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec.structs import replace

from flowengine.definitions.graph import Graph, Line, Spot
from flowengine.definitions.model import Workflow
from flowengine.engine import places, rows
from flowengine.engine.commands import Command, Decision
from flowengine.engine.evolve import Workbench, evolve
from flowengine.engine.run import Item, Place, Run, Step
from flowengine.engine.states import RunState
from flowengine.engine.transitions import (
    RunContinued,
    RunStarted,
    RunWaiting,
    StepOpened,
    Transition,
)

EMPTY: Mapping[str, Any] = MappingProxyType({})
"""No configuration."""


def _fits(_event_type: str, _given: Any) -> str:
    """No event type is registered: every payload will do."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may use up, and publish; the shell knows it. Language §2.4, §4.13."""

    crashes_max: int = 3
    """Begun attempts of one step that may be lost with their worker."""
    payload_max_bytes: int = 256 * 1024
    """The largest input or output of a step, and output of a run, encoded."""
    event_max_bytes: int = 256 * 1024
    """The largest data of an event that a step publishes, encoded."""
    outputs_max_bytes: int = 4 * 1024 * 1024
    """All outputs of a run's steps together, encoded."""
    items_max: int = 10_000
    """Items of one loop."""
    depth_max: int = 8
    """Children of children."""
    hops_max: int = 16
    """Events that cause one another."""
    misfit: Callable[[str, Any], str] = _fits
    """What is wrong with the data of an event of that type, in words; empty = nothing. Without side
    effects."""


LIMITS = Limits()


class Result(Enum):
    """How a row was decided, as far as others go by it. Language §4.6."""

    DONE = auto()
    """Succeeded, rescued or skipped: the line goes on."""
    FAILED = auto()
    CANCELLED = auto()


class Going(msgspec.Struct, frozen=True):
    """The line goes on: its step at *position* is reached; past its last step the line is done."""

    line: Line
    position: int
    item: Item


class Ended(msgspec.Struct, frozen=True):
    """The row is decided; what stands around it has not been told yet."""

    place: Place
    result: Result


class More(msgspec.Struct, frozen=True):
    """The parallel block or loop there may begin more, or is decided itself."""

    place: Place


class Draft(msgspec.Struct, kw_only=True):
    """The run as it is now, and what has happened on the way there.

    A rule that finds its message stale records nothing. Lives inside one call of ``decide``.

    A rule does one thing and puts what follows from it on the agenda; ``rules/agenda.py`` takes it
    from there, first come, first done. So a line of two hundred steps that are all skipped, and a loop
    over ten thousand items that are done at once, are one decision without recursion; and no rule has
    to know what stands around its step.
    """

    workflow: Workflow
    run: Run
    now: datetime
    config: Mapping[str, Any]
    limits: Limits
    transitions: list[Transition] = []
    commands: list[Command] = []
    agenda: deque[Going | Ended | More] = msgspec.field(default_factory=deque)
    before: Run = None  # type: ignore[assignment] # set when it is made
    """The run as it was given; never changed in place."""

    def __post_init__(self) -> None:
        self.before = self.run
        self.run = rows.own(replace(self.run, steps=Workbench(self.run.steps)))

    def after(self, timeout: timedelta | None) -> datetime | None:
        """When a time that begins now is over; None = never."""
        return None if timeout is None else self.now + timeout

    def anew(self) -> Draft:
        """The run as it was given, and nothing has happened yet."""
        return Draft(
            workflow=self.workflow,
            run=self.before,
            now=self.now,
            config=self.config,
            limits=self.limits,
        )

    @property
    def graph(self) -> Graph:
        """Where each step of the workflow stands."""
        return self.workflow.graph

    def spot(self, place: Place) -> Spot:
        """Where the step of that row stands."""
        return self.workflow.graph.spots[place[0]]

    def row(self, place: Place) -> Step | None:
        """The row there; None = the step is pending."""
        found = self.run.steps.get(place)
        return found if found is not None or self.run.known is None else rows.row(self.run, place)

    def rows(self, places: Iterable[Place]) -> dict[Place, Step]:
        """Those of *places* that have a row; asked together, they are read together."""
        return rows.rows(self.run, places)

    def is_item(self, place: Place) -> bool:
        """Whether the row there is one item of the loop that its step is, not the step as a whole."""
        spot = self.spot(place)
        return spot.step.loop is not None and rows.depth(place[1]) > len(spot.loops)

    def record(self, transition: Transition) -> None:
        """It happened: the run moves on."""
        before = self.run
        row = None
        if before.known is not None and isinstance(transition, StepOpened):
            row = before.steps.get((transition.step, transition.item))
        self.run = evolve(before, transition, self.now)
        self.transitions.append(transition)
        if before.known is not None:
            self._learn(transition, row)

    def _learn(self, transition: Transition, row: Step | None) -> None:
        """Nothing inside of what begins for the first time has a row: it need not be asked for.

        *row* is what an opened block's was before.
        """
        if isinstance(transition, RunStarted):
            rows.note_untouched(self.run, self.graph.spots, "")
        elif isinstance(transition, StepOpened) and (
            row is None or (row.block == row.id and row.ready_at is None)
        ):
            inside = places.inside(self.graph, transition.step)
            rows.note_untouched(self.run, inside, transition.item)

    def go(self, line: Line, position: int, item: Item) -> None:
        """The line goes on there, unless what it stands in has ended by then."""
        self.agenda.append(Going(line, position, item))

    def ended(self, place: Place, result: Result) -> None:
        """The row there has just been decided: the next step, or the block around it, follows."""
        self.agenda.append(Ended(place, result))

    def more(self, place: Place) -> None:
        """The parallel block or loop there may begin more, or is decided itself."""
        self.agenda.append(More(place))

    def rest(self) -> None:
        """Say whether the run waits: it does while nothing of it needs a worker, and something sleeps."""
        run = self.run
        if not self.transitions:
            return  # a stale message changes nothing, whatever it finds
        if run.state is RunState.RUNNING and not run.busy and run.asleep:
            self.record(RunWaiting())
        elif run.state is RunState.WAITING and run.busy:
            self.record(RunContinued())

    def decision(self) -> Decision:
        """What was decided; stale where nothing happened."""
        if not self.transitions:
            return Decision(run=self.before, stale=True)
        return Decision(
            run=replace(self.run, steps=dict(self.run.steps)),
            transitions=tuple(self.transitions),
            commands=tuple(self.commands),
        )

"""What :func:`flowengine.orchestration.advance.advance` is given, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import TaskStep, Undo
from flowengine.engine.messages import Message
from flowengine.engine.run import Item, Place, Run, Step
from flowengine.orchestration.commit import Committed


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something happened to a run."""

    run_id: UUID
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A step that a worker would take."""

    run_id: UUID
    step: str
    item: Item = ""

    @property
    def place(self) -> Place:
        """Which row of the run."""
        return (self.step, self.item)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a running attempt last said of itself."""

    run_id: UUID
    step: str
    attempt: int
    fraction: float
    note: str = ""
    item: Item = ""

    @property
    def place(self) -> Place:
        """Which row of the run."""
        return (self.step, self.item)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One batch."""

    told: Sequence[Told] = ()
    wanted: Sequence[Wanted] = ()
    """Steps to begin for *worker*, in this order; at most as many as it has places."""
    progress: Sequence[Progress] = ()
    worker: UUID | None = None
    tasks: frozenset[str] = frozenset()
    """The tasks the worker knows; others stay ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An attempt that is to be called now: its begin is committed."""

    run: Run
    workflow: Workflow
    plan: TaskStep | Undo
    """What to call: the task of the step, or the undo of one."""
    step: Step


@dataclass(slots=True, kw_only=True)
class Advanced:
    """What came of a batch."""

    committed: Committed = field(default_factory=Committed)
    begun: list[Begun] = field(default_factory=list)
    unknown: list[Wanted] = field(default_factory=list)
    """Steps whose task this worker does not know; they stay ready."""
    later_told: list[Told] = field(default_factory=list)
    """Their runs are locked elsewhere: try again."""
    later_wanted: list[Wanted] = field(default_factory=list)
    refused: list[Told] = field(default_factory=list)
    """What could not be decided or stored, each for a reason of its own; the others are saved."""
    stale: int = 0
    """Messages and hints that spoke of what is past."""

    def add(self, other: Advanced) -> None:
        """Take over what *other* holds."""
        self.committed.add(other.committed)
        self.begun += other.begun
        self.unknown += other.unknown
        self.later_told += other.later_told
        self.later_wanted += other.later_wanted
        self.refused += other.refused
        self.stale += other.stale

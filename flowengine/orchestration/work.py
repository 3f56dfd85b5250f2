"""What :func:`flowengine.orchestration.advance.advance` is given, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import TaskStep, Undo
from flowengine.engine.messages import Message
from flowengine.engine.run import Item, Place, Run, Step
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.notify import Said

OVERDUE = 3
"""Above every priority of a run: a step that nobody took in time goes before what is handed on."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened to a run."""

    run_id: UUID
    message: Message
    said: Sequence[Said] = ()
    """What a task has said to who watches, if this is the end of its attempt."""
    seen: Run | None = None
    """The run as this process last wrote it; where nobody has changed it since, it is not read again."""
    handed: int = 0
    """How often in a row its place was handed on to get here."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A step that a worker would take."""

    run_id: UUID
    step: str
    item: Item = ""
    priority: int = 1
    """The run's, 0 to 2, or ``OVERDUE``."""
    is_tried: bool = False
    """It may begin although its station is closed."""

    @property
    def place(self) -> Place:
        """Which row of the run."""
        return (self.step, self.item)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
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
    stations: frozenset[str] = frozenset()
    """Those that it serves, and whose work it may go on with from hand to hand."""
    closed: frozenset[str] = frozenset()
    """Those whose door is closed: what is wanted there stays ready, but for what is tried."""
    capped: frozenset[str] = frozenset()
    """Those where people have said how much is done at the same time."""
    places: int | None = None
    """How many it has free, for what is wanted and what is handed on together; None = nothing is handed
    on, and there is a place for each that is wanted."""


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that is to be called now: its begin is committed."""

    run: Run
    workflow: Workflow
    plan: TaskStep | Undo
    """What to call: the task of the step, or the undo of one."""
    step: Step
    handed: int = 0
    """How often in a row its place was handed on to get here; 0 = it was claimed."""


@dataclass(slots=True, kw_only=True)
class Advanced:
    """What came of a batch."""

    committed: Committed = field(default_factory=Committed)
    begun: list[Begun] = field(default_factory=list)
    unknown: list[Wanted] = field(default_factory=list)
    """Steps whose task this worker does not know, or whose station is closed or full; they stay ready."""
    later_told: list[Told] = field(default_factory=list)
    """Their runs are locked elsewhere: try again."""
    later_wanted: list[Wanted] = field(default_factory=list)
    """Theirs are, or there was no place left."""
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

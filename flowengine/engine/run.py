"""A run and its steps as values: what ``decide`` is given and ``evolve`` folds.

Structs, not dataclasses: each step of a run makes several copies of both, and a frozen dataclass of
twenty fields takes ten times as long to make.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.event import Event, Parent
from flowengine.engine.states import RunState, StepState

Item = str
"""In which items of the loops around it a row stands: ``""`` in none, ``"3"`` in the fourth item of one
loop, ``"3.7"`` in the eighth item of a loop inside it."""
Place = tuple[str, Item]
"""Which row of a run: step id and item. A loop has a row of its own, beside those of its items:
``("deliver", "")`` and ``("deliver", "0")``, ``("deliver", "1")`` …"""


class Frame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a traceback."""

    file: str
    """As it is imported, without where it is installed: ``shop/tasks.py``."""
    line: int
    name: str
    """The function."""
    is_own: bool = False
    """It is the project's: not of a library, of Python or of flowengine."""


class Try(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one attempt of a step failed."""

    attempt: int
    code: str
    message: str
    traceback: str = ""
    """Cut to :data:`flowengine.engine.tries.TRACEBACK_MAX` characters."""
    log: str = ""
    """The last lines that it has logged."""
    frames: tuple[Frame, ...] = ()
    worker: str = ""
    """The id of the process that ran it, and in a dead letter its name; empty = none did."""
    version: str = ""
    """Of the project, as that process had it."""
    started_at: datetime | None = None
    ended_at: datetime | None = None


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an attempt, a step or a run failed."""

    code: str
    """The name of the error class, or one of the engine's own codes (``Timeout``, ``WorkerLost``)."""
    message: str
    bases: tuple[str, ...] = ()
    """The names of the class's bases, nearest first: what ``errors:`` also matches."""
    fe: str = "FE421"
    """The code of the catalogue."""
    permanent: bool = False
    """Trying again cannot help."""
    retry_after_s: float | None = None
    """The task asked for this wait; None = the policy decides."""
    traceback: str = ""
    log: str = ""
    """The last lines that the attempt has logged; with its try, once that is known."""
    frames: tuple[Frame, ...] = ()
    """Where it was raised, outermost first."""
    version: str = ""
    """The version of the project that failed; empty = it does not say one."""
    tries: tuple[Try, ...] = ()
    """The failed attempts of the step, in order: the first, and the last few of many."""
    details: Any = None
    step: str | None = None
    """The step in which it happened, innermost; None where it was none."""
    item: Item = ""
    """In which items of the loops around that step."""
    attempts: int = 0
    """How often that step had begun."""


class Counts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far the items of a loop, or the branches of a parallel block, are."""

    total: int
    begun: int = 0
    """Those that are not pending any more."""
    done: int = 0
    """Those that are decided."""
    failed: int = 0
    failures: tuple[tuple[str, str, str], ...] = ()
    """The first hundred failures: branch or index, code, message."""
    offset: int = 0
    """By how much *next* is more than *begun*: only after a resume it is another number."""

    @property
    def next(self) -> int:
        """Of a loop: no item before that index is pending."""
        return self.begun + self.offset

    @property
    def open(self) -> int:
        """Begun and not decided."""
        return self.begun - self.done


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one person said to an approval."""

    user: str
    approved: bool
    at: datetime
    comment: str = ""
    form: Mapping[str, Any] = {}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One row of one run: a step, an item of a loop, or the undo of a step."""

    id: str
    """The step's; of an undo ``undo charge``."""
    state: StepState = StepState.PENDING
    item: Item = ""
    kind: str = "task"
    """The key its step is written with; ``for_each`` for the row of a whole loop; ``undo``."""
    title: str = ""
    """Evaluated; empty = the id, in words."""
    task: str = ""
    station: str = ""
    attempt: int = 0
    """The fence: grows with each begin, over retries, crashes, hand-backs and resumes."""
    tries: int = 0
    """Attempts that ended in an error."""
    crashes: int = 0
    """Begun attempts whose worker was lost."""
    block: str | None = None
    """The id of the parallel block or loop that counts this row; None = none does."""
    counts: Counts | None = None
    """Of a loop or a parallel block; None for the others."""
    clause: int | None = None
    """Rescuing: which rescue. A switch: which clause."""
    value: Any = None
    """Of an item of a loop: the item."""
    input: Any = None
    output: Any = None
    failure: Failure | None = None
    """Of the last failed try, kept after a later success. Of a running block: it ends with this failure
    as soon as nothing inside it is active."""
    is_stopping: bool = False
    """What is around it ends: it starts nothing more; its own end, if not a success, is *cancelled*."""
    doubt: str = ""
    """Of a step that can be undone: how an attempt ended that did not make it succeed and may have taken
    effect: ``Timeout``, ``WorkerLost`` …; ``Returned``, where it surely has. Empty = none did."""
    answers: tuple[Answer, ...] = ()
    due_at: datetime | None = None
    """Retrying: the delay is over. Waiting: the wait is over. A block: its time is over. Ready: it
    counts as overdue. Else None."""
    ended: int | None = None
    """The number of the transition that decided it: the order in which steps are undone."""
    worker: UUID | None = None
    ready_at: datetime | None = None
    first_started_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def place(self) -> Place:
        """Which row it is."""
        return (self.id, self.item)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of one workflow version, caused by one event."""

    id: UUID
    workflow: str
    digest: str
    event: Event
    state: RunState | None = None
    """None only before it has started."""
    seq: int = 0
    """The head: the number of its last transition or progress."""
    replay: int = 0
    """How often it was resumed after it had failed, and its event replayed."""
    replay_of: UUID | None = None
    """The run that it is a restart of; None = it is none."""
    keys: UUID | None = None
    """What its idempotency keys are made of instead of its own id; None = of that."""
    parent: Parent | None = None
    """The step that waits for it; None = none does."""
    priority: int = 1
    """0 low, 1 normal, 2 high."""
    inputs: Mapping[str, Any] | None = None
    """None where the workflow declares no inputs and works with ``event.data``."""
    title: str = ""
    steps: Mapping[Place, Step] = {}
    """Rows by place; ask :mod:`flowengine.engine.rows`, which knows what has been read."""
    known: Any = None
    """What has been read (:class:`flowengine.engine.rows.Known`); None = every row is in *steps*."""
    busy: int = 0
    """Rows of work (task, undo) that are ready or running."""
    asleep: int = 0
    """Rows that wait or retry."""
    output_bytes: int = 0
    """The outputs that its steps have left, encoded, together. Those of blocks and loops are made of them,
    and are not counted again."""
    failure: Failure | None = None
    outcome: RunState | None = None
    """While cancelling or compensating: the final state it will end in."""
    undoing: int | None = None
    """While compensating: ``ended`` of the step that is undone now, or was last; None = none yet."""
    has_undone: bool = False
    """An undo has begun: only a restart is offered."""
    tail: str = ""
    """The hooks at work after the end: ``on_failure``, ``finally``; empty = none."""
    holding: bool = False
    """Somebody wants it to be held before its next step."""
    output: Any = None
    due_at: datetime | None = None
    """When the run itself wants attention: its slot or expiry (queued), its timeout (running, waiting),
    the end of holding (held, but not by hand). Final: when the time of its hooks is over; earlier, by the shell, until its
    end is passed on. Else None."""
    created_at: datetime | None = None
    started_at: datetime | None = None
    held_at: datetime | None = None
    """While held: since when; the time-out moves by as long as it was held."""
    still_s: float = 0.0
    """Seconds that it stood still, held or failed, before it was resumed: its time-out is later by as
    much."""
    finished_at: datetime | None = None

    @property
    def keys_of(self) -> UUID:
        """What its idempotency keys are made of."""
        return self.keys or self.id

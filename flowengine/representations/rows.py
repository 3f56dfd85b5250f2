"""What the view of a run is made from: rows without payloads, as the store reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from flowengine.engine.run import Counts, Item

Json = dict[str, Any]


class RunRow(Protocol):
    """What the view reads of a run; a ``RunRecord`` is one."""

    @property
    def id(self) -> UUID: ...
    @property
    def workflow(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def finished_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """What the view reads of one row: a step, a loop, an item of a loop, or an undo."""

    step: str
    state: str
    item: Item = ""
    kind: str = "task"
    title: str = ""
    """Evaluated; empty = the id, in words."""
    attempt: int = 0
    tries: int = 0
    clause: int | None = None
    """Of a switch: which clause. Of others: which rescue."""
    counts: Counts | None = None
    answers: int = 0
    """Of an approval: how many have answered."""
    due_at: datetime | None = None
    """When the delay of a retry, or a wait, is over; of no meaning in other states."""
    progress: float | None = None
    """What the task last said, 0-1; None = nothing."""
    note: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoCounts:
    """How far the undoing of a run is, in rows that are undone by a task."""

    total: int
    done: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All that the view of one run reads: bounded, however many items its loops have."""

    steps: tuple[StepRow, ...] = ()
    """Every row that stands in no loop; of loops those items that are at work or have failed, at most
    ``loops.ITEMS_MAX`` of each, with the rows inside them."""
    undo: UndoCounts | None = None
    """None = nothing is undone."""
    children: Mapping[tuple[str, Item], tuple[UUID, int]] | None = None
    """By step and item: the run that it started, and its percentage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One numbered transition as the history keeps it."""

    n: int
    at: datetime
    transition: Mapping[str, Any]
    """Its public form; the kind is ``t``."""

"""What a schedule asks of a store, and what a store asks of the schedule.

There are two: the reference model, in which everything may interleave that may on PostgreSQL
(:mod:`.model`), and the product's own store on SQLite (:mod:`.sqlite`). What is committed looks the
same in both: tables of the model's rows, so that one oracle reads either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import Error

from tests.simulation.model.database import Changes, Table
from tests.simulation.scheduler import Thread

Effect = tuple[UUID, str, str]
"""Run, step, item: what a transactional task wrote for it."""
Tables = Mapping[str, Table]


class Hooks(Protocol):
    """A schedule, as its store knows it."""

    @property
    def current(self) -> Thread | None:
        """Whose turn it is; None = the schedule's own."""
        ...

    def before_statement(self, name: str) -> None:
        """A statement begins; others may go first, or it raises."""
        ...

    def before_commit(self) -> None:
        """A commit begins; where it raises, nothing is written."""
        ...

    def after_commit(self, changes: Changes) -> None:
        """These rows are committed; it raises where the answer is lost."""
        ...

    def wait_until(self, is_free: Callable[[], bool]) -> None:
        """Let others go on until that is so."""
        ...

    def is_alive(self, worker: UUID) -> bool:
        """Whether a process of that worker lives, be it paused."""
        ...

    def now(self) -> datetime:
        """The database's clock."""
        ...


class Store(Protocol):
    """Where a schedule keeps what it keeps."""

    name: str
    loses_answers: bool
    """A commit may succeed without its answer being heard."""

    @property
    def tables(self) -> Tables:
        """What is committed."""
        ...

    def installed(self) -> AbstractContextManager[None]:
        """Within, the product's store is this one."""
        ...

    def begin(self, hooks: Hooks) -> None:
        """Be empty, for that schedule."""
        ...

    def switch(self, thread: Thread | None) -> None:
        """It is that thread's turn."""
        ...

    def hang_up(self, thread: Thread) -> None:
        """The thread was killed: the server notices, and takes back what it had not committed."""
        ...

    def error(self, fault: str) -> Error:
        """What the product sees of that fault."""
        ...

    def count(self, effect: Effect, number: int) -> None:
        """Write an effect of a task into the transaction of the present thread."""
        ...

    def enable(self, workflow: str, *, is_enabled: bool) -> None:
        """One statement: the workflow takes new runs from now on, or does not."""
        ...

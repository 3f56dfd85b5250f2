"""Connections to one SQLite file: one for each simulated thread, and the turn to write.

The switch points are the statements; commits and the queue of writers are the schedule's. A connection
is Django's own, so that everything above it is the product's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.utils import ConnectionHandler

from tests.simulation.scheduler import Thread
from tests.simulation.stores import Hooks

_NOT_WRITES = ("SELECT", "WITH", "PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")


def opened(path: Path, alias: str) -> DatabaseWrapper:
    """A new connection as the product would have it, but for what makes it outlive a power cut."""
    settings = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            # Who may write is decided above: a wait in here would stand still for ever.
            "timeout": 0,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
        },
    }
    handler = ConnectionHandler({"default": settings})
    handler.settings  # noqa: B018 - fills in the defaults of what is not named
    connection = handler.create_connection("default")
    assert isinstance(connection, DatabaseWrapper)
    connection.alias = alias
    connection.inc_thread_sharing()
    return connection


class Turn:
    """In the place of the lock that writers of a process queue for; here of all processes."""

    def __init__(self) -> None:
        self.hooks: Hooks
        self.holder: Thread | None = None
        self._depth = 0

    def acquire(self, *, timeout: float) -> bool:
        """Whether it is the present thread's now; negative = it waits for ever."""
        thread = self.hooks.current
        if thread is None:
            return True
        if self.holder is not thread:
            self._wait(timeout)
            if self.holder is not None:
                return False
            self.holder = thread
        self._depth += 1
        return True

    def release(self) -> None:
        """The present thread is done; of one that was killed nothing is heard any more."""
        thread = self.hooks.current
        if thread is None or self.holder is not thread:
            return
        self._depth -= 1
        if not self._depth:
            self.holder = None

    def reset(self) -> None:
        """Nobody holds it."""
        self.holder = None
        self._depth = 0

    def _wait(self, timeout: float) -> None:
        began = self.hooks.now()

        def is_over() -> bool:
            waited_s = (self.hooks.now() - began).total_seconds()
            return self.holder is None or 0 <= timeout <= waited_s

        if not is_over():
            self.hooks.wait_until(is_over)


class Hooked:
    """Makes a connection ask the schedule before and after."""

    def __init__(
        self,
        connection: DatabaseWrapper,
        hooks: Hooks,
        turn: Turn,
        committed: Callable[[], None],
    ) -> None:
        """Ask from now on.

        Args:
            connection: whose.
            hooks: asked.
            turn: who may write.
            committed: called after each commit, and each statement that is one.
        """
        self._connection = connection
        self._hooks = hooks
        self._turn = turn
        self._committed = committed
        self._commit: Callable[[], None] = vars(BaseDatabaseWrapper)["_commit"].__get__(connection)
        vars(connection)["_commit"] = self.commit
        connection.execute_wrappers = [self.execute]

    def commit(self) -> None:
        """In the place of the connection's own."""
        self._hooks.before_commit()
        self._commit()
        self._committed()

    def execute(
        self, execute: Callable[..., Any], text: str, parameters: Any, many: Any, context: Any
    ) -> Any:
        """One statement; outside a transaction a writing one waits for its turn and is a commit."""
        self._hooks.before_statement(text.lstrip()[:40])
        if self._connection.in_atomic_block or text.lstrip().startswith(_NOT_WRITES):
            return execute(text, parameters, many, context)
        self._turn._wait(-1)
        result = execute(text, parameters, many, context)
        self._committed()
        return result

"""The product's own store on SQLite, for one schedule at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.core.management import call_command
from django.db import Error, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper

from flowengine.conf import settings
from flowengine.definitions.model import Workflow
from flowengine.engine.transitions import Transition
from flowengine.store import clock, definitions, drafts, events, history, sql, workers
from tests.simulation.model.definitions import bound
from tests.simulation.scheduler import Thread
from tests.simulation.sqlite.mirror import COUNT, Mirror, prepare, tables_of
from tests.simulation.sqlite.sessions import Hooked, Turn, opened
from tests.simulation.stores import Effect, Hooks, Tables

_ERRORS = {
    "statement.fails": "disk I/O error",
    "statement.slow": "database is locked",
    "commit.fails": "database or disk is full",
}


class SqliteStore:
    """A file in a folder of its own, with the product's tables."""

    name = "sqlite"
    loses_answers = False

    def __init__(self) -> None:
        self._alias = settings().DATABASE
        self._path: Path
        self._oracle: DatabaseWrapper
        self._turn = Turn()
        self._mirror: Mirror
        self._hooks: Hooks
        self._used: list[DatabaseWrapper] = []
        self._free: list[DatabaseWrapper] = []

    @property
    def tables(self) -> Tables:
        """What is committed."""
        return self._mirror.tables

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Within, the product's store is this one."""
        before = connections[self._alias]
        shared = "/dev/shm" if Path("/dev/shm").is_dir() else None
        with tempfile.TemporaryDirectory(dir=shared) as folder, ExitStack() as stack:
            self._path = Path(folder) / "simulation.sqlite3"
            self._oracle = opened(self._path, self._alias)
            stack.callback(self._close, before)
            connections[self._alias] = self._oracle
            call_command("migrate", "flowengine", verbosity=0, database=self._alias)
            prepare(self._oracle)
            for module, name, instead in self._replaced():
                stack.enter_context(patch.object(module, name, instead))
            yield

    def begin(self, hooks: Hooks) -> None:
        """Be empty, for that schedule."""
        self._hooks = self._turn.hooks = hooks
        self._turn.reset()
        self._release()
        connections[self._alias] = self._oracle
        self._oracle.execute_wrappers = []
        with self._oracle.cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("BEGIN IMMEDIATE")
            for table in tables_of(self._oracle):
                cursor.execute(f"DELETE FROM {table}")
            cursor.execute("COMMIT")
        self._mirror = Mirror(self._oracle)
        self._mirror.forget()
        Hooked(self._oracle, hooks, self._turn, self._committed)

    def switch(self, thread: Thread | None) -> None:
        """It is that thread's turn."""
        if thread is None:
            connections[self._alias] = self._oracle
            return
        if thread.session is None:
            thread.session = self._connected()
        assert isinstance(thread.session, DatabaseWrapper)
        connections[self._alias] = thread.session

    def hang_up(self, thread: Thread) -> None:
        """What it had not committed is gone, and others may write."""
        if isinstance(thread.session, DatabaseWrapper):
            thread.session.close()
            self._used.remove(thread.session)
        if self._turn.holder is thread:
            self._turn.reset()

    def error(self, fault: str) -> Error:
        """What SQLite answers: it has no codes."""
        return OperationalError(_ERRORS[fault])

    def count(self, effect: Effect, number: int) -> None:
        """Write an effect of a task into the transaction of the present thread."""
        values = (str(effect[0]), effect[1], effect[2], number)
        with sql.connection().cursor() as cursor:
            cursor.execute(f"INSERT INTO {COUNT} VALUES (%s, %s, %s, %s)", values)

    def enable(self, workflow: str, *, is_enabled: bool) -> None:
        """One statement: the workflow takes new runs from now on, or does not."""
        sql.execute(
            "UPDATE flowengine_workflow SET is_enabled = %(is_enabled)s WHERE name = %(name)s",
            {"name": workflow, "is_enabled": is_enabled},
        )

    def _connected(self) -> DatabaseWrapper:
        connection = self._free.pop() if self._free else opened(self._path, self._alias)
        Hooked(connection, self._hooks, self._turn, self._committed)
        self._used.append(connection)
        return connection

    def _release(self) -> None:
        """Connections of a schedule that is over serve the next one, unless they are in use."""
        for connection in self._used:
            if connection.in_atomic_block or connection.connection is None:
                connection.execute_wrappers = []
                connection.close()
            else:
                self._free.append(connection)
        self._used.clear()

    def _close(self, before: BaseDatabaseWrapper) -> None:
        self._release()
        for connection in (*self._free, self._oracle):
            connection.close()
        self._free.clear()
        connections[self._alias] = before

    def _committed(self) -> None:
        """Read what was written, and tell the schedule."""
        present = connections[self._alias]
        connections[self._alias] = self._oracle
        wrappers, self._oracle.execute_wrappers = self._oracle.execute_wrappers, []
        try:
            changes = self._mirror.catch_up()
        finally:
            self._oracle.execute_wrappers = wrappers
            connections[self._alias] = present
        self._hooks.after_commit(changes)

    def _replaced(self) -> Iterator[tuple[object, str, Any]]:
        """What the product takes from the machine, and what is too slow to be done each time."""
        append = history.append

        def noted(rows: Sequence[tuple[UUID, int, tuple[Transition, ...]]], at: datetime) -> None:
            for run, head, facts in rows:
                self._mirror.appended[run, head - len(facts) + 1] = (head, facts, at)
            append(rows, at)

        def parsed(source: str, *, path: str) -> tuple[str, str]:
            return source, path

        def bound_(given: tuple[str, str], signatures: dict[str, Any]) -> Workflow:
            return bound(*given, tuple(sorted(signatures.items())))

        yield history, "append", noted
        yield definitions, "parse", parsed
        yield definitions, "bind", bound_

        def is_present(worker: UUID) -> bool:
            return self._hooks.is_alive(worker)

        def now() -> datetime:
            return self._hooks.now()

        yield workers, "is_present", is_present
        for module in (clock, drafts, events):
            yield module, "system_now", now
        yield sql, "_sqlite_writer", self._turn

"""Two or three connections that a test steps by hand, from one statement of the store to the next.

An actor is a thread of its own with a connection of its own. It stops before each call of the store
that the test named, and goes on when the test says so; one that waits for another's lock is seen in
the database's own list of who waits.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from django.db import connection, connections

LIMIT_S = 20.0
"""How long an actor may take from one stop to the next before the test fails."""


class Actor:
    """Does one thing, as far as it is let go."""

    def __init__(self, name: str, work: Callable[[], Any]) -> None:
        self.name = name
        self.result: Any = None
        self.error: BaseException | None = None
        self.backend = 0
        self._work = work
        self._stops_at: frozenset[str] = frozenset()
        self._condition = threading.Condition()
        self._at = "start"
        """Where it stands; empty while it goes on, ``end`` at last."""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def go(self, *stops: str) -> str:
        """Let it go on to the next of *stops*, a store function's ``module.name``, or to its end.

        Returns:
            Where it stands: one of *stops*, ``end``, or ``blocked`` where it waits for a lock. One
            that is blocked goes on by itself when the lock is free; ask again where it stands.
        """
        with self._condition:
            if self._at != "":
                was_at_start = self._at == "start"
                self._stops_at = frozenset(stops)
                self._at = ""
                if was_at_start:
                    self._thread.start()
                self._condition.notify_all()
        return self.stands()

    def stands(self) -> str:
        """Where it stands, once it goes on no further."""
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until:
            with self._condition:
                if self._at == "":
                    self._condition.wait(0.01)
                if self._at != "":
                    return self._at
            if self.backend and _waits_for_a_lock(self.backend):
                return "blocked"
        raise AssertionError(f"{self.name} neither goes on nor waits for a lock")

    def finish(self) -> Any:
        """Let it go on to its end; what its work gave, or raised."""
        while (at := self.go()) != "end":
            assert at == "blocked", at
            with self._condition:
                self._condition.wait_for(lambda: self._at == "end", LIMIT_S)
        self._thread.join(LIMIT_S)
        if self.error is not None:
            raise self.error
        return self.result

    def passes(self, point: str) -> None:
        """Called on its thread before each call of the store."""
        if point not in self._stops_at:
            return
        with self._condition:
            self._at = point
            self._condition.notify_all()
            assert self._condition.wait_for(lambda: self._at == "", LIMIT_S), "nobody let it go on"

    def _run(self) -> None:
        _current.actor = self
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.backend = cursor.fetchone()[0]
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again by finish()
            self.error = error
        finally:
            connections.close_all()
            with self._condition:
                self._at = "end"
                self._condition.notify_all()


_current = threading.local()


def _waits_for_a_lock(backend: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", [backend]
        )
        row = cursor.fetchone()
    return row is not None and bool(row[0])


@contextmanager
def stops_in(*modules: ModuleType) -> Iterator[None]:
    """Within, an actor can stop before each function of these modules of the store."""
    patched: list[tuple[ModuleType, str, Any]] = []
    try:
        for module in modules:
            short = module.__name__.rpartition(".")[2]
            for name, function in list(vars(module).items()):
                own = getattr(function, "__module__", None) == module.__name__
                if own and callable(function) and not isinstance(function, type) and name[0] != "_":
                    patched.append((module, name, function))
                    setattr(module, name, _stopping(f"{short}.{name}", function))
        yield
    finally:
        for module, name, function in patched:
            setattr(module, name, function)


def _stopping(point: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        actor = getattr(_current, "actor", None)
        if actor is not None:
            actor.passes(point)
        return function(*given, **named)

    return call

"""Threads with a PostgreSQL connection each, moved on statement by statement.

    router = act(lambda: route([event], now=now())).up_to("COMMIT")
    person = act(lambda: cancel(run, now=now())).until_it_waits(router)
    router.ends()
    assert person.ends().stale == 1

An actor stands still where it was told to, inside its transaction, until it is told to go on. Nobody
sleeps: what is awaited is a place in the actor's own code, or what PostgreSQL says of its locks.
Nothing hangs: whatever does not come within ``LIMIT_S`` fails the test.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

import psycopg
import pytest
from django.db import connection, connections

LIMIT_S = 20.0
POLL_S = 0.005

Value = TypeVar("Value")
_here = threading.local()


class Actor(Generic[Value]):
    """One thread that does one thing; it begins with the first word to it."""

    def __init__(self, do: Callable[[], Value]) -> None:
        self._do = do
        self._changed = threading.Condition()
        self._target: tuple[str, bool] | None = None
        """Where to stop: part of a statement, and whether it has been executed by then."""
        self._stands = False
        self._has_ended = False
        self._values: list[Value] = []
        self._pid = 0
        self._error: BaseException | None = None
        """What it ended in, as long as nobody has been told."""
        self._thread = threading.Thread(target=self._live, daemon=True)

    # What a test says

    def up_to(self, part: str) -> Self:
        """Let it go on until its next statement would be one with *part* in it; or ``COMMIT``."""
        return self._reach((part, False))

    def past(self, part: str) -> Self:
        """Let it go on until it has executed a statement with *part* in it."""
        return self._reach((part, True))

    def until_it_waits(self, other: Actor[Any]) -> Self:
        """Let it go on until it waits for a lock that *other* holds."""
        self._go(None)
        until = time.monotonic() + LIMIT_S
        while other.pid not in _blocking(self.pid):
            with self._changed:
                self._changed.wait_for(lambda: self._has_ended, POLL_S)
                assert not self._has_ended, f"it did not wait, but ended: {self._error or 'well'}"
            assert time.monotonic() < until, "it waits for nobody"
        return self

    def goes_on(self) -> Self:
        """Let it go on to its end; nobody waits for that yet."""
        self._go(None)
        return self

    def ends(self) -> Value:
        """Let it go on to its end; what came of it, or the error that it ended in."""
        error = self.leave()
        if error is not None:
            raise error
        return self._values[0]

    def leave(self) -> BaseException | None:
        """Let it go on to its end; the error that it ended in, if nobody has been told of it."""
        self._go(None)
        self._await(lambda: self._has_ended, "it does not end")
        error, self._error = self._error, None
        return error

    @property
    def pid(self) -> int:
        """Of its connection, in PostgreSQL."""
        self._await(lambda: bool(self._pid) or self._has_ended, "it does not connect")
        return self._pid

    # How it does that

    def stops_at(self, text: str) -> bool:
        """It is to stand still there, before or after it is done."""
        with self._changed:
            return self._target is not None and self._target[0] in text

    def step(self, text: str, *, is_done: bool) -> None:
        """Called in its own thread, before and after each statement: stand still if it is the one."""
        with self._changed:
            if self._target is None or self._target[1] is not is_done:
                return
            if self._target[0] not in text:
                return
            self._target, self._stands = None, True
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: not self._stands, 2 * LIMIT_S):
                raise TimeoutError(f"nobody let it go on from {text[:100]}")

    def _reach(self, target: tuple[str, bool]) -> Self:
        self._go(target)
        self._await(lambda: self._stands or self._has_ended, f"it does not reach {target[0]!r}")
        assert self._stands, f"it ended without {target[0]!r}: {self._error or 'well'}"
        return self

    def _go(self, target: tuple[str, bool] | None) -> None:
        with self._changed:
            self._target, self._stands = target, False
            self._changed.notify_all()
        if self._thread.ident is None:
            self._thread.start()

    def _await(self, is_so: Callable[[], bool], otherwise: str) -> None:
        with self._changed:
            assert self._changed.wait_for(is_so, LIMIT_S), otherwise

    def _live(self) -> None:
        try:
            connection.ensure_connection()
            with self._changed:
                self._pid = connection.connection.info.backend_pid
                self._changed.notify_all()
            _here.actor = self
            self._values.append(self._do())
        except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
            self._error = error
        finally:
            _here.actor = None
            connections.close_all()
            with self._changed:
                self._has_ended = True
                self._changed.notify_all()


class Cast:
    """All actors of one test."""

    def __init__(self) -> None:
        self._actors: list[Actor[Any]] = []

    def __call__(self, do: Callable[[], Value]) -> Actor[Value]:
        """One more, who will do that."""
        actor = Actor(do)
        self._actors.append(actor)
        return actor

    def leave(self) -> None:
        """Let all come to their ends; errors that nobody was told of are told now."""
        errors = [error for actor in self._actors if (error := actor.leave()) is not None]
        assert not errors, errors


def watch_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let actors stop at their statements: those of Django, and those of flowengine's own cursors."""
    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit

    def executed(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        def answered() -> Any:
            given = execute(cursor, query, *args, **kwargs)
            if _is_watched(_text(query)):
                with cursor.connection.pipeline():  # what was sent with others: its end is awaited
                    pass
            return given

        return _watched(_text(query), answered)

    def committed(given: Any) -> None:
        _watched("COMMIT", lambda: commit(given))

    monkeypatch.setattr(psycopg.Cursor, "execute", executed)
    monkeypatch.setattr(psycopg.Connection, "commit", committed)


def _is_watched(text: str) -> bool:
    """An actor of this thread is to stand still at that statement."""
    actor: Actor[Any] | None = getattr(_here, "actor", None)
    return actor is not None and actor.stops_at(text)


def _watched(text: str, do: Callable[[], Value]) -> Value:
    actor: Actor[Any] | None = getattr(_here, "actor", None)
    if actor is None:
        return do()
    actor.step(text, is_done=False)
    value = do()
    actor.step(text, is_done=True)
    return value


def _text(query: Any) -> str:
    text = query.decode() if isinstance(query, bytes) else str(query)
    return " ".join(text.split())


def _blocking(pid: int) -> list[int]:
    """Who holds the locks that this connection waits for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_blocking_pids(%s)", [pid])
        found: list[int] = cursor.fetchone()[0]
        return found

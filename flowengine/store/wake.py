"""Wake-ups: a hint to who sleeps that a row has become due. An economy, never a guarantee.

A wake-up is sent after the commit, outside any transaction (a NOTIFY inside one takes a lock of the
whole database at commit): to the wakers of this process, and on PostgreSQL by ``NOTIFY flowengine`` to
those of other processes. Whoever misses one finds the row at its next poll.

A process sends at most one NOTIFY per 5 ms. So that the commit which stayed silent within those 5 ms
is not left to the next poll, a waker that was woken wakes itself once more, 10 ms later.
"""

from __future__ import annotations

import logging
import random
import time
import weakref
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from socket import socket, socketpair
from threading import Condition, Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, InterfaceError, connections, transaction

from flowengine.conf import settings
from flowengine.store.postgresql import driver_of

CHANNEL = "flowengine"
NOTIFY_EVERY_S = 0.005
ECHO_S = 0.010
"""Longer than NOTIFY_EVERY_S: by then every commit that kept silent for its sake is visible."""
CONNECT_WITHIN_S = 5
CLOSE_WITHIN_S = 1.0
"""How long the end waits for a listener, which may just be connecting to a server that is silent."""
_RECONNECT_MAX_S = 10.0

logger = logging.getLogger(__name__)

_wakers: weakref.WeakSet[Waker] = weakref.WeakSet()
_wakers_lock = Lock()
_notified_at: dict[str, float] = {}
"""By alias: when this process last sent a NOTIFY, by the monotonic clock."""


def wake_after_commit(alias: str) -> None:
    """Wake whoever waits for due rows once the open transaction of *alias* has committed.

    At once where none is open; never where it is rolled back. A failure is logged, not raised. A
    connection whose transactions the caller manages by hand sends nothing: the poll finds the row.
    """
    connection = connections[alias]
    if connection.in_atomic_block or connection.get_autocommit():
        transaction.on_commit(lambda: wake(alias), using=alias, robust=True)


def wake(alias: str) -> None:
    """Wake whoever waits for due rows in the database of *alias*, now."""
    wake_process()
    connection = connections[alias]
    if connection.vendor != "postgresql" or connection.in_atomic_block or not settings().LISTEN:
        return
    now = time.monotonic()
    if now - _notified_at.get(alias, float("-inf")) < NOTIFY_EVERY_S:
        return
    _notified_at[alias] = now
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")
    except (DatabaseError, InterfaceError) as error:
        logger.debug("no wake-up sent", extra={"alias": alias, "error": str(error)})


def wake_process() -> None:
    """Wake those who wait in this process."""
    with _wakers_lock:
        wakers = tuple(_wakers)
    for waker in wakers:
        waker.wake()


class Waker:
    """Waits until there may be something to do.

    On PostgreSQL, with the setting ``LISTEN``, a thread of its own holds one direct connection that
    listens, and connects again for ever. To be closed, or used as a context manager.
    """

    def __init__(self, alias: str | None = None) -> None:
        self._alias = alias or settings().DATABASE
        self._condition = Condition()
        self._is_woken = False
        self._echo_at: float | None = None
        self._closing = Event()
        self._thread: Thread | None = None
        self._listened: socket | None = None
        """Closing it ends the thread's wait; None = nobody listens."""
        with _wakers_lock:
            _wakers.add(self)

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def listen(self) -> None:
        """Begin to listen to other processes, where the database and the settings allow it."""
        if self._thread is None and _can_listen(self._alias):
            database = connections[self._alias]
            self._listened, ending = socketpair()
            self._thread = Thread(
                target=self._listen,
                args=(driver_of(database), database.get_connection_params(), ending),
                name="flowengine-listen",
                daemon=True,
            )
            self._thread.start()

    def wake(self) -> None:
        """End the present wait, or the next one, from any thread."""
        with self._condition:
            self._is_woken = True
            self._condition.notify_all()

    def wait(self, timeout_s: float) -> bool:
        """Wait until woken, at most *timeout_s*; True = there may be something to do."""
        until = time.monotonic() + timeout_s
        with self._condition:
            while not self._is_woken:
                now = time.monotonic()
                if self._echo_at is not None and now >= self._echo_at:
                    self._echo_at = None
                    return True
                end = until if self._echo_at is None else min(until, self._echo_at)
                if now >= until:
                    return False
                self._condition.wait(max(end - now, 0))
            self._is_woken = False
            self._echo_at = time.monotonic() + ECHO_S
            return True

    def close(self) -> None:
        """Stop listening; waits for it a moment at most. Idempotent."""
        with _wakers_lock:
            _wakers.discard(self)
        self._closing.set()
        self.wake()
        if self._listened is not None:
            # Not by closing it alone: a child of a task may hold it open as well.
            with suppress(OSError):
                self._listened.send(b"end")
            self._listened.close()
        if self._thread is not None:
            self._thread.join(CLOSE_WITHIN_S)
            self._thread = None

    def _listen(self, psycopg: Any, parameters: dict[str, Any], ending: socket) -> None:
        with ending:
            self._listen_until(psycopg, parameters, ending)

    def _listen_until(self, psycopg: Any, parameters: dict[str, Any], ending: socket) -> None:
        given = {"connect_timeout": CONNECT_WITHIN_S, **parameters, "autocommit": True}
        delay_s = 0.1
        while not self._closing.is_set():
            try:
                with psycopg.connect(**given) as connection:
                    self._follow(connection, ending)
            except (psycopg.Error, OSError) as error:
                logger.info("listening stopped; polling goes on", extra={"error": str(error)})
                self._closing.wait(delay_s * random.random())  # noqa: S311 - jitter
                delay_s = min(delay_s * 2, _RECONNECT_MAX_S)
            else:
                delay_s = 0.1

    def _follow(self, connection: Any, ending: socket) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        self.wake()
        # psycopg's own wait wakes up ten times a second, which is a fifth of what an idle worker costs.
        with DefaultSelector() as arrivals:
            arrivals.register(connection.fileno(), EVENT_READ)
            arrivals.register(ending, EVENT_READ)
            while not self._closing.is_set():
                arrivals.select()
                for _ in connection.notifies(timeout=0):
                    self.wake()


def _can_listen(alias: str) -> bool:
    database = connections[alias]
    has_psycopg_3 = database.vendor == "postgresql" and driver_of(database).__name__ == "psycopg"
    return has_psycopg_3 and settings().LISTEN

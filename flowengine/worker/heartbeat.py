"""The heartbeat: the worker's row, renewed by a thread that does nothing else.

It has a connection of its own, so that neither a full pool nor a slow query of anybody else makes
this process look dead. It takes with it what the process has counted (``meter``), and while there is
something to count it comes every two seconds. While the database is away nothing can be renewed; nobody can take anything
either, and whoever looks first after that waits a whole lease (``beat``).
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from uuid import UUID

from django.db import Error, connections

import flowengine
from flowengine.conf import project_version, settings
from flowengine.store import sql, workers
from flowengine.store.clock import Clock, DatabaseClock
from flowengine.store.presence import Presence
from flowengine.store.workers import Worker, WorkerState
from flowengine.worker.meter import Meter

logger = logging.getLogger("flowengine.worker")

RENEWALS_PER_LEASE = 3
METER_S = 2.0
"""What was counted is told so often, while there is something new."""
AWAY_S = 1.0
"""Between two tries while the database is away."""


class Heartbeat:
    """One worker's lease, from start to end."""

    def __init__(
        self,
        *,
        worker_id: UUID,
        stations: Sequence[str],
        concurrency: int = 0,
        meter: Meter | None = None,
        consumed_at: Callable[[], datetime | None] = lambda: None,
        rest: Callable[[bool], None] = lambda _rests: None,
        clock: Clock | None = None,
    ) -> None:
        """A lease that is not taken yet.

        Args:
            worker_id: new with each start of a process.
            stations: what it serves, for people.
            concurrency: how many attempts it makes at the same time, for people.
            meter: what it counts; None = nothing.
            consumed_at: when it last took work, by the database's clock; None = not yet.
            rest: told whether people want the worker to take nothing more, each time it is asked.
            clock: the database's; by default one of its own, which no other thread can hold up.
        """
        host = socket.gethostname()
        self._worker = Worker(
            id=worker_id,
            name=f"{host}:{os.getpid()}",
            host=host,
            pid=os.getpid(),
            stations=tuple(stations),
            version=flowengine.__version__,
            project_version=project_version(),
            concurrency=concurrency,
        )
        self._meter = meter
        self._consumed_at = consumed_at
        self._rest_worker = rest
        self._clock = clock or DatabaseClock()
        self._presence = Presence(worker_id)
        self._state = WorkerState.ALIVE
        self._wanted = WorkerState.ALIVE
        self._is_ending = False
        self._renew_now = threading.Event()
        self._has_ended = False
        self._is_away = False
        self._thread: threading.Thread | None = None
        self.losses = 0
        """How often the lease was ended by others: what was held then is fenced."""

    def start(self) -> None:
        """Take the lease and keep it (blocks until it is taken).

        Raises:
            django.db.Error: the database is away; it may be called again.
        """
        taken: Future[None] = Future()
        if not sql.is_postgresql():
            self._presence.hold()
        self._thread = threading.Thread(
            target=self._serve, args=(taken,), name="flowengine-heartbeat", daemon=True
        )
        self._thread.start()
        taken.result()

    @property
    def is_dead(self) -> bool:
        """It was started, and its thread has ended before :meth:`end`: the lease will run out."""
        thread = self._thread
        return thread is not None and not self._has_ended and not thread.is_alive()

    def drain(self) -> None:
        """Show that it takes nothing more; the lease goes on."""
        self._is_ending = True
        self._state = WorkerState.DRAINING
        self._renew_now.set()

    def end(self, timeout_s: float = 5.0) -> None:
        """End the lease: the worker holds nothing more (blocks). May be called twice.

        When the database does not answer in time, the lease runs out by itself.
        """
        self._has_ended = True
        self._renew_now.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._presence.let_go()

    def renew_once(self) -> float:
        """Prolong the lease; the seconds until the next time. Never raises."""
        lease_s = settings().LEASE_S
        try:
            self._renew(lease_s)
        except Error as error:
            if not self._is_away:
                logger.warning("the lease cannot be renewed, trying again: %s", error)
            self._is_away = True
        except Exception:
            # A mistake of ours must not end the lease: others would take what runs here.
            logger.exception("the lease was not renewed, trying again")
            self._is_away = True
        else:
            if self._is_away:
                logger.warning("the lease is renewed again")
            self._is_away = False
            return lease_s / RENEWALS_PER_LEASE
        connections.close_all()
        return min(AWAY_S, lease_s / RENEWALS_PER_LEASE)

    def _renew(self, lease_s: float) -> None:
        now = self._clock.now()
        consumed_at = self._consumed_at()
        meter = self._meter if self._meter is not None and self._meter.has_news else None
        wanted = workers.renew(
            self._worker.id,
            now,
            lease_s=lease_s,
            state=self._state,
            consumed_at=consumed_at,
            meter=None if meter is None else meter.text(),
        )
        if wanted is not None:
            if meter is not None:
                meter.told()
            self._follow(wanted)
            return
        # Somebody had to take this process for dead (it stood still for too long). What it held has
        # another attempt number by now, so it may go on: whatever comes of the old ones is stale.
        self.losses += 1
        logger.warning("the lease was lost and is taken again", extra={"worker": self._worker.name})
        workers.register(self._worker, now, lease_s=lease_s)

    def _follow(self, wanted: WorkerState) -> None:
        """Do as people want, and show it; a process that ends takes nothing more whatever they want."""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._rest_worker(wanted is WorkerState.DRAINING)
        if not self._is_ending:
            self._state = wanted
            self._renew_now.set()

    def _serve(self, taken: Future[None]) -> None:
        try:
            workers.register(self._worker, self._clock.now(), lease_s=settings().LEASE_S)
        except BaseException as error:  # noqa: BLE001 - raised again by start(), in its thread
            self._presence.let_go()
            connections.close_all()
            taken.set_exception(error)
            return
        taken.set_result(None)
        pause_s = settings().LEASE_S / RENEWALS_PER_LEASE
        try:
            while not self._has_ended:
                self._rest(pause_s)
                self._renew_now.clear()
                if not self._has_ended:
                    pause_s = self.renew_once()
            self._end()
        except BaseException:  # the thread ends all the same; is_dead says it on
            logger.critical("the heartbeat has ended: the process is to be replaced", exc_info=True)
        finally:
            connections.close_all()

    def _rest(self, pause_s: float) -> None:
        """Wait for the next time: so long, or until there is something to tell."""
        left_s = pause_s
        while left_s > METER_S and not self._renew_now.wait(METER_S):
            left_s -= METER_S
            if self._meter is not None and self._meter.has_news:
                return
        self._renew_now.wait(left_s)

    def _end(self) -> None:
        try:
            workers.end([self._worker.id], self._clock.now())
        except Error as error:
            logger.warning("the lease could not be ended, it runs out by itself: %s", error)

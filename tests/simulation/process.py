"""A worker process: the product's own loops, each a thread of the scheduler, over one connection each.

What is simulated here is only what :class:`flowengine.worker.program.Program` does with threads and
the pool does with user code; relay, beat, router, stations and heartbeat are the product's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db import InterfaceError, OperationalError

from flowengine.beat import Beat
from flowengine.broker.topology import INTAKE_QUEUE, topology
from flowengine.conf import settings
from flowengine.relay import Relay
from flowengine.store import workers
from flowengine.worker import stations
from flowengine.worker.attempt import Finished
from flowengine.worker.heartbeat import Heartbeat
from flowengine.worker.loop import AWAY_MAX_S
from flowengine.worker.router import PREFETCH, Router
from tests.simulation.broker import Client, Server
from tests.simulation.pool import Book, SimulatedPool, Temper
from tests.simulation.scheduler import Scheduler, Thread
from tests.simulation.stores import Effect

STATIONS = ("default",)
CONCURRENCY = 3


class Process:
    """One worker process, from its start to its death."""

    def __init__(
        self,
        name: str,
        *,
        worker: UUID,
        scheduler: Scheduler,
        server: Server,
        temper: Temper,
        book: Book,
        count: Callable[[Effect], None],
        on_death: Callable[[Process], None],
        on_thread_death: Callable[[Thread], None],
    ) -> None:
        """It starts: its threads will have their turns."""
        self.name = name
        self.worker = worker
        self._scheduler = scheduler
        self._on_death = on_death
        self._on_thread_death = on_thread_death
        self.broker: Client = server.connect(name)
        self.broker.declare(topology(STATIONS))
        clock = scheduler.clock
        fault = scheduler.pass_point
        self.pool: SimulatedPool
        make_pool = partial(self._make_pool, temper=temper, book=book, count=count)
        with patch.object(stations, "Pool", make_pool):
            self.stations = stations.Stations(
                worker=worker,
                names=STATIONS,
                concurrency=CONCURRENCY,
                broker=self.broker,
                clock=clock,
                fault=fault,
                monotonic=clock.monotonic,
            )
        self.router = Router(
            broker=self.broker,
            clock=clock,
            fault=fault,
            monotonic=clock.monotonic,
            lender=self.stations,
        )
        self.relay = Relay(
            self.broker, clock, fault=fault, hand_over=self._hand_over, monotonic=clock.monotonic
        )
        self.beat = Beat(broker=self.broker, clock=clock, monotonic=clock.monotonic)
        self.heartbeat = Heartbeat(worker_id=worker, stations=STATIONS, clock=clock)
        self.lease = scheduler.start(f"{name} heartbeat", self._renew, owner=self)
        self.renewed_at = 0.0
        """When its lease was last prolonged."""
        self._has_lease = False
        self.is_dead = False
        self._threads: list[Thread] = [self.lease]
        self._loops: dict[str, Thread] = {}
        self.broker.on_delivered = lambda: self.wake("cycle", "router")

    def threads(self) -> list[Thread]:
        """All that are alive, those of user code too."""
        return [each for each in (*self._threads, *self.pool.threads()) if not each.is_dead]

    def die(self) -> None:
        """SIGKILL: nothing of it goes on, whatever it was in the midst of."""
        self.is_dead = True
        self._on_death(self)
        self.broker.close()
        for thread in self.threads():
            if thread is not self._scheduler.current:
                self._on_thread_death(thread)
                self._scheduler.kill(thread)
        current = self._scheduler.current
        if current is not None and not current.is_dead and current in self.threads():
            self._on_thread_death(current)
            self._scheduler.kill(current)

    def pause(self, until: float) -> None:
        """SIGSTOP, and later SIGCONT."""
        for thread in self.threads():
            thread.paused_until = until

    def _hand_over(self, event_ids: Sequence[UUID]) -> bool:
        is_taken = self.router.offer(event_ids)
        self.wake("router")
        return is_taken

    def _make_pool(self, **given: Any) -> SimulatedPool:
        finish = given.pop("on_finished")

        def finished(end: Finished) -> None:
            finish(end)
            self.wake("cycle")

        self.pool = SimulatedPool(
            scheduler=self._scheduler, owner=self, on_finished=finished, **given
        )
        return self.pool

    def _renew(self) -> float:
        """The heartbeat's thread: it takes the lease, lets the others begin, and keeps it."""
        if self._has_lease:
            self.heartbeat.renew_once()
            self.renewed_at = self._scheduler.clock.seconds
            return math.inf
        now = self._scheduler.clock.now()
        try:
            workers.register(self.heartbeat._worker, now, lease_s=settings().LEASE_S)
        except (OperationalError, InterfaceError):
            return AWAY_MAX_S
        self._has_lease = True
        self.renewed_at = self._scheduler.clock.seconds
        self._begin()
        return math.inf

    def _begin(self) -> None:
        self.stations.consume()
        self.broker.consume(INTAKE_QUEUE, prefetch=PREFETCH, sink=self.router.deliver)
        for name, step, rest in (
            ("cycle", self.stations.duty().step, self.stations.cycle.pause_s),
            ("router", self.router.run_once, lambda: 1.0),
            ("relay", lambda: bool(self.relay.run_once()), lambda: 1.0),
            ("beat", self.beat.run_once, lambda: self.beat.next_s),
        ):
            thread = self._scheduler.start(f"{self.name} {name}", _looped(step, rest), owner=self)
            self._threads.append(thread)
            self._loops[name] = thread

    def loops(self) -> list[tuple[str, Thread]]:
        """Those that look again when time has passed, with their names."""
        return list(self._loops.items())

    def wake(self, *names: str) -> None:
        """Something is there for these loops."""
        for name in names:
            if name in self._loops:
                self._loops[name].wake()


def _looped(step: Callable[[], bool], rest: Callable[[], float]) -> Callable[[], float]:
    """As :class:`flowengine.worker.loop.Loop`: an error of the database ends one round.

    A rest of a whole poll is without end here: when time passes, the loops are woken.
    """

    def round_() -> float:
        try:
            busy = step()
        except (OperationalError, InterfaceError):
            return 0.1
        if busy:
            return 0.0
        rest_s = rest()
        return rest_s if rest_s < settings().POLL_S else math.inf

    return round_

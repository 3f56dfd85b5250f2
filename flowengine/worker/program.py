"""The worker program: routing, stations, relay and beat in one process.

Each role is a loop on a thread of its own, over the one broker connection. The main thread only waits
for the word to stop. Draining: claim nothing more, let what runs finish within the grace, hand the
rest back, end the lease; then every other worker may take it at once.
"""

from __future__ import annotations

import logging
import os
import resource
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import InterfaceError, OperationalError

from flowengine import post, project
from flowengine.beat import Beat
from flowengine.broker.base import Broker, Capability
from flowengine.broker.topology import DEAD_QUEUE, INTAKE_QUEUE, topology
from flowengine.conf import settings
from flowengine.engine.identity import uuid7
from flowengine.orchestration.faults import Fault, no_fault
from flowengine.post import Post
from flowengine.relay import PAGE, Relay, to_nobody
from flowengine.store.clock import Clock, DatabaseClock
from flowengine.store.wake import Waker
from flowengine.worker import dead_queue
from flowengine.worker.dead_queue import DeadQueue
from flowengine.worker.heartbeat import Heartbeat
from flowengine.worker.log_writer import LogWriter
from flowengine.worker.loop import AWAY_MAX_S, Duty, Loop
from flowengine.worker.meter import Meter
from flowengine.worker.router import PREFETCH, Router
from flowengine.worker.stations import Stations

logger = logging.getLogger("flowengine.worker")

ROLES = frozenset({"routing", "stations", "relay", "beat"})
"""All that a worker does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What one worker process is to do."""

    roles: frozenset[str] = ROLES
    stations: tuple[str, ...] | None = None
    """None = every station that a workflow of the project names, and ``default``."""
    concurrency: int = 16
    """Attempts at the same time."""
    processes: int = 1


class Program:
    """One worker process, from start to stop; may also live inside a web process."""

    def __init__(
        self,
        options: WorkerOptions,
        broker: Broker,
        *,
        worker: UUID | None = None,
        clock: Clock | None = None,
        fault: Fault = no_fault,
        pulse: Callable[[], None] = lambda: None,
    ) -> None:
        self._options = options
        self._broker = broker
        self._clock = clock or DatabaseClock()
        self._fault = fault
        self._pulse = pulse
        self.worker = worker or uuid7(int(time.time() * 1000), os.urandom(10))
        self._started_at = time.monotonic()
        self._waker = Waker()
        self._meter = Meter()
        self._loops: list[Loop] = []
        self._beside: list[Loop] = []
        """Loops that do not speak for the process: where one hangs, work goes on."""
        self._log_writer: LogWriter | None = None
        self._stations: Stations | None = None
        self._router: Router | None = None
        self._heartbeat: Heartbeat | None = None

    def start(self, stop: threading.Event | None = None) -> bool:
        """Begin to work; returns once the database has been reached, or *stop* is set.

        Returns:
            False where it was told to stop before it had begun; then there is nothing to drain.
        """
        names = self._station_names()
        self._meter.listen()
        # All stations, not only ours: a hint to one that others serve must find its queue.
        self._broker.declare(topology({*project.catalog().stations(), *names}))
        if "stations" in self._options.roles:
            stations = self._make_stations(names)
            if settings().KEEP_LOGS == "all":
                self._log_writer = LogWriter(self._clock)
            if not self._take_lease(stop or threading.Event()):
                self._waker.close()
                self._meter.close()
                stations.pool.close()
                return False
            stations.consume()
            self._run(stations.duty())
            if self._log_writer is not None:
                self._run_beside("logs", self._log_writer.write_once)
        if "routing" in self._options.roles:
            self._start_router()
        if "relay" in self._options.roles:
            self._start_relay()
        if "beat" in self._options.roles:
            self._start_beat()
            if post.is_wanted():
                self._run_beside("post", Post(self._clock).run_once)
        logger.info(
            "worker started", extra={"worker": str(self.worker), "stations": ",".join(names)}
        )
        return True

    def wants_to_recycle(self) -> bool:
        """It has grown too old or too large, or has lost a thread: drain it and start another."""
        limits = settings()
        if any(loop.is_dead for loop in self._loops):
            return True
        if self._heartbeat is not None and self._heartbeat.is_dead:
            return True
        if self._stations is not None and self._stations.pool.must_recycle:
            return True
        if limits.RECYCLE_AFTER_S and time.monotonic() - self._started_at > limits.RECYCLE_AFTER_S:
            return True
        return bool(limits.RECYCLE_RSS_BYTES and _rss_bytes() > limits.RECYCLE_RSS_BYTES)

    def drain(self, grace_s: float, *, hurry: threading.Event | None = None) -> bool:
        """Stop claiming, let what runs finish, hand the rest back, end the lease (blocks).

        Args:
            grace_s: how long attempts may go on.
            hurry: set = hand back at once.

        Returns:
            True where every attempt came to its end.
        """
        hurry = hurry or threading.Event()
        clean = True
        if self._heartbeat is not None:
            self._heartbeat.drain()
        if self._stations is not None:
            self._stations.drain()
            clean = self._wait_empty(grace_s, hurry)
            if not clean:
                self._stations.give_back()
                self._wait_empty(settings().POLL_S * 5, threading.Event())
        every = [*self._loops, *self._beside]
        for loop in every:
            loop.stop()
        for loop in every:
            loop.join(timeout=5.0)
        if self._heartbeat is not None:
            self._heartbeat.end()
        if self._log_writer is not None:
            self._log_writer.end()  # after the lease, which must not wait for what may be lost
        self._waker.close()
        self._meter.close()
        if self._stations is not None:
            clean = self._stations.pool.close() and clean
        return clean

    def _wait_empty(self, timeout_s: float, hurry: threading.Event) -> bool:
        assert self._stations is not None
        until = time.monotonic() + timeout_s
        while not self._stations.is_empty:
            if time.monotonic() >= until or hurry.wait(0.02):
                return False
        return True

    def _station_names(self) -> Sequence[str]:
        if self._options.stations is not None:
            return self._options.stations
        return sorted({*project.catalog().stations(), "default"})

    def _make_stations(self, names: Sequence[str]) -> Stations:
        self._stations = stations = Stations(
            worker=self.worker,
            names=names,
            concurrency=self._options.concurrency,
            broker=self._broker,
            clock=self._clock,
            meter=self._meter,
            fault=self._fault,
        )
        self._heartbeat = Heartbeat(
            worker_id=self.worker,
            stations=names,
            concurrency=self._options.concurrency,
            meter=self._meter,
            consumed_at=stations.cycle.consumed_at,
            rest=stations.rest,
        )
        return stations

    def _take_lease(self, stop: threading.Event) -> bool:
        """Wait for the database, if need be until *stop*: a worker may be started before it."""
        assert self._heartbeat is not None
        waited = False
        while not stop.is_set():
            try:
                self._heartbeat.start()
            except (OperationalError, InterfaceError) as error:
                if not waited:
                    logger.warning("waiting for the database: %s", error)
                waited = True
                self._pulse()
                stop.wait(AWAY_MAX_S)
            else:
                return True
        return False

    def _start_router(self) -> None:
        self._router = router = Router(
            broker=self._broker, clock=self._clock, fault=self._fault, lender=self._stations
        )
        dead = DeadQueue(broker=self._broker, clock=self._clock)
        self._broker.consume(INTAKE_QUEUE, prefetch=PREFETCH, sink=router.deliver)
        if Capability.DEAD_LETTERS in self._broker.capabilities:
            self._broker.consume(DEAD_QUEUE, prefetch=dead_queue.PREFETCH, sink=dead.deliver)

        def step() -> bool:
            more = dead.run_once()
            return router.run_once() or more

        self._run(
            Duty(
                name="router",
                step=step,
                rest=lambda: router.wait(settings().POLL_S),
                wake=router.wake,
            )
        )

    def _start_relay(self) -> None:
        relay = Relay(
            self._broker,
            self._clock,
            fault=self._fault,
            hand_over=self._router.offer if self._router else to_nobody,
        )
        self._waker.listen()
        self._run(
            Duty(
                name="relay",
                step=lambda: relay.run_once() == PAGE,
                rest=lambda: _ignore(self._waker.wait(settings().POLL_S)),
                wake=self._waker.wake,
            )
        )

    def _start_beat(self) -> None:
        beat = Beat(broker=self._broker, clock=self._clock)
        woken = threading.Event()
        self._run(
            Duty(
                name="beat",
                step=beat.run_once,
                rest=lambda: _ignore(woken.wait(beat.next_s)),
                wake=woken.set,
            )
        )

    def _run(self, duty: Duty) -> None:
        loop = Loop(duty, pulse=self._pulse_of_all)
        self._loops.append(loop)
        loop.start()

    def _run_beside(self, name: str, step: Callable[[], bool]) -> None:
        """What waits for servers of others, or nobody waits for: it does not speak for the process."""
        woken = threading.Event()
        loop = Loop(
            Duty(
                name=name,
                step=step,
                rest=lambda: _ignore(woken.wait(settings().POLL_S)),
                wake=woken.set,
            )
        )
        self._beside.append(loop)
        loop.start()

    def _pulse_of_all(self) -> None:
        """Each loop speaks for all: where one hangs or has died, the process falls silent."""
        if all(loop.goes_round for loop in self._loops):
            self._pulse()


def _ignore(_value: bool) -> None:  # noqa: FBT001 - the answer of a wait
    """A rest needs no answer."""


def _rss_bytes() -> int:
    """The most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

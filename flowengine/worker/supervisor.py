"""The supervisor of ``--processes N``: starts worker processes, watches them, replaces them.

It does no work of its own and touches the database only to end the lease of a dead child, on a thread
made for that, so that nothing holds it up.

=========================  ========================================================================
what happens               what it does
=========================  ========================================================================
a child dies               ends its lease, starts another after a backoff (0.5 s, doubling to 30 s;
                           forgotten once one has lived for a minute)
a child ends with code 0   it has recycled itself: starts another at once
a child's loop is silent   SIGKILL after *silent_s*; then as above. The first beat may take
                           *start_s*, for imports
SIGTERM, SIGINT, SIGHUP    drains: SIGTERM to all children, SIGKILL to those that are left after
                           *drain_s*; exit code 0 when every child ended with 0, else 1
another one of these       SIGKILL to all at once; exit code 128 + the signal
the supervisor is killed   the children meet a broken pipe and drain by themselves
=========================  ========================================================================
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from uuid import UUID

from django.db import connections

from flowengine.engine.identity import ENTROPY_BYTES, uuid7
from flowengine.worker.child import Child

logger = logging.getLogger("flowengine.worker")

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
BACKOFF_MIN_S = 0.5
BACKOFF_MAX_S = 30.0
STABLE_S = 60.0
"""A child that has lived so long is no start that failed."""
RECYCLED_S = 1.0
"""A child that ended well sooner than this has not recycled itself: that would be a busy loop."""
LEASE_ENDS_S = 5.0
"""How long the supervisor waits at its own end for leases to be ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the supervisor waits for what."""

    drain_s: float
    """From SIGTERM to SIGKILL: the worker's own grace, and some."""
    silent_s: float = 15.0
    """A loop that has beaten before may be silent so long."""
    start_s: float = 60.0
    """From the start of a child to its first beat."""


class Supervisor:
    """Keeps a number of children running until it is told to stop. Lives on the main thread."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        processes: int,
        patience: Patience,
        end_lease: Callable[[UUID], None],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """A supervisor without children.

        Args:
            command: the program and arguments of a child.
            processes: how many children.
            patience: how long to wait for what.
            end_lease: told the worker id of each child that did not end well, after it is dead; on
                a thread of its own, whose database connections are closed after it.
            environment: of the children; by default this process's own.
        """
        self._command = tuple(command)
        self._patience = patience
        self._end_lease = end_lease
        self._environment = dict(os.environ if environment is None else environment)
        self._places = [_Place() for _ in range(processes)]
        self._lease_ends: list[threading.Thread] = []
        self._selector = selectors.DefaultSelector()
        self._signals: list[int] = []
        self._drains_until: float | None = None
        self._exit_code = 0

    def run(self) -> int:
        """Supervise until a signal ends it (blocks); the exit code for this process."""
        with self._signals_heard():
            while True:
                self._obey()
                at = time.monotonic()
                for place in self._places:
                    self._look_after(place, at)
                if self._drains_until is not None and not any(p.child for p in self._places):
                    break
                self._wait(at)
        for thread in self._lease_ends:
            thread.join(LEASE_ENDS_S)
        self._selector.close()
        return self._exit_code

    # -- signals ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _signals_heard(self) -> Iterator[None]:
        """A signal wakes the loop, which then acts on it; nothing is done inside a handler."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        self._selector.register(reading, selectors.EVENT_READ)
        wakeup_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        before = {each: signal.signal(each, self._heard) for each in (*STOPPING, signal.SIGCHLD)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
            signal.set_wakeup_fd(wakeup_before)
            self._selector.unregister(reading)
            os.close(reading)
            os.close(writing)

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        if number in STOPPING:
            self._signals.append(number)

    def _obey(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            if self._drains_until is None:
                logger.info("draining: %s", signal.Signals(number).name)
                self._drains_until = time.monotonic() + self._patience.drain_s
                for place in self._places:
                    place.tell(signal.SIGTERM)
            else:
                logger.warning("ending at once: %s", signal.Signals(number).name)
                self._exit_code = 128 + number
                for place in self._places:
                    place.kill()

    # -- children -----------------------------------------------------------------------------

    def _look_after(self, place: _Place, at: float) -> None:
        child = place.child
        if child is None:
            if self._drains_until is None and at >= place.starts_at:
                self._start(place, at)
            return
        code = child.exit_code()
        if code is not None:
            self._bury(place, child, code, at)
            if self._drains_until is None and at >= place.starts_at:
                self._start(place, at)
        elif not child.was_killed and at >= self._patient_until(child):
            why = "silent" if self._drains_until is None else "not drained in time"
            logger.error("killing worker process %d: %s", child.pid, why)
            child.kill()

    def _patient_until(self, child: Child) -> float:
        if child.has_beaten:
            until = child.seen_at + self._patience.silent_s
        else:
            until = child.started_at + self._patience.start_s
        # One that drains may have ended its loop already and be waiting for its last tasks.
        return until if self._drains_until is None else self._drains_until

    def _start(self, place: _Place, at: float) -> None:
        worker_id = uuid7(time.time_ns() // 1_000_000, os.urandom(ENTROPY_BYTES))
        try:
            place.child = Child(self._command, self._environment, worker_id, at)
        except OSError as error:
            delay_s = place.fail(at)
            logger.error("a worker process cannot be started, next try in %g s: %s", delay_s, error)  # noqa: TRY400 - the message says it
            return
        self._selector.register(place.child.pipe, selectors.EVENT_READ, place.child)
        logger.info("worker process %d started", place.child.pid)

    def _bury(self, place: _Place, child: Child, code: int, at: float) -> None:
        """A child has ended: clean up after it, and say when the next one starts."""
        place.child = None
        self._stop_listening(child)
        child.close()
        # One that was told to stop while it was still being imported had nothing to hand back.
        is_clean = code == 0 or (code == -signal.SIGTERM and not child.has_beaten)
        if not is_clean:
            self._end_lease_soon(child.worker_id)
        if self._drains_until is not None:
            if not is_clean:
                logger.error("worker process %d ended with %d while draining", child.pid, code)
                self._exit_code = self._exit_code or 1
        elif code == 0 and at - child.started_at >= RECYCLED_S:
            logger.info("worker process %d has recycled itself", child.pid)
            place.starts_at = at
        else:
            if at - child.started_at >= STABLE_S:
                place.failures = 0
            delay_s = place.fail(at)
            logger.error("worker process %d ended with %d, next in %g s", child.pid, code, delay_s)

    def _end_lease_soon(self, worker_id: UUID) -> None:
        def end() -> None:
            try:
                self._end_lease(worker_id)
            except Exception:
                # Economy only: without it the lease runs out by itself.
                logger.warning("the lease of a dead worker could not be ended", exc_info=True)
            finally:
                connections.close_all()

        thread = threading.Thread(target=end, name="flowengine-lease-end", daemon=True)
        thread.start()
        self._lease_ends = [each for each in self._lease_ends if each.is_alive()]
        self._lease_ends.append(thread)

    # -- waiting ------------------------------------------------------------------------------

    def _wait(self, at: float) -> None:
        """Until something is heard, or until the next instant that was waited for."""
        children = [place.child for place in self._places if place.child is not None]
        instants = [self._patient_until(each) for each in children if not each.was_killed]
        if self._drains_until is None:
            instants += [place.starts_at for place in self._places if place.child is None]
        until_s = max(0.0, min(instants, default=at + 1.0) - at)
        for key, _events in self._selector.select(min(until_s, 1.0)):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(key.fd, 4096)
            elif not key.data.hear(time.monotonic()):
                self._stop_listening(key.data)

    def _stop_listening(self, child: Child) -> None:
        # A closed pipe reads as ready for ever; the end of the process is told by SIGCHLD.
        with contextlib.suppress(KeyError):
            self._selector.unregister(child.pipe)


class _Place:
    """Where one child runs, one after another."""

    def __init__(self) -> None:
        self.child: Child | None = None
        self.starts_at = 0.0
        """Monotonic: when the next child may start."""
        self.failures = 0
        """Ends in a row that were no recycling."""

    def fail(self, at: float) -> float:
        """Count one; the seconds until the next start."""
        delay_s = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2.0 ** min(self.failures, 10))
        self.failures += 1
        self.starts_at = at + delay_s
        return delay_s

    def tell(self, number: signal.Signals) -> None:
        if self.child is not None:
            self.child.send(number)

    def kill(self) -> None:
        if self.child is not None:
            self.child.kill()

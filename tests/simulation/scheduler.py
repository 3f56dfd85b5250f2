"""Threads that take turns, one at a time, in an order that a seed decides.

A simulated thread is a greenlet. It gives up its turn where it calls :meth:`Scheduler.pass_point` (a
statement, a named fault point, a publish) and where it waits for another's lock; who goes on is the
scheduler's choice. Killed threads are never run again: no ``finally`` of theirs has an effect, as in
a process that got SIGKILL.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from greenlet import GreenletExit, getcurrent, greenlet

from tests.simulation.faults import gap

EPOCH = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""When every schedule begins."""


class Clock:
    """The database's clock, which only the scheduler moves."""

    def __init__(self) -> None:
        self.seconds = 0.0
        """Since the beginning; also what every process takes for its monotonic clock."""

    def now(self) -> datetime:
        """The present instant."""
        return EPOCH + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """The same in seconds."""
        return self.seconds


@dataclass(slots=True, eq=False)
class Thread:
    """One simulated thread: it does *step* again and again, and rests between."""

    name: str
    step: Callable[[], float | None]
    """One round; how many seconds to rest after it. 0 = go on at once, infinite = until it is woken,
    None = the thread ends."""
    owner: object | None = None
    """The process it belongs to."""
    wakes_at: float = 0.0
    """When its rest is over; earlier where somebody wakes it."""
    paused_until: float = 0.0
    is_dead: bool = False
    is_woken: bool = False
    """Somebody woke it while it was at work: it does not rest after this round."""
    awaits: Callable[[], bool] | None = None
    """True once it may go on: what it waits for in the midst of a step."""
    session: object | None = None
    """Its connection to the model's database."""
    body: greenlet | None = field(default=None, repr=False)
    """The step it is in the midst of; None = it rests."""

    def wake(self) -> None:
        """End its rest, or the next one."""
        self.wakes_at = 0.0
        self.is_woken = True


class Scheduler:
    """Runs threads, one turn after another."""

    def __init__(self, random: Random, *, switches: float) -> None:
        """No threads yet.

        Args:
            random: decides whose turn it is.
            switches: how likely a thread loses its turn at a point it passes.
        """
        self.clock = Clock()
        self.threads: list[Thread] = []
        self.current: Thread | None = None
        self.on_point: Callable[[str], None] = lambda _point: None
        """Asked at each point that is passed: a fault may happen there."""
        self.on_switch: Callable[[Thread | None], None] = lambda _thread: None
        """Told whose turn it is."""
        self._random = random
        self._switches = switches
        self._points_left = gap(random, switches)
        self._home = getcurrent()
        self._abandoned: list[greenlet] = []
        self.turns = 0

    def start(
        self, name: str, step: Callable[[], float | None], *, owner: object | None = None
    ) -> Thread:
        """A new thread, which will have its first turn."""
        thread = Thread(name=name, step=step, owner=owner)
        self.threads.append(thread)
        return thread

    def kill(self, thread: Thread) -> None:
        """It never has a turn again; if it is the present one, its turn ends here."""
        thread.is_dead = True
        self.threads.remove(thread)
        if thread.body is not None:
            self._abandoned.append(thread.body)
        if thread is self.current:
            self._home.switch()

    def ready(self) -> list[Thread]:
        """The threads that could have the next turn, in the order of their start."""
        now = self.clock.seconds
        return [
            thread
            for thread in self.threads
            if thread.paused_until <= now
            and (
                thread.wakes_at <= now
                if thread.body is None
                else thread.awaits is None or thread.awaits()
            )
        ]

    def next_wake(self) -> float:
        """When the next thread's rest or pause is over; infinite = all wait to be woken."""
        return min(
            (
                max(thread.wakes_at if thread.body is None else 0.0, thread.paused_until)
                for thread in self.threads
                if thread.body is None or thread.awaits is None
            ),
            default=math.inf,
        )

    def turn(self, thread: Thread) -> None:
        """Let it run until it rests, waits, ends, dies or loses its turn."""
        self.turns += 1
        if thread.body is None:
            thread.body = greenlet(self._round, parent=self._home)
        thread.awaits = None
        self.current = thread
        self.on_switch(thread)
        try:
            thread.body.switch(thread)
        finally:
            self.current = None
            self.on_switch(None)
        if thread.body.dead:
            thread.body = None

    def pass_point(self, point: str) -> None:
        """The present thread passes a point: something may happen there, others may go first."""
        if self.current is None:
            return
        self.on_point(point)
        self._points_left -= 1
        if self._points_left < 1:
            self._points_left = gap(self._random, self._switches)
            self.lose_turn()

    def lose_turn(self) -> None:
        """The present thread goes on in another turn."""
        self._home.switch()

    def sleep(self, seconds: float) -> None:
        """The present thread goes on when that time has passed."""
        assert self.current is not None, "only a thread can sleep"
        self.current.paused_until = self.clock.seconds + seconds
        self.lose_turn()

    def wait_until(self, is_free: Callable[[], bool]) -> None:
        """The present thread waits; others go on."""
        assert self.current is not None, "only a thread can wait"
        while not is_free():
            self.current.awaits = is_free
            self._home.switch()

    def close(self) -> None:
        """End what is left of all threads."""
        bodies = [thread.body for thread in self.threads if thread.body is not None]
        for body in (*bodies, *self._abandoned):
            # What it was in the midst of cannot be ended well: its connection may be gone.
            with suppress(Exception):
                body.throw(GreenletExit)
        self.threads.clear()
        self._abandoned.clear()

    def _round(self, thread: Thread) -> None:
        thread.is_woken = False
        rest_s = thread.step()
        if rest_s is None:
            thread.is_dead = True
            self.threads.remove(thread)
        elif not thread.is_woken:
            thread.wakes_at = self.clock.seconds + rest_s

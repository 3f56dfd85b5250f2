"""The router: events that arrived are answered by every workflow, once, in batches.

What arrives is stored before it is routed and acknowledged after; what the broker never brought is
found in the database when it is overdue. A router that rests takes events from the hand of the relay
beside it, which publishes them all the same; their messages are acknowledged when they come. Where the
process has free places, the first steps of the runs that it starts begin with them, and are called at
once. So an event on an idle system waits for no message.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from flowengine.broker.base import Broker, Delivery, Verdict
from flowengine.conf import settings
from flowengine.orchestration import route
from flowengine.orchestration.claim import NO_ROOM, Room
from flowengine.orchestration.faults import Fault, no_fault
from flowengine.orchestration.follow import see_through
from flowengine.orchestration.route import Routed
from flowengine.orchestration.work import Begun
from flowengine.store import events
from flowengine.store.clock import Clock

PREFETCH = 500
"""Events taken at a time; also the page of overdue ones."""


KNOWN_S = 5.0
"""How long the message of an event that is routed already is waited for."""
STEPS_OF_AN_EVENT = 2
"""For so many first steps of each event a place is wanted; what begins more waits for its hint."""


class Lender(Protocol):
    """Who calls what a router begins."""

    def lend(self, most: int) -> Room:
        """Promise free places, at most *most*; every promise is followed by one :meth:`call`."""
        ...

    def call(self, room: Room, begun: Sequence[Begun]) -> None:
        """Call these, whose begins are committed, in places of *room*; the others are free again."""
        ...


class Router:
    """One router; as many as one likes may run."""

    def __init__(
        self,
        *,
        broker: Broker,
        clock: Clock,
        fault: Fault = no_fault,
        monotonic: Callable[[], float] = time.monotonic,
        lender: Lender | None = None,
    ) -> None:
        """A router that has nothing to do yet.

        Args:
            broker: brings events, and hints to the stations.
            clock: the database's.
            fault: see :mod:`flowengine.orchestration.faults`.
            monotonic: seconds that only grow.
            lender: has places for first steps; None = all of them are hinted at.
        """
        self._broker = broker
        self._clock = clock
        self._fault = fault
        self._monotonic = monotonic
        self._lender = lender
        self._own_source: str | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._arrived: list[Delivery] = []
        self._deliveries: list[Delivery] = []
        self._offered: list[UUID] = []
        self._is_at_work = False
        self._known: dict[UUID, float] = {}
        """Events routed out of a relay's hand, in order, and when: their messages say nothing new."""
        self._looked_at = float("-inf")
        self.strays = 0
        """Messages from our own source that named no event of ours, since the start."""

    def deliver(self, delivery: Delivery) -> None:
        """An event has arrived; called on the broker's thread."""
        with self._lock:
            self._arrived.append(delivery)
        self._wake.set()

    def offer(self, event_ids: Sequence[UUID]) -> bool:
        """Take these events of ours, which are being published, if there is nothing else to do."""
        with self._lock:
            if self._is_at_work or self._arrived or self._deliveries:
                return False
            self._offered += event_ids
        self._wake.set()
        return True

    def wait(self, timeout_s: float) -> None:
        """Wait until an event arrives, or the time is over."""
        self._wake.wait(timeout_s)

    def wake(self) -> None:
        """Make a waiting router look."""
        self._wake.set()

    def run_once(self) -> bool:
        """Route what has arrived, and what is overdue. True where there may be more at once.

        Raises:
            django.db.Error: the database is away; nothing is acknowledged, nothing forgotten.
        """
        self._wake.clear()
        with self._lock:
            self._is_at_work = True
        try:
            return self._round()
        finally:
            self._is_at_work = False

    def _round(self) -> bool:
        with self._lock:
            self._deliveries += self._arrived
            self._arrived = []
            offered, self._offered = self._offered, []
        now = self._clock.now()
        if offered and self._route(offered, now, in_hand=True):
            self._known.update(dict.fromkeys(offered, self._monotonic()))
        if self._deliveries:
            received = route.receive(self._deliveries, now, own_source=self._source())
            self.strays += received.strays
            self._fault("router.stored")
            self._route([each for each in received.event_ids if not self._knows(each)], now)
            self._broker.settle(self._deliveries, Verdict.ACK)
            self._deliveries = []
        overdue = self._overdue()
        self._route(overdue, now)
        return len(overdue) == PREFETCH or bool(self._arrived)

    def _source(self) -> str:
        """That of our own events; asked for once, for it never changes."""
        if self._own_source is None:
            self._own_source = events.own_source()
        return self._own_source

    def _knows(self, event_id: UUID) -> bool:
        """It was routed a moment ago, out of the relay's hand: this is its message."""
        return self._known.pop(event_id, None) is not None

    def _route(self, ids: Sequence[UUID], now: datetime, *, in_hand: bool = False) -> bool:
        """Route these, and what follows from it; True where none of them failed."""
        if not ids:
            return True
        room = NO_ROOM if self._lender is None else self._lender.lend(STEPS_OF_AN_EVENT * len(ids))
        routed = Routed()
        try:
            routed = route.route(ids, now=now, room=room, in_hand=in_hand)
        finally:
            if self._lender is not None:
                self._lender.call(room, routed.begun)
        self._fault("router.committed")
        self.strays += routed.missing
        see_through(routed.committed, self._broker, now)
        return not routed.failed

    def _overdue(self) -> list[UUID]:
        at = self._monotonic()
        if at - self._looked_at < settings().POLL_S:
            return []
        found = route.overdue(self._clock.now(), limit=PREFETCH, broker_open=self._broker.is_open)
        # A full page is a backlog, which is worked off without a pause.
        self._looked_at = float("-inf") if len(found) == PREFETCH else at
        # A message that has not come by now went to another process.
        old = at - KNOWN_S
        self._known = {each: since for each, since in self._known.items() if since > old}
        return found

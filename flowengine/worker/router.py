"""The router: events that arrived are answered by every workflow, once, in batches.

What arrives is stored before it is routed and acknowledged after; what the broker never brought is
found in the database when it is overdue.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from uuid import UUID

from flowengine.broker.base import Broker, Delivery, Verdict
from flowengine.conf import settings
from flowengine.orchestration import route
from flowengine.orchestration.faults import Fault, no_fault
from flowengine.orchestration.follow import see_through
from flowengine.store.clock import Clock

PREFETCH = 500
"""Events taken at a time; also the page of overdue ones."""


class Router:
    """One router; as many as one likes may run."""

    def __init__(
        self,
        *,
        broker: Broker,
        clock: Clock,
        fault: Fault = no_fault,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker = broker
        self._clock = clock
        self._fault = fault
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._arrived: list[Delivery] = []
        self._deliveries: list[Delivery] = []
        self._looked_at = float("-inf")
        self.strays = 0
        """Messages from our own source that named no event of ours, since the start."""

    def deliver(self, delivery: Delivery) -> None:
        """An event has arrived; called on the broker's thread."""
        with self._lock:
            self._arrived.append(delivery)
        self._wake.set()

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
            self._deliveries += self._arrived
            self._arrived = []
        now = self._clock.now()
        ids: list[UUID] = []
        if self._deliveries:
            received = route.receive(self._deliveries, now)
            ids += received.event_ids
            self.strays += received.strays
            self._fault("router.stored")
        overdue = self._overdue()
        ids += overdue
        if ids:
            routed = route.route(ids, now=now)
            self._fault("router.committed")
            self.strays += routed.missing
            see_through(routed.committed, self._broker, now)
        if self._deliveries:
            self._broker.settle(self._deliveries, Verdict.ACK)
            self._deliveries = []
        return len(overdue) == PREFETCH or bool(self._arrived)

    def _overdue(self) -> list[UUID]:
        at = self._monotonic()
        if at - self._looked_at < settings().POLL_S:
            return []
        found = route.overdue(self._clock.now(), limit=PREFETCH, broker_open=self._broker.is_open)
        # A full page is a backlog, which is worked off without a pause.
        self._looked_at = float("-inf") if len(found) == PREFETCH else at
        return found

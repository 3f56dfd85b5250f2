"""The broker's dead queue, emptied into the table of dead letters; a duty of whoever routes."""

from __future__ import annotations

import threading

from flowengine.broker.base import Broker, Delivery, Verdict
from flowengine.orchestration.drain import drain
from flowengine.store.clock import Clock

PREFETCH = 100


class DeadQueue:
    """What the broker gave up; as many as one likes may empty the queue."""

    def __init__(self, *, broker: Broker, clock: Clock) -> None:
        self._broker = broker
        self._clock = clock
        self._lock = threading.Lock()
        self._arrived: list[Delivery] = []
        self._deliveries: list[Delivery] = []

    def deliver(self, delivery: Delivery) -> None:
        """One has arrived; called on the broker's thread."""
        with self._lock:
            self._arrived.append(delivery)

    def run_once(self) -> bool:
        """Keep what has arrived, then acknowledge it. True where there may be more at once.

        Raises:
            django.db.Error: the database is away; nothing is acknowledged, nothing forgotten.
        """
        with self._lock:
            self._deliveries += self._arrived
            self._arrived = []
        if self._deliveries:
            drain(self._deliveries, self._clock.now())
            self._broker.settle(self._deliveries, Verdict.ACK)
            self._deliveries = []
        return bool(self._arrived)

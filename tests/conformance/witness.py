"""What a test sees of a broker: lists that can be waited for."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from flowengine.broker.base import Delivery, Outcome
from flowengine.broker.envelope import Envelope

LIMIT_S = 20.0
"""How long anything may take before a test gives up on it."""


class Inbox:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._deliveries: list[Delivery] = []

    def __call__(self, delivery: Delivery) -> None:
        with self._condition:
            self._deliveries.append(delivery)
            self._condition.notify_all()

    @property
    def deliveries(self) -> list[Delivery]:
        with self._condition:
            return list(self._deliveries)

    @property
    def bodies(self) -> list[bytes]:
        return [delivery.body for delivery in self.deliveries]

    def wait(self, count: int) -> list[Delivery]:
        """All that came, once it is at least *count*."""
        with self._condition:
            came = self._condition.wait_for(lambda: len(self._deliveries) >= count, LIMIT_S)
            assert came, f"{len(self._deliveries)} of {count} messages came"
            return list(self._deliveries)

    def take(self) -> list[Delivery]:
        """What came since the last call, waiting for at least one."""
        with self._condition:
            assert self._condition.wait_for(lambda: bool(self._deliveries), LIMIT_S), "nothing came"
            taken, self._deliveries = self._deliveries, []
            return taken


class Outcomes:
    """A callback that keeps what became of each envelope."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._of: dict[str, Outcome] = {}
        self.answers: Counter[str] = Counter()
        """Envelope id -> how often it was answered."""

    def __call__(self, envelope: Envelope, outcome: Outcome) -> None:
        with self._condition:
            self._of[envelope.id] = outcome
            self.answers[envelope.id] += 1
            self._condition.notify_all()

    def wait(self, count: int) -> dict[str, Outcome]:
        """Envelope id -> outcome, once that many envelopes are answered."""
        with self._condition:
            came = self._condition.wait_for(lambda: len(self._of) >= count, LIMIT_S)
            assert came, f"{len(self._of)} of {count} envelopes were answered"
            return dict(self._of)


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until *condition* holds."""
    pause = threading.Event()
    for _ in range(int(LIMIT_S / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError(f"not within {LIMIT_S:g} s: {what}")

"""What other threads hand over to the cycle; putting something in wakes it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from flowengine.broker.base import Delivery
from flowengine.broker.envelope import Envelope
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.work import Progress
from flowengine.store.due_steps import RowKey
from flowengine.worker.attempt import Finished, Order


@dataclass(slots=True)
class Taken:
    """What came since the last look."""

    deliveries: list[Delivery] = field(default_factory=list)
    finished: list[Finished] = field(default_factory=list)
    committed: list[Committed] = field(default_factory=list)
    unpublished: list[Envelope] = field(default_factory=list)
    progress: dict[RowKey, Progress] = field(default_factory=dict)


class Inbox:
    """Thread-safe; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._taken = Taken()

    def take(self) -> Taken:
        """All that has come, once; what comes later wakes again."""
        self._wake.clear()
        with self._lock:
            taken, self._taken = self._taken, Taken()
        return taken

    @property
    def holds_ends(self) -> bool:
        """An attempt has ended that the cycle has not taken yet."""
        with self._lock:
            return bool(self._taken.finished or self._taken.committed)

    def wait(self, timeout_s: float) -> bool:
        """Wait until something comes; False when the time ran out first."""
        return self._wake.wait(timeout_s)

    def wake(self) -> None:
        """Make a waiting cycle look."""
        self._wake.set()

    def deliver(self, delivery: Delivery) -> None:
        """A hint has arrived."""
        with self._lock:
            self._taken.deliveries.append(delivery)
        self._wake.set()

    def finish(self, finished: Finished) -> None:
        """An attempt has ended."""
        with self._lock:
            self._taken.finished.append(finished)
        self._wake.set()

    def commit(self, committed: Committed) -> None:
        """A task's own transaction has committed: the rest is to be said."""
        with self._lock:
            self._taken.committed.append(committed)
        self._wake.set()

    def unpublished(self, envelope: Envelope) -> None:
        """A hint did not get through."""
        with self._lock:
            self._taken.unpublished.append(envelope)
        self._wake.set()

    def speak(self, order: Order, fraction: float, note: str) -> None:
        """A running attempt says how far it is; of one cycle, its last word counts."""
        said = Progress(
            run_id=order.run_id,
            step=order.step,
            attempt=order.attempt,
            item=order.item,
            fraction=fraction,
            note=note,
        )
        with self._lock:
            self._taken.progress[(order.run_id, order.step, order.item)] = said
        self._wake.set()

"""One worker's stations, stepped by hand over a broker that answers as it is told."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

from flowengine.broker.base import Delivery
from flowengine.broker.envelope import Hint, hint_envelope
from flowengine.broker.topology import station_queue
from flowengine.models import StepRecord
from flowengine.store.clock import DatabaseClock
from flowengine.worker.stations import Stations
from tests.builders.line import now
from tests.fakes.broker import FakeBroker, delivery_of


class Bench:
    """One worker's stations, and hands that turn it."""

    def __init__(self, *, concurrency: int = 4) -> None:
        self.broker = FakeBroker()
        self.at = 0.0
        self.worker = uuid4()
        self.stations = Stations(
            worker=self.worker,
            names=("default",),
            concurrency=concurrency,
            broker=self.broker,
            clock=DatabaseClock(),
            monotonic=lambda: self.at,
        )
        self.stations.consume()
        self.duty = self.stations.duty()

    def deliver(self, run: UUID, step: str, item: str = "") -> Delivery:
        """A hint arrives."""
        hint = Hint(run_id=run, step=step, item=item)
        delivery = delivery_of(hint_envelope(hint, station="default"))
        self.broker.sinks[station_queue("default")](delivery)
        return delivery

    def turn(self) -> bool:
        """One cycle."""
        return self.duty.step()

    def turn_until(self, is_so: Callable[[], bool]) -> None:
        """Cycles until *is_so*; what ends in the pool wakes them."""
        for _ in range(400):
            self.turn()
            if is_so():
                return
            self.stations._inbox.wait(0.05)
        raise AssertionError("it did not come to that")

    def serve(self) -> None:
        """Bring what was published as the broker would."""
        for envelope in self.broker.published:
            self.broker.sinks[station_queue("default")](delivery_of(envelope))
        self.broker.published.clear()

    def make_all_due(self) -> None:
        """Let it find every ready row by itself."""
        StepRecord.objects.filter(state="ready", worker_id=None).update(due_at=now())

    def close(self) -> None:
        """End what still runs."""
        self.stations.pool.give_back()
        assert self.stations.pool.close(5)

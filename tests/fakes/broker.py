"""A broker that remembers what it was asked, and answers as it was told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flowengine.broker.base import Broker, Capability, Delivery, Outcome, Verdict
from flowengine.broker.envelope import Envelope
from flowengine.broker.topology import Topology


class FakeBroker:
    """Answers each envelope at once, on the caller's thread."""

    def __init__(self) -> None:
        self.is_open = True
        self.trouble = ""
        self.capabilities = frozenset(Capability)
        self.published: list[Envelope] = []
        self.settled: list[tuple[Delivery, Verdict]] = []
        self.sinks: dict[str, Callable[[Delivery], None]] = {}
        self.topologies: list[Topology] = []
        self.outcome: Callable[[Envelope], Outcome | None] = lambda _envelope: Outcome.CONFIRMED
        """None = no answer."""

    def start(self) -> None:
        """Open already."""

    def wait_open(self, timeout_s: float) -> bool:
        """As it is."""
        return self.is_open

    def declare(self, topology: Topology) -> None:
        """Remember it."""
        self.topologies.append(topology)

    def publish(
        self, envelopes: Sequence[Envelope], on_outcome: Callable[[Envelope, Outcome], None]
    ) -> None:
        """Remember and answer."""
        for envelope in envelopes:
            self.published.append(envelope)
            outcome = self.outcome(envelope)
            if outcome is not None:
                on_outcome(envelope, outcome)

    def consume(self, queue: str, *, prefetch: int, sink: Callable[[Delivery], None]) -> None:
        """Remember the sink; the test delivers."""
        self.sinks[queue] = sink

    def cancel(self, queue: str) -> None:
        """Forget the sink."""
        self.sinks.pop(queue, None)

    def settle(self, deliveries: Sequence[Delivery], verdict: Verdict) -> None:
        """Remember the verdicts."""
        self.settled += [(delivery, verdict) for delivery in deliveries]

    def close(self, timeout_s: float = 5.0) -> None:
        """Closed from now on."""
        self.is_open = False


def delivery_of(envelope: Envelope) -> Delivery:
    """The envelope as it arrives."""
    return Delivery(
        queue="",
        body=envelope.body,
        headers=dict(envelope.headers),
        content_type=envelope.content_type,
        routing_key=envelope.routing_key,
        priority=envelope.priority,
    )


_: Broker = FakeBroker()
"""A type checker sees here that the fake is a broker."""

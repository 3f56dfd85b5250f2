"""A broker that loses, doubles, reorders, delays, refuses, cuts its connections and is wiped.

One :class:`Server` for all processes, one :class:`Client` for each. Nothing here happens by itself: a
publish is settled at once, a delivery is made when the scheduler picks one (:meth:`Server.deliver`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from msgspec.structs import replace

from flowengine.broker.base import Broker, Capability, Delivery, Outcome, Verdict
from flowengine.broker.envelope import Envelope
from flowengine.broker.topology import Topology, topic_matches
from tests.simulation.faults import Faults

Sink = Callable[[Delivery], None]


@dataclass(slots=True, eq=False)
class Client:
    """One process's connection."""

    server: Server
    name: str
    is_open: bool = True
    trouble: str = ""
    capabilities: frozenset[Capability] = frozenset(Capability)
    on_delivered: Callable[[], None] = lambda: None
    """Called after each delivery: whoever waits for one looks."""
    _sinks: dict[str, tuple[int, Sink]] = field(default_factory=dict)
    _unsettled: dict[int, Delivery] = field(default_factory=dict)

    def start(self) -> None:
        """Open already."""

    def wait_open(self, timeout_s: float) -> bool:
        """As it is."""
        return self.is_open

    def declare(self, topology: Topology) -> None:
        """Its queues exist from now on."""
        self.server.declare(topology)

    def publish(
        self, envelopes: Sequence[Envelope], on_outcome: Callable[[Envelope, Outcome], None]
    ) -> None:
        """Each is taken, or not; what is heard of it is another matter."""
        for envelope in envelopes:
            outcome = self.server.take(envelope) if self.is_open else Outcome.UNKNOWN
            on_outcome(envelope, outcome)

    def consume(self, queue: str, *, prefetch: int, sink: Sink) -> None:
        """Messages of that queue may be handed over from now on."""
        self._sinks[queue] = (prefetch, sink)

    def cancel(self, queue: str) -> None:
        """None of that queue any more."""
        self._sinks.pop(queue, None)

    def settle(self, deliveries: Sequence[Delivery], verdict: Verdict) -> None:
        """Those of a former connection are nothing."""
        for delivery in deliveries:
            if self._unsettled.pop(id(delivery), None) is not None and verdict is Verdict.REQUEUE:
                self.server.put_back(delivery)

    def close(self, timeout_s: float = 5.0) -> None:
        """Gone for good."""
        self.server.clients.remove(self)
        self.lose_connection()

    def lose_connection(self) -> None:
        """What was not settled goes back to its queue; settling it later is nothing."""
        for delivery in self._unsettled.values():
            self.server.put_back(delivery)
        self._unsettled.clear()

    def may_take(self, queue: str) -> bool:
        """It consumes that queue, and has room for another message of it."""
        prefetch, _sink = self._sinks.get(queue, (0, None))
        taken = sum(delivery.queue == queue for delivery in self._unsettled.values())
        return self.is_open and taken < prefetch

    def hand_over(self, delivery: Delivery) -> None:
        """It arrives."""
        self._unsettled[id(delivery)] = delivery
        self._sinks[delivery.queue][1](delivery)
        self.on_delivered()


class Server:
    """Queues of messages that have no order one could rely on."""

    def __init__(self, faults: Faults, random: Random) -> None:
        self.clients: list[Client] = []
        self.queues: dict[str, list[Delivery]] = {}
        self._faults = faults
        self._random = random
        self._bindings: set[tuple[str, str, str]] = set()

    def connect(self, name: str) -> Client:
        """A new client."""
        client = Client(self, name)
        self.clients.append(client)
        return client

    def declare(self, topology: Topology) -> None:
        """These queues and bindings exist from now on."""
        for queue in topology.queues:
            self.queues.setdefault(queue.name, [])
        self._bindings |= {
            (each.exchange, each.routing_key, each.queue) for each in topology.bindings
        }

    def take(self, envelope: Envelope) -> Outcome:
        """Put it into its queues: once, not at all, or twice; and say something of it."""
        targets = sorted(
            queue
            for exchange, pattern, queue in self._bindings
            if exchange == envelope.exchange and topic_matches(pattern, envelope.routing_key)
        )
        if not targets:
            return Outcome.UNROUTABLE
        strike = self._faults.strike("publish")
        if strike == "broker.refuse":
            return Outcome.REFUSED
        copies = {"broker.lose": 0, "broker.double": 2}.get(strike, 1)
        for queue in targets * copies:
            self.queues[queue].append(_delivery(envelope, queue))
        return Outcome.UNKNOWN if self._faults.strike("confirm") else Outcome.CONFIRMED

    def deliverable(self) -> list[tuple[str, Client]]:
        """Queues that hold something, each with a client that would take it."""
        return [
            (queue, client)
            for queue, waiting in self.queues.items()
            if waiting
            for client in self.clients
            if client.may_take(queue)
        ]

    def deliver(self, queue: str, client: Client) -> None:
        """Hand over the first message of the queue, or any other one."""
        waiting = self.queues[queue]
        strike = self._faults.strike("deliver")
        delivery = waiting.pop(
            self._random.randrange(len(waiting)) if strike == "broker.late" else 0
        )
        if strike == "broker.twice":
            self.put_back(delivery)
        client.hand_over(replace(delivery))

    def put_back(self, delivery: Delivery) -> None:
        """It was not settled: it will come again."""
        self.queues.setdefault(delivery.queue, []).insert(0, replace(delivery, redelivered=True))

    def cut(self) -> None:
        """Every client loses its connection, and has another one at once."""
        for client in self.clients:
            client.lose_connection()

    def wipe(self) -> None:
        """Every message is lost."""
        for client in self.clients:
            client._unsettled.clear()
        for waiting in self.queues.values():
            waiting.clear()


def _delivery(envelope: Envelope, queue: str) -> Delivery:
    return Delivery(
        queue=queue,
        body=envelope.body,
        headers=dict(envelope.headers),
        content_type=envelope.content_type,
        routing_key=envelope.routing_key,
        priority=envelope.priority,
    )


def _is_a_broker(client: Client) -> Broker:
    """A type checker sees here that the client is one."""
    return client

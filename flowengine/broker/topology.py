"""The exchanges, queues and bindings flowengine needs, as plain values.

Names carry a version (``v1``): a queue's arguments can never be changed in place, so another shape is
another name. ``flowengine.events`` has none: it is the public door for programs in any language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

EVENTS_EXCHANGE = "flowengine.events"
"""Topic exchange: CloudEvents, routing key = event type."""
STATIONS_EXCHANGE = "flowengine.v1.stations"
"""Direct exchange: hints, routing key = station."""
DEAD_EXCHANGE = "flowengine.v1.dead"
"""Fanout exchange: what the broker itself gave up on; a net, not a mechanism."""
INTAKE_QUEUE = "flowengine.v1.intake"
"""Every event, for the routers."""
DEAD_QUEUE = "flowengine.v1.dead"
DELIVERY_LIMIT = 20
"""Deliveries of one message before the broker dead-letters it; always set (the default differs)."""
DEAD_DELIVERY_LIMIT = 2**31 - 1
"""As good as none for the dead queue, behind which there is nothing: a message over the limit is gone.
RabbitMQ 4 has 20 where nothing is said, and knows -1 for none, which 3.x refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An exchange, durable."""

    name: str
    kind: str
    """topic, direct, fanout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A durable queue."""

    name: str
    dead_letters: bool = True
    """What it gives up on goes to DEAD_EXCHANGE; False for the dead queue itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """From an exchange to a queue."""

    exchange: str
    queue: str
    routing_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """What must exist, in the order in which it must be declared."""

    exchanges: tuple[Exchange, ...] = ()
    queues: tuple[Queue, ...] = ()
    bindings: tuple[Binding, ...] = ()


def station_queue(station: str) -> str:
    """The name of the queue of that station."""
    return f"flowengine.v1.station.{station}"


def topology(stations: Iterable[str]) -> Topology:
    """All that a project with these stations needs.

    The dead-letter exchange and its queue come first: with at-least-once dead-lettering, what
    cannot be routed there stays in its source queue for ever.
    """
    names = sorted(set(stations) | {"default"})
    return Topology(
        exchanges=(
            Exchange(name=DEAD_EXCHANGE, kind="fanout"),
            Exchange(name=EVENTS_EXCHANGE, kind="topic"),
            Exchange(name=STATIONS_EXCHANGE, kind="direct"),
        ),
        queues=(
            Queue(name=DEAD_QUEUE, dead_letters=False),
            Queue(name=INTAKE_QUEUE),
            *(Queue(name=station_queue(name)) for name in names),
        ),
        bindings=(
            Binding(exchange=DEAD_EXCHANGE, queue=DEAD_QUEUE, routing_key=""),
            Binding(exchange=EVENTS_EXCHANGE, queue=INTAKE_QUEUE, routing_key="#"),
            *(
                Binding(exchange=STATIONS_EXCHANGE, queue=station_queue(name), routing_key=name)
                for name in names
            ),
        ),
    )


def joined(first: Topology, second: Topology) -> Topology:
    """Everything of both, each once, in order."""
    return Topology(
        exchanges=tuple(dict.fromkeys(first.exchanges + second.exchanges)),
        queues=tuple(dict.fromkeys(first.queues + second.queues)),
        bindings=tuple(dict.fromkeys(first.bindings + second.bindings)),
    )


def queue_arguments(queue: Queue) -> dict[str, Any]:
    """The arguments with which RabbitMQ 3.10 to 4.3 makes that queue safe.

    At-least-once dead-lettering needs ``reject-publish``: with the default overflow it silently
    becomes at-most-once. The dead queue has it as well: where a policy bounds it, nothing that it holds
    is dropped. What may be tuned later (lengths, time-outs) belongs in a policy, because arguments
    can never be changed.
    """
    arguments: dict[str, Any] = {"x-queue-type": "quorum", "x-overflow": "reject-publish"}
    if not queue.dead_letters:
        return {**arguments, "x-delivery-limit": DEAD_DELIVERY_LIMIT}
    return {
        **arguments,
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD_EXCHANGE,
        "x-dead-letter-strategy": "at-least-once",
    }


def is_routed(topology: Topology, exchange: str, routing_key: str) -> bool:
    """Whether a binding of *topology* takes such a message to a queue."""
    kinds = {item.name: item.kind for item in topology.exchanges}
    return any(
        binding_matches(kinds.get(exchange, ""), binding.routing_key, routing_key)
        for binding in topology.bindings
        if binding.exchange == exchange
    )


def binding_matches(kind: str, binding_key: str, routing_key: str) -> bool:
    """Whether an exchange of that kind takes *routing_key* through a binding with *binding_key*."""
    match kind:
        case "fanout":
            return True
        case "topic":
            return topic_matches(binding_key, routing_key)
        case _:
            return binding_key == routing_key


def topic_matches(pattern: str, routing_key: str) -> bool:
    """RabbitMQ's topic rule: ``*`` is exactly one word, ``#`` any number of words, also none."""
    if pattern == "#":
        return True
    words = pattern.split(".")
    # The set of places in the pattern that the words so far can have led to.
    places = _past_hashes(words, {0})
    for word in routing_key.split(".") if routing_key else []:
        reached = {
            place if words[place] == "#" else place + 1
            for place in places
            if place < len(words) and words[place] in ("#", "*", word)
        }
        places = _past_hashes(words, reached)
        if not places:
            return False
    return len(words) in places


def _past_hashes(words: list[str], places: set[int]) -> set[int]:
    found = set(places)
    for place in sorted(places):
        end = place
        while end < len(words) and words[end] == "#":
            end += 1
            found.add(end)
    return found

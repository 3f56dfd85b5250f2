"""The topology on a kombu channel."""

from __future__ import annotations

from typing import Any

from kombu.transport import virtual

from flowengine.broker.inproc import TopicExchange
from flowengine.broker.topology import Topology, queue_arguments


def declare(channel: Any, topology: Topology) -> None:
    """Make everything of *topology* exist, also what was wiped since it was declared here."""
    is_virtual = isinstance(channel, virtual.Channel)
    if is_virtual and channel.connection.driver_type != "inproc":
        # The channel remembers what it has declared and would not declare it again.
        channel.state.clear()
    for exchange in topology.exchanges:
        channel.exchange_declare(
            exchange=exchange.name, type=_kind(exchange.kind, is_virtual=is_virtual), durable=True
        )
    for queue in topology.queues:
        arguments = {} if is_virtual else queue_arguments(queue)
        channel.queue_declare(
            queue=queue.name, durable=True, auto_delete=False, arguments=arguments
        )
    kinds = {exchange.name: exchange.kind for exchange in topology.exchanges}
    for binding in topology.bindings:
        is_fanout = kinds.get(binding.exchange) == "fanout"
        channel.queue_bind(
            queue=binding.queue,
            exchange=binding.exchange,
            routing_key="#" if is_fanout and is_virtual else binding.routing_key,
        )


def correct_topics(channel: virtual.Channel) -> None:
    """Let the channel route topics by RabbitMQ's rule."""
    types: dict[str, Any] = channel.exchange_types
    types["topic"] = TopicExchange(channel)  # type: ignore[no-untyped-call]


def _kind(kind: str, *, is_virtual: bool) -> str:
    # A fanout of the Redis transport is PUBLISH: lost where nobody listens at that moment.
    return "topic" if kind == "fanout" and is_virtual else kind

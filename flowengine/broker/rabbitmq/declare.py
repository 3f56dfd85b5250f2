"""Making the topology exist on one connection.

A declaration that RabbitMQ refuses closes its channel, nothing else: each refusal is told apart by
the name it concerns, and the rest goes on. What cannot be declared but is there is used as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from pika.adapters.asyncio_connection import AsyncioConnection

from flowengine.broker.rabbitmq.channel import Channel, ChannelGone, open_channel
from flowengine.broker.topology import Binding, Exchange, Queue, Topology, queue_arguments

logger = logging.getLogger("flowengine.broker")

ACCESS_REFUSED = 403
Item = Exchange | Queue | Binding


async def declare(connection: AsyncioConnection, topology: Topology) -> dict[str, str]:
    """Declare everything, in order; name -> what is wrong, for what could not be declared.

    Raises:
        ChannelGone: the connection was lost.
    """
    troubles: dict[str, str] = {}
    channel: Channel | None = None
    for item in _in_order(topology):
        name = item.queue if isinstance(item, Binding) else item.name
        if isinstance(item, Binding) and name in troubles and "does not exist" in troubles[name]:
            continue
        channel = channel or await open_channel(connection)
        try:
            await _declare(channel, item)
        except ChannelGone as gone:
            channel = None
            if not connection.is_open:
                raise
            trouble = await _trouble(connection, item, gone)
            if trouble:
                troubles[name] = trouble
    if channel is not None:
        await channel.close()
    return troubles


def _in_order(topology: Topology) -> Iterator[Item]:
    """Exchanges; then each queue with its bindings: the dead-letter queue is whole before others."""
    yield from topology.exchanges
    for queue in topology.queues:
        yield queue
        yield from (each for each in topology.bindings if each.queue == queue.name)
    names = {queue.name for queue in topology.queues}
    yield from (each for each in topology.bindings if each.queue not in names)


async def _declare(channel: Channel, item: Item, *, passive: bool = False) -> Any:
    match item:
        case Exchange():
            return await channel.call(
                "exchange_declare",
                exchange=item.name,
                exchange_type=item.kind,
                durable=True,
                passive=passive,
            )
        case Queue():
            return await channel.call(
                "queue_declare",
                queue=item.name,
                durable=True,
                arguments=queue_arguments(item),
                passive=passive,
            )
        case Binding():
            return await channel.call(
                "queue_bind",
                queue=item.queue,
                exchange=item.exchange,
                routing_key=item.routing_key,
            )


async def _trouble(connection: AsyncioConnection, item: Item, gone: ChannelGone) -> str:
    """What to tell people about the refusal; empty where it does no harm."""
    if isinstance(item, Binding):
        # A user without the right to bind: an administrator has done it, or messages will come
        # back as unroutable, which is seen.
        logger.info("cannot bind queue %s to %s: %s", item.queue, item.exchange, gone.text)
        return ""
    kind = "queue" if isinstance(item, Queue) else "exchange"
    if not await _exists(connection, item):
        return (
            f"{kind} {item.name!r} does not exist and cannot be declared: {gone.text}; give the "
            "user the configure right, or import what `flow topology --definitions` prints"
        )
    if gone.code == ACCESS_REFUSED:
        return ""
    return (
        f"{kind} {item.name!r} exists with other arguments and is used as it is: {gone.text}; "
        "when it is empty, delete it and it is declared anew"
    )


async def _exists(connection: AsyncioConnection, item: Exchange | Queue) -> bool:
    channel = await open_channel(connection)
    try:
        await _declare(channel, item, passive=True)
    except ChannelGone:
        if not connection.is_open:
            raise
        return False
    await channel.close()
    return True

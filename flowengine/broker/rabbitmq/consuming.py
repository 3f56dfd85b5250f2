"""The consuming side of one broker: all its consumers, over all connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial

from pika.adapters.asyncio_connection import AsyncioConnection

from flowengine.broker.base import Delivery, Verdict
from flowengine.broker.rabbitmq.channel import ChannelGone
from flowengine.broker.rabbitmq.consumer import Consumer, Generation
from flowengine.broker.rabbitmq.declare import declare
from flowengine.broker.topology import Topology, joined

logger = logging.getLogger("flowengine.broker")


class Consuming:
    """Runs a consumer per wanted queue while there is a connection. On the loop's thread only."""

    def __init__(self, abort: Callable[[str], None]) -> None:
        self._abort = abort
        self._topology = Topology()
        self._declared: Topology | None = None
        self._declaring = asyncio.Lock()
        self._connection: AsyncioConnection | None = None
        self._consumers: dict[str, Consumer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._settlements: dict[tuple[Generation, Verdict], list[int]] = {}
        self._link_trouble = ""

    @property
    def trouble(self) -> str:
        """Why something is not consumed; empty when all is."""
        return "; ".join(
            filter(None, (self._link_trouble, *(each.trouble for each in self._consumers.values())))
        )

    def declare(self, topology: Topology) -> None:
        self._topology = joined(self._topology, topology)

    def consume(self, queue: str, prefetch: int, sink: Callable[[Delivery], None]) -> None:
        """Begin; a second call for the same queue replaces the first."""
        self.cancel(queue)
        consumer = Consumer(queue, prefetch, sink)
        self._consumers[queue] = consumer
        if self._connection is not None:
            self._begin(consumer, self._connection)

    def cancel(self, queue: str) -> None:
        consumer = self._consumers.pop(queue, None)
        if consumer is not None:
            consumer.stop()

    def cancel_all(self) -> None:
        for queue in list(self._consumers):
            self.cancel(queue)

    def settle(self, deliveries: Sequence[Delivery], verdict: Verdict) -> None:
        """Note what is to be settled; sent by :meth:`flush`, so that calls in a row share frames."""
        for delivery in deliveries:
            generation, tag = delivery.token
            self._settlements.setdefault((generation, verdict), []).append(tag)

    def flush(self) -> None:
        """Settle what was noted."""
        settlements, self._settlements = self._settlements, {}
        for (generation, verdict), tags in settlements.items():
            generation.settle(tags, verdict)

    def lost(self, trouble: str) -> None:
        """The connection is gone, or could not be made."""
        self._link_trouble = f"consuming: {trouble}"

    async def serve(self, connection: AsyncioConnection) -> None:
        """Consume on *connection* until it is lost (then this is cancelled)."""
        self._connection = connection
        self._declared = None
        self._link_trouble = ""
        for consumer in self._consumers.values():
            self._begin(consumer, connection)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._connection = None
            for task in self._tasks:
                task.cancel()

    def _begin(self, consumer: Consumer, connection: AsyncioConnection) -> None:
        task = asyncio.ensure_future(consumer.serve(connection, partial(self._declare, connection)))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        problem = None if task.cancelled() else task.exception()
        if problem is not None and not isinstance(problem, ChannelGone):
            logger.error("a bug ended a consumer", exc_info=problem)
            self._abort("internal error")

    async def _declare(self, connection: AsyncioConnection, is_again: bool) -> None:  # noqa: FBT001
        async with self._declaring:
            topology = self._topology
            if is_again or self._declared != topology:
                await declare(connection, topology)
                self._declared = topology

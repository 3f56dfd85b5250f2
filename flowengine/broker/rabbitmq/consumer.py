"""Consuming one queue. Everything here runs on the loop's thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from pika.adapters.asyncio_connection import AsyncioConnection
from pika.exceptions import AMQPError

from flowengine.broker.base import Delivery, Verdict
from flowengine.broker.rabbitmq.channel import Channel, ChannelGone, first_of, open_channel
from flowengine.broker.status import Delays

logger = logging.getLogger("flowengine.broker")

HEADER_DEPTH_MAX = 8
PATIENCE_S = 5.0
Sink = Callable[[Delivery], None]


class Generation:
    """The deliveries of one channel: their tags mean nothing on any other."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._unsettled: dict[int, None] = {}
        """Delivery tags in ascending order."""
        self.settled = asyncio.Event()
        """Set while nothing is unsettled."""
        self.settled.set()

    def add(self, tag: int) -> None:
        self._unsettled[tag] = None
        self.settled.clear()

    def settle(self, tags: Iterable[int], verdict: Verdict) -> None:
        """Settle those of *tags* that are not settled yet; nothing where the channel is gone."""
        chosen = {tag for tag in tags if tag in self._unsettled}
        if not chosen or not self._channel.raw.is_open:
            return
        try:
            self._settle(chosen, verdict)
        except AMQPError:
            # The connection went in between: the broker gives them to somebody again.
            logger.debug("deliveries of a lost channel are not settled")
        for tag in chosen:
            del self._unsettled[tag]
        if not self._unsettled:
            self.settled.set()

    def _settle(self, chosen: set[int], verdict: Verdict) -> None:
        # One frame settles everything up to a tag, where all of that is to be settled alike.
        upto = 0
        covered = 0
        for tag in self._unsettled:
            if tag not in chosen:
                break
            upto = tag
            covered += 1
        if covered > 1:
            _send(self._channel.raw, upto, verdict, multiple=True)
        else:
            upto = 0
        for tag in sorted(tag for tag in chosen if tag > upto):
            _send(self._channel.raw, tag, verdict, multiple=False)


class Consumer:
    """What is wanted from one queue, over all connections."""

    def __init__(self, queue: str, prefetch: int, sink: Sink) -> None:
        self.queue = queue
        self.trouble = ""
        self._prefetch = prefetch
        self._sink = sink
        self._stopping = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()
        """Channels that consume no more and wait for their last settlement."""

    def stop(self) -> None:
        """Take no more; :meth:`serve` ends when what was delivered is settled."""
        self._stopping.set()

    async def serve(
        self, connection: AsyncioConnection, declare: Callable[[bool], Awaitable[None]]
    ) -> None:
        """Consume on *connection* until it is lost, or stopped; again after each refusal.

        *declare* makes the queue exist, as far as this user may; with True also where it was
        declared on this connection before.
        """
        delays = Delays()
        is_again = False
        while not self._stopping.is_set():
            try:
                await declare(is_again)
                is_again = True
                await self._consume(connection)
            except ChannelGone as gone:
                if not connection.is_open:
                    raise
                self._complain(gone.text)
            if not self._stopping.is_set():
                await asyncio.sleep(delays.next_s())

    async def _consume(self, connection: AsyncioConnection) -> None:
        channel = await open_channel(connection)
        generation = Generation(channel)
        ended = asyncio.Event()
        channel.raw.add_on_cancel_callback(lambda _frame: ended.set())
        channel.closed.add_done_callback(lambda _closed: ended.set())
        await channel.call("basic_qos", prefetch_count=self._prefetch)
        tag = f"flowengine-{self.queue}"
        # A queue that has lost its leader answers late or never.
        complaint = asyncio.get_running_loop().call_later(
            PATIENCE_S, self._complain, "RabbitMQ does not answer; has the queue a leader?"
        )
        try:
            await channel.call(
                "basic_consume",
                queue=self.queue,
                on_message_callback=lambda _channel, method, properties, body: self._deliver(
                    generation, method, properties, body
                ),
                consumer_tag=tag,
            )
        finally:
            complaint.cancel()
        self.trouble = ""
        await _either(ended, self._stopping)
        if channel.closed.done():
            raise channel.closed.result()
        if not ended.is_set():
            await channel.call("basic_cancel", consumer_tag=tag)
            await _either(ended, generation.settled)
            await channel.close()
        else:
            # The queue was deleted, or its leader moved: what was delivered may still be settled
            # on this channel, a new one consumes.
            logger.warning("RabbitMQ cancelled the consumer of %s", self.queue)
            closing = asyncio.ensure_future(_close_when_settled(channel, generation))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _complain(self, problem: str) -> None:
        trouble = f"cannot consume {self.queue!r}: {problem}"
        if trouble != self.trouble:
            logger.warning(trouble)
        self.trouble = trouble

    def _deliver(self, generation: Generation, method: Any, properties: Any, body: bytes) -> None:
        tag: int = method.delivery_tag
        generation.add(tag)
        try:
            self._sink(
                Delivery(
                    queue=self.queue,
                    body=body,
                    headers=plain(properties.headers) if properties.headers else {},
                    # pika leaves what is not UTF-8 as bytes.
                    content_type=plain(properties.content_type or ""),
                    routing_key=plain(method.routing_key),
                    redelivered=method.redelivered,
                    priority=properties.priority or 0,
                    token=(generation, tag),
                )
            )
        except Exception:  # an exception here would end the whole connection
            logger.exception("the sink of queue %r failed", self.queue)


def plain(value: Any, depth: int = 0) -> Any:  # noqa: PLR0911 - one line for each AMQP type
    """An AMQP header value as plain JSON."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)  # pika has a class of its own for AMQP's long integers
    if isinstance(value, float):
        return value if abs(value) != float("inf") and value == value else None  # noqa: PLR0124
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, datetime):
        return value.isoformat()
    if depth < HEADER_DEPTH_MAX:
        if isinstance(value, dict):
            return {str(key): plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item, depth + 1) for item in value]
    return str(value)[:1000]


def _send(raw: Any, tag: int, verdict: Verdict, *, multiple: bool) -> None:
    match verdict:
        case Verdict.ACK:
            raw.basic_ack(tag, multiple=multiple)
        case Verdict.REQUEUE:
            # A graceful return: RabbitMQ 4.3 does not count a nack as a failed delivery.
            raw.basic_nack(tag, multiple=multiple, requeue=True)
        case Verdict.DEAD:
            raw.basic_nack(tag, multiple=multiple, requeue=False)


async def _either(first: asyncio.Event, second: asyncio.Event) -> None:
    tasks = [asyncio.ensure_future(first.wait()), asyncio.ensure_future(second.wait())]
    try:
        await first_of(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def _close_when_settled(channel: Channel, generation: Generation) -> None:
    settled = asyncio.ensure_future(generation.settled.wait())
    await first_of(settled, channel.closed)
    settled.cancel()
    await channel.close()

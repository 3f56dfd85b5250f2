"""Consuming through kombu: one thread, one connection, one channel per queue."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kombu.connection import Connection
from kombu.transport import virtual

from flowengine.broker.base import Delivery, Verdict
from flowengine.broker.kombu_bridge.declare import correct_topics, declare
from flowengine.broker.kombu_bridge.session import Connect, Session
from flowengine.broker.topology import DEAD_QUEUE, Topology, joined

logger = logging.getLogger("flowengine.broker")

IDLE_S = 5.0
"""How long to wait for a message where a command can end the wait."""
BUSY_S = 0.01
"""The same where none can, and a settlement may come: it must not wait long."""
QUIET_S = 0.25
"""The same while nothing is unsettled."""
Sink = Callable[[Delivery], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What somebody wants consumed."""

    prefetch: int
    sink: Sink


@dataclass(eq=False, slots=True, kw_only=True)
class _Consumer:
    """One queue's channel on the present connection."""

    queue: str
    channel: Any
    sink: Sink
    unsettled: dict[Any, Any] = field(default_factory=dict)
    """Delivery tag -> kombu message."""
    is_open: bool = True
    is_consuming: bool = True


class Receiver:
    """Hands messages to sinks, at most *prefetch* unsettled per queue. Commands from any thread."""

    def __init__(self, name: str, connect: Connect) -> None:
        self._session = Session(f"{name}-receive", connect, self._serve, self._lost)
        self._commands: deque[Callable[[], None]] = deque()
        self._topology = Topology()
        self._wishes: dict[str, _Wish] = {}
        self._consumers: dict[str, _Consumer] = {}
        self._retired: list[_Consumer] = []
        self._connection: Connection | None = None
        self._wake_transport: Callable[[], None] | None = None
        self._woken = threading.Event()
        self._is_started = False
        self.trouble = ""

    def declare(self, topology: Topology) -> None:
        self._command(lambda: self._declare(topology))

    def consume(self, queue: str, prefetch: int, sink: Sink) -> None:
        """Begin; a second call for the same queue replaces the first."""
        self._command(lambda: self._wish(queue, _Wish(prefetch=prefetch, sink=sink)))
        if not self._is_started:
            self._is_started = True
            self._session.start()

    def cancel(self, queue: str) -> None:
        self._command(lambda: self._unwish(queue))

    def settle(self, deliveries: Sequence[Delivery], verdict: Verdict) -> None:
        self._command(lambda: self._settle(deliveries, verdict))

    def stop(self) -> None:
        self._session.stop()
        self._command(lambda: None)

    def join(self, timeout_s: float) -> None:
        self._session.join(timeout_s)

    def _command(self, command: Callable[[], None]) -> None:
        self._commands.append(command)
        self._woken.set()
        wake = self._wake_transport
        if wake is not None:
            wake()

    def _run_commands(self) -> None:
        self._woken.clear()
        while self._commands:
            self._commands.popleft()()

    # --- everything below runs on the session's thread ---

    def _serve(self, connection: Connection, channel: Any) -> None:
        self._run_commands()
        declare(channel, self._topology)
        self._connection = connection
        self._wake_transport = getattr(connection.transport, "wake", None)
        for queue in self._wishes:
            self._open(connection, queue)
        self.trouble = ""
        while not self._session.is_stopping:
            self._run_commands()
            self._receive(connection)
        self._run_commands()
        for consumer in self._consumers.values():
            consumer.is_consuming = False

    def _receive(self, connection: Connection) -> None:
        consumers = [*self._consumers.values(), *self._retired]
        if not self._consumers:
            self._woken.wait(BUSY_S if self._retired else IDLE_S)
            return
        if self._wake_transport is not None:
            timeout_s = IDLE_S
        else:
            timeout_s = BUSY_S if any(each.unsettled for each in consumers) else QUIET_S
        with contextlib.suppress(TimeoutError):
            connection.drain_events(timeout=timeout_s)

    def _lost(self, trouble: str) -> None:
        self._connection = None
        self._wake_transport = None
        for consumer in [*self._consumers.values(), *self._retired]:
            consumer.is_open = False
        self._consumers.clear()
        self._retired.clear()
        self.trouble = f"consuming: {trouble}"

    def _declare(self, topology: Topology) -> None:
        self._topology = joined(self._topology, topology)
        if self._connection is not None:
            declare(self._connection.default_channel, self._topology)

    def _wish(self, queue: str, wish: _Wish) -> None:
        self._unwish(queue)
        self._wishes[queue] = wish
        if self._connection is not None:
            self._open(self._connection, queue)

    def _unwish(self, queue: str) -> None:
        self._wishes.pop(queue, None)
        consumer = self._consumers.pop(queue, None)
        if consumer is not None:
            consumer.is_consuming = False
            consumer.channel.basic_cancel(queue)
            self._retired.append(consumer)
            self._close_settled()

    def _open(self, connection: Connection, queue: str) -> None:
        wish = self._wishes[queue]
        channel = connection.channel()
        if isinstance(channel, virtual.Channel):
            correct_topics(channel)
        consumer = _Consumer(queue=queue, channel=channel, sink=wish.sink)
        channel.basic_qos(0, wish.prefetch, False)
        channel.basic_consume(
            queue,
            no_ack=False,
            callback=lambda message: self._deliver(consumer, message),
            consumer_tag=queue,
        )
        self._consumers[queue] = consumer

    def _deliver(self, consumer: _Consumer, message: Any) -> None:
        if not consumer.is_consuming or self._session.is_stopping:
            message.requeue()
            return
        consumer.unsettled[message.delivery_tag] = message
        try:
            consumer.sink(_delivery(consumer, message))
        except Exception:  # the sink's bug must not end the connection
            logger.exception("the sink of queue %r failed", consumer.queue)

    def _settle(self, deliveries: Sequence[Delivery], verdict: Verdict) -> None:
        for delivery in deliveries:
            consumer, tag = delivery.token
            message = consumer.unsettled.pop(tag, None)
            if message is not None and consumer.is_open:
                _settle_one(consumer, message, verdict)
        self._close_settled()

    def _close_settled(self) -> None:
        for consumer in [each for each in self._retired if not each.unsettled]:
            self._retired.remove(consumer)
            consumer.channel.close()


def _settle_one(consumer: _Consumer, message: Any, verdict: Verdict) -> None:
    match verdict:
        case Verdict.ACK:
            message.ack()
        case Verdict.REQUEUE:
            message.requeue()
        case Verdict.DEAD if isinstance(consumer.channel, virtual.Channel):
            # No dead-letter exchange there: put it into the dead queue by hand, then settle. A
            # crash between the two keeps it twice; the other order would lose it.
            _bury(consumer.channel, message)
            message.ack()
        case Verdict.DEAD:
            message.reject()


def _bury(channel: Any, message: Any) -> None:
    copy = channel.prepare_message(
        _body(message),
        content_type=message.content_type,
        content_encoding="binary",
        headers=dict(message.headers or {}),
        properties={"delivery_mode": 2},
    )
    channel.basic_publish(copy, exchange="", routing_key=DEAD_QUEUE)


def _delivery(consumer: _Consumer, message: Any) -> Delivery:
    info = message.delivery_info or {}
    headers = dict(message.headers or {})
    is_marked = bool(headers.pop("redelivered", False) or info.get("redelivered"))
    raw = getattr(message, "_raw", None) or {}
    return Delivery(
        queue=consumer.queue,
        body=_body(message),
        headers=headers,
        content_type=message.content_type or "",
        routing_key=info.get("routing_key") or "",
        redelivered=is_marked or bool(raw.get("redelivered")),
        priority=int((message.properties or {}).get("priority") or 0),
        token=(consumer, message.delivery_tag),
    )


def _body(message: Any) -> bytes:
    body = message.body
    if isinstance(body, str):
        return body.encode("utf-8", "surrogateescape")
    return bytes(body or b"")

"""Publishing with confirms, in a bounded window. Everything here runs on the loop's thread.

Each envelope is *waiting* (not sent), then *unconfirmed* (sent, no answer), then answered once:
CONFIRMED or REFUSED by the broker's ack or nack, UNROUTABLE where a ``basic.return`` with its message
id came before the ack (a positive confirm does not mean routed), UNKNOWN when the connection went or
the answer did not come. What was never sent is REFUSED, so its sender may send it again at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from pika.adapters.asyncio_connection import AsyncioConnection
from pika.exceptions import AMQPError
from pika.spec import Basic

from flowengine.broker.answer import OnOutcome, answer, refuse_unsendable
from flowengine.broker.base import Outcome
from flowengine.broker.envelope import MESSAGE_MAX_BYTES, Envelope
from flowengine.broker.rabbitmq.channel import Channel, first_of, open_channel
from flowengine.broker.rabbitmq.declare import declare
from flowengine.broker.status import Delays, Status
from flowengine.broker.topology import Topology, joined

logger = logging.getLogger("flowengine.broker")

WINDOW_MAX = 1000
"""Unconfirmed envelopes at a time: pika buffers without limit, this is the only back-pressure."""
WINDOW_MAX_BYTES = MESSAGE_MAX_BYTES
CONFIRM_TIMEOUT_S = 10.0
CHECK_S = 1.0
DECLARE_AGAIN_S = 1.0
"""At most how often returned messages make the topology be declared again."""
MEND_S = 30.0
"""How often what could not be declared is tried again."""


@dataclass(eq=False, slots=True, kw_only=True)
class _Entry:
    """An envelope on its way."""

    envelope: Envelope
    on_outcome: OnOutcome
    since: float
    """When it began to wait, later when it was sent; monotonic seconds."""


class Publisher:
    """The publishing side of one broker, over all its connections."""

    def __init__(self, status: Status, abort: Callable[[str], None]) -> None:
        self._status = status
        self._abort = abort
        self._topology = Topology()
        self._declared = self._topology
        self._declared_at = 0.0
        self._redeclare = asyncio.Event()
        self._channel: Channel | None = None
        self._waiting: deque[_Entry] = deque()
        self._unconfirmed: dict[int, _Entry] = {}
        self._bytes = 0
        self._tag = 0
        self._returned: Counter[str] = Counter()
        self._blocked = ""
        self._troubles: dict[str, str] = {}
        self._heard_at = 0.0
        """When the broker last answered an envelope."""
        self._timer: asyncio.TimerHandle | None = None
        self.idle = asyncio.Event()
        """Set while nothing waits and nothing is unconfirmed."""
        self.idle.set()

    def declare(self, topology: Topology) -> None:
        """Declare this too, now and on each new connection."""
        wanted = joined(self._topology, topology)
        if wanted != self._topology:
            self._topology = wanted
            self._redeclare.set()

    def publish(self, envelopes: Iterable[Envelope], on_outcome: OnOutcome) -> None:
        """Send each, as the window allows."""
        now = monotonic()
        entries = [
            _Entry(envelope=envelope, on_outcome=on_outcome, since=now) for envelope in envelopes
        ]
        channel = self._channel
        if channel is None or not channel.raw.is_open or self._blocked:
            _answer(entries, Outcome.REFUSED)
            return
        self._waiting.extend(entries)
        self._pump()

    async def serve(self, connection: AsyncioConnection) -> None:
        """Publish on *connection* until it is lost (then this is cancelled)."""
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        delays = Delays()
        try:
            while True:
                await self._serve_channel(connection)
                await asyncio.sleep(delays.next_s())
        finally:
            self._lost("connection lost")
            self._blocked = ""

    async def _serve_channel(self, connection: AsyncioConnection) -> None:
        await self._declare(connection)
        channel = await open_channel(connection)
        channel.raw.add_on_return_callback(self._on_return)
        await channel.call("confirm_delivery", ack_nack_callback=self._on_confirm)
        self._channel, self._tag = channel, 0
        self._show()
        try:
            await self._redeclare_until(connection, channel.closed)
        finally:
            text = channel.closed.result().text if channel.closed.done() else "connection lost"
            self._lost(f"the publishing channel was closed: {text}")
        if connection.is_open:
            logger.warning("RabbitMQ closed the publishing channel: %s", text)

    async def _redeclare_until(
        self, connection: AsyncioConnection, closed: asyncio.Future[Any]
    ) -> None:
        while not closed.done():
            wanted = asyncio.ensure_future(self._redeclare.wait())
            try:
                # What was refused may have been mended meanwhile.
                patience_s = MEND_S if self._troubles else None
                await first_of(wanted, closed, timeout_s=patience_s)
            finally:
                wanted.cancel()
            if not closed.done():
                await self._declare(connection)
                self._show()
                self._pump()

    async def _declare(self, connection: AsyncioConnection) -> None:
        self._redeclare.clear()
        topology = self._topology
        troubles = await declare(connection, topology)
        for trouble in troubles.values():
            if trouble not in self._troubles.values():
                logger.error(trouble)
        self._troubles = troubles
        self._declared = topology
        self._declared_at = monotonic()

    def _show(self) -> None:
        if self._blocked:
            self._status.closed(f"RabbitMQ accepts no messages: {self._blocked}")
        elif self._channel is not None:
            self._status.opened("; ".join(self._troubles.values()))

    def _pump(self) -> None:
        """Send what waits, as far as the window allows."""
        channel = self._channel
        # What was declared a moment ago is declared first, else its envelopes have no exchange.
        is_declared = self._declared is self._topology
        if self._waiting and channel is not None and channel.raw.is_open and is_declared:
            with channel.raw.connection.in_one_piece():
                self._send_waiting(channel)
        self._watch()

    def _send_waiting(self, channel: Channel) -> None:
        while self._waiting and channel.raw.is_open:
            size = len(self._waiting[0].envelope.body)
            is_full = self._unconfirmed and self._bytes + size > WINDOW_MAX_BYTES
            if is_full or len(self._unconfirmed) >= WINDOW_MAX:
                break
            self._send(channel, self._waiting.popleft())

    def _send(self, channel: Channel, entry: _Entry) -> None:
        envelope = entry.envelope
        if refuse_unsendable(entry.on_outcome, envelope):
            return
        try:
            channel.raw.connection.publish(channel.raw, envelope)
        except (AMQPError, UnicodeError, TypeError, ValueError) as problem:
            # pika marshals before it writes: nothing of it was sent, and no tag was used.
            logger.error("envelope %r cannot be sent: %s", envelope.id, problem)  # noqa: TRY400
            _answer([entry], Outcome.REFUSED)
            return
        self._tag += 1
        entry.since = monotonic()
        self._unconfirmed[self._tag] = entry
        self._bytes += len(envelope.body)

    def _on_return(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        self._returned[properties.message_id or ""] += 1
        # Its queue should be there: perhaps somebody deleted it.
        if monotonic() - self._declared_at > DECLARE_AGAIN_S:
            self._redeclare.set()

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        self._heard_at = monotonic()
        tag: int = method.delivery_tag
        if method.multiple:
            tags = [each for each in self._unconfirmed if each <= tag or not tag]
        else:
            tags = [tag]
        is_ack = isinstance(method, Basic.Ack)
        for each in tags:
            entry = self._unconfirmed.pop(each, None)
            if entry is not None:
                self._bytes -= len(entry.envelope.body)
                _answer([entry], self._outcome(entry.envelope, is_ack=is_ack))
        self._pump()

    def _outcome(self, envelope: Envelope, *, is_ack: bool) -> Outcome:
        if envelope.id in self._returned:
            self._returned[envelope.id] -= 1
            if not self._returned[envelope.id]:
                del self._returned[envelope.id]
            return Outcome.UNROUTABLE
        return Outcome.CONFIRMED if is_ack else Outcome.REFUSED

    def _on_blocked(self, _connection: Any, frame: Any) -> None:
        self._blocked = str(frame.method.reason or "resource alarm")
        logger.warning("RabbitMQ blocks publishers: %s", self._blocked)
        self._show()
        self._refuse_waiting()

    def _on_unblocked(self, _connection: Any, _frame: Any) -> None:
        logger.info("RabbitMQ takes messages again")
        self._blocked = ""
        self._show()

    def _watch(self) -> None:
        """Keep a timer while, and only while, something could time out."""
        is_idle = not self._waiting and not self._unconfirmed
        if is_idle:
            self.idle.set()
        else:
            self.idle.clear()
            if self._timer is None:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(CHECK_S, self._check_timeouts)

    def _check_timeouts(self) -> None:
        self._timer = None
        limit = monotonic() - CONFIRM_TIMEOUT_S
        late = [tag for tag, entry in self._unconfirmed.items() if entry.since <= limit]
        # Where others were answered meanwhile, one queue is at fault, not the connection.
        is_silent = bool(late) and self._heard_at <= self._unconfirmed[late[0]].since
        while self._waiting and self._waiting[0].since <= limit:
            _answer([self._waiting.popleft()], Outcome.REFUSED)
        for tag in late:
            entry = self._unconfirmed.pop(tag)
            self._bytes -= len(entry.envelope.body)
            _answer([entry], Outcome.UNKNOWN)
        if is_silent and not self._blocked:
            self._abort(f"no confirm within {CONFIRM_TIMEOUT_S:g} s")
        self._watch()

    def _lost(self, trouble: str) -> None:
        self._channel = None
        self._status.closed(trouble)
        unconfirmed = list(self._unconfirmed.values())
        self._unconfirmed.clear()
        self._returned.clear()
        self._bytes = 0
        _answer(unconfirmed, Outcome.UNKNOWN)
        self._refuse_waiting()
        self._watch()

    def _refuse_waiting(self) -> None:
        waiting = list(self._waiting)
        self._waiting.clear()
        _answer(waiting, Outcome.REFUSED)


def _answer(entries: Iterable[_Entry], outcome: Outcome) -> None:
    for entry in entries:
        answer(entry.on_outcome, [entry.envelope], outcome)

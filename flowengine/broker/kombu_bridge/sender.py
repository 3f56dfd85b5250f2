"""Publishing through kombu: one thread, one connection, one envelope after the other."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from kombu.connection import Connection
from kombu.transport import virtual

from flowengine.broker.answer import OnOutcome, answer, refuse_unsendable
from flowengine.broker.base import Outcome
from flowengine.broker.envelope import Envelope
from flowengine.broker.kombu_bridge.declare import declare
from flowengine.broker.kombu_bridge.session import Connect, Session
from flowengine.broker.status import Status
from flowengine.broker.topology import Topology, is_routed, joined

DECLARE_AGAIN_S = 5.0
PERSISTENT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    envelopes: Sequence[Envelope]
    on_outcome: OnOutcome


class Sender:
    """Takes batches from any thread; answers each envelope exactly once, on its own thread."""

    def __init__(self, name: str, connect: Connect, status: Status) -> None:
        self._status = status
        self._session = Session(f"{name}-send", connect, self._serve, status.closed)
        self._jobs: queue.SimpleQueue[_Batch | Topology | None] = queue.SimpleQueue()
        self._topology = Topology()
        self._is_closed = False

    def start(self) -> None:
        self._status.closed("connecting")
        self._session.start()

    def declare(self, topology: Topology) -> None:
        self._jobs.put(topology)

    def publish(self, envelopes: Sequence[Envelope], on_outcome: OnOutcome) -> None:
        """Send each; without a connection each is REFUSED at once."""
        batch = _Batch(envelopes=envelopes, on_outcome=on_outcome)
        if self._is_closed or not self._status.is_open:
            answer(on_outcome, envelopes, Outcome.REFUSED)
        else:
            self._jobs.put(batch)

    def stop(self) -> None:
        """Send what is queued, then end."""
        self._is_closed = True
        self._session.stop()
        self._jobs.put(None)

    def join(self, timeout_s: float) -> None:
        self._session.join(timeout_s)
        self._refuse_queued()

    def _serve(self, _connection: Connection, channel: Any) -> None:
        self._refuse_queued()
        declare(channel, self._topology)
        declared_at = monotonic()
        self._status.opened()
        try:
            while (job := self._next_job()) is not None:
                match job:
                    case Topology():
                        self._topology = joined(self._topology, job)
                    case _Batch():
                        self._send(channel, job)
                is_stale = monotonic() - declared_at >= DECLARE_AGAIN_S
                if isinstance(job, Topology) or is_stale:
                    # Also shows, where nothing is sent, whether the connection is alive.
                    declare(channel, self._topology)
                    declared_at = monotonic()
        finally:
            self._status.closed("connection lost")
            self._refuse_queued()

    def _next_job(self) -> _Batch | Topology | None:
        try:
            return self._jobs.get(timeout=DECLARE_AGAIN_S)
        except queue.Empty:
            return Topology()

    def _send(self, channel: Any, batch: _Batch) -> None:
        unsent = iter(batch.envelopes)
        try:
            for envelope in unsent:
                if refuse_unsendable(batch.on_outcome, envelope):
                    continue
                try:
                    outcome = self._send_one(channel, envelope)
                except BaseException:
                    answer(batch.on_outcome, [envelope], Outcome.UNKNOWN)
                    raise
                answer(batch.on_outcome, [envelope], outcome)
        finally:
            answer(batch.on_outcome, unsent, Outcome.REFUSED)

    def _send_one(self, channel: Any, envelope: Envelope) -> Outcome:
        if not self._is_routed(channel, envelope):
            return Outcome.UNROUTABLE
        message = channel.prepare_message(
            envelope.body,
            content_type=envelope.content_type,
            content_encoding="binary",
            headers=dict(envelope.headers),
            properties={"delivery_mode": PERSISTENT, "message_id": envelope.id},
        )
        channel.basic_publish(message, exchange=envelope.exchange, routing_key=envelope.routing_key)
        return Outcome.CONFIRMED

    def _is_routed(self, channel: Any, envelope: Envelope) -> bool:
        if is_routed(self._topology, envelope.exchange, envelope.routing_key):
            return True
        if not isinstance(channel, virtual.Channel):
            return True  # the broker knows
        try:  # another program may have declared what this one has not
            table = channel.get_table(envelope.exchange)
        except KeyError:
            return False
        kind = channel.typeof(envelope.exchange)
        return bool(kind.lookup(table, envelope.exchange, envelope.routing_key, None))

    def _refuse_queued(self) -> None:
        """Answer what waits; topologies are kept for the next connection."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            match job:
                case Topology():
                    self._topology = joined(self._topology, job)
                case _Batch():
                    answer(job.on_outcome, job.envelopes, Outcome.REFUSED)

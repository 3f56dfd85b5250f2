"""The seam between flowengine and a message broker: one small protocol, several adapters.

An adapter owns its connection and the thread (and loop) that serves it. Every method here may be
called from any thread and returns without waiting for the network, unless it says otherwise.
The callbacks given to it are called on the adapter's own thread: they must only hand over. (What is
refused at once is refused on the caller's thread.)

The adapter connects in the background, for ever, with full jitter; at each new connection it declares
the topology again and consumes again. A delivery belongs to the connection it came with: settling it
after a reconnect is silently nothing, because the broker has already put the message back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from flowengine.broker.envelope import Envelope
from flowengine.broker.topology import Topology


class Outcome(StrEnum):
    """What became of a published envelope."""

    CONFIRMED = "confirmed"
    """The broker has taken it and a queue holds it."""
    UNROUTABLE = "unroutable"
    """No queue is bound for it (returned, or known by the adapter)."""
    REFUSED = "refused"
    """The broker said no (nack, size, full queue)."""
    UNKNOWN = "unknown"
    """The connection was lost before the answer: it may or may not have arrived."""


class Verdict(StrEnum):
    """How a delivery is settled."""

    ACK = "ack"
    REQUEUE = "requeue"
    """Back to the queue, for another consumer; a graceful return, never a retry mechanism."""
    DEAD = "dead"
    """To the dead-letter exchange, where the broker has one."""


class Capability(StrEnum):
    """What an adapter can do; what is missing is emulated by the engine's polling, only slower."""

    CONFIRMS = "confirms"
    MANDATORY = "mandatory"
    DEAD_LETTERS = "dead_letters"
    REDELIVERY_COUNT = "redelivery_count"
    CROSS_PROCESS = "cross_process"
    DURABLE = "durable"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message that arrived, not yet settled."""

    queue: str
    body: bytes
    headers: dict[str, Any] = {}
    """Plain JSON values."""
    content_type: str = ""
    routing_key: str = ""
    redelivered: bool = False
    priority: int = 0
    """0 to 9, as the envelope had it, where the broker tells."""
    token: Any = None
    """The adapter's own; opaque to everyone else."""


class Broker(Protocol):
    """What the engine asks of a broker."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this adapter can do."""
        ...

    @property
    def is_open(self) -> bool:
        """True while connected and not blocked: publishing now is likely to succeed."""
        ...

    @property
    def trouble(self) -> str:
        """What is wrong, for people; empty when nothing is.

        Why it is not open; or, while it is, which part of it does not work: a queue that exists
        with other arguments, or cannot be consumed. The rest goes on.
        """
        ...

    def start(self) -> None:
        """Connect in the background and stay connected. May be called once."""
        ...

    def wait_open(self, timeout_s: float) -> bool:
        """Wait until it is open (blocks); False when the time ran out first."""
        ...

    def declare(self, topology: Topology) -> None:
        """Make these exchanges, queues and bindings exist, now and after each reconnect.

        Adds to what was declared before; declaring the same twice is nothing.
        """
        ...

    def publish(
        self,
        envelopes: Sequence[Envelope],
        on_outcome: Callable[[Envelope, Outcome], None],
    ) -> None:
        """Send each envelope; *on_outcome* is called exactly once for each, in any order.

        When not open, or when the window is full and stays so for its time-out, the outcome is
        UNKNOWN or REFUSED at once: the caller's row stays due and is sent again.
        """
        ...

    def consume(self, queue: str, *, prefetch: int, sink: Callable[[Delivery], None]) -> None:
        """Hand each message of *queue* to *sink*, at most *prefetch* unsettled at a time."""
        ...

    def cancel(self, queue: str) -> None:
        """Stop consuming that queue; what was delivered may still be settled."""
        ...

    def settle(self, deliveries: Sequence[Delivery], verdict: Verdict) -> None:
        """Settle each delivery once; a second time, or of a former connection, is nothing."""
        ...

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop consuming, send what is buffered, disconnect, end the thread (blocks). Idempotent."""
        ...

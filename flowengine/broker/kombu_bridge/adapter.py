"""The broker protocol over kombu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from kombu.connection import Connection
from kombu.transport import virtual

from flowengine.broker.base import Capability, Delivery, Outcome, Verdict
from flowengine.broker.envelope import Envelope
from flowengine.broker.kombu_bridge.receiver import Receiver
from flowengine.broker.kombu_bridge.sender import Sender
from flowengine.broker.status import Status
from flowengine.broker.topology import Topology

VISIBILITY_TIMEOUT_S = 60
"""Redis: when what a killed consumer held is given to another. Deliveries are settled at once here,
so this may be short; kombu's own default is an hour."""


class KombuBroker:
    """A broker behind any kombu transport; says in ``capabilities`` what that one cannot do."""

    def __init__(self, connect: Callable[[], Connection], *, name: str = "flowengine") -> None:
        self._capabilities = _capabilities(connect())
        self._status = Status()
        self._sender = Sender(name, connect, self._status)
        self._receiver = Receiver(name, connect)
        self._is_closed = False

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._capabilities

    @property
    def is_open(self) -> bool:
        return self._status.is_open

    @property
    def trouble(self) -> str:
        return self._status.trouble or self._receiver.trouble

    def start(self) -> None:
        self._sender.start()

    def wait_open(self, timeout_s: float) -> bool:
        return self._status.wait_open(timeout_s)

    def declare(self, topology: Topology) -> None:
        self._sender.declare(topology)
        self._receiver.declare(topology)

    def publish(
        self,
        envelopes: Sequence[Envelope],
        on_outcome: Callable[[Envelope, Outcome], None],
    ) -> None:
        self._sender.publish(envelopes, on_outcome)

    def consume(self, queue: str, *, prefetch: int, sink: Callable[[Delivery], None]) -> None:
        self._receiver.consume(queue, prefetch, sink)

    def cancel(self, queue: str) -> None:
        self._receiver.cancel(queue)

    def settle(self, deliveries: Sequence[Delivery], verdict: Verdict) -> None:
        self._receiver.settle(deliveries, verdict)

    def close(self, timeout_s: float = 5.0) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        deadline = monotonic() + timeout_s
        self._receiver.stop()
        self._sender.stop()
        self._receiver.join(timeout_s)
        self._sender.join(max(0.0, deadline - monotonic()))


def _capabilities(connection: Connection) -> frozenset[Capability]:
    transport = connection.get_transport_cls()
    if not issubclass(transport, virtual.Transport):
        return frozenset({Capability.CROSS_PROCESS})
    # A virtual transport has put the message into its store when publishing returns, and it is
    # this adapter that knows the bindings and carries dead letters to their queue.
    known = {Capability.CONFIRMS, Capability.MANDATORY, Capability.DEAD_LETTERS}
    if transport.driver_type not in ("inproc", "memory"):
        known.add(Capability.CROSS_PROCESS)
    return frozenset(known)

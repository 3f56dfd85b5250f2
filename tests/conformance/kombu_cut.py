"""Ending a kombu bridge's connections from inside, where there is no server to do it."""

from __future__ import annotations

from flowengine.broker.base import Broker
from flowengine.broker.kombu_bridge.adapter import KombuBroker
from flowengine.broker.topology import Topology
from tests.conformance.witness import eventually


def cut_kombu(broker: Broker) -> None:
    """Let both connections fail, and wait until they did."""
    assert isinstance(broker, KombuBroker)
    lost: list[str] = []

    def fail() -> None:
        lost.append("receiver")
        raise ConnectionError("cut by the test")

    if broker._receiver._is_started:
        broker._receiver._command(fail)
        eventually(lambda: bool(lost), "the receiver's connection is cut")
    broken = Topology(exchanges=None)  # type: ignore[arg-type] # fails where it is looked at
    broker._sender._jobs.put(broken)

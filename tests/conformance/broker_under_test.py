"""The broker a conformance test works on, and a place of the test's own in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import ClassVar
from uuid import uuid4

import pytest

from flowengine.broker.base import Broker
from flowengine.broker.envelope import Envelope
from flowengine.broker.topology import (
    DEAD_EXCHANGE,
    DEAD_QUEUE,
    Binding,
    Exchange,
    Queue,
    Topology,
)
from tests.conformance.witness import LIMIT_S

Connect = Callable[[], Broker]
Cut = Callable[[Broker], None]

NET = Topology(
    exchanges=(Exchange(name=DEAD_EXCHANGE, kind="fanout"),),
    queues=(Queue(name=DEAD_QUEUE, dead_letters=False),),
    bindings=(Binding(exchange=DEAD_EXCHANGE, queue=DEAD_QUEUE, routing_key=""),),
)
"""Where dead letters go; the same for all."""
_serial = count()


class Place:
    """A queue of this test's own, with an exchange that leads to it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.exchange = f"{name}.exchange"
        self.queue = f"{name}.queue"

    @classmethod
    def fresh(cls) -> Place:
        """One that no other test has."""
        return cls(f"test.{uuid4().hex[:12]}")

    def neighbour(self) -> Place:
        """Another one, of the same test."""
        return Place(f"{self.name}.neighbour")

    def topology(self, *binding_keys: str, kind: str = "direct") -> Topology:
        keys = binding_keys or ("here",)
        return Topology(
            exchanges=(*NET.exchanges, Exchange(name=self.exchange, kind=kind)),
            queues=(*NET.queues, Queue(name=self.queue)),
            bindings=(
                *NET.bindings,
                *(
                    Binding(exchange=self.exchange, queue=self.queue, routing_key=key)
                    for key in keys
                ),
            ),
        )

    def envelope(self, body: bytes | str = b"", routing_key: str = "here") -> Envelope:
        return Envelope(
            id=f"e{next(_serial)}",
            exchange=self.exchange,
            routing_key=routing_key,
            body=body.encode() if isinstance(body, str) else body,
        )

    def envelopes(self, number: int) -> list[Envelope]:
        return [self.envelope(f"message {index}") for index in range(number)]


class BrokerUnderTest:
    """Fixtures. An adapter gives ``connect``, which makes a broker that has not started yet, and
    ``cut``, which ends its connections from outside."""

    many: ClassVar[int] = 5000
    """How many messages are many, for this adapter."""

    @pytest.fixture
    def connect(self) -> Connect:
        raise NotImplementedError

    @pytest.fixture
    def cut(self) -> Cut:
        raise NotImplementedError

    @pytest.fixture
    def place(self) -> Place:
        return Place.fresh()

    @pytest.fixture
    def open_broker(self, connect: Connect, place: Place) -> Iterator[Connect]:
        """Makes brokers that are open and closes them at the end."""
        opened: list[Broker] = []

        def open_one() -> Broker:
            broker = connect()
            opened.append(broker)
            broker.start()
            assert broker.wait_open(LIMIT_S), broker.trouble
            return broker

        yield open_one
        for broker in opened:
            broker.close()

    @pytest.fixture
    def broker(self, open_broker: Connect, place: Place) -> Broker:
        broker = open_broker()
        broker.declare(place.topology())
        return broker

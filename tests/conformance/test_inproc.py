"""``inproc://``: the embedded broker."""

from __future__ import annotations

from uuid import uuid4

import pytest

from flowengine.broker.base import Broker, Capability
from flowengine.broker.connect import connect as connect_to
from tests.conformance.broker_suite import BrokerSuite
from tests.conformance.broker_under_test import Connect, Cut, Place
from tests.conformance.kombu_cut import cut_kombu
from tests.conformance.witness import Inbox, Outcomes


class TestInproc(BrokerSuite):
    many = 10_000

    @pytest.fixture
    def url(self) -> str:
        return f"inproc://{uuid4()}"

    @pytest.fixture
    def connect(self, url: str) -> Connect:
        return lambda: connect_to(url)

    @pytest.fixture
    def cut(self) -> Cut:
        return cut_kombu

    def test_says_what_it_can_do(self, connect: Connect) -> None:
        assert connect().capabilities == {
            Capability.CONFIRMS,
            Capability.MANDATORY,
            Capability.DEAD_LETTERS,
        }

    def test_brokers_of_other_names_share_nothing(self, broker: Broker, place: Place) -> None:
        mine, theirs = Inbox(), Inbox()
        stranger = connect_to("inproc://somebody-else")
        stranger.declare(place.topology())
        stranger.start()
        assert stranger.wait_open(5)
        stranger.consume(place.queue, prefetch=1, sink=theirs)
        broker.consume(place.queue, prefetch=1, sink=mine)

        broker.publish([place.envelope("x")], Outcomes())

        mine.wait(1)
        stranger.close()
        assert theirs.deliveries == []

    def test_message_in_two_queues_goes_back_to_the_queue_it_came_from(
        self, broker: Broker, open_broker: Connect, place: Place
    ) -> None:
        neighbour = place.neighbour()
        neighbour.exchange = place.exchange
        broker.declare(neighbour.topology())
        dying, held, again, there = open_broker(), Inbox(), Inbox(), Inbox()
        dying.consume(place.queue, prefetch=10, sink=held)
        broker.publish([place.envelope("x")], Outcomes())
        held.wait(1)

        dying.close()
        broker.consume(place.queue, prefetch=10, sink=again)
        again.wait(1)
        broker.consume(neighbour.queue, prefetch=10, sink=there)
        broker.publish([place.envelope("sentinel")], Outcomes())

        there.wait(2)
        assert there.bodies == [b"x", b"sentinel"]

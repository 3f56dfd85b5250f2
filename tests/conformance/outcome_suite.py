"""What the publisher is told about each envelope."""

from __future__ import annotations

import threading

import pytest

from flowengine.broker.base import Broker, Outcome
from flowengine.broker.envelope import MESSAGE_MAX_BYTES, Envelope
from tests.conformance.broker_under_test import BrokerUnderTest, Connect, Place
from tests.conformance.witness import LIMIT_S, Inbox, Outcomes


class OutcomeSuite(BrokerUnderTest):
    """Each envelope is answered once, and truly."""

    def test_envelope_without_a_queue_is_unroutable(self, broker: Broker, place: Place) -> None:
        outcomes = Outcomes()
        lost = place.envelope("x", routing_key="nowhere")
        found = place.envelope("x")

        broker.publish([found, lost, place.envelope("x")], outcomes)
        answered = outcomes.wait(3)

        assert answered.pop(lost.id) is Outcome.UNROUTABLE
        assert set(answered.values()) == {Outcome.CONFIRMED}

    def test_envelope_beyond_the_size_limit_is_refused_alone(
        self, broker: Broker, place: Place
    ) -> None:
        inbox, outcomes = Inbox(), Outcomes()
        large = place.envelope(b"x" * 300_000)
        too_large = place.envelope(b"x" * (MESSAGE_MAX_BYTES + 1))
        broker.consume(place.queue, prefetch=10, sink=inbox)

        broker.publish([place.envelope("before"), too_large, large], outcomes)
        answered = outcomes.wait(3)

        assert answered[too_large.id] is Outcome.REFUSED
        assert answered[large.id] is Outcome.CONFIRMED
        assert [len(each.body) for each in inbox.wait(2)] == [6, 300_000]

    @pytest.mark.parametrize("routing_key", ["k" * 256, "\ud800"])
    def test_envelope_with_an_impossible_routing_key_is_refused_alone(
        self, broker: Broker, place: Place, routing_key: str
    ) -> None:
        outcomes = Outcomes()
        impossible = place.envelope("x", routing_key=routing_key)
        good = place.envelope("x")

        broker.publish([impossible, good], outcomes)

        assert outcomes.wait(2) == {impossible.id: Outcome.REFUSED, good.id: Outcome.CONFIRMED}

    def test_broker_that_is_not_open_refuses_at_once(self, connect: Connect, place: Place) -> None:
        outcomes = Outcomes()
        broker = connect()

        broker.publish([place.envelope("x")], outcomes)

        assert set(outcomes.wait(1).values()) == {Outcome.REFUSED}
        assert broker.is_open is False
        assert broker.trouble != ""
        broker.close()

    def test_closed_broker_refuses_at_once(self, broker: Broker, place: Place) -> None:
        outcomes = Outcomes()
        broker.close()
        broker.close()

        broker.publish(place.envelopes(3), outcomes)

        assert set(outcomes.wait(3).values()) == {Outcome.REFUSED}
        assert broker.is_open is False

    def test_closing_sends_what_is_buffered(
        self, broker: Broker, open_broker: Connect, place: Place
    ) -> None:
        outcomes, inbox = Outcomes(), Inbox()

        broker.publish(place.envelopes(500), outcomes)
        broker.close(timeout_s=LIMIT_S)

        assert set(outcomes.wait(500).values()) == {Outcome.CONFIRMED}
        open_broker().consume(place.queue, prefetch=500, sink=inbox)
        inbox.wait(500)

    def test_broker_leaves_no_thread_behind(self, connect: Connect, place: Place) -> None:
        before = set(threading.enumerate())
        broker = connect()
        broker.declare(place.topology())
        broker.consume(place.queue, prefetch=1, sink=Inbox())
        broker.start()
        assert broker.wait_open(LIMIT_S), broker.trouble

        broker.close()

        assert set(threading.enumerate()) <= before

    def test_callback_that_raises_harms_nobody(self, broker: Broker, place: Place) -> None:
        outcomes, inbox = Outcomes(), Inbox()

        def failing(_envelope: Envelope, _outcome: Outcome) -> None:
            raise RuntimeError("a caller's bug")

        broker.consume(place.queue, prefetch=10, sink=inbox)
        broker.publish(place.envelopes(2), failing)
        broker.publish([place.envelope("after")], outcomes)

        assert set(outcomes.wait(1).values()) == {Outcome.CONFIRMED}
        inbox.wait(3)

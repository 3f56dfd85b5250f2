"""Which messages reach which queue, and how they look there."""

from __future__ import annotations

import pytest

from flowengine.broker.base import Broker, Outcome
from flowengine.broker.envelope import Envelope
from tests.conformance.broker_under_test import BrokerUnderTest, Connect, Place
from tests.conformance.witness import Inbox, Outcomes


class RoutingSuite(BrokerUnderTest):
    """Exchanges, bindings, and the message itself."""

    @pytest.mark.parametrize(
        ("binding_key", "matching", "other"),
        [
            ("order.placed", ["order.placed"], ["order.paid", "order", "order.placed.twice"]),
            ("order.*", ["order.placed", "order.paid"], ["order", "order.item.added", "user.x"]),
            ("*.placed", ["order.placed"], ["placed", "a.order.placed"]),
            ("order.#", ["order", "order.placed", "order.item.added"], ["orders", "a.order"]),
            ("#.added", ["added", "item.added", "order.item.added"], ["order.item"]),
            ("a.#.z", ["a.z", "a.b.z", "a.b.c.z"], ["a.b", "z", "a.zz"]),
            ("#", ["order", "order.item.added"], []),
        ],
    )
    def test_topic_binding_takes_what_it_matches_and_nothing_else(
        self,
        open_broker: Connect,
        place: Place,
        binding_key: str,
        matching: list[str],
        other: list[str],
    ) -> None:
        broker, inbox, outcomes = open_broker(), Inbox(), Outcomes()
        broker.declare(place.topology(binding_key, kind="topic"))
        broker.consume(place.queue, prefetch=50, sink=inbox)
        envelopes = {key: place.envelope(key, routing_key=key) for key in [*other, *matching]}

        broker.publish(list(envelopes.values()), outcomes)
        answered = outcomes.wait(len(envelopes))

        assert [answered[envelopes[key].id] for key in matching] == [Outcome.CONFIRMED] * len(
            matching
        )
        assert [answered[envelopes[key].id] for key in other] == [Outcome.UNROUTABLE] * len(other)
        assert {each.routing_key for each in inbox.wait(len(matching))} == set(matching)

    def test_fanout_exchange_takes_every_routing_key(
        self, open_broker: Connect, place: Place
    ) -> None:
        broker, inbox, outcomes = open_broker(), Inbox(), Outcomes()
        broker.declare(place.topology("", kind="fanout"))
        broker.consume(place.queue, prefetch=50, sink=inbox)

        broker.publish([place.envelope("x", routing_key="any.thing")], outcomes)

        assert set(outcomes.wait(1).values()) == {Outcome.CONFIRMED}
        assert inbox.wait(1)[0].body == b"x"

    def test_message_bound_twice_to_one_queue_arrives_once(
        self, open_broker: Connect, place: Place
    ) -> None:
        broker, inbox, outcomes = open_broker(), Inbox(), Outcomes()
        broker.declare(place.topology("a.*", "*.b", kind="topic"))

        broker.publish([place.envelope("x", routing_key="a.b")], outcomes)
        outcomes.wait(1)
        broker.publish([place.envelope("last", routing_key="a.c")], outcomes)
        outcomes.wait(2)
        broker.consume(place.queue, prefetch=50, sink=inbox)

        assert [each.body for each in inbox.wait(2)] == [b"x", b"last"]

    def test_envelope_arrives_as_it_was_sent(self, broker: Broker, place: Place) -> None:
        inbox, outcomes = Inbox(), Outcomes()
        envelope = Envelope(
            id="with everything",
            exchange=place.exchange,
            routing_key="here",
            body=bytes(range(256)),
            content_type="application/cloudevents+json",
            headers={"ce-id": "17", "ce-source": "/ö/☃"},
            priority=5,
        )
        broker.consume(place.queue, prefetch=1, sink=inbox)

        broker.publish([envelope], outcomes)

        [delivery] = inbox.wait(1)
        assert delivery.queue == place.queue
        assert delivery.body == envelope.body
        assert delivery.content_type == envelope.content_type
        assert delivery.headers == envelope.headers
        assert delivery.routing_key == "here"
        assert delivery.redelivered is False

    def test_message_without_body_arrives(self, broker: Broker, place: Place) -> None:
        inbox = Inbox()
        broker.consume(place.queue, prefetch=1, sink=inbox)

        broker.publish([place.envelope(b"")], Outcomes())

        assert inbox.wait(1)[0].body == b""

    def test_messages_keep_their_order_for_one_consumer(self, broker: Broker, place: Place) -> None:
        inbox = Inbox()
        envelopes = place.envelopes(200)
        broker.consume(place.queue, prefetch=500, sink=inbox)

        broker.publish(envelopes, Outcomes())

        assert [each.body for each in inbox.wait(200)] == [each.body for each in envelopes]

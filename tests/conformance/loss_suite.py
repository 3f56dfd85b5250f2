"""Lost connections and many messages: nothing that was confirmed is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count

from flowengine.broker.base import Broker, Delivery, Outcome, Verdict
from tests.conformance.broker_under_test import BrokerUnderTest, Connect, Cut, Place
from tests.conformance.witness import LIMIT_S, Inbox, Outcomes, eventually


class LossSuite(BrokerUnderTest):
    """After each loss it goes on, and old deliveries mean nothing."""

    def test_after_a_lost_connection_it_publishes_and_consumes_again(
        self, broker: Broker, place: Place, cut: Cut
    ) -> None:
        inbox, outcomes = Inbox(), Outcomes()
        broker.consume(place.queue, prefetch=10, sink=inbox)
        broker.publish([place.envelope("before")], outcomes)
        broker.settle(inbox.wait(1), Verdict.ACK)

        cut(broker)
        sent = self._publish_until_confirmed(broker, place, "after")

        eventually(lambda: sent in inbox.bodies, "the message sent after the cut is delivered")

    def test_settling_what_a_former_connection_delivered_is_nothing(
        self, broker: Broker, place: Place, cut: Cut
    ) -> None:
        inbox = Inbox()
        broker.consume(place.queue, prefetch=10, sink=inbox)
        broker.publish([place.envelope("x")], Outcomes())
        stale = inbox.wait(1)

        cut(broker)
        fresh = inbox.wait(2)[1]
        for verdict in Verdict:
            broker.settle(stale, verdict)
        broker.settle([fresh], Verdict.REQUEUE)

        last = inbox.wait(3)[2]
        assert last.body == b"x"
        assert last.redelivered
        broker.settle([last], Verdict.ACK)

    def test_each_envelope_is_answered_once_although_the_connection_is_lost(
        self, broker: Broker, open_broker: Connect, place: Place, cut: Cut
    ) -> None:
        outcomes, inbox = Outcomes(), Inbox()
        envelopes = place.envelopes(1500)

        broker.publish(envelopes[:1000], outcomes)
        cut(broker)
        broker.publish(envelopes[1000:], outcomes)
        answered = outcomes.wait(1500)

        assert set(outcomes.answers.values()) == {1}
        confirmed = {each.body for each in envelopes if answered[each.id] is Outcome.CONFIRMED}
        open_broker().consume(place.queue, prefetch=2000, sink=inbox)
        eventually(lambda: confirmed <= set(inbox.bodies), "all that was confirmed is there")

    def test_of_many_messages_none_is_lost(
        self, broker: Broker, open_broker: Connect, place: Place
    ) -> None:
        outcomes = Outcomes()
        envelopes = place.envelopes(self.many)
        inboxes = [Inbox(), Inbox()]
        consumers = [open_broker(), open_broker()]
        for consumer, inbox in zip(consumers, inboxes, strict=True):
            consumer.consume(place.queue, prefetch=100, sink=_settling(consumer, inbox))

        producers = [
            threading.Thread(target=broker.publish, args=(envelopes[start::3], outcomes))
            for start in range(3)
        ]
        for producer in producers:
            producer.start()
        for producer in producers:
            producer.join()

        answered = outcomes.wait(self.many)
        assert set(answered.values()) == {Outcome.CONFIRMED}
        assert set(outcomes.answers.values()) == {1}
        eventually(
            lambda: sum(len(inbox.deliveries) for inbox in inboxes) >= self.many, "all arrived"
        )
        arrived = sorted(body for inbox in inboxes for body in inbox.bodies)
        assert arrived == sorted(each.body for each in envelopes)

    def _publish_until_confirmed(self, broker: Broker, place: Place, body: str) -> bytes:
        """Send it again until it is confirmed, as the relay does."""
        for attempt in count():
            assert broker.wait_open(LIMIT_S), broker.trouble
            outcomes = Outcomes()
            envelope = place.envelope(f"{body} {attempt}")
            broker.publish([envelope], outcomes)
            if outcomes.wait(1)[envelope.id] is Outcome.CONFIRMED:
                return envelope.body
        raise AssertionError


def _settling(broker: Broker, inbox: Inbox) -> Callable[[Delivery], None]:
    def sink(delivery: Delivery) -> None:
        inbox(delivery)
        broker.settle([delivery], Verdict.ACK)

    return sink

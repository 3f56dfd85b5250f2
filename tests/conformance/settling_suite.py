"""Taking messages, holding them, and settling them once."""

from __future__ import annotations

from flowengine.broker.base import Broker, Delivery, Verdict
from flowengine.broker.topology import DEAD_QUEUE
from tests.conformance.broker_under_test import BrokerUnderTest, Connect, Place
from tests.conformance.witness import Inbox, Outcomes, eventually


class SettlingSuite(BrokerUnderTest):
    """Consumers, prefetch, verdicts."""

    def test_what_a_dead_consumer_held_is_given_to_another(
        self, broker: Broker, open_broker: Connect, place: Place
    ) -> None:
        dying, held, inbox = open_broker(), Inbox(), Inbox()
        dying.consume(place.queue, prefetch=10, sink=held)
        broker.publish(place.envelopes(4), Outcomes())
        deliveries = held.wait(4)
        dying.settle(deliveries[:1], Verdict.ACK)

        dying.close()
        broker.consume(place.queue, prefetch=10, sink=inbox)

        again = inbox.wait(3)
        assert {each.body for each in again} == {each.body for each in deliveries[1:]}
        assert all(each.redelivered for each in again)

    def test_settled_message_never_comes_again(
        self, broker: Broker, open_broker: Connect, place: Place
    ) -> None:
        inbox, later = Inbox(), Inbox()
        broker.consume(place.queue, prefetch=10, sink=inbox)
        broker.publish(place.envelopes(5), Outcomes())
        broker.settle(inbox.wait(5), Verdict.ACK)

        broker.close()
        other = open_broker()
        other.declare(place.topology())
        other.consume(place.queue, prefetch=10, sink=later)
        other.publish([place.envelope("sentinel")], Outcomes())

        later.wait(1)
        assert later.bodies == [b"sentinel"]

    def test_settling_twice_is_settling_once(self, broker: Broker, place: Place) -> None:
        inbox = Inbox()
        broker.consume(place.queue, prefetch=2, sink=inbox)
        broker.publish(place.envelopes(3), Outcomes())

        first = inbox.wait(2)[:1]
        for verdict in (Verdict.ACK, Verdict.ACK, Verdict.REQUEUE, Verdict.DEAD):
            broker.settle([*first, *first], verdict)
        broker.settle(inbox.wait(3)[1:], Verdict.ACK)
        broker.publish([place.envelope("sentinel")], Outcomes())

        inbox.wait(4)
        assert inbox.bodies == [b"message 0", b"message 1", b"message 2", b"sentinel"]
        assert broker.is_open

    def test_deliveries_settled_out_of_order_are_all_settled(
        self, broker: Broker, open_broker: Connect, place: Place
    ) -> None:
        inbox, later = Inbox(), Inbox()
        broker.consume(place.queue, prefetch=100, sink=inbox)
        broker.publish(place.envelopes(60), Outcomes())
        deliveries = inbox.wait(60)

        broker.settle(deliveries[1::2], Verdict.ACK)
        broker.settle(deliveries[40::2], Verdict.ACK)
        broker.settle(deliveries[:10:2], Verdict.ACK)
        broker.close()
        open_broker().consume(place.queue, prefetch=100, sink=later)

        left = {each.body for each in deliveries[10:40:2]}
        assert {each.body for each in later.wait(len(left))} == left

    def test_requeued_message_comes_again(self, broker: Broker, place: Place) -> None:
        inbox = Inbox()
        broker.consume(place.queue, prefetch=10, sink=inbox)
        broker.publish([place.envelope("x")], Outcomes())

        broker.settle(inbox.wait(1), Verdict.REQUEUE)

        again = inbox.wait(2)[1]
        assert again.body == b"x"
        assert again.redelivered
        broker.settle([again], Verdict.ACK)

    def test_dead_message_is_in_the_dead_queue(self, broker: Broker, place: Place) -> None:
        inbox, dead = Inbox(), Inbox()
        body = f"dead {place.queue}".encode()
        broker.consume(place.queue, prefetch=10, sink=inbox)
        broker.consume(DEAD_QUEUE, prefetch=1000, sink=dead)
        broker.publish([place.envelope(body)], Outcomes())

        broker.settle(inbox.wait(1), Verdict.DEAD)

        eventually(lambda: body in dead.bodies, "the dead queue has it")
        broker.settle(dead.deliveries, Verdict.ACK)

    def test_consumer_holds_no_more_than_its_prefetch(
        self, broker: Broker, open_broker: Connect, place: Place
    ) -> None:
        held, rest = Inbox(), Inbox()
        broker.consume(place.queue, prefetch=5, sink=held)
        broker.publish(place.envelopes(30), Outcomes())
        held.wait(5)

        open_broker().consume(place.queue, prefetch=100, sink=rest)

        rest.wait(25)
        assert len(held.deliveries) == 5

    def test_prefetch_is_free_again_after_settling(self, broker: Broker, place: Place) -> None:
        inbox = Inbox()
        broker.consume(place.queue, prefetch=2, sink=inbox)
        broker.publish(place.envelopes(20), Outcomes())

        seen = 0
        while seen < 20:
            batch = inbox.take()
            assert len(batch) <= 2
            seen += len(batch)
            broker.settle(batch, Verdict.ACK)

        assert seen == 20

    def test_sink_that_raises_does_not_end_consuming(self, broker: Broker, place: Place) -> None:
        inbox = Inbox()

        def sink(delivery: Delivery) -> None:
            inbox(delivery)
            if delivery.body == b"message 0":
                raise RuntimeError("a sink's bug")

        broker.consume(place.queue, prefetch=10, sink=sink)
        broker.publish(place.envelopes(3), Outcomes())

        broker.settle(inbox.wait(3), Verdict.ACK)
        assert broker.is_open

    def test_cancelled_consumer_takes_no_more_and_may_still_settle(
        self, broker: Broker, open_broker: Connect, place: Place
    ) -> None:
        held, other, last = Inbox(), Inbox(), Inbox()
        broker.consume(place.queue, prefetch=1, sink=held)
        broker.publish(place.envelopes(3), Outcomes())
        held.wait(1)

        broker.cancel(place.queue)
        second = open_broker()
        second.consume(place.queue, prefetch=10, sink=other)
        second.settle(other.wait(2), Verdict.ACK)
        broker.settle(held.deliveries, Verdict.ACK)
        broker.publish([place.envelope("sentinel")], Outcomes())
        second.settle(other.wait(3), Verdict.ACK)
        second.close()
        broker.close()
        open_broker().consume(place.queue, prefetch=10, sink=last)
        third = open_broker()
        third.declare(place.topology())
        third.publish([place.envelope("end")], Outcomes())

        last.wait(1)
        assert held.bodies == [b"message 0"]
        assert other.bodies == [b"message 1", b"message 2", b"sentinel"]
        assert last.bodies == [b"end"]

    def test_queue_may_be_consumed_again_after_cancelling(
        self, broker: Broker, place: Place
    ) -> None:
        first, second = Inbox(), Inbox()
        broker.consume(place.queue, prefetch=1, sink=first)
        broker.publish([place.envelope("one")], Outcomes())
        broker.settle(first.wait(1), Verdict.ACK)

        broker.cancel(place.queue)
        broker.consume(place.queue, prefetch=1, sink=second)
        broker.publish([place.envelope("two")], Outcomes())

        assert second.wait(1)[0].body == b"two"
        assert first.bodies == [b"one"]

    def test_two_queues_are_consumed_side_by_side(
        self, broker: Broker, open_broker: Connect, place: Place
    ) -> None:
        neighbour = place.neighbour()
        broker.declare(neighbour.topology())
        here, there = Inbox(), Inbox()
        broker.consume(place.queue, prefetch=1, sink=here)
        broker.consume(neighbour.queue, prefetch=10, sink=there)

        broker.publish([*place.envelopes(3), *neighbour.envelopes(3)], Outcomes())

        there.wait(3)
        assert here.wait(1)[0].queue == place.queue
        assert {each.queue for each in there.deliveries} == {neighbour.queue}

"""What only RabbitMQ can do, or do to us, on a broker that others use too."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from flowengine.broker.base import Broker, Outcome, Verdict
from flowengine.broker.connect import connect
from flowengine.broker.rabbitmq import publisher
from flowengine.broker.topology import (
    DEAD_EXCHANGE,
    DEAD_QUEUE,
    DELIVERY_LIMIT,
    Topology,
    joined,
    queue_arguments,
)
from tests.conformance.broker_under_test import Place
from tests.conformance.proxy import Proxy
from tests.conformance.witness import LIMIT_S, Inbox, Outcomes, eventually


@pytest.fixture
def hands(rabbitmq_url: str) -> Iterator[BlockingChannel]:
    """A channel of the test's own, to do what an administrator would."""
    with pika.BlockingConnection(pika.URLParameters(rabbitmq_url)) as connection:
        yield connection.channel()


@pytest.fixture
def place(hands: BlockingChannel) -> Iterator[Place]:
    place = Place.fresh()
    yield place
    for each in (place, place.neighbour()):
        hands.queue_delete(each.queue)
        hands.exchange_delete(each.exchange)


@pytest.fixture
def proxy(rabbitmq_url: str) -> Iterator[Proxy]:
    with Proxy(rabbitmq_url, default_port=5672) as proxy:
        yield proxy


@pytest.fixture
def broker(proxy: Proxy, place: Place) -> Iterator[Broker]:
    broker = connect(proxy.url)
    broker.declare(place.topology())
    broker.start()
    assert broker.wait_open(LIMIT_S), broker.trouble
    yield broker
    broker.close()


def publish_one(broker: Broker, place: Place, body: str = "x") -> Outcome:
    outcomes = Outcomes()
    envelope = place.envelope(body)
    broker.publish([envelope], outcomes)
    return outcomes.wait(1)[envelope.id]


def publish_until_confirmed(broker: Broker, place: Place, body: str = "x") -> None:
    eventually(
        lambda: broker.wait_open(LIMIT_S) and publish_one(broker, place, body) == "confirmed",
        "an envelope is confirmed",
    )


def test_message_beyond_the_delivery_limit_is_in_the_dead_queue(
    broker: Broker, place: Place
) -> None:
    inbox, dead = Inbox(), Inbox()
    body = f"poison {place.name}"
    broker.consume(DEAD_QUEUE, prefetch=1000, sink=dead)
    broker.consume(place.queue, prefetch=1, sink=inbox)
    publish_until_confirmed(broker, place, body)

    for deliveries in range(1, DELIVERY_LIMIT + 2):
        broker.settle(inbox.wait(deliveries)[-1:], Verdict.REQUEUE)

    eventually(lambda: body.encode() in dead.bodies, "the dead queue has it")
    [found] = [each for each in dead.deliveries if each.body == body.encode()]
    assert found.headers["x-death"][0]["reason"] == "delivery_limit"
    assert inbox.deliveries[-1].headers["x-delivery-count"] == DELIVERY_LIMIT
    broker.settle(dead.deliveries, Verdict.ACK)


def test_queue_with_other_arguments_is_told_and_used_and_others_go_on(
    broker: Broker, place: Place, hands: BlockingChannel, caplog: pytest.LogCaptureFixture
) -> None:
    other = place.neighbour()
    hands.queue_declare(other.queue, durable=True, arguments={"x-queue-type": "classic"})
    inbox, here = Inbox(), Inbox()

    with caplog.at_level(logging.CRITICAL, "flowengine.broker"):
        broker.declare(other.topology())
        eventually(lambda: broker.trouble != "", "the trouble is told")
    broker.consume(other.queue, prefetch=10, sink=inbox)
    broker.consume(place.queue, prefetch=10, sink=here)
    publish_until_confirmed(broker, other, "there")
    publish_until_confirmed(broker, place, "here")

    assert inbox.wait(1)[0].body == b"there"
    assert here.wait(1)[0].body == b"here"
    assert broker.is_open
    assert f"queue {other.queue!r} exists with other arguments" in broker.trouble
    assert "PRECONDITION_FAILED" in broker.trouble


def test_trouble_is_over_when_the_queue_is_mended(
    broker: Broker,
    place: Place,
    hands: BlockingChannel,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(publisher, "MEND_S", 0.1)
    other = place.neighbour()
    hands.queue_declare(other.queue, durable=True, arguments={"x-queue-type": "classic"})
    with caplog.at_level(logging.CRITICAL, "flowengine.broker"):
        broker.declare(other.topology())
        eventually(lambda: broker.trouble != "", "the trouble is told")

    hands.queue_delete(other.queue)

    eventually(lambda: broker.trouble == "", "the trouble is over")
    publish_until_confirmed(broker, other)


def test_closing_ends_although_the_broker_is_silent(
    broker: Broker, place: Place, proxy: Proxy
) -> None:
    outcomes = Outcomes()
    publish_until_confirmed(broker, place)

    proxy.freeze()
    broker.publish(place.envelopes(3), outcomes)
    broker.close(timeout_s=0.2)

    assert set(outcomes.wait(3).values()) == {Outcome.UNKNOWN}
    assert not broker._thread.is_alive()  # type: ignore[attr-defined]


def test_consumer_of_a_deleted_queue_consumes_again(
    broker: Broker, place: Place, hands: BlockingChannel
) -> None:
    inbox = Inbox()
    broker.consume(place.queue, prefetch=10, sink=inbox)
    publish_until_confirmed(broker, place, "before")
    broker.settle(inbox.wait(1), Verdict.ACK)

    hands.queue_delete(place.queue)
    publish_until_confirmed(broker, place, "after")

    assert inbox.wait(2)[1].body == b"after"


def test_deleted_exchange_comes_back(broker: Broker, place: Place, hands: BlockingChannel) -> None:
    assert publish_one(broker, place) is Outcome.CONFIRMED

    hands.exchange_delete(place.exchange)

    publish_until_confirmed(broker, place)


def test_unconfirmed_envelopes_are_unknown_after_the_time_out_and_it_reconnects(
    broker: Broker, place: Place, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "CONFIRM_TIMEOUT_S", 0.5)
    monkeypatch.setattr(publisher, "CHECK_S", 0.1)
    outcomes = Outcomes()
    publish_until_confirmed(broker, place)

    proxy.freeze()
    broker.publish(place.envelopes(3), outcomes)
    answered = outcomes.wait(3)
    assert set(answered.values()) == {Outcome.UNKNOWN}
    eventually(lambda: "no confirm" in broker.trouble, "it gives the connection up and says why")
    assert not broker.is_open
    proxy.thaw()

    publish_until_confirmed(broker, place)


def test_window_bounds_what_is_unconfirmed(broker: Broker, place: Place, proxy: Proxy) -> None:
    outcomes = Outcomes()
    publish_until_confirmed(broker, place)

    proxy.freeze()
    broker.publish([place.envelope(b"x" * 100_000) for _ in range(200)], outcomes)
    proxy.cut()
    proxy.thaw()
    answered = list(outcomes.wait(200).values())

    # Those in the window may have arrived; those behind it surely did not.
    assert answered.count(Outcome.UNKNOWN) == publisher.WINDOW_MAX_BYTES // 100_000
    assert answered.count(Outcome.REFUSED) == 200 - publisher.WINDOW_MAX_BYTES // 100_000


def test_full_queue_refuses(broker: Broker, place: Place, hands: BlockingChannel) -> None:
    other = place.neighbour()
    arguments = {
        "x-queue-type": "classic",
        "x-max-length": 1,
        "x-overflow": "reject-publish",
    }
    hands.queue_declare(other.queue, durable=True, arguments=arguments)
    hands.exchange_declare(other.exchange, "direct", durable=True)
    hands.queue_bind(other.queue, other.exchange, "here")
    first, second = other.envelope("fits"), other.envelope("does not")
    outcomes = Outcomes()

    for envelope in (first, second):
        broker.publish([envelope], outcomes)
        outcomes.wait(1 if envelope is first else 2)

    assert outcomes.wait(2) == {first.id: Outcome.CONFIRMED, second.id: Outcome.REFUSED}


def test_two_envelopes_of_one_id_are_both_answered(broker: Broker, place: Place) -> None:
    lost = place.envelope("x", routing_key="nowhere")
    outcomes = Outcomes()

    broker.publish([lost, lost, place.envelope("x")], outcomes)
    eventually(lambda: outcomes.answers.total() == 3, "all three are answered")

    assert outcomes.wait(2)[lost.id] is Outcome.UNROUTABLE
    assert outcomes.answers[lost.id] == 2


def test_wrong_password_is_told(rabbitmq_url: str, proxy: Proxy) -> None:
    user, _, rest = proxy.url.partition("@")
    scheme, _, name = user.partition("://")
    broker = connect(f"{scheme}://{name.partition(':')[0]}:wrong@{rest}")
    broker.start()

    eventually(lambda: "ACCESS_REFUSED" in broker.trouble, "the refusal is told")

    assert not broker.is_open
    broker.close()


def test_absent_broker_is_told() -> None:
    broker = connect("amqp://127.0.0.1:1/")
    broker.start()

    eventually(lambda: "refused" in broker.trouble, "the absence is told")

    assert not broker.wait_open(0.01)
    broker.close()


def test_queues_are_safe_quorum_queues(
    broker: Broker, place: Place, hands: BlockingChannel
) -> None:
    arguments = queue_arguments(place.topology().queues[-1])

    assert arguments["x-queue-type"] == "quorum"
    assert arguments["x-dead-letter-exchange"] == DEAD_EXCHANGE
    # The same arguments again are no error: they are what the adapter has declared.
    hands.queue_declare(place.queue, durable=True, arguments=arguments)


def test_declaring_more_later_reaches_the_open_connection(broker: Broker, place: Place) -> None:
    other = place.neighbour()
    both: Topology = joined(place.topology(), other.topology())

    broker.declare(both)
    # Sent at once: it waits for the declaration instead of closing the channel.
    assert publish_one(broker, other) is Outcome.CONFIRMED
    assert publish_one(broker, place) is Outcome.CONFIRMED

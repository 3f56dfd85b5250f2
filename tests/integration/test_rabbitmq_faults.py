"""RabbitMQ killed, wiped, stopped, in alarm, or closed to us: one private node for all of it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from flowengine.broker.base import Broker, Outcome, Verdict
from flowengine.broker.connect import connect
from flowengine.broker.rabbitmq import publisher
from tests.conformance.broker_under_test import Place
from tests.conformance.witness import LIMIT_S, Inbox, Outcomes, eventually
from tests.nodes import rabbitmq
from tests.nodes.rabbitmq import RabbitMQNode


@pytest.fixture
def place() -> Place:
    return Place.fresh()


@pytest.fixture
def broker(rabbitmq_node: RabbitMQNode, place: Place) -> Iterator[Broker]:
    broker = connect(rabbitmq_node.url)
    broker.declare(place.topology())
    broker.start()
    assert broker.wait_open(LIMIT_S), broker.trouble
    yield broker
    broker.close()


def control(node: RabbitMQNode, *command: str) -> None:
    """What an administrator types."""
    subprocess.run(
        [rabbitmq.program().parent / "rabbitmqctl", "-q", "-n", "flowengine@localhost", *command],
        env={**os.environ, **node.environment()},
        check=True,
        timeout=60,
        capture_output=True,
    )


def publish_until_confirmed(broker: Broker, place: Place, body: str) -> None:
    def is_confirmed() -> bool:
        outcomes = Outcomes()
        envelope = place.envelope(body)
        broker.publish([envelope], outcomes)
        return outcomes.wait(1)[envelope.id] is Outcome.CONFIRMED

    eventually(lambda: broker.wait_open(LIMIT_S) and is_confirmed(), "an envelope is confirmed")


def test_confirmed_messages_survive_a_kill_and_what_was_held_comes_again(
    rabbitmq_node: RabbitMQNode, broker: Broker, place: Place
) -> None:
    inbox, outcomes = Inbox(), Outcomes()
    envelopes = place.envelopes(300)
    broker.publish(envelopes, outcomes)
    assert set(outcomes.wait(300).values()) == {Outcome.CONFIRMED}
    broker.consume(place.queue, prefetch=100, sink=inbox)
    held = inbox.wait(100)
    # RabbitMQ writes a new queue's name a moment after it said that the queue is there.
    control(rabbitmq_node, "eval", "[dets:sync(Table) || Table <- dets:all()].")

    rabbitmq_node.kill()
    eventually(lambda: not broker.is_open, "the loss is noticed")
    rabbitmq_node.start()
    broker.settle(held, Verdict.ACK)
    inbox.wait(101)
    came: set[bytes] = set()
    while len(came) < 300:
        batch = inbox.take()
        broker.settle(batch, Verdict.ACK)
        came |= {each.body for each in batch if each not in held}

    assert came == {each.body for each in envelopes}


def test_wiped_broker_gets_its_topology_and_its_consumers_again(
    rabbitmq_node: RabbitMQNode, broker: Broker, place: Place
) -> None:
    inbox = Inbox()
    broker.consume(place.queue, prefetch=10, sink=inbox)
    publish_until_confirmed(broker, place, "before")
    inbox.wait(1)

    rabbitmq_node.wipe()
    rabbitmq_node.start()
    publish_until_confirmed(broker, place, "after")

    eventually(lambda: b"after" in inbox.bodies, "the message sent after the wipe arrives")


def test_stopped_broker_is_noticed_and_found_again(
    rabbitmq_node: RabbitMQNode,
    broker: Broker,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publisher, "CONFIRM_TIMEOUT_S", 1.0)
    outcomes, inbox = Outcomes(), Inbox()
    broker.consume(place.queue, prefetch=10, sink=inbox)
    publish_until_confirmed(broker, place, "before")
    inbox.wait(1)
    assert rabbitmq_node.process is not None

    rabbitmq_node.process.signal(signal.SIGSTOP)
    try:
        broker.publish(place.envelopes(5), outcomes)
        assert set(outcomes.wait(5).values()) == {Outcome.UNKNOWN}
        eventually(lambda: not broker.is_open, "the silence is noticed")
    finally:
        rabbitmq_node.process.signal(signal.SIGCONT)

    publish_until_confirmed(broker, place, "after")
    eventually(lambda: b"after" in inbox.bodies, "consuming goes on")


def test_broker_in_alarm_is_not_open_and_consuming_goes_on(
    rabbitmq_node: RabbitMQNode, broker: Broker, place: Place
) -> None:
    inbox, first, second = Inbox(), Outcomes(), Outcomes()
    publish_until_confirmed(broker, place, "before")

    control(rabbitmq_node, "set_vm_memory_high_watermark", "0.00001")
    try:
        broker.publish([place.envelope("in alarm")], first)
        eventually(lambda: not broker.is_open, "the alarm is noticed")
        assert "memory" in broker.trouble
        broker.publish([place.envelope("refused")], second)
        assert set(second.wait(1).values()) == {Outcome.REFUSED}
        broker.consume(place.queue, prefetch=1, sink=inbox)
        broker.settle(inbox.wait(1), Verdict.ACK)
    finally:
        control(rabbitmq_node, "set_vm_memory_high_watermark", "0.4")

    assert set(first.wait(1).values()) <= {Outcome.CONFIRMED, Outcome.UNKNOWN}
    publish_until_confirmed(broker, place, "after")
    assert inbox.wait(2)[1].body == b"in alarm"


def test_user_without_rights_uses_what_is_declared_and_is_told_what_is_not(
    rabbitmq_node: RabbitMQNode,
    broker: Broker,
    place: Place,
    caplog: pytest.LogCaptureFixture,
) -> None:
    publish_until_confirmed(broker, place, "declared")
    control(rabbitmq_node, "add_user", "guest_worker", "secret")
    control(rabbitmq_node, "set_permissions", "-p", "flowengine", "guest_worker", "", ".*", ".*")
    poor = connect(rabbitmq_node.url.replace("flowengine:flowengine@", "guest_worker:secret@"))
    inbox = Inbox()

    with caplog.at_level(logging.CRITICAL, "flowengine.broker"):
        poor.declare(place.topology())
        poor.start()
        assert poor.wait_open(LIMIT_S), poor.trouble
        assert poor.trouble == ""
        poor.declare(place.neighbour().topology())
        poor.consume(place.queue, prefetch=10, sink=inbox)
        publish_until_confirmed(poor, place, "still")
        eventually(lambda: poor.trouble != "", "the missing queue is told")
    inbox.wait(2)

    assert place.neighbour().exchange in poor.trouble
    assert "ACCESS_REFUSED" in poor.trouble
    poor.close()

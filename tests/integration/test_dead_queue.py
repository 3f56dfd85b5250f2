"""What RabbitMQ itself gives up is found among the dead letters, with what it says of its deaths."""

from __future__ import annotations

import json
from typing import Any

from flowengine.broker.topology import DEAD_QUEUE, DELIVERY_LIMIT, INTAKE_QUEUE
from flowengine.models import DeadGroupRecord, DeadLetterRecord
from tests.conformance.witness import eventually
from tests.integration.strangers import SOURCE, Stranger, Worker, an_event
from tests.nodes.rabbitmq import RabbitMQNode


def test_message_that_was_refused_or_delivered_too_often_is_kept_with_its_deaths(
    worker: Worker, stranger: Stranger, rabbitmq_node: RabbitMQNode
) -> None:
    worker.end()
    stranger.publish(an_event(id="refused"))
    stranger.refuse(INTAKE_QUEUE)
    stranger.publish(an_event(id="too often"))
    for _delivery in range(DELIVERY_LIMIT + 1):
        stranger.give_back(INTAKE_QUEUE)
    # As often as workers come and go while the database is away: nothing is behind this queue.
    for _delivery in range(2 * (DELIVERY_LIMIT + 2)):
        stranger.give_back(DEAD_QUEUE)

    other = Worker(rabbitmq_node.url)
    eventually(lambda: DeadLetterRecord.objects.count() == 2, "both are kept")

    assert other.end()
    assert stranger.lengths() == {}
    letters = DeadLetterRecord.objects.order_by("message")
    assert [(each.kind, each.code, each.event_type, each.source) for each in letters] == [
        ("undelivered", "FE312", "chain.begun", SOURCE)
    ] * 2
    refused, too_often = letters
    assert refused.message.endswith("a consumer refused it")
    assert too_often.message.endswith("it was delivered too often without an answer")
    assert [json.loads(bytes(each.body or b""))["id"] for each in letters] == [
        *("refused", "too often"),
    ]
    assert [_death(each) for each in letters] == [
        (INTAKE_QUEUE, "rejected"),
        (INTAKE_QUEUE, "delivery_limit"),
    ]
    assert DeadGroupRecord.objects.count() == 2


def _death(letter: DeadLetterRecord) -> tuple[Any, Any]:
    [death] = json.loads(letter.headers)["x-death"]
    return death["queue"], death["reason"]

"""The broker's dead queue is emptied into the table of dead letters."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError

from flowengine import signals
from flowengine.broker.base import Delivery, Verdict
from flowengine.broker.topology import DEAD_QUEUE, INTAKE_QUEUE
from flowengine.engine.identity import foreign_event_id
from flowengine.errors import MessageUnreadable
from flowengine.models import DeadLetterRecord
from flowengine.orchestration import bury, drain
from flowengine.store import dead_letters, events, sql
from flowengine.worker.dead_queue import DeadQueue
from tests.builders.dead import LATER, NOON, fold, new_id, the_group
from tests.fakes.broker import FakeBroker
from tests.fakes.clock import SetClock

pytestmark = pytest.mark.django_db

SOURCE = "https://billing.example"
DEATH = {"queue": INTAKE_QUEUE, "reason": "rejected", "count": 1, "exchange": "flowengine.events"}


def dead(
    body: bytes | None = None,
    source: str = SOURCE,
    id_: str = "i-1",
    death: dict[str, Any] = DEATH,
) -> Delivery:
    event = {"specversion": "1.0", "id": id_, "source": source, "type": "order.placed", "data": {}}
    return Delivery(
        queue=DEAD_QUEUE,
        body=json.dumps(event).encode() if body is None else body,
        headers={"x-death": [death]},
        content_type="application/cloudevents+json",
    )


def the_letter() -> DeadLetterRecord:
    return DeadLetterRecord.objects.get()


def test_strangers_event_is_kept_whole_with_what_the_broker_says() -> None:
    delivery = dead()

    [letter] = drain.drain([delivery], NOON)

    row = the_letter()
    assert (row.id, row.kind, row.code) == (letter, "undelivered", "FE312")
    assert (row.event_id, row.event_type) == (foreign_event_id(SOURCE, "i-1"), "order.placed")
    assert (row.source, bytes(row.body or b"")) == (SOURCE, delivery.body)
    assert json.loads(row.headers)["x-death"] == [DEATH]
    assert row.message == f"the broker gave up a message of {INTAKE_QUEUE}: a consumer refused it"


def test_event_of_ours_is_named_by_its_row() -> None:
    event = new_id()

    drain.drain([dead(source=events.own_source(), id_=str(event))], NOON)

    assert (the_letter().event_id, the_letter().source) == (event, "")


@pytest.mark.parametrize("delivery", [dead(b"\xff"), dead(b"{}"), dead(source="own", id_="no id")])
def test_what_cannot_be_read_is_kept_as_it_is(delivery: Delivery) -> None:
    if b'"own"' in delivery.body:
        delivery = dead(source=events.own_source(), id_="no id")

    drain.drain([delivery], NOON)

    assert (the_letter().event_id, the_letter().event_type) == (None, "")
    assert bytes(the_letter().body or b"") == delivery.body


def test_hint_of_a_station_is_not_taken_for_an_event() -> None:
    death = {**DEATH, "queue": "flowengine.v1.station.mail"}

    drain.drain([dead(death=death)], NOON)

    assert the_letter().event_id is None
    assert "flowengine.v1.station.mail" in the_letter().message


@pytest.mark.parametrize(
    ("headers", "death"),
    [
        ({"x-death": [{"queue": "q", "reason": "expired", "count": 7}]}, ("q", "expired", 7)),
        ({"x-death": [{"count": "many"}]}, ("", "", 1)),
        ({"x-death": []}, ("", "", 1)),
        ({"x-death": "what?"}, ("", "", 1)),
        ({"x-death": ["what?"]}, ("", "", 1)),
        ({"x-first-death-queue": "q", "x-first-death-reason": "maxlen"}, ("q", "maxlen", 1)),
        ({}, ("", "", 1)),
    ],
)
def test_deaths_are_read_whatever_stands_there(
    headers: dict[str, Any], death: tuple[str, str, int]
) -> None:
    found = drain.death_of(headers)

    assert (found.queue, found.reason, found.count) == death


def test_same_message_drained_twice_or_buried_before_is_one_letter() -> None:
    delivery = dead(b"\xff")
    bury.bury_unreadable([(delivery, MessageUnreadable("no JSON"))], NOON)

    drain.drain([delivery], NOON)
    drain.drain([delivery], NOON)

    assert the_letter().kind == "unreadable"


@pytest.mark.parametrize("state", ["discarded", "resolved"])
def test_same_message_after_its_letter_was_closed_opens_it_again(state: str) -> None:
    [letter] = drain.drain([dead(b"\xff")], NOON)
    fold()
    with sql.writing():
        dead_letters.close([letter], state, reason="a scanner", by="7", now=NOON)
    fold()

    drain.drain([dead(b"\xff")], NOON + LATER)
    fold(NOON + LATER)

    found, cause = the_letter(), the_group()
    assert (found.state, found.closed_at, found.closed_by, found.reason) == ("open", None, "", "")
    assert (cause.count, cause.open_count, cause.last_at) == (1, 1, NOON + LATER)


def the_unreadable() -> list[UUID]:
    """What a station could not read."""
    bury.bury_unreadable([(dead(b"\xff"), MessageUnreadable("no JSON"))], NOON)
    return [the_letter().id]


@pytest.mark.parametrize("keep", [lambda: drain.drain([dead()], NOON), the_unreadable])
def test_who_listens_is_told_after_the_commit(
    django_capture_on_commit_callbacks: Any, keep: Callable[[], list[UUID]]
) -> None:
    heard: list[UUID] = []

    def listen(ids: list[UUID], **_rest: object) -> None:
        heard.extend(ids)

    signals.dead_lettered.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            letters = keep()
    finally:
        signals.dead_lettered.disconnect(listen)

    assert heard == letters


def test_queue_is_acknowledged_once_its_letters_are_kept() -> None:
    broker = FakeBroker()
    queue = DeadQueue(broker=broker, clock=SetClock(NOON))
    one, two = dead(id_="1"), dead(id_="2")
    queue.deliver(one)
    queue.deliver(two)

    assert queue.run_once() is False
    assert queue.run_once() is False

    assert broker.settled == [(one, Verdict.ACK), (two, Verdict.ACK)]
    assert DeadLetterRecord.objects.count() == 2


def test_nothing_is_acknowledged_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = FakeBroker()
    queue = DeadQueue(broker=broker, clock=SetClock(NOON))
    queue.deliver(dead())
    with monkeypatch.context() as patched:

        def away(*_given: object) -> None:
            raise OperationalError

        patched.setattr("flowengine.worker.dead_queue.drain", away)
        with pytest.raises(OperationalError):
            queue.run_once()
    assert broker.settled == []

    queue.run_once()

    assert len(broker.settled) == DeadLetterRecord.objects.count() == 1

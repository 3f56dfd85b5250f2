"""What the broker brings: ids of own events, stored foreign events, dead letters, and nothing lost."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine import event_types, signals
from flowengine.broker.base import Delivery
from flowengine.broker.envelope import event_envelope
from flowengine.engine.identity import foreign_event_id
from flowengine.models import DeadLetterRecord, EventRecord
from flowengine.orchestration.emit import emit
from flowengine.orchestration.receive import receive
from flowengine.store import events, sql
from tests.builders.events import NOON, an_event
from tests.fakes.broker import delivery_of

pytestmark = pytest.mark.django_db

SOURCE = "https://billing.example"


def a_foreign(**fields: Any) -> Delivery:
    """A structured CloudEvent of another program."""
    body = {
        "specversion": "1.0",
        "id": "i-1",
        "source": SOURCE,
        "type": "invoice.paid",
        "time": "2026-03-02T12:00:00Z",
        "data": {"n": 1},
        **fields,
    }
    return raw(json.dumps({name: value for name, value in body.items() if value is not None}))


def raw(body: str | bytes, content_type: str = "application/cloudevents+json") -> Delivery:
    encoded = body.encode() if isinstance(body, str) else body
    return Delivery(queue="q", body=encoded, content_type=content_type)


def test_own_event_is_only_a_hint_and_its_body_is_not_read() -> None:
    emitted = emit("order.placed", {"n": 1})
    forged = an_event(id=emitted.event_id, data={"n": 666})
    envelope = event_envelope(forged, source=events.own_source())

    received = receive([delivery_of(envelope)], NOON)

    assert received.event_ids == [emitted.event_id]
    assert bytes(EventRecord.objects.get().data) == b'{"n":1}'


def test_own_source_with_an_id_that_is_none_of_ours_is_counted() -> None:
    received = receive([a_foreign(source=events.own_source(), id="not a uuid")], NOON)

    assert (received.event_ids, received.strays) == ([], 1)
    assert not DeadLetterRecord.objects.exists()


def test_foreign_event_is_stored_whole_and_in_the_routers_hands() -> None:
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    delivery = a_foreign(
        subject="inv 1", correlationid="c", causationid="d", hops=2, traceparent=trace
    )

    received = receive([delivery], NOON)

    record = EventRecord.objects.get()
    assert received.event_ids == [record.id] == [foreign_event_id(SOURCE, "i-1")]
    assert (record.source, record.external_id, record.type) == (SOURCE, "i-1", "invoice.paid")
    assert (record.subject, record.correlation_id, record.causation_id) == ("inv 1", "c", "d")
    assert (record.hops, record.traceparent) == (2, trace)
    assert json.loads(bytes(record.data)) == {"n": 1}
    assert record.state == "published"
    assert record.due_at == NOON + timedelta(seconds=10)


def test_binary_mode_is_understood() -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "i-1", "ce-source": SOURCE, "ce-type": "a.b"}
    delivery = Delivery(
        queue="q", body=b'{"n": 1}', headers=headers, content_type="application/json"
    )

    receive([delivery], NOON)

    assert EventRecord.objects.get().type == "a.b"


def test_foreign_event_delivered_twice_is_stored_once() -> None:
    first = receive([a_foreign(), a_foreign()], NOON)
    second = receive([a_foreign(data={"n": 2})], NOON)

    assert first.event_ids == second.event_ids
    assert json.loads(bytes(EventRecord.objects.get().data)) == {"n": 1}


def test_actor_is_believed_only_of_trusted_sources(settings: Settings) -> None:
    settings.FLOWENGINE = {"TRUSTED_SOURCES": [SOURCE]}

    receive([a_foreign(actor="7"), a_foreign(actor="7", source="https://other.example")], NOON)

    assert dict(EventRecord.objects.values_list("source", "actor")) == {
        SOURCE: "7",
        "https://other.example": None,
    }


@pytest.mark.parametrize(
    ("delivery", "kind", "code"),
    [
        (raw(b"\xff\x00 random"), "unreadable", "FE301"),
        (raw(b""), "unreadable", "FE301"),
        (raw("[]"), "unreadable", "FE301"),
        (raw("[" * 100_000), "unreadable", "FE301"),
        (raw('{"specversion": "1.0"}'), "unreadable", "FE301"),
        (raw(b"x" * 2_000_000), "unreadable", "FE301"),
        (a_foreign(specversion="0.3"), "unreadable", "FE301"),
        (a_foreign(type="flowengine.run.succeeded"), "bad event", "FE309"),
        (a_foreign(type="no spaces please"), "bad event", "FE309"),
        (a_foreign(hops=17), "bad event", "FE425"),
        (a_foreign(data={"n": "a\x00b"}), "bad event", "FE308"),
        (a_foreign(data={"n": 2**70}), "bad event", "FE308"),
        (a_foreign(data="x" * 300_000), "bad event", "FE304"),
    ],
)
def test_what_will_not_do_is_kept_as_a_dead_letter(
    delivery: Delivery, kind: str, code: str
) -> None:
    received = receive([delivery], NOON)

    letter = DeadLetterRecord.objects.get()
    assert (letter.kind, letter.code, letter.state) == (kind, code, "open")
    assert received.buried == [letter.id]
    assert bytes(letter.body or b"") == delivery.body[: 1024 * 1024]
    assert not EventRecord.objects.exists()


def test_headers_are_kept_whatever_is_in_them() -> None:
    delivery = Delivery(queue="q", body=b"?", headers={"a": "\x00\ud800", "b": [1, {"c": None}]})

    receive([delivery], NOON)

    kept = json.loads(DeadLetterRecord.objects.get().headers)
    assert kept == {"content-type": "", "a": "\x00\ud800", "b": [1, {"c": None}]}


def test_same_bytes_delivered_again_are_the_same_dead_letter() -> None:
    again = Delivery(queue="q", body=b"?", headers={"x-delivery-count": 3}, redelivered=True)

    receive([Delivery(queue="q", body=b"?"), again], NOON)

    assert DeadLetterRecord.objects.count() == 1


def test_data_that_does_not_fit_its_type_is_a_dead_letter_with_the_problem() -> None:
    event_types.register_event("invoice.paid", {"required": ["amount"]})
    try:
        receive([a_foreign()], NOON)
    finally:
        event_types.forget("invoice.paid")

    letter = DeadLetterRecord.objects.get()
    assert (letter.kind, letter.code) == ("bad event", "FE303")
    assert letter.message == 'event invoice.paid i-1: $ "amount" is a required property'
    assert letter.event_id == foreign_event_id(SOURCE, "i-1")


def test_unknown_type_is_stored_or_a_dead_letter_as_the_setting_says(settings: Settings) -> None:
    receive([a_foreign()], NOON)
    assert EventRecord.objects.count() == 1
    settings.FLOWENGINE = {"UNKNOWN_EVENTS": "dead"}

    receive([a_foreign(id="i-2")], NOON)

    letter = DeadLetterRecord.objects.get()
    assert (letter.kind, letter.code) == ("unknown event", "FE302")
    assert EventRecord.objects.count() == 1


def test_dead_letters_are_announced_after_the_commit(
    django_capture_on_commit_callbacks: Any,
) -> None:
    heard: list[UUID] = []

    def listen(*, ids: list[UUID], **_kwargs: Any) -> None:
        heard.extend(ids)

    signals.dead_lettered.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            received = receive([raw("?")], NOON)
            assert heard == []
    finally:
        signals.dead_lettered.disconnect(listen)

    assert heard == received.buried


@pytest.mark.parametrize("count", [1, 200])
def test_statements_do_not_depend_on_the_number_of_deliveries(count: int) -> None:
    events.own_source()
    deliveries = [a_foreign(id=f"i-{n}") for n in range(count)]
    deliveries += [raw(f"? {n}") for n in range(count)]

    with CaptureQueriesContext(connection) as statements:
        receive(deliveries, NOON)

    named = [s["sql"] for s in statements if "SAVEPOINT" not in s["sql"]]
    # the source, events; read and write causes, dead letters, tallies; SQLite asks which are new
    assert len(named) == (6 if sql.is_postgresql() else 7)
    assert EventRecord.objects.count() == DeadLetterRecord.objects.count() == count


def test_one_that_the_database_refuses_among_two_hundred_is_quarantined_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = events.insert_foreign

    def insert_foreign(given: Any, *args: Any, **kwargs: Any) -> None:
        if any(event.external_id == "i-77" for event, _ in given):
            raise DataError("no such character")
        stored(given, *args, **kwargs)

    monkeypatch.setattr(events, "insert_foreign", insert_foreign)

    received = receive([a_foreign(id=f"i-{n}") for n in range(200)], NOON)

    assert EventRecord.objects.count() == len(received.event_ids) == 199
    letter = DeadLetterRecord.objects.get()
    assert (letter.kind, letter.code) == ("bad event", "FE901")
    assert b'"i-77"' in bytes(letter.body or b"")


def test_random_bytes_never_end_the_receiver() -> None:
    chance = random.Random(7)
    whole = a_foreign(id=str(uuid4())).body
    deliveries = []
    for _ in range(300):
        body = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        deliveries.append(raw(bytes(body[: chance.randrange(len(body) + 1)])))

    received = receive(deliveries, NOON)

    kept = DeadLetterRecord.objects.count() + EventRecord.objects.count()
    assert kept == len({delivery.body for delivery in deliveries}) or received.strays

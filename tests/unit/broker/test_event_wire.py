"""Events as bytes, there and back, and as the reference implementation has them."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.bindings import rabbitmq as oracle
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given

from flowengine.broker.envelope import STRUCTURED, event_envelope, parse_event
from flowengine.broker.topology import EVENTS_EXCHANGE
from flowengine.engine.event import Event
from flowengine.engine.identity import foreign_event_id
from tests.unit.broker.wire import EVENTS, ID, NOON, TRACE, a_document, an_event, parsed


@given(event=EVENTS)
def test_event_comes_back_as_it_was_sent(event: Event) -> None:
    envelope = event_envelope(event, source="urn:ours")

    again = parse_event(envelope.body, envelope.headers, envelope.content_type)

    source = event.source if event.source is not None else "urn:ours"
    external_id = event.external_id if event.external_id is not None else str(event.id)
    assert again == Event(
        id=foreign_event_id(source, external_id),
        type=event.type,
        data=event.data,
        time=event.time,
        source=source,
        external_id=external_id,
        subject=event.subject,
        actor=event.actor,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        hops=event.hops,
        traceparent=event.traceparent,
    )


def test_own_event_is_sent_under_the_projects_source_and_its_own_id() -> None:
    envelope = event_envelope(
        an_event(source=None, external_id=None, traceparent=TRACE), source="urn:shop"
    )

    assert envelope.id == str(ID)
    assert envelope.exchange == EVENTS_EXCHANGE
    assert envelope.routing_key == "order.placed"
    assert envelope.content_type == "application/cloudevents+json"
    assert envelope.headers == {
        "ce-id": str(ID),
        "ce-type": "order.placed",
        "ce-source": "urn:shop",
        "traceparent": TRACE,
    }


@given(event=EVENTS)
def test_the_reference_implementation_reads_what_we_send(event: Event) -> None:
    envelope = event_envelope(event, source="urn:ours")

    read = oracle.from_rabbitmq_event(
        oracle.RabbitMQMessage(envelope.headers, envelope.content_type, envelope.body)
    )

    assert read.get_id() == (event.external_id or str(event.id))
    assert read.get_source() == (event.source or "urn:ours")
    assert read.get_type() == event.type
    assert read.get_subject() == event.subject
    assert read.get_time() == event.time
    assert read.get_data() == event.data
    assert read.get_extension("correlationid") == (event.correlation_id or None)


@pytest.mark.parametrize("to_message", [oracle.to_structured_event, oracle.to_binary_event])
def test_we_read_what_the_reference_implementation_sends(to_message: Any) -> None:
    message = to_message(
        CloudEvent(
            attributes={
                "id": "inv-1",
                "source": "/billing",
                "type": "order.placed",
                "time": NOON,
                "subject": "orders/17",
                "datacontenttype": "application/json",
                "specversion": "1.0",
                "correlationid": "c-1",
                "hops": 3,
            },
            data={"order": 17, "note": "ö☃"},
        )
    )

    event = parse_event(message.body, message.headers, message.content_type or "")

    assert event == an_event(
        id=foreign_event_id("/billing", "inv-1"),
        data={"order": 17, "note": "ö☃"},
        subject="orders/17",
        correlation_id="c-1",
        hops=3,
    )


@pytest.mark.parametrize("prefix", ["ce-", "cloudEvents_", "cloudEvents:", "CE-"])
def test_binary_mode_is_read_with_each_known_prefix(prefix: str) -> None:
    headers = {
        f"{prefix}specversion": "1.0",
        f"{prefix}id": 17,
        f"{prefix}source": "/billing",
        f"{prefix}type": "order.placed",
        f"{prefix}time": "2026-03-01T13:00:00+01:00",
        f"{prefix}hops": "2",
        "traceparent": TRACE,
        "x-death": [{"count": 1}],
    }
    event = parse_event(b'{"order": 17}', headers, "application/json; charset=utf-8")

    assert event.external_id == "17"
    assert event.data == {"order": 17}
    assert event.time == NOON
    assert event.hops == 2
    assert event.traceparent == TRACE


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain", STRUCTURED.upper()])
def test_structured_document_is_read_whatever_its_content_type(content_type: str) -> None:
    assert parsed(a_document(), content_type).data == {"order": 17}


def test_missing_data_is_null() -> None:
    assert parsed(a_document(data=...)).data is None


def test_base64_data_is_decoded() -> None:
    encoded = b64encode(b'{"order": 18}').decode()

    assert parsed(a_document(data=..., data_base64=encoded)).data == {"order": 18}


def test_unknown_attributes_are_ignored_and_empty_ones_are_missing() -> None:
    event = parsed(a_document(region="eu", subject="", actor="", traceparent="not a trace"))

    assert (event.subject, event.actor, event.traceparent) == (None, None, None)


def test_missing_time_is_the_time_of_receipt() -> None:
    body = json.dumps(a_document(time=...)).encode()

    zone = timezone(timedelta(hours=2))
    event = parse_event(body, {}, "", received_at=NOON.astimezone(zone))

    assert event.time == NOON
    assert event.time.tzinfo is UTC

"""What hostile messages become: events, or unreadable, and nothing else."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.broker.envelope import (
    ATTRIBUTE_MAX_CHARACTERS,
    BODY_MAX_BYTES,
    DEPTH_MAX,
    STRUCTURED,
    event_envelope,
    parse_event,
)
from flowengine.errors import MessageUnreadable
from tests.unit.broker.wire import JSON, NOON, a_document, parsed


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": ...}, "`id`"),
        ({"id": ""}, "`id` is empty"),
        ({"id": 17}, "$.id"),
        ({"source": ...}, "`source`"),
        ({"type": ""}, "`type` is empty"),
        ({"type": "t" * 256}, "`type` is longer"),
        ({"type": "a\nb"}, "control character"),
        ({"source": "a\x00b"}, "control character"),
        ({"subject": "s" * (ATTRIBUTE_MAX_CHARACTERS + 1)}, "`subject` is longer"),
        ({"specversion": "0.3"}, "`specversion` is '0.3'"),
        ({"specversion": ...}, "`specversion`"),
        ({"time": "2026-03-01T12:00:00"}, "has no offset"),
        ({"time": "yesterday"}, "RFC3339"),
        ({"time": "9999-12-31T23:59:59-10:00"}, "years 1 to 9999"),
        ({"time": ...}, "`time` is missing"),
        ({"hops": -1}, "$.hops"),
        ({"hops": 1001}, "$.hops"),
        ({"hops": "many"}, "$.hops"),
        ({"data_base64": "~~"}, "data_base64"),
        ({"data_base64": b64encode(b"{").decode()}, "cannot be read"),
        (
            {"data_base64": b64encode(b"<x/>").decode(), "datacontenttype": "text/xml"},
            "only JSON",
        ),
    ],
)
def test_document_with_a_bad_attribute_is_unreadable_and_the_problem_is_named(
    changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(MessageUnreadable, match="the message cannot be read: ") as caught:
        parsed(a_document(**changes))

    assert problem in caught.value.message
    assert caught.value.code == "FE301"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"specversion":"1.0","id":"a","source":"b","type":"c","data":'
        + b"[" * 400
        + b"]" * 400
        + b"}",
        b'{"specversion":"1.0","id":"a","source":"b","type":"c","data":NaN}',
        b'{"specversion":"1.0","id":"a","source":"b","type":"c","data":1e400}',
        b'{"specversion":"1.0","id":"a","source":"b","type":"c","data":"\\ud800"}',
        b'{"specversion":"1.0","id":"a","source":"b","type":"c","data":' + b"1" * 5000 + b"}",
        b'{"specversion":"1.0","id":"\\udc00","source":"b","type":"c"}',
        b"x" * (BODY_MAX_BYTES + 1),
    ],
    ids=lambda body: repr(body[:80]),
)
def test_body_that_is_no_event_is_unreadable(body: bytes) -> None:
    with pytest.raises(MessageUnreadable):
        parse_event(body, {}, "", received_at=NOON)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents-batch+json",
        "application/cloudevents+xml",
        "application/cloudevents+avro",
    ],
)
def test_other_formats_are_unreadable_and_the_right_one_is_named(content_type: str) -> None:
    with pytest.raises(MessageUnreadable, match="send application/cloudevents\\+json"):
        parsed(a_document(), content_type)


def test_binary_mode_with_other_data_than_json_is_unreadable() -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t"}

    with pytest.raises(MessageUnreadable, match="image/png"):
        parse_event(b"\x89PNG", headers, "image/png", received_at=NOON)


def test_data_may_be_nested_to_the_limit_and_no_deeper() -> None:
    def nested(depth: int) -> dict[str, Any]:
        data: Any = []
        for _ in range(depth - 1):
            data = [data]
        return a_document(data=data)

    assert parsed(nested(DEPTH_MAX)).data
    with pytest.raises(MessageUnreadable, match="levels deep"):
        parsed(nested(DEPTH_MAX + 1))


@given(
    body=st.binary(max_size=200) | st.text().map(str.encode),
    headers=st.dictionaries(
        st.sampled_from(
            [
                "ce-specversion",
                "ce-id",
                "ce-source",
                "ce-type",
                "ce-time",
                "ce-hops",
                "traceparent",
                "",
            ]
        ),
        st.sampled_from(
            ["1.0", "a", "", "2026-03-01T12:00:00Z", "\ud800", 7, -1, None, b"x", [1], {}]
        ),
    ),
    content_type=st.sampled_from(["", STRUCTURED, "application/json", "text/plain", ";", "a/b"]),
)
def test_hostile_messages_are_events_or_unreadable_and_nothing_else(
    body: bytes, headers: dict[str, Any], content_type: str
) -> None:
    try:
        event = parse_event(body, headers, content_type, received_at=NOON)
    except MessageUnreadable as problem:
        problem.message.encode()
    else:
        event_envelope(event, source="urn:ours")


DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        name: JSON | st.just("1.0") | st.just("2026-03-01T12:00:00Z") for name in a_document()
    },
)


@given(document=DOCUMENTS | JSON)
def test_hostile_documents_are_events_or_unreadable_and_nothing_else(document: Any) -> None:
    try:
        event = parsed(document)
    except MessageUnreadable as problem:
        problem.message.encode()
    else:
        event_envelope(event, source="urn:ours")

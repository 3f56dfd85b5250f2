"""Hints as bytes, and what can be sent at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.broker.envelope import (
    MESSAGE_MAX_BYTES,
    Envelope,
    Hint,
    hint_envelope,
    nested_deeper,
    parse_hint,
)
from flowengine.broker.topology import STATIONS_EXCHANGE
from flowengine.errors import MessageUnreadable
from tests.unit.broker.wire import ID, TEXT


def an_envelope(**changes: Any) -> Envelope:
    values: dict[str, Any] = {"id": "1", "exchange": "e", "routing_key": "k", "body": b""}
    return Envelope(**{**values, **changes})


@given(
    hint=st.builds(
        Hint,
        run_id=st.uuids(),
        step=TEXT,
        item=st.lists(st.integers(0, 9_999), max_size=8).map(lambda path: ".".join(map(str, path))),
        attempt=st.integers(0, 2**31 - 1),
    )
)
def test_hint_comes_back_as_it_was_sent(hint: Hint) -> None:
    envelope = hint_envelope(hint, "mail", priority=3)

    assert parse_hint(envelope.body) == hint
    assert (envelope.exchange, envelope.routing_key) == (STATIONS_EXCHANGE, "mail")
    assert envelope.priority == 3
    assert envelope.is_sendable


def test_hints_of_different_attempts_have_different_ids() -> None:
    ids = {
        hint_envelope(Hint(run_id=ID, step="charge", item=item, attempt=attempt), "x").id
        for item in ("", "1", "1.1")
        for attempt in range(3)
    }

    assert len(ids) == 9


def test_unknown_fields_of_a_hint_are_ignored() -> None:
    body = json.dumps({"run_id": str(ID), "step": "charge", "since": 3}).encode()

    assert parse_hint(body) == Hint(run_id=ID, step="charge", item="", attempt=0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"run_id": "x", "step": "a"}',
        b'{"run_id": "0195500c-0000-7000-8000-000000000001", "step": ""}',
        b'{"run_id": "0195500c-0000-7000-8000-000000000001", "step": "a\\u0000"}',
        b'{"run_id": "0195500c-0000-7000-8000-000000000001", "step": "a", "attempt": -1}',
        b'{"run_id": "0195500c-0000-7000-8000-000000000001", "step": "a", "attempt": 1e9}',
        b'{"run_id": "0195500c-0000-7000-8000-000000000001", "step": "a", "item": 0}',
        *(
            json.dumps({"run_id": str(ID), "step": "a", "item": item}).encode()
            for item in (
                "a",
                "1.",
                ".1",
                "-1",
                "1..2",
                " 1",
                "1\n",
                "100000",
                "\u0661",
                "1." * 32 + "1",
            )
        ),
    ],
)
def test_body_that_is_no_hint_is_unreadable(body: bytes) -> None:
    with pytest.raises(MessageUnreadable, match="the message cannot be read"):
        parse_hint(body)


@given(body=st.binary(max_size=100))
def test_random_bytes_are_no_hint(body: bytes) -> None:
    with pytest.raises(MessageUnreadable):
        parse_hint(body)


@pytest.mark.parametrize(
    "changes",
    [{}, {"body": b"x" * MESSAGE_MAX_BYTES}, {"routing_key": "k" * 255}, {"priority": 9}],
    ids=["least", "largest body", "longest key", "highest priority"],
)
def test_envelope_within_amqps_limits_is_sendable(changes: dict[str, Any]) -> None:
    assert an_envelope(**changes).is_sendable


@pytest.mark.parametrize(
    "changes",
    [
        {"body": b"x" * (MESSAGE_MAX_BYTES + 1)},
        {"routing_key": "k" * 256},
        {"routing_key": "ö" * 128},
        {"routing_key": "\ud800"},
        {"id": "i" * 256},
        {"priority": 10},
    ],
    ids=["body", "key", "key in bytes", "surrogate", "id", "priority"],
)
def test_envelope_beyond_amqps_limits_is_not_sendable(changes: dict[str, Any]) -> None:
    assert not an_envelope(**changes).is_sendable


@pytest.mark.parametrize(
    ("value", "depth"),
    [(1, 0), ([], 1), ({}, 1), ([1, [2]], 2), ({"a": {"b": [()]}}, 4), ([[], [[[]]]], 4)],
)
def test_depth_counts_lists_and_mappings(value: Any, depth: int) -> None:
    assert not nested_deeper(value, depth)
    assert depth == 0 or nested_deeper(value, depth - 1)

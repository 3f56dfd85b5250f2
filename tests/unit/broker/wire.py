"""Events on the wire for the tests beside this file: documents, and strategies that make them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from flowengine.broker.envelope import STRUCTURED, parse_event
from flowengine.engine.event import Event

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID = UUID("0195500c-0000-7000-8000-000000000001")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)

EVENTS = st.builds(
    Event,
    id=st.uuids(),
    type=TEXT,
    data=JSON,
    time=st.datetimes(timezones=st.just(UTC)),
    source=st.none() | TEXT,
    external_id=st.none() | TEXT,
    subject=st.none() | TEXT,
    actor=st.none() | TEXT,
    correlation_id=st.just("") | TEXT,
    causation_id=st.none() | TEXT,
    hops=st.integers(0, 16),
    traceparent=st.none() | st.just(TRACE),
)


def an_event(**changes: Any) -> Event:
    values: dict[str, Any] = {
        "id": ID,
        "type": "order.placed",
        "data": {"order": 17},
        "time": NOON,
        "source": "/billing",
        "external_id": "inv-1",
    }
    return Event(**{**values, **changes})


def a_document(**changes: Any) -> dict[str, Any]:
    document = {
        "specversion": "1.0",
        "id": "inv-1",
        "source": "/billing",
        "type": "order.placed",
        "time": "2026-03-01T12:00:00Z",
        "data": {"order": 17},
    }
    return {name: value for name, value in {**document, **changes}.items() if value is not ...}


def parsed(document: Any, content_type: str = STRUCTURED) -> Event:
    return parse_event(json.dumps(document).encode(), {}, content_type)

"""Events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flowengine.engine.event import Event

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""The time of every test that does not care."""


def an_event(type: str = "order.placed", data: Any = None, **fields: Any) -> Event:  # noqa: A002
    """An own event of 12:00; *data* is that of order 42 unless given."""
    values: dict[str, Any] = {
        "id": UUID("01930000-0000-7000-8000-000000000001"),
        "time": NOON,
        "data": {"order_id": 42} if data is None else data,
        "actor": "7",
    }
    return Event(type=type, **{**values, **fields})

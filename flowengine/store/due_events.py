"""Events that are due: to be published, to be published again, or to be routed without a message.

Each function is a transaction of its own: no row is locked beyond it, because the router must find them
free as soon as their messages arrive. What a relay does to a page is one round trip on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.engine.event import Event
from flowengine.store import sql
from flowengine.store.events import EVENT, EventState, set_, value

_OVERDUE = """
SELECT id, due_at FROM (
    SELECT id, due_at FROM flowengine_event
    WHERE state = 'published' AND due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s) AS published
UNION ALL
SELECT id, due_at FROM (
    SELECT id, due_at FROM flowengine_event
    WHERE state = 'pending' AND due_at <= %(now)s AND created_at <= %(waited)s
    ORDER BY due_at LIMIT %(limit)s) AS pending
ORDER BY 2 LIMIT %(limit)s"""
_CREATED_AT = -2
"""Of a row of ``EVENT``."""
_DUE = "WHERE state = %(state)s AND due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s"
_CLAIM = f"""
WITH due AS MATERIALIZED (
    SELECT id AS due_id FROM flowengine_event {_DUE} FOR UPDATE SKIP LOCKED)
UPDATE flowengine_event SET due_at = %(until)s FROM due WHERE id = due_id RETURNING {EVENT}"""
_SENT = (
    "due_at = CASE state WHEN 'pending' THEN %(at)s END,"
    " state = CASE state WHEN 'pending' THEN 'published' ELSE state END"
)
_UNSENT = "state IN ('pending', 'routed') ORDER BY id FOR UPDATE"
_PENDING_AND_FREE = "state = 'pending' FOR UPDATE SKIP LOCKED"


def claim_pending(now: datetime, until: datetime, *, limit: int) -> list[Event]:
    """Own events to publish, oldest first, held back from other relays until *until*.

    A transaction of its own: the rows are not locked beyond it, for the router must find them free as
    soon as their messages arrive.
    """
    claimed, unreadable = _claim(EventState.PENDING, now, until, limit)
    # Left to the router, which buries what it cannot read; here it would hold up all others.
    _set_at_once(unreadable, "state = 'published', due_at = created_at", _PENDING_AND_FREE)
    return claimed


def claim_unsent(now: datetime, until: datetime, *, limit: int) -> list[Event]:
    """The same of events that were routed out of a relay's hand, and never confirmed since."""
    return _claim(EventState.ROUTED, now, until, limit)[0]


def _claim(
    state: EventState, now: datetime, until: datetime, limit: int
) -> tuple[list[Event], list[UUID]]:
    given = {"now": now, "until": until, "limit": limit, "state": state}
    if sql.is_postgresql():
        rows = sql.query_at_once(_CLAIM, given)
    else:
        with sql.writing():
            rows = sql.query(f"SELECT {EVENT} FROM flowengine_event {_DUE}", given)
            set_([sql.as_uuid(row[0]) for row in rows], "due_at = %(until)s", until=until)
    claimed: list[Event] = []
    unreadable: list[UUID] = []
    for row in sorted(rows, key=lambda row: (row[_CREATED_AT], row[0])):
        try:
            claimed.append(value(row))
        except msgspec.DecodeError:
            unreadable.append(sql.as_uuid(row[0]))
    return claimed, unreadable


def mark_published(ids: Sequence[UUID], overdue_at: datetime) -> None:
    """The broker has these; at *overdue_at* they are routed without it. Routed ones stay so.

    Those that a router holds just now are passed over: it has their messages, which is the point.
    """
    _set_at_once(ids, "state = 'published', due_at = %(at)s", _PENDING_AND_FREE, at=overdue_at)


def mark_sent(ids: Sequence[UUID], overdue_at: datetime) -> None:
    """The same of events that a router had from the relay's hand: nothing is due of a routed one.

    It waits for the router that holds them, else they would be published again.
    """
    _set_at_once(ids, _SENT, _UNSENT, at=overdue_at)


def postpone(ids: Sequence[UUID], due_at: datetime) -> None:
    """The broker did not take these: publish them again at *due_at*."""
    _set_at_once(ids, "due_at = %(at)s", _PENDING_AND_FREE, at=due_at)


def claim_overdue(now: datetime, *, limit: int, include_pending: bool) -> list[UUID]:
    """Ids of events to route without a message, oldest first; for ``OVERDUE_S`` no other gets them.

    Pending ones count where the broker is away, and anyway once they have waited ``OVERDUE_S``. Two
    short transactions of its own; one look where nothing is overdue.
    """
    late = timedelta(seconds=settings().OVERDUE_S)
    waited = now if include_pending else now - late
    rows = sql.query(_OVERDUE, {"now": now, "waited": waited, "limit": limit})
    if not rows:
        return []
    seen = [sql.as_uuid(row[0]) for row in rows]
    with sql.writing():
        free = sql.query(
            "SELECT id FROM flowengine_event WHERE id = ANY(%(ids)s) AND due_at <= %(now)s"
            " FOR UPDATE SKIP LOCKED",
            {"ids": seen, "now": now},
        )
        claimed = {sql.as_uuid(row[0]) for row in free}
        set_(list(claimed), "due_at = %(until)s", until=now + late)
    return [event_id for event_id in seen if event_id in claimed]


def _set_at_once(ids: Sequence[UUID], assignments: str, which: str, **values: Any) -> None:
    """Write this into the rows of *which* of these events, in a transaction of its own."""
    if ids:
        with sql.at_once():
            sql.execute(
                "WITH found AS MATERIALIZED ("
                f"SELECT id AS found_id FROM flowengine_event WHERE id = ANY(%(ids)s) AND {which})"
                f" UPDATE flowengine_event SET {assignments} FROM found WHERE id = found_id",
                {"ids": list(ids), **values},
            )

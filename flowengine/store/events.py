"""Rows of events <-> ``Event`` values.

An own event is ``pending`` (to be published), ``published``, and at last ``routed``; a foreign one
begins as ``published``: it came by the broker and is already in a router's hands. ``dead`` is an event
that could not be routed. Routing is open to a pending event too: the message may overtake the mark
that says it was sent.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.engine.event import Event
from flowengine.engine.identity import uuid7
from flowengine.models import InstallationRecord
from flowengine.store import parents, sql, tables
from flowengine.store.clock import system_now


class EventState(StrEnum):
    """Where an event stands."""

    PENDING = "pending"
    PUBLISHED = "published"
    ROUTED = "routed"
    DEAD = "dead"


_OPEN = frozenset({EventState.PENDING, EventState.PUBLISHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """An event row that this transaction holds."""

    event: Event
    state: EventState
    tries: int
    """How often routing it failed."""
    written_at: datetime
    """When the row was written: the order of events."""

    @property
    def is_open(self) -> bool:
        """It is still to be routed."""
        return self.state in _OPEN


_FOREIGN = (
    *("id", "source", "external_id", "type", "subject", "time", "actor", "data"),
    *("correlation_id", "causation_id", "hops", "traceparent"),
    *("replay", "state", "due_at", "tries", "created_at"),
)
_NAMES = (
    *("id", "type", "data", "time", "source", "external_id", "subject", "actor", "key"),
    *("correlation_id", "causation_id", "hops", "traceparent", "replay", "target", "parent"),
)
_EVENT = ", ".join((*_NAMES, "state", "tries", "created_at"))

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
_PENDING_AND_FREE = (
    " AND id IN (SELECT id FROM flowengine_event WHERE id = ANY(%(ids)s) AND state = 'pending'"
    " FOR UPDATE SKIP LOCKED)"
)

_decode = msgspec.json.decode


def columns(table: str) -> str:
    """What :func:`value` reads, of a table of that name in a statement."""
    return ", ".join(f"{table}.{name}" for name in _NAMES)


def insert_foreign(
    events: Sequence[tuple[Event, bytes]], now: datetime, *, overdue_at: datetime
) -> None:
    """Store foreign events with their encoded data; those that were stored before stay as they are."""
    sql.insert(
        tables.EVENT,
        _FOREIGN,
        [
            (
                *(event.id, event.source, event.external_id, event.type, event.subject),
                *(event.time, event.actor, data, event.correlation_id, event.causation_id),
                *(event.hops, event.traceparent, 0, EventState.PUBLISHED, overdue_at, 0),
                now + timedelta(microseconds=place),
            )
            for place, (event, data) in enumerate(events)
        ],
        ignore=True,
    )


def lock(ids: Sequence[UUID]) -> list[Locked]:
    """The events of these ids, locked one after another in the order of ids; absent ones are left out.

    It waits for rows that are held elsewhere: a message often arrives while the relay is writing
    down that it was sent, and must not be taken for one that another router has.
    """
    rows = sql.query(
        f"SELECT {_EVENT} FROM flowengine_event WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE",
        {"ids": list(ids)},
    )
    return [
        Locked(
            event=value(row),
            state=EventState(row[16]),
            tries=row[17],
            written_at=sql.as_datetime(row[18]) or row[18],
        )
        for row in rows
    ]


def untargeted(ids: Sequence[UUID]) -> dict[UUID, str]:
    """The types of those of these events that are still to be routed and are for everybody."""
    rows = sql.query(
        "SELECT id, type FROM flowengine_event WHERE id = ANY(%(ids)s)"
        " AND state IN ('pending', 'published') AND target IS NULL",
        {"ids": list(ids)},
    )
    return {sql.as_uuid(row[0]): row[1] for row in rows}


def load(ids: Sequence[UUID]) -> list[Event]:
    """These events, in the order in which they were written; what cannot be read is left out."""
    rows = sql.query(
        f"SELECT {_EVENT} FROM flowengine_event WHERE id = ANY(%(ids)s) ORDER BY created_at, id",
        {"ids": list(ids)},
    )
    return readable(rows)


def lock_tries(event_id: UUID) -> tuple[str, int] | None:
    """Type and tries of one event that is still to be routed, locked; its data is not read."""
    rows = sql.query(
        "SELECT type, tries FROM flowengine_event WHERE id = %(id)s"
        " AND state IN ('pending', 'published') FOR UPDATE SKIP LOCKED",
        {"id": event_id},
    )
    return (rows[0][0], rows[0][1]) if rows else None


def existing(ids: Sequence[UUID]) -> set[UUID]:
    """Those of *ids* that have a row."""
    rows = sql.query("SELECT id FROM flowengine_event WHERE id = ANY(%(ids)s)", {"ids": list(ids)})
    return {sql.as_uuid(row[0]) for row in rows}


def mark_routed(ids: Sequence[UUID], now: datetime) -> None:
    """These locked events are routed: nothing is due any more."""
    _set(ids, "state = 'routed', due_at = NULL, routed_at = %(now)s", now=now)


def withdraw(ids: Sequence[UUID], now: datetime) -> None:
    """Take back those of these events that are not routed yet, in a transaction of its own.

    It waits for those that are being routed, or are held by who starts what they have waited for.
    """
    if not ids:
        return
    with sql.writing():
        rows = sql.query(
            "SELECT id, state FROM flowengine_event WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE",
            {"ids": list(ids)},
        )
        mark_routed([sql.as_uuid(row[0]) for row in rows if row[1] in _OPEN], now)


def hold(ids: Sequence[UUID]) -> None:
    """Lock these events, in the order of ids, until the transaction ends."""
    sql.query(
        "SELECT id FROM flowengine_event WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE",
        {"ids": list(ids)},
    )


def mark_dead(ids: Sequence[UUID]) -> None:
    """These locked events cannot be routed: nothing is due any more."""
    _set(ids, "state = 'dead', due_at = NULL")


def mark_tried(event_id: UUID, due_at: datetime) -> None:
    """Routing this locked event failed once more; it is due again at *due_at*, without the broker."""
    _set([event_id], "state = 'published', tries = tries + 1, due_at = %(due_at)s", due_at=due_at)


def claim_pending(now: datetime, until: datetime, *, limit: int) -> list[Event]:
    """Own events to publish, oldest first, held back from other relays until *until*.

    To be called in a transaction. The rows are not locked beyond it: the router must find them free
    as soon as their messages arrive.
    """
    rows = sql.query(
        f"SELECT {_EVENT} FROM flowengine_event"
        " WHERE state = 'pending' AND due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s"
        " FOR UPDATE SKIP LOCKED",
        {"now": now, "limit": limit},
    )
    claimed: list[Event] = []
    unreadable: list[UUID] = []
    for row in rows:
        try:
            claimed.append(value(row))
        except msgspec.DecodeError:
            unreadable.append(sql.as_uuid(row[0]))
    _set([event.id for event in claimed], "due_at = %(until)s", until=until)
    # Left to the router, which buries what it cannot read; here it would hold up all others.
    _set(unreadable, "state = 'published'")
    return claimed


def mark_published(ids: Sequence[UUID], overdue_at: datetime) -> None:
    """The broker has these; at *overdue_at* they are routed without it. Routed ones stay so.

    Those that a router holds just now are passed over: it has their messages, which is the point.
    """
    _set(ids, "state = 'published', due_at = %(at)s", only=_PENDING_AND_FREE, at=overdue_at)


def postpone(ids: Sequence[UUID], due_at: datetime) -> None:
    """The broker did not take these: publish them again at *due_at*."""
    _set(ids, "due_at = %(at)s", only=_PENDING_AND_FREE, at=due_at)


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
        _set(list(claimed), "due_at = %(until)s", until=now + late)
    return [event_id for event_id in seen if event_id in claimed]


def own_source() -> str:
    """The CloudEvents source of this project's events: the setting, or the id of this database.

    The id is made when it is first asked for; two that ask at once get the same.
    """
    named = settings().SOURCE
    if named is not None:
        return named
    records = InstallationRecord.objects.using(settings().DATABASE)
    source = records.filter(pk=1).values_list("source", flat=True).first()
    if source is None:
        fresh = uuid7(int(system_now().timestamp() * 1000), os.urandom(10))
        made = InstallationRecord(id=1, source=f"urn:uuid:{fresh}")
        records.bulk_create([made], ignore_conflicts=True)
        source = records.values_list("source", flat=True).get(pk=1)
    return source


def _set(ids: Sequence[UUID], assignments: str, *, only: str = "", **values: Any) -> None:
    if ids:
        sql.execute(
            f"UPDATE flowengine_event SET {assignments} WHERE id = ANY(%(ids)s){only}",
            {"ids": list(ids), **values},
        )


def readable(rows: Iterable[Sequence[Any]]) -> list[Event]:
    """The events of rows with these columns; what cannot be read is left out."""
    found: list[Event] = []
    for row in rows:
        # The router buries what it cannot read.
        with contextlib.suppress(msgspec.DecodeError):
            found.append(value(row))
    return found


def value(row: Sequence[Any]) -> Event:
    """The event of a row with these columns.

    Raises:
        msgspec.DecodeError: its data, or its parent, is nothing that this version can read.
    """
    return Event(
        id=sql.as_uuid(row[0]),
        type=row[1],
        data=_decode(row[2]),
        time=sql.as_datetime(row[3]) or row[3],
        source=row[4],
        external_id=row[5],
        subject=row[6],
        actor=row[7],
        key=row[8],
        correlation_id=row[9],
        causation_id=row[10],
        hops=row[11],
        traceparent=row[12],
        replay=row[13],
        target=row[14],
        parent=parents.decoded(row[15]),
    )

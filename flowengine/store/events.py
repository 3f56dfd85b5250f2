"""Rows of events <-> ``Event`` values.

An own event is ``pending`` (to be published), ``published``, and at last ``routed``; a foreign one
begins as ``published``: it came by the broker and is already in a router's hands. ``dead`` is an event
that could not be routed. Routing is open to a pending event too: the message may overtake the mark
that says it was sent, and a relay hands a few events to the router beside it while it publishes them.
Such a routed row stays due until the broker has confirmed it: when due, it is published again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
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
from flowengine.store import again, parents, sql, tables
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
    due_at: datetime | None = None
    """When something is to be done with it; None = nothing is."""

    @property
    def is_open(self) -> bool:
        """It is still to be routed."""
        return self.state in _OPEN

    @property
    def is_unsent(self) -> bool:
        """It is routed, and still to be published."""
        return self.state is EventState.ROUTED and self.due_at is not None


_FOREIGN = (
    *("id", "source", "external_id", "type", "subject", "time", "actor", "data"),
    *("correlation_id", "causation_id", "hops", "traceparent"),
    *("replay", "state", "due_at", "tries", "created_at"),
)
_NAMES = (
    *("id", "type", "data", "time", "source", "external_id", "subject", "actor", "key"),
    *("correlation_id", "causation_id", "hops", "traceparent", "replay", "target", "parent"),
    "again",
)
EVENT = ", ".join((*_NAMES, "state", "tries", "created_at", "due_at"))
"""The columns of :func:`value`, and where the event stands."""

_LOCK = f"SELECT {EVENT} FROM flowengine_event WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"

_decode = msgspec.json.decode
_encode = msgspec.json.encode


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
    return [_locked(row) for row in sql.query(_LOCK, {"ids": list(ids)})]


def seen(ids: Sequence[UUID]) -> list[Locked]:
    """The same without locks, for who only looks; what cannot be read is left out."""
    found: list[Locked] = []
    for row in sql.query(_LOCK.removesuffix(" FOR UPDATE"), {"ids": list(ids)}):
        with contextlib.suppress(msgspec.DecodeError):
            found.append(_locked(row))
    return found


def _locked(row: Sequence[Any]) -> Locked:
    return Locked(
        event=value(row),
        state=EventState(row[17]),
        tries=row[18],
        written_at=sql.as_datetime(row[19]) or row[19],
        due_at=sql.as_datetime(row[20]),
    )


def untargeted(ids: Sequence[UUID]) -> dict[UUID, str]:
    """The types of those of these events that are still to be routed and are for everybody."""
    rows = sql.query(
        "SELECT id, type, again FROM flowengine_event WHERE id = ANY(%(ids)s)"
        " AND state IN ('pending', 'published') AND target IS NULL",
        {"ids": list(ids)},
    )
    return {sql.as_uuid(row[0]): row[1] for row in rows if not _is_for_one(row[2])}


def load(ids: Sequence[UUID]) -> list[Event]:
    """These events, in the order in which they were written; what cannot be read is left out."""
    rows = sql.query(
        f"SELECT {EVENT} FROM flowengine_event WHERE id = ANY(%(ids)s) ORDER BY created_at, id",
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


def origins(ids: Sequence[UUID]) -> set[UUID]:
    """The events that these are edited copies of, and those that were replayed themselves; without locks."""
    text = "SELECT again FROM flowengine_event WHERE id = ANY(%(ids)s) AND again IS NOT NULL"
    found = [again.decoded(row[0]) for row in sql.query(text, {"ids": list(ids)})]
    return {each.origin for each in found if each is not None and each.origin is not None}


def existing(ids: Sequence[UUID]) -> set[UUID]:
    """Those of *ids* that have a row."""
    rows = sql.query("SELECT id FROM flowengine_event WHERE id = ANY(%(ids)s)", {"ids": list(ids)})
    return {sql.as_uuid(row[0]) for row in rows}


def mark_routed(ids: Sequence[UUID], now: datetime, *, in_hand: bool = False) -> None:
    """These locked events are routed: nothing is due any more.

    *in_hand*: a relay is publishing them. What it has not marked yet stays due when it was.
    """
    due_at = "CASE state WHEN 'pending' THEN due_at END" if in_hand else "NULL"
    set_(ids, f"state = 'routed', due_at = {due_at}, routed_at = %(now)s", now=now)


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


def insert_copies(copies: Sequence[Event], now: datetime) -> None:
    """Write corrected copies of events, to be routed; one that is there already stays as it is."""
    sql.insert(
        tables.EVENT,
        (*_NAMES, "state", "due_at", "tries", "created_at"),
        [
            (
                *(event.id, event.type, _encode(event.data), event.time, event.source),
                *(event.external_id, event.subject, event.actor, event.key),
                *(event.correlation_id, event.causation_id, event.hops, event.traceparent),
                *(event.replay, event.target, None, again.encoded(event.again)),
                *(EventState.PUBLISHED, now, 0, now + timedelta(microseconds=place)),
            )
            for place, event in enumerate(copies)
        ],
        ignore=True,
    )


def count_replays(numbers: Mapping[UUID, int]) -> None:
    """These locked events have been replayed so often, by copies."""
    sql.update(
        tables.EVENT, ("replay",), ("id",), [(number, each) for each, number in numbers.items()]
    )


def replay(replayed: Sequence[Event], now: datetime, *, unsent: Collection[UUID] = ()) -> None:
    """These locked events are to be routed once more, by their ``replay`` and ``again``.

    They are not published again, for whoever else listens has had them; but for those *unsent*.
    """
    sql.update(
        tables.EVENT,
        ("replay", "again", "state", "due_at", "tries", "routed_at"),
        ("id",),
        [
            (
                *(event.replay, again.encoded(event.again)),
                EventState.PENDING if event.id in unsent else EventState.PUBLISHED,
                *(now, 0, None, event.id),
            )
            for event in replayed
        ],
    )


def hold(ids: Sequence[UUID]) -> None:
    """Lock these events, in the order of ids, until the transaction ends."""
    sql.query(
        "SELECT id FROM flowengine_event WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE",
        {"ids": list(ids)},
    )


def mark_dead(ids: Sequence[UUID]) -> None:
    """These locked events cannot be routed: nothing is due any more."""
    set_(ids, "state = 'dead', due_at = NULL")


def mark_tried(event_id: UUID, due_at: datetime) -> None:
    """Routing this locked event failed once more; it is due again at *due_at*, without the broker."""
    set_([event_id], "state = 'published', tries = tries + 1, due_at = %(due_at)s", due_at=due_at)


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


def set_(ids: Sequence[UUID], assignments: str, **values: Any) -> None:
    """Write this into the rows of these events."""
    if ids:
        sql.execute(
            f"UPDATE flowengine_event SET {assignments} WHERE id = ANY(%(ids)s)",
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
    how = again.decoded(row[16])
    # Who replays a call for its workflow alone gets a run of its own: its caller has gone on.
    is_freed = how is not None and how.only is not None
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
        parent=None if is_freed else parents.decoded(row[15]),
        again=how,
    )


def _is_for_one(text: str | None) -> bool:
    how = again.decoded(text)
    return how is not None and how.only is not None

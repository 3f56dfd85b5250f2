"""As :mod:`flowengine.store.events`, and the events that are emitted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from flowengine.engine.event import Event
from flowengine.store.events import EventState, Locked
from tests.simulation.model.database import Database, setting
from tests.simulation.model.tables import EventRow

_OPEN = frozenset({EventState.PENDING, EventState.PUBLISHED})


def insert_foreign(
    db: Database, events: Sequence[tuple[Event, bytes]], now: datetime, *, overdue_at: datetime
) -> None:
    if not events:
        return
    with db.statement("events.insert_foreign"):
        for place, (event, _data) in enumerate(events):
            row = EventRow(
                event=event,
                state=EventState.PUBLISHED,
                due_at=overdue_at,
                created_at=now + timedelta(microseconds=place),
            )
            db.insert("event", row, ignore=True)


def lock(db: Database, ids: Sequence[UUID]) -> list[Locked]:
    with db.statement("events.lock"):
        rows = [row for each in sorted(set(ids)) if (row := db.get("event", each)) is not None]
        return [
            Locked(
                event=row.event,
                state=EventState(row.state),
                tries=row.tries,
                written_at=row.created_at,
                due_at=row.due_at,
            )
            for row in db.lock("event", rows)
        ]


def untargeted(db: Database, ids: Sequence[UUID]) -> dict[UUID, str]:
    with db.statement("events.untargeted"):
        rows = [row for each in ids if (row := db.get("event", each)) is not None]
    return {r.event.id: r.event.type for r in rows if is_open(r) and r.event.addressee is None}


def load(db: Database, ids: Sequence[UUID]) -> list[Event]:
    with db.statement("events.load"):
        rows = [row for each in ids if (row := db.get("event", each)) is not None]
    return [row.event for row in in_order(rows)]


def lock_tries(db: Database, event_id: UUID) -> tuple[str, int] | None:
    with db.statement("events.lock_tries"):
        row = db.get("event", event_id)
        found = [] if row is None else db.lock("event", [row], is_wanted=is_open, skip=True)
    return (found[0].event.type, found[0].tries) if found else None


def existing(db: Database, ids: Sequence[UUID]) -> set[UUID]:
    with db.statement("events.existing"):
        return {each for each in ids if db.get("event", each) is not None}


def mark_routed(db: Database, ids: Sequence[UUID], now: datetime, *, in_hand: bool = False) -> None:
    def routed(row: EventRow) -> EventRow:
        due_at = row.due_at if in_hand and is_pending(row) else None
        return replace(row, state=EventState.ROUTED, due_at=due_at)

    set_(db, ids, routed)


def withdraw(db: Database, ids: Sequence[UUID], now: datetime) -> None:
    if not ids:
        return
    with db.transaction():
        with db.statement("events.withdraw"):
            rows = [row for each in sorted(ids) if (row := db.get("event", each)) is not None]
            found = db.lock("event", rows)
        mark_routed(db, [row.event.id for row in found if is_open(row)], now)


def replay(
    db: Database, replayed: Sequence[Event], now: datetime, *, unsent: Collection[UUID] = ()
) -> None:
    if not replayed:
        return
    with db.statement("events.replay"):
        for each in replayed:
            state = EventState.PENDING if each.id in unsent else EventState.PUBLISHED
            db.change("event", each.id, setting(event=each, state=state, due_at=now, tries=0))


def hold(db: Database, ids: Sequence[UUID]) -> None:
    with db.statement("events.hold"):
        db.lock(
            "event", [row for each in sorted(ids) if (row := db.get("event", each)) is not None]
        )


def mark_dead(db: Database, ids: Sequence[UUID]) -> None:
    set_(db, ids, lambda row: replace(row, state=EventState.DEAD, due_at=None))


def mark_tried(db: Database, event_id: UUID, due_at: datetime) -> None:
    set_(
        db,
        [event_id],
        lambda row: replace(row, state=EventState.PUBLISHED, tries=row.tries + 1, due_at=due_at),
    )


def own_source(db: Database) -> str:
    return "urn:uuid:simulation"


def set_(db: Database, ids: Sequence[UUID], change: Callable[[EventRow], EventRow]) -> None:
    if not ids:
        return
    with db.statement("events.set"):
        for each in ids:
            db.change("event", each, change)


def in_order(rows: Iterable[EventRow]) -> list[EventRow]:
    """As they were written."""
    return sorted(rows, key=lambda row: (row.created_at, row.event.id))


def is_pending(row: EventRow) -> bool:
    """It is still to be published."""
    return row.state == EventState.PENDING


def is_open(row: EventRow) -> bool:
    """It is still to be routed."""
    return row.state in _OPEN

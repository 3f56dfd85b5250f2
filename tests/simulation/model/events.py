"""As :mod:`flowengine.store.events`, and the events that are emitted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from flowengine.conf import settings
from flowengine.engine.event import Event
from flowengine.store.events import EventState, Locked
from tests.simulation.model.database import Database
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
            )
            for row in db.lock("event", rows)
        ]


def untargeted(db: Database, ids: Sequence[UUID]) -> dict[UUID, str]:
    with db.statement("events.untargeted"):
        rows = [row for each in ids if (row := db.get("event", each)) is not None]
    return {r.event.id: r.event.type for r in rows if is_open(r) and r.event.target is None}


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


def mark_routed(db: Database, ids: Sequence[UUID], now: datetime) -> None:
    _set(db, ids, lambda row: replace(row, state=EventState.ROUTED, due_at=None))


def withdraw(db: Database, ids: Sequence[UUID], now: datetime) -> None:
    if not ids:
        return
    with db.transaction():
        with db.statement("events.withdraw"):
            rows = [row for each in sorted(ids) if (row := db.get("event", each)) is not None]
            found = db.lock("event", rows)
        mark_routed(db, [row.event.id for row in found if is_open(row)], now)


def hold(db: Database, ids: Sequence[UUID]) -> None:
    with db.statement("events.hold"):
        db.lock(
            "event", [row for each in sorted(ids) if (row := db.get("event", each)) is not None]
        )


def mark_dead(db: Database, ids: Sequence[UUID]) -> None:
    _set(db, ids, lambda row: replace(row, state=EventState.DEAD, due_at=None))


def mark_tried(db: Database, event_id: UUID, due_at: datetime) -> None:
    _set(
        db,
        [event_id],
        lambda row: replace(row, state=EventState.PUBLISHED, tries=row.tries + 1, due_at=due_at),
    )


def claim_pending(db: Database, now: datetime, until: datetime, *, limit: int) -> list[Event]:
    def is_due(row: EventRow) -> bool:
        return row.state == EventState.PENDING and row.due_at is not None and row.due_at <= now

    with db.statement("events.claim_pending"):
        rows = sorted(filter(is_due, db.read("event")), key=lambda row: row.due_at)
        claimed = db.lock("event", rows, is_wanted=is_due, skip=True)[:limit]
    _set(db, [row.event.id for row in claimed], lambda row: replace(row, due_at=until))
    return [row.event for row in claimed]


def mark_published(db: Database, ids: Sequence[UUID], overdue_at: datetime) -> None:
    _set_free(db, ids, lambda row: replace(row, state=EventState.PUBLISHED, due_at=overdue_at))


def postpone(db: Database, ids: Sequence[UUID], due_at: datetime) -> None:
    _set_free(db, ids, lambda row: replace(row, due_at=due_at))


def claim_overdue(db: Database, now: datetime, *, limit: int, include_pending: bool) -> list[UUID]:
    late = timedelta(seconds=settings().OVERDUE_S)
    waited = now if include_pending else now - late

    def is_due(row: EventRow) -> bool:
        return row.due_at is not None and row.due_at <= now

    def is_overdue(row: EventRow) -> bool:
        return is_due(row) and (
            row.state == EventState.PUBLISHED
            or (row.state == EventState.PENDING and row.created_at <= waited)
        )

    with db.statement("events.overdue"):
        rows = sorted(filter(is_overdue, db.read("event")), key=lambda row: row.due_at)[:limit]
    if not rows:
        return []
    with db.transaction():
        with db.statement("events.claim_overdue"):
            claimed = {r.event.id for r in db.lock("event", rows, is_wanted=is_due, skip=True)}
        _set(db, sorted(claimed), lambda row: replace(row, due_at=now + late))
    return [row.event.id for row in rows if row.event.id in claimed]


def own_source(db: Database) -> str:
    return "urn:uuid:simulation"


def _set(db: Database, ids: Sequence[UUID], change: Callable[[EventRow], EventRow]) -> None:
    if not ids:
        return
    with db.statement("events.set"):
        for each in ids:
            db.change("event", each, change)


def _set_free(db: Database, ids: Sequence[UUID], change: Callable[[EventRow], EventRow]) -> None:
    """Those that are pending, and that nobody holds."""
    if not ids:
        return
    with db.statement("events.set_free"):
        rows = [row for each in ids if (row := db.get("event", each)) is not None]
        for row in db.lock("event", rows, is_wanted=_is_pending, skip=True):
            db.change("event", row.event.id, change)


def in_order(rows: Iterable[EventRow]) -> list[EventRow]:
    """As they were written."""
    return sorted(rows, key=lambda row: (row.created_at, row.event.id))


def _is_pending(row: EventRow) -> bool:
    return row.state == EventState.PENDING


def is_open(row: EventRow) -> bool:
    """It is still to be routed."""
    return row.state in _OPEN

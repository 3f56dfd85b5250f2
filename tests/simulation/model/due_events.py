"""As :mod:`flowengine.store.due_events`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from flowengine.conf import settings
from flowengine.engine.event import Event
from flowengine.store.events import EventState
from tests.simulation.model.database import Database
from tests.simulation.model.events import is_pending, set_
from tests.simulation.model.tables import EventRow


def claim_pending(db: Database, now: datetime, until: datetime, *, limit: int) -> list[Event]:
    return _claim(db, EventState.PENDING, now, until, limit)


def claim_unsent(db: Database, now: datetime, until: datetime, *, limit: int) -> list[Event]:
    return _claim(db, EventState.ROUTED, now, until, limit)


def _claim(
    db: Database, state: EventState, now: datetime, until: datetime, limit: int
) -> list[Event]:
    def is_due(row: EventRow) -> bool:
        return row.state == state and row.due_at is not None and row.due_at <= now

    with db.statement("events.claim"):
        rows = sorted(filter(is_due, db.read("event")), key=lambda row: row.due_at)
        claimed = db.lock("event", rows, is_wanted=is_due, skip=True)[:limit]
        for row in claimed:
            db.change("event", row.event.id, lambda row: replace(row, due_at=until))
    return [row.event for row in claimed]


def mark_published(db: Database, ids: Sequence[UUID], overdue_at: datetime) -> None:
    _set_free(db, ids, lambda row: replace(row, state=EventState.PUBLISHED, due_at=overdue_at))


def mark_sent(db: Database, ids: Sequence[UUID], overdue_at: datetime) -> None:
    def is_unsent(row: EventRow) -> bool:
        return row.state in {EventState.PENDING, EventState.ROUTED}

    def sent(row: EventRow) -> EventRow:
        if is_pending(row):
            return replace(row, state=EventState.PUBLISHED, due_at=overdue_at)
        return replace(row, due_at=None)

    if not ids:
        return
    with db.statement("events.mark_sent"):
        rows = [row for each in sorted(ids) if (row := db.get("event", each)) is not None]
        for row in db.lock("event", rows, is_wanted=is_unsent):
            db.change("event", row.event.id, sent)


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
        set_(db, sorted(claimed), lambda row: replace(row, due_at=now + late))
    return [row.event.id for row in rows if row.event.id in claimed]


def _set_free(db: Database, ids: Sequence[UUID], change: Callable[[EventRow], EventRow]) -> None:
    """Those that are pending, and that nobody holds."""
    if not ids:
        return
    with db.statement("events.set_free"):
        rows = [row for each in ids if (row := db.get("event", each)) is not None]
        for row in db.lock("event", rows, is_wanted=is_pending, skip=True):
            db.change("event", row.event.id, change)

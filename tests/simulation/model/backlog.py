"""As :mod:`flowengine.store.backlog`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from flowengine.engine.event import Event
from flowengine.store.backlog import Kind, Position
from tests.simulation.model.database import Database
from tests.simulation.model.events import in_order, is_open


def open_kinds(db: Database) -> list[Kind]:
    with db.statement("backlog.open_kinds"):
        rows = [row for row in db.read("event") if is_open(row) and row.due_at is not None]
    return list(dict.fromkeys((row.event.type, row.event.target) for row in in_order(rows)))


def open_before(
    db: Database,
    before: datetime,
    kinds: Collection[Kind],
    *,
    but: Collection[UUID],
    limit: int,
) -> list[tuple[Event | None, datetime]]:
    if not kinds:
        return []
    with db.statement("backlog.open_before"):
        rows = [
            row
            for row in db.read("event")
            if is_open(row)
            and row.due_at is not None
            and (row.event.type, row.event.target) in kinds
            and row.created_at < before
            and row.event.id not in but
        ]
    return [(row.event, row.created_at) for row in in_order(rows)[:limit]]


def oldest_open(db: Database) -> datetime | None:
    with db.statement("backlog.oldest_open"):
        rows = [row for row in db.read("event") if is_open(row) and row.due_at is not None]
    return min((row.created_at for row in rows), default=None)


def types_since(db: Database, since: datetime) -> list[str]:
    with db.statement("backlog.types_since"):
        rows = [row for row in db.read("event") if row.created_at >= since]
    return sorted({row.event.type for row in rows if row.event.target is None})


def page(
    db: Database, types: Collection[str], *, after: Position, limit: int
) -> tuple[list[Event], Position | None]:
    with db.statement("backlog.page"):
        rows = [
            row
            for row in in_order(db.read("event"))
            if row.event.type in types
            and row.event.target is None
            and (row.created_at, row.event.id) > after
        ][:limit]
    end = (rows[-1].created_at, rows[-1].event.id) if len(rows) == limit else None
    return [row.event for row in rows], end

"""Who works: worker processes, and until when each counts as alive."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query

from flowengine.conf import settings
from flowengine.models import WorkerRecord
from flowengine.representations import instant
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.paging import Instant, Page, Paged, Shape, cursor, page_of, place_after

door = Door("workers")
_clock = DatabaseClock()


class WorkerTold(Shape):
    """A worker process."""

    id: UUID
    name: str
    host: str
    pid: int
    stations: list[str]
    version: str
    state: str
    is_alive: bool
    """Its lease has not run out."""
    due_at: Instant | None
    """The end of its lease; null = it has ended."""
    started_at: Instant
    seen_at: Instant
    consumed_at: Instant | None
    """When it last took work."""


@door.get("workers", needs=permission("view_workerrecord"), answer=Page[WorkerTold])
def list_workers(request: HttpRequest, query: Query[Paged]) -> Any:
    """Worker processes, the last started first; those that have ended stay for a day."""
    now = _clock.now()
    rows = WorkerRecord.objects.using(settings().DATABASE).order_by("-started_at", "-id")
    place = place_after(query.after)
    if place is not None:
        at, key = place
        rows = rows.filter(Q(started_at__lt=at) | Q(started_at=at, id__lt=key))
    return page_of(
        list(rows[: query.limit + 1]),
        query.limit,
        lambda row: _told(row, now),
        lambda row: cursor(row.started_at, row.id),
    )


def _told(row: WorkerRecord, now: datetime) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in ("id", "name", "host", "pid", "version", "state")},
        "stations": json.loads(row.stations),
        "is_alive": row.due_at is not None and row.due_at > now,
        **{
            name: instant(getattr(row, name))
            for name in ("due_at", "started_at", "seen_at", "consumed_at")
        },
    }

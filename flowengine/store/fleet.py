"""The worker processes as who looks at all of them sees them, with what each has counted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db.models import Q

from flowengine.conf import settings
from flowengine.engine.gauge import Reading, Sums, add_up
from flowengine.models import WorkerRecord
from flowengine.store.workers import WorkerState

ENDED_SHOWN = timedelta(hours=1)
"""So long after its end a process still says when something last ended at its stations."""
MEMBERS_MAX = 500
"""Those that were heard of last; more processes are not looked at."""

_PLAIN = (
    *("id", "name", "host", "pid", "version", "project_version", "concurrency", "state"),
    *("due_at", "started_at", "seen_at", "consumed_at", "metered_at"),
    *("wanted", "wanted_since", "wanted_by", "wanted_reason"),
)

_reading = msgspec.json.Decoder(Reading).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One worker process; it may have ended."""

    id: UUID
    name: str
    host: str
    pid: int
    stations: tuple[str, ...]
    version: str
    project_version: str
    concurrency: int
    state: str
    due_at: datetime | None
    started_at: datetime
    seen_at: datetime
    consumed_at: datetime | None
    reading: Reading
    metered_at: datetime | None
    wanted: str
    """What people want it to be: alive, draining."""
    wanted_since: datetime | None
    wanted_by: str
    wanted_reason: str

    def is_alive(self, now: datetime) -> bool:
        """Its lease has not run out."""
        return self.due_at is not None and self.due_at > now

    def is_silent(self, now: datetime, *, lease: timedelta) -> bool:
        """It has not ended, and was not heard of for two thirds of a lease: two times it said nothing."""
        return self.state != WorkerState.ENDED and now - self.seen_at > lease * 2 / 3

    def serves(self, now: datetime) -> bool:
        """It takes work."""
        return self.is_alive(now) and self.state == WorkerState.ALIVE


def members(now: datetime) -> list[Member]:
    """All that have not ended, and those that have in the last hour, the last heard of first."""
    lately = ~Q(state=WorkerState.ENDED) | Q(seen_at__gt=now - ENDED_SHOWN)
    rows = WorkerRecord.objects.using(settings().DATABASE).filter(lately)
    return [member(row) for row in rows.order_by("-seen_at", "-id")[:MEMBERS_MAX]]


def member(row: WorkerRecord) -> Member:
    """A row as a value."""
    return Member(
        **{name: getattr(row, name) for name in _PLAIN},
        stations=tuple(json.loads(row.stations)),
        reading=_read(row.meter),
    )


def deployed_at(fleet: Iterable[Member], now: datetime) -> datetime | None:
    """When the first of the living processes was started that run the version started last."""
    alive = [each for each in fleet if each.is_alive(now)]
    last = max(alive, key=lambda each: (each.started_at, each.id), default=None)
    if last is None:
        return None
    same = (each for each in alive if each.project_version == last.project_version)
    return min(each.started_at for each in same)


def sums(fleet: Iterable[Member], now: datetime) -> Sums:
    """What they have counted, together."""
    readings = ((each.metered_at, each.reading) for each in fleet)
    return add_up(((at, reading) for at, reading in readings if at is not None), now)


def _read(text: str) -> Reading:
    """What a row holds; nothing where another version of flowengine has written it otherwise."""
    try:
        return _reading(text)
    except msgspec.ValidationError:
        return Reading()

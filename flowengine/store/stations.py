"""Rows of stations: their doors, and what each worker has lately seen fail there.

A station without a row is open.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.engine.breaker import Cap, Counts, Door, Station
from flowengine.store import sql, tables

_COLUMNS = (
    *("name", "door", "since", "due_at", "fingerprint", "reason", "by", "trips"),
    *("places", "places_since", "places_by", "places_reason"),
)
_ALL = f"SELECT {', '.join(_COLUMNS)} FROM flowengine_station ORDER BY name"
_ONE = f"SELECT {', '.join(_COLUMNS)} FROM flowengine_station WHERE name = %(name)s FOR UPDATE"

_CAPPED = """
SELECT name, places FROM flowengine_station
WHERE name = ANY(%(names)s::text[]) AND places IS NOT NULL ORDER BY name FOR UPDATE"""
_BUSY = f"""
SELECT station, count(*) FROM flowengine_step
WHERE {tables.STEP_IS_RUNNING} AND worker_id IS NOT NULL
  AND station = ANY(%(names)s::text[])
GROUP BY station"""

_OF_COUNT = ("station", "worker_id", "since", "at", "ended", "failures")
_COUNTED = f"SELECT {', '.join(_OF_COUNT)} FROM flowengine_station_count WHERE at > %(after)s"
_FORGET = """
DELETE FROM flowengine_station_count WHERE (station, worker_id) IN (
  SELECT station, worker_id FROM flowengine_station_count WHERE at < %(before)s
  ORDER BY station, worker_id FOR UPDATE SKIP LOCKED)"""

READY_MAX = 10_000
"""More that waits at a station is not counted."""
_WAITS = """
SELECT w.name, (SELECT count(*) FROM (
  SELECT 1 FROM flowengine_step s
  WHERE s.station = w.name AND s.state = 'ready' AND s.worker_id IS NULL LIMIT %(limit)s) AS r)"""
_READY = f"{_WAITS} FROM unnest(%(names)s::text[]) AS w(name)"
_READY_SQLITE = (
    _WAITS.replace("w.name", "json_extract(w.value, '$[0]')") + " FROM json_each(%(rows)s) w"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What one worker has written of a station."""

    station: str
    worker: UUID
    since: datetime | None
    """Since when the door was as it is, while this was counted."""
    counts: Counts


def counted(after: datetime) -> list[Counted]:
    """What workers have written since then; one statement."""
    return [_counted(row) for row in sql.query(_COUNTED, {"after": after})]


def count(
    worker: UUID,
    counts: Mapping[str, tuple[datetime | None, Counts]],
    now: datetime,
    *,
    before: datetime,
) -> None:
    """Write what this worker has seen at each station since its door moved, in the place of what it wrote.

    What anybody wrote *before* then is deleted with it. A transaction of its own.
    """
    if not counts:
        return
    rows = [
        (station, worker, since, now, each.ended, json.dumps(dict(each.failures), sort_keys=True))
        for station, (since, each) in sorted(counts.items())
    ]
    with sql.writing():
        sql.insert(tables.STATION_COUNT, _OF_COUNT, rows, over=("station", "worker_id"))
        sql.execute(_FORGET, {"before": before})


def every() -> dict[str, Station]:
    """All that have been spoken of, by name; one statement."""
    return {row[0]: _station(row) for row in sql.query(_ALL, {})}


def ready(names: Collection[str]) -> dict[str, int]:
    """How many steps are ready at each of these stations, counted up to ``READY_MAX``."""
    rows = sql.query_rows(_READY, _READY_SQLITE, {"limit": READY_MAX}, {"names": list(names)})
    return {str(row[0]): int(row[1]) for row in rows}


def room(names: Collection[str]) -> dict[str, int]:
    """How many more attempts may begin at each of those stations that have a cap; two statements.

    Their rows are locked until the transaction ends: who begins there next counts what begins here.
    """
    places = {row[0]: row[1] for row in sql.query(_CAPPED, {"names": sorted(names)})}
    if not places:
        return {}
    busy = dict(sql.query(_BUSY, {"names": list(places)}))
    return {name: most - busy.get(name, 0) for name, most in places.items()}


def lock(name: str) -> Station:
    """The station, locked until the transaction ends; a row is made where there is none."""
    sql.insert(tables.STATION, _COLUMNS, [_row(Station(name=name))], ignore=True)
    (row,) = sql.query(_ONE, {"name": name})
    return _station(row)


def write(station: Station) -> None:
    """Write a station that is locked."""
    sql.update(tables.STATION, _COLUMNS[1:], ("name",), [(*_row(station)[1:], station.name)])


def _row(station: Station) -> tuple[object, ...]:
    cap = station.cap
    return (
        *(station.name, station.door, station.since, station.due_at),
        *(station.fingerprint, station.reason, station.by, station.trips),
        *((None, None, "", "") if cap is None else (cap.places, cap.since, cap.by, cap.reason)),
    )


def _station(row: tuple[Any, ...]) -> Station:
    name, door, since, due_at, fingerprint, reason, by, trips, *cap = row
    return Station(
        name=str(name),
        door=Door(str(door)),
        since=sql.as_datetime(since),
        due_at=sql.as_datetime(due_at),
        fingerprint=str(fingerprint),
        reason=str(reason),
        by=str(by),
        trips=int(str(trips)),
        cap=_cap(*cap),
    )


def _cap(places: int | None, since: object, by: str, reason: str) -> Cap | None:
    at = sql.as_datetime(since)
    return (
        None if places is None or at is None else Cap(places=places, since=at, by=by, reason=reason)
    )


def _counted(row: tuple[Any, ...]) -> Counted:
    station, worker, since, _at, ended, failures = row
    return Counted(
        station=station,
        worker=sql.as_uuid(worker),
        since=sql.as_datetime(since),
        counts=Counts(ended=ended, failures=json.loads(failures)),
    )

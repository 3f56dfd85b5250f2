"""Rows of stations: their doors. A station without a row is open."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flowengine.engine.breaker import Door, Station
from flowengine.store import sql, tables

_COLUMNS = ("name", "door", "since", "due_at", "fingerprint", "reason", "by", "trips")
_ALL = f"SELECT {', '.join(_COLUMNS)} FROM flowengine_station ORDER BY name"
_ONE = f"SELECT {', '.join(_COLUMNS)} FROM flowengine_station WHERE name = %(name)s FOR UPDATE"

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


def every() -> dict[str, Station]:
    """All that have been spoken of, by name; one statement."""
    return {row[0]: _station(row) for row in sql.query(_ALL, {})}


def ready(names: Collection[str]) -> dict[str, int]:
    """How many steps are ready at each of these stations, counted up to ``READY_MAX``."""
    rows = sql.query_rows(_READY, _READY_SQLITE, {"limit": READY_MAX}, {"names": list(names)})
    return {str(row[0]): int(row[1]) for row in rows}


def lock(name: str, now: datetime) -> Station:
    """The station, locked until the transaction ends; a row is made where there is none."""
    sql.insert(tables.STATION, _COLUMNS, [_row(Station(name=name, since=now))], ignore=True)
    (row,) = sql.query(_ONE, {"name": name})
    return _station(row)


def write(station: Station) -> None:
    """Write a station that is locked."""
    sql.update(tables.STATION, _COLUMNS[1:], ("name",), [(*_row(station)[1:], station.name)])


def _row(station: Station) -> tuple[object, ...]:
    return (
        *(station.name, station.door, station.since, station.due_at),
        *(station.fingerprint, station.reason, station.by, station.trips),
    )


def _station(row: tuple[object, ...]) -> Station:
    name, door, since, due_at, fingerprint, reason, by, trips = row
    return Station(
        name=str(name),
        door=Door(str(door)),
        since=sql.as_datetime(since),
        due_at=sql.as_datetime(due_at),
        fingerprint=str(fingerprint),
        reason=str(reason),
        by=str(by),
        trips=int(str(trips)),
    )

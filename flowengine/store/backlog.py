"""Events as who looks at many of them sees them: those that are not routed yet, and the recent past."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from flowengine.engine.event import Event
from flowengine.store import events, sql

_PAGE = f"""
SELECT {events.columns("e")}, e.created_at FROM flowengine_event e
WHERE created_at >= %(at)s AND (created_at, id) > (%(at)s, %(id)s)
  AND type = ANY(%(types)s) AND target IS NULL
ORDER BY created_at, id LIMIT %(limit)s"""
_KIND = "type, COALESCE(target, '') AS target FROM flowengine_event WHERE due_at IS NOT NULL"
_OPEN_KINDS = f"""
WITH RECURSIVE kinds AS (
  (SELECT {_KIND} ORDER BY 1, 2 LIMIT 1)
  UNION ALL
  SELECT n.* FROM kinds k CROSS JOIN LATERAL (
    SELECT {_KIND} AND (type, COALESCE(target, '')) > (k.type, k.target)
    ORDER BY type, COALESCE(target, '') LIMIT 1) AS n)
SELECT * FROM kinds"""
"""It jumps from one to the next in the index, however many events there are of each."""
_OPEN_KINDS_SQLITE = f"SELECT DISTINCT {_KIND}"
_IS_EARLIER = """
  e.due_at IS NOT NULL AND e.state IN ('pending', 'published')
  AND e.created_at < %(before)s AND NOT (e.id = ANY(%(but)s))
  ORDER BY e.created_at, e.id LIMIT %(limit)s"""
_OPEN_BEFORE = f"""
SELECT {events.columns("o")}, o.created_at
FROM unnest(%(types)s::text[], %(targets)s::text[]) AS k(type, target) CROSS JOIN LATERAL (
  SELECT * FROM flowengine_event e
  WHERE e.type = k.type AND COALESCE(e.target, '') = k.target AND {_IS_EARLIER}) AS o
ORDER BY o.created_at, o.id LIMIT %(limit)s"""
_OPEN_BEFORE_SQLITE = f"""
SELECT {events.columns("e")}, e.created_at FROM json_each(%(rows)s) k CROSS JOIN flowengine_event e
WHERE e.type = json_extract(k.value, '$[0]') AND COALESCE(e.target, '') = json_extract(k.value, '$[1]')
  AND {_IS_EARLIER}"""

Kind = tuple[str, str | None]
"""Type and target of events."""
Position = tuple[datetime, UUID]
"""In the order in which events were written."""


def open_kinds() -> list[Kind]:
    """The types and targets of all events that are not routed yet, each pair once."""
    rows = sql.query(_OPEN_KINDS if sql.is_postgresql() else _OPEN_KINDS_SQLITE, {})
    return [(row[0], row[1] or None) for row in rows]


def open_before(
    before: datetime, kinds: Collection[Kind], *, but: Collection[UUID], limit: int
) -> list[tuple[Event | None, datetime]]:
    """Events of these kinds, not routed yet and written before that, oldest first, with when.

    Without those *but*. None for one that cannot be read.
    """
    if not kinds:
        return []
    given = {"types": [each[0] for each in kinds], "targets": [each[1] or "" for each in kinds]}
    values = {"before": before, "but": list(but), "limit": limit}
    rows = sql.query_rows(_OPEN_BEFORE, _OPEN_BEFORE_SQLITE, values, given)
    found: list[tuple[Event | None, datetime]] = []
    for row in rows:
        event = None
        with contextlib.suppress(msgspec.DecodeError):
            event = events.value(row)
        found.append((event, sql.as_datetime(row[-1]) or row[-1]))
    return found


def oldest_open() -> datetime | None:
    """When the oldest event was written that is not routed yet; None where all are."""
    rows = sql.query("SELECT min(created_at) FROM flowengine_event WHERE due_at IS NOT NULL", {})
    return sql.as_datetime(rows[0][0])


def types_since(since: datetime) -> list[str]:
    """The types of the events for everybody that were written since then."""
    rows = sql.query(
        "SELECT DISTINCT type FROM flowengine_event"
        " WHERE created_at >= %(since)s AND target IS NULL ORDER BY type",
        {"since": since},
    )
    return [row[0] for row in rows]


def page(
    types: Collection[str], *, after: Position, limit: int
) -> tuple[list[Event], Position | None]:
    """The next events of these types, for everybody, in the order in which they were written.

    Without those that cannot be read. With the position of the last one; None = there are no more.
    """
    rows = sql.query(_PAGE, {"types": list(types), "at": after[0], "id": after[1], "limit": limit})
    last = rows[-1] if len(rows) == limit else None
    end = None if last is None else (sql.as_datetime(last[-1]) or last[-1], sql.as_uuid(last[0]))
    return events.readable(rows), end

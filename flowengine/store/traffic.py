"""What events came lately, by type: from a bounded number of the newest rows, never counted in full."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flowengine.store import sql

LOOKED_AT_MAX = 5_000
"""The newest events that are looked at for a rate, or for the types there are."""
SOURCES_MAX = 500
"""The newest events of a type that are looked at for where they come from."""

_LATELY = """
SELECT e.type, COUNT(*), MAX(e.created_at) FROM (
  SELECT type, created_at FROM flowengine_event ORDER BY created_at DESC, id DESC LIMIT %(limit)s
) e GROUP BY e.type ORDER BY e.type"""
_TIMES = """
SELECT created_at FROM flowengine_event WHERE type = %(type)s AND created_at > %(since)s
ORDER BY created_at DESC, id DESC LIMIT %(limit)s"""
_SOURCES = """
SELECT e.source, COUNT(*) FROM (
  SELECT source FROM flowengine_event WHERE type = %(type)s
  ORDER BY created_at DESC, id DESC LIMIT %(limit)s
) e GROUP BY e.source ORDER BY 2 DESC"""


@dataclass(frozen=True, slots=True)
class Lately:
    """A type among the newest events."""

    type: str
    count: int
    """Of the newest :data:`LOOKED_AT_MAX` events of all types."""
    last_at: datetime


def lately() -> list[Lately]:
    """The types of the newest events, in the order of names; one statement."""
    rows = sql.query(_LATELY, {"limit": LOOKED_AT_MAX})
    return [Lately(name, int(count), sql.as_datetime(at) or at) for name, count, at in rows]


def times(type: str, since: datetime) -> list[datetime]:  # noqa: A002 - CloudEvents' own word
    """When the events of a type came since then, the newest first; at most :data:`LOOKED_AT_MAX`."""
    rows = sql.query(_TIMES, {"type": type, "since": since, "limit": LOOKED_AT_MAX})
    return [sql.as_datetime(at) or at for (at,) in rows]


def sources(type: str) -> dict[str | None, int]:  # noqa: A002 - CloudEvents' own word
    """Where the newest :data:`SOURCES_MAX` events of a type came from, the most first; None = from here."""
    rows = sql.query(_SOURCES, {"type": type, "limit": SOURCES_MAX})
    return {source: int(count) for source, count in rows}

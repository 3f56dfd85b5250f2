"""By which values stored events can be found: the other half of a wait.

A wait is for events in whose data some paths have some values. Of these the alphabetically first path
and its value make the wait's *key*; an event has one key for each path that some definition waits by.
Both are hashes, so that a value of any length is found by one index; whoever finds by them compares
the values themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from flowengine.store import sql, tables

_NAMESPACE = UUID("1d5b7a5e-3b0c-5e0f-9a55-0b6a0f6d7c06")


def key_path(match: Iterable[str]) -> str:
    """The path, of those of one wait, that its key is of."""
    return min(match)


def key_of(path: str, value: str) -> UUID:
    """The key of that value at that path."""
    return uuid5(_NAMESPACE, f"{len(path)}:{path}{value}")


def insert(keys: Iterable[tuple[UUID, UUID]], now: datetime) -> None:
    """Make events findable: keys with the ids of their events; known ones are left as they are."""
    sql.insert(
        tables.EVENT_KEY,
        ("key", "event_id", "added_at"),
        [(*each, now) for each in sorted(set(keys))],
        ignore=True,
    )

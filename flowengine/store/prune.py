"""Deleting what is over and old, a page at a time, oldest first. What is open holds what it needs.

A page is chosen and deleted in the caller's transaction; rows that another transaction holds are left
for the next page. The oldest rows are read by their age, so a page costs the same whatever the size of
the tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.store import dead_places, sql

_FINAL = "('succeeded', 'failed', 'cancelled', 'expired')"
_LIVE_ITEM = "('pending', 'sent')"
_LIVE_REPLAY = "('proposed', 'canary', 'running', 'paused')"
_OPEN_LETTER = "('open', 'replaying')"
_OLD_RUN = f"""
FROM flowengine_run r
WHERE r.created_at < %(before)s AND r.finished_at < %(before)s AND r.state IN {_FINAL}
  AND r.due_at IS NULL AND r.tail = ''
  AND NOT EXISTS (SELECT 1 FROM flowengine_dead_letter d
    WHERE d.run_id = r.id AND d.state IN {_OPEN_LETTER})
  AND NOT EXISTS (SELECT 1 FROM flowengine_run p
    WHERE p.id = r.parent_run AND NOT (p.state IN {_FINAL}))
  AND NOT EXISTS (SELECT 1 FROM flowengine_place l WHERE l.run_id = r.id)
  AND NOT EXISTS (SELECT 1 FROM flowengine_replay_item i
    WHERE i.run_id = r.id AND i.state IN {_LIVE_ITEM})
  AND NOT EXISTS (SELECT 1 FROM flowengine_replay_item i
    WHERE i.object_id = r.id AND i.state IN {_LIVE_ITEM})"""
_OLD_EVENT = f"""
FROM flowengine_event e
WHERE e.created_at < %(before)s AND e.state IN ('routed', 'dead') AND e.due_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM flowengine_run r WHERE r.event_id = e.id)
  AND NOT EXISTS (SELECT 1 FROM flowengine_dead_letter d
    WHERE d.event_id = e.id AND d.state IN {_OPEN_LETTER})
  AND NOT EXISTS (SELECT 1 FROM flowengine_replay_item i
    WHERE i.event_id = e.id AND i.state IN {_LIVE_ITEM})
  AND NOT EXISTS (SELECT 1 FROM flowengine_replay_item i
    WHERE i.object_id = e.id AND i.state IN {_LIVE_ITEM})"""
_OLD_LETTER = "FROM flowengine_dead_letter d WHERE d.closed_at < %(before)s"
_OLD_SELECTION = f"""
FROM flowengine_selection s
WHERE s.created_at < %(before)s AND NOT EXISTS (
  SELECT 1 FROM flowengine_replay p WHERE p.selection_id = s.id AND p.state IN {_LIVE_REPLAY})"""
_OLD_REPLAY = f"""
FROM flowengine_replay p
WHERE p.created_at < %(before)s AND NOT (p.state IN {_LIVE_REPLAY})"""
_PAGE = "SELECT {0}.id {1} ORDER BY {0}.{2} LIMIT %(limit)s FOR UPDATE OF {0} SKIP LOCKED"
_COUNT = "SELECT count(*) FROM (SELECT 1 {} LIMIT %(limit)s) AS found"
_RUNS = _PAGE.format("r", _OLD_RUN, "created_at")
_EVENTS = _PAGE.format("e", _OLD_EVENT, "created_at")
_LETTERS = _PAGE.format("d", _OLD_LETTER, "closed_at").replace(
    "SELECT d.id", "SELECT d.id, d.group_id"
)
_SELECTION = _PAGE.format("s", _OLD_SELECTION, "created_at")
_REPLAY = _PAGE.format("p", _OLD_REPLAY, "created_at")
_OLD = {
    "runs": _OLD_RUN,
    "events": _OLD_EVENT,
    "dead_letters": _OLD_LETTER,
    "selections": _OLD_SELECTION,
    "replays": _OLD_REPLAY,
}
_ITEMS_OF_SELECTION = """
DELETE FROM flowengine_selection_item WHERE selection_id = %(id)s AND n IN (
  SELECT n FROM flowengine_selection_item WHERE selection_id = %(id)s ORDER BY n LIMIT %(limit)s)"""
_ITEMS_OF_REPLAY = """
DELETE FROM flowengine_replay_item WHERE replay_id = %(id)s AND n IN (
  SELECT n FROM flowengine_replay_item WHERE replay_id = %(id)s ORDER BY n LIMIT %(limit)s)"""
_GROUPS = """
SELECT id FROM flowengine_dead_group
WHERE last_at < %(before)s AND merged_into IS NULL AND split_by IS NULL AND NOT is_moving
  AND count <= 0 AND owner = '' AND note = ''
ORDER BY last_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED"""
_DELETE_GROUPS = """
DELETE FROM flowengine_dead_group WHERE id = ANY(%(ids)s)
  AND NOT EXISTS (SELECT 1 FROM flowengine_dead_letter d WHERE d.group_id = flowengine_dead_group.id)
  AND NOT EXISTS (SELECT 1 FROM flowengine_dead_tally t WHERE t.group_id = flowengine_dead_group.id)
  AND NOT EXISTS (
    SELECT 1 FROM flowengine_dead_group m WHERE m.merged_into = flowengine_dead_group.id)"""


def runs(before: datetime, *, limit: int) -> int:
    """Delete runs that ended before then, with their steps, history and waits; how many they were.

    Not those that somebody still waits for, nor those of open dead letters and of replays at work.
    """
    ids = _ids(_RUNS, before, limit)
    for table in ("history", "step", "wait"):
        _delete(table, "run_id", ids)
    _delete("run", "id", ids)
    return len(ids)


def events(before: datetime, *, limit: int) -> int:
    """Delete events that were answered before then, and the answers; how many they were.

    Not those of which there is a run, nor those of open dead letters and of replays at work.
    """
    ids = _ids(_EVENTS, before, limit)
    _delete("decision", "event_id", ids)
    _delete("event_key", "event_id", ids)
    _delete("event", "id", ids)
    return len(ids)


def dead_letters(before: datetime, now: datetime, *, limit: int) -> int:
    """Delete dead letters that were closed before then; how many they were."""
    rows = sql.query(_LETTERS, {"before": before, "limit": limit})
    _delete("dead_letter", "id", [sql.as_uuid(row[0]) for row in rows])
    gone = Counter(sql.as_uuid(row[1]) for row in rows)
    dead_places.tally((group, -n, 0, 0, now) for group, n in gone.items())
    return len(rows)


def dead_groups(before: datetime, *, limit: int) -> int:
    """Delete causes that nothing died of since then, and of which nothing is left; how many they were.

    Not those of which people have said something.
    """
    ids = _ids(_GROUPS, before, limit)
    # Looked at again under the lock: who has buried meanwhile has committed, or will find no group.
    return sql.execute(_DELETE_GROUPS, {"ids": ids}) if ids else 0


def selections(before: datetime, *, limit: int) -> int:
    """Delete what the oldest selection from before then names, and itself with the last; how many rows."""
    return _whole(_SELECTION, _ITEMS_OF_SELECTION, "selection", before, limit)


def replays(before: datetime, *, limit: int) -> int:
    """The same of the oldest replay that is over."""
    return _whole(_REPLAY, _ITEMS_OF_REPLAY, "replay", before, limit)


def count(what: str, before: datetime, *, limit: int) -> int:
    """How many would be deleted of ``runs``, ``events`` …; *limit* stands for so many and more."""
    rows = sql.query(_COUNT.format(_OLD[what]), {"before": before, "limit": limit})
    return int(rows[0][0])


def _whole(page: str, items: str, table: str, before: datetime, limit: int) -> int:
    ids = _ids(page, before, 1)
    if not ids:
        return 0
    deleted = sql.execute(items, {"id": ids[0], "limit": limit})
    if deleted < limit:
        _delete(table, "id", ids)
        deleted += 1
    return deleted


def _ids(text: str, before: datetime, limit: int) -> list[UUID]:
    parameters: dict[str, Any] = {"before": before, "limit": limit}
    return [sql.as_uuid(row[0]) for row in sql.query(text, parameters)]


def _delete(table: str, column: str, ids: Sequence[UUID]) -> None:
    if ids:
        sql.execute(
            f"DELETE FROM flowengine_{table} WHERE {column} = ANY(%(ids)s)", {"ids": [*ids]}
        )

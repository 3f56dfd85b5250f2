"""Deleting what is over and old, a page at a time, oldest first. What is open holds what it needs.

A page is so many rows in the order of their age, from where the page before it ended: those that nothing
holds are deleted, in the caller's transaction, and the others are passed by. So a pass over all that is
old enough reads each row once, however much of it is held. What another transaction has locked is passed
by as well, until the next pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from flowengine.store import dead_places, sql

ROWS_MAX = 20_000
"""So many rows below the deleted ones go in one page, or those of a single one."""
Mark = tuple[datetime, UUID]
"""How old a row is, and its id: the order of a pass."""
START: Mark = (datetime.min.replace(tzinfo=UTC), UUID(int=0))
"""Before all rows."""
_FINAL = "('succeeded', 'failed', 'cancelled', 'expired')"
_LIVE_ITEM = "('pending', 'sent')"
_LIVE_REPLAY = "('proposed', 'canary', 'running', 'paused')"
_OPEN_LETTER = "('open', 'replaying')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came of one page."""

    deleted: int = 0
    after: Mark | None = None
    """Where the next one begins; None = this was the last of the pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A table of which what is old goes."""

    table: str
    at: str
    """The column by which it is old."""
    free: str
    """What must hold for a row to go; the row is *t*."""
    more: str = "0"
    """About how many rows below it go with it, at most."""

    @property
    def looked(self) -> str:
        """The rows of a page, whether they are held or not."""
        return (
            f"SELECT t.id, t.{self.at}, {self.more} FROM flowengine_{self.table} t"
            f" WHERE t.{self.at} < %(before)s AND (t.{self.at}, t.id) > (%(at)s, %(id)s)"
            f" ORDER BY t.{self.at}, t.id LIMIT %(limit)s"
        )

    @property
    def freed(self) -> str:
        """Those of these that may go, locked."""
        return (
            f"SELECT t.id FROM flowengine_{self.table} t WHERE t.id = ANY(%(ids)s)"
            f" AND {self.free} ORDER BY t.id FOR UPDATE OF t SKIP LOCKED"
        )

    @property
    def counted(self) -> str:
        """How many may go."""
        return (
            f"SELECT count(*) FROM (SELECT 1 FROM flowengine_{self.table} t"
            f" WHERE t.{self.at} < %(before)s AND {self.free} LIMIT %(limit)s) AS found"
        )


_KINDS = {
    "runs": _Kind(
        table="run",
        at="created_at",
        more="t.seq",
        free=f"""t.finished_at < %(before)s AND t.state IN {_FINAL}
  AND t.due_at IS NULL AND t.tail = ''
  AND NOT EXISTS (SELECT 1 FROM flowengine_dead_letter d
    WHERE d.run_id = t.id AND d.state IN {_OPEN_LETTER})
  AND NOT EXISTS (SELECT 1 FROM flowengine_run p
    WHERE p.id = t.parent_run AND NOT (p.state IN {_FINAL}))
  AND NOT EXISTS (SELECT 1 FROM flowengine_place l WHERE l.run_id = t.id)
  AND NOT EXISTS (SELECT 1 FROM flowengine_replay_item i
    WHERE i.run_id = t.id AND i.state IN {_LIVE_ITEM})
  AND NOT EXISTS (SELECT 1 FROM flowengine_replay_item i
    WHERE i.object_id = t.id AND i.state IN {_LIVE_ITEM})""",
    ),
    "events": _Kind(
        table="event",
        at="created_at",
        free=f"""t.state IN ('routed', 'dead') AND t.due_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM flowengine_run r WHERE r.event_id = t.id)
  AND NOT EXISTS (SELECT 1 FROM flowengine_dead_letter d
    WHERE d.event_id = t.id AND d.state IN {_OPEN_LETTER})
  AND NOT EXISTS (SELECT 1 FROM flowengine_replay_item i
    WHERE i.event_id = t.id AND i.state IN {_LIVE_ITEM})
  AND NOT EXISTS (SELECT 1 FROM flowengine_replay_item i
    WHERE i.object_id = t.id AND i.state IN {_LIVE_ITEM})""",
    ),
    "dead_letters": _Kind(
        table="dead_letter", at="closed_at", free=f"NOT (t.state IN {_OPEN_LETTER})"
    ),
    "dead_groups": _Kind(
        table="dead_group",
        at="last_at",
        free="""t.merged_into IS NULL AND t.split_by IS NULL AND NOT t.is_moving
  AND t.count <= 0 AND t.owner = '' AND t.note = ''""",
    ),
    "selections": _Kind(
        table="selection",
        at="created_at",
        more="t.count",
        free="NOT EXISTS (SELECT 1 FROM flowengine_replay p WHERE p.selection_id = t.id)",
    ),
    "replays": _Kind(
        table="replay", at="created_at", more="t.total", free=f"NOT (t.state IN {_LIVE_REPLAY})"
    ),
}
_GROUPS_OF = "SELECT group_id FROM flowengine_dead_letter WHERE id = ANY(%(ids)s)"
_DELETE_GROUPS = """
DELETE FROM flowengine_dead_group WHERE id = ANY(%(ids)s)
  AND NOT EXISTS (SELECT 1 FROM flowengine_dead_letter d WHERE d.group_id = flowengine_dead_group.id)
  AND NOT EXISTS (SELECT 1 FROM flowengine_dead_tally t WHERE t.group_id = flowengine_dead_group.id)
  AND NOT EXISTS (
    SELECT 1 FROM flowengine_dead_group m WHERE m.merged_into = flowengine_dead_group.id)"""
_SLICE = """
DELETE FROM flowengine_{0}_item WHERE {0}_id = %(id)s AND n IN (
  SELECT n FROM flowengine_{0}_item WHERE {0}_id = %(id)s ORDER BY n LIMIT %(limit)s)"""


def runs(before: datetime, after: Mark, *, limit: int) -> Page:
    """Delete runs that ended before then, with their steps, history, logs and waits.

    Not those that somebody still waits for, nor those of open dead letters and of replays at work.
    """
    ids, _sizes, mark = _page("runs", before, after, limit)
    for table in ("history", "step", "attempt_log", "wait"):
        _delete(table, "run_id", ids)
    _delete("run", "id", ids)
    return Page(deleted=len(ids), after=mark)


def events(before: datetime, after: Mark, *, limit: int) -> Page:
    """Delete events that were answered before then, and the answers.

    Not those of which there is a run, nor those of open dead letters and of replays at work.
    """
    ids, _sizes, mark = _page("events", before, after, limit)
    _delete("decision", "event_id", ids)
    _delete("event_key", "event_id", ids)
    _delete("event", "id", ids)
    return Page(deleted=len(ids), after=mark)


def dead_letters(before: datetime, after: Mark, *, now: datetime, limit: int) -> Page:
    """Delete dead letters that were closed before then."""
    ids, _sizes, mark = _page("dead_letters", before, after, limit)
    gone = Counter(sql.as_uuid(row[0]) for row in sql.query(_GROUPS_OF, {"ids": ids}))
    _delete("dead_letter", "id", ids)
    dead_places.tally((group, -n, 0, 0, now) for group, n in gone.items())
    return Page(deleted=len(ids), after=mark)


def dead_groups(before: datetime, after: Mark, *, limit: int) -> Page:
    """Delete causes that nothing died of since then, and of which nothing is left.

    Not those of which people have said something.
    """
    ids, _sizes, mark = _page("dead_groups", before, after, limit)
    # Looked at again under the lock: who has buried meanwhile has committed, or will find no group.
    deleted = sql.execute(_DELETE_GROUPS, {"ids": ids}) if ids else 0
    return Page(deleted=deleted, after=mark)


def selections(before: datetime, after: Mark, *, limit: int) -> Page:
    """Delete selections from before then, with what they name; how many rows these were, too.

    Not those of which there is a replay.
    """
    return _wholes("selection", before, after, limit)


def replays(before: datetime, after: Mark, *, limit: int) -> Page:
    """The same of replays that are over."""
    return _wholes("replay", before, after, limit)


def count(what: str, before: datetime, *, limit: int) -> int:
    """How many would be deleted of ``runs``, ``events`` …; *limit* stands for so many and more."""
    rows = sql.query(_KINDS[what].counted, {"before": before, "limit": limit})
    return int(rows[0][0])


def _wholes(table: str, before: datetime, after: Mark, limit: int) -> Page:
    """A page of things with items; of one with more items than a page may have, a slice of these."""
    ids, sizes, mark = _page(f"{table}s", before, after, limit, most=limit)
    # Looked at again under the lock, which who begins a replay takes as well.
    found = sql.query(_KINDS[f"{table}s"].freed, {"ids": ids, "before": before}) if ids else []
    ids = [sql.as_uuid(row[0]) for row in found]
    if len(ids) == 1 and sizes[ids[0]] > limit:
        sliced = sql.execute(_SLICE.format(table), {"id": ids[0], "limit": limit})
        if sliced == limit:
            return Page(deleted=sliced, after=after)
        return Page(deleted=sliced + _delete(table, "id", ids), after=mark)
    items = _delete(f"{table}_item", f"{table}_id", ids)
    return Page(deleted=items + _delete(table, "id", ids), after=mark)


def _page(
    what: str, before: datetime, after: Mark, limit: int, *, most: int | None = None
) -> tuple[list[UUID], dict[UUID, int], Mark | None]:
    """The ids of a page that may go, locked; what goes with each; and where the next page begins.

    Where what goes with them is more than *most*, by default ``ROWS_MAX``, the page ends before the first
    that is too much.
    """
    kind = _KINDS[what]
    given = {"before": before, "at": after[0], "id": after[1], "limit": limit}
    looked = [(sql.as_uuid(row[0]), row[1], int(row[2])) for row in sql.query(kind.looked, given)]
    if not looked:
        return [], {}, None
    found = sql.query(kind.freed, {"ids": [each[0] for each in looked], "before": before})
    free = {sql.as_uuid(row[0]) for row in found}
    sizes: dict[UUID, int] = {}
    total = 0
    for each, at, size in looked:
        if each in free:
            total += size
            if sizes and total > (ROWS_MAX if most is None else most):
                return list(sizes), sizes, after
            sizes[each] = size
        seen = sql.as_datetime(at)
        assert seen is not None, "what is old has a time"
        after = (seen, each)
    return list(sizes), sizes, after if len(looked) == limit else None


def _delete(table: str, column: str, ids: Collection[UUID]) -> int:
    if not ids:
        return 0
    text = f"DELETE FROM flowengine_{table} WHERE {column} = ANY(%(ids)s)"
    return sql.execute(text, {"ids": [*ids]})

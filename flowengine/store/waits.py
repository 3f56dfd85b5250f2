"""Rows of waits: who waits for which event, and which event it got. Written under the run's lock."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.engine.event import Event
from flowengine.engine.run import Item
from flowengine.store import events, sql, sqlite, tables
from flowengine.store.event_keys import key_of, key_path

OF_A_STEP = -1
"""What ``entry`` is of a step's wait."""

_READ = "w.run_id, w.step, w.item, w.entry, w.patterns, w.match, w.event_id, w.created_at"
_BY_KEYS = """
SELECT DISTINCT w.run_id FROM flowengine_wait w
WHERE w.key = ANY(%(keys)s) AND w.event_id IS NULL AND w.run_id > %(after)s
ORDER BY w.run_id LIMIT %(limit)s"""
_CONCERNED = f"""
SELECT {_READ} FROM
(SELECT DISTINCT k.key FROM flowengine_event_key k WHERE k.event_id = ANY(%(events)s)) k
JOIN flowengine_wait w
  ON w.key = k.key AND w.event_id IS NULL AND w.run_id = ANY(%(runs)s)
UNION ALL
SELECT {_READ} FROM flowengine_wait w
WHERE w.event_id = ANY(%(events)s) AND w.run_id = ANY(%(runs)s)
ORDER BY created_at, step, item, entry"""
_DUE = """
SELECT w.run_id FROM flowengine_wait w WHERE w.due_at <= %(now)s ORDER BY w.due_at LIMIT %(limit)s"""
_PAST = f"""
SELECT w.run_id, {events.columns("e")} FROM flowengine_wait w
JOIN flowengine_run r ON r.id = w.run_id JOIN flowengine_event f ON f.id = r.event_id
LEFT JOIN flowengine_decision d ON d.run_id = r.id
JOIN flowengine_event_key k ON k.key = w.key
JOIN flowengine_event e ON e.id = k.event_id AND e.id <> f.id
  AND e.created_at >= CASE COALESCE(d.replay, 0) WHEN 0 THEN f.created_at ELSE r.created_at END
WHERE w.run_id = ANY(%(runs)s) AND w.event_id IS NULL AND w.due_at IS NOT NULL
ORDER BY e.created_at, e.id"""
_CLOSE_ALL = """
DELETE FROM flowengine_wait
WHERE run_id = ANY(%(runs)s) AND (event_id IS NULL OR run_id = ANY(%(over)s))"""
_CLOSE = """
DELETE FROM flowengine_wait AS w USING
unnest(%(runs)s::uuid[], %(steps)s::text[], %(items)s::text[]) AS c(run_id, step, item)
WHERE w.run_id = c.run_id AND w.step = c.step AND w.item = c.item AND w.event_id IS NULL"""
_CLOSE_SQLITE = """
DELETE FROM flowengine_wait WHERE run_id = %s AND step = %s AND item = %s AND event_id IS NULL"""
_LOOKED = """
UPDATE flowengine_wait SET due_at = NULL WHERE run_id = ANY(%(runs)s) AND due_at <= %(now)s"""
_LOOK_AGAIN = """
UPDATE flowengine_wait SET due_at = %(at)s WHERE run_id = ANY(%(runs)s) AND event_id IS NULL"""
_POSTPONE = """
UPDATE flowengine_wait SET due_at = %(until)s WHERE run_id = ANY(%(runs)s) AND due_at <= %(now)s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A step that waits for an event, or an entry of ``cancel_on``."""

    run_id: UUID
    step: str
    item: Item
    entry: int
    """Of ``cancel_on``; ``OF_A_STEP`` for a step."""
    patterns: tuple[str, ...]
    match: Mapping[str, str]
    """Path in the event's data -> the value, as text."""
    event_id: UUID | None = None
    """What it got; None = it still waits."""
    created_at: datetime | None = None
    """When it began; None = now."""

    @property
    def key(self) -> UUID:
        """By which events for it are found."""
        path = key_path(self.match)
        return key_of(path, self.match[path])

    @property
    def is_open(self) -> bool:
        """It still waits."""
        return self.event_id is None


def insert(rows: Sequence[Wait], now: datetime) -> None:
    """These wait from now on, and are to look back at once; no two rows may be of one place."""
    sql.insert(
        tables.WAIT,
        (
            *("run_id", "step", "item", "entry", "patterns", "match", "key", "event_id", "due_at"),
            "created_at",
        ),
        [
            (
                *(wait.run_id, wait.step, wait.item, wait.entry),
                json.dumps(wait.patterns),
                json.dumps(dict(wait.match)),
                wait.key,
                *(None, now, now),
            )
            for wait in rows
        ],
        over=("run_id", "step", "item", "entry"),
    )


def got(rows: Sequence[tuple[UUID, str, Item, int, UUID]]) -> None:
    """These waits (run, step, item, entry) have got that event."""
    sql.update(
        tables.WAIT,
        ("event_id", "due_at"),
        ("run_id", "step", "item", "entry"),
        [(event, None, run, step, item, entry) for run, step, item, entry, event in rows],
    )


def close(rows: Sequence[tuple[UUID, str, Item]]) -> None:
    """These steps (run, step, item) wait no longer; what they have got stays known."""
    if not rows:
        return
    if sql.is_postgresql():
        runs, steps, items = (list(column) for column in zip(*rows, strict=True))
        sql.execute(_CLOSE, {"runs": runs, "steps": steps, "items": items})
        return
    with sql.connection().cursor() as cursor:
        cursor.executemany(_CLOSE_SQLITE, [[sqlite.plain(v) for v in row] for row in rows])


def close_all(runs: Collection[UUID], *, over: Collection[UUID] = ()) -> None:
    """Nothing of these runs waits any longer; what those that are *over* have got is forgotten, too."""
    if runs:
        sql.execute(_CLOSE_ALL, {"runs": list(runs), "over": list(over)})


def waiting(keys: Collection[UUID], *, limit: int, after: UUID | None = None) -> list[UUID]:
    """Runs with an open wait of one of these keys, in the order of ids, after that run; no locks."""
    values = {"keys": list(keys), "limit": limit, "after": after or UUID(int=0)}
    return [sql.as_uuid(row[0]) for row in sql.query(_BY_KEYS, values)]


def concerned(runs: Collection[UUID], event_ids: Collection[UUID]) -> dict[UUID, list[Wait]]:
    """The waits of these locked runs that such events concern, oldest first.

    They are open and have the key of one of the events, which can be found by their keys; or they have
    got one of them.
    """
    found: dict[UUID, list[Wait]] = {run: [] for run in runs}
    for row in sql.query(_CONCERNED, {"runs": list(runs), "events": list(event_ids)}):
        wait = value(row)
        found[wait.run_id].append(wait)
    return found


def due(now: datetime, *, limit: int) -> list[UUID]:
    """Runs with a wait that has not looked back yet, each once, oldest first; no locks."""
    rows = sql.query(_DUE, {"now": now, "limit": limit})
    return list(dict.fromkeys(sql.as_uuid(row[0]) for row in rows))


def past(runs: Collection[UUID]) -> dict[UUID, list[Event]]:
    """What waits of these runs that have not looked back may have missed, in the order of events.

    Every event with a key of such a wait that was written since the one that started the run. The run
    of a replay counts from its own creation: its event was there long before. It is the run that is
    asked whether it is of one, by the answer that began it: the event may be replayed while it runs.
    """
    found: dict[UUID, dict[UUID, Event]] = {run: {} for run in runs}
    for row in sql.query(_PAST, {"runs": list(runs)}):
        event = events.value(row[1:])
        found[sql.as_uuid(row[0])].setdefault(event.id, event)
    return {run: list(by_id.values()) for run, by_id in found.items()}


def looked(runs: Collection[UUID], now: datetime) -> None:
    """The waits of these locked runs that began up to *now* have looked back."""
    sql.execute(_LOOKED, {"runs": list(runs), "now": now})


def look_again(runs: Collection[UUID], at: datetime) -> None:
    """The open waits of these locked runs look back once more, at that time."""
    sql.execute(_LOOK_AGAIN, {"runs": list(runs), "at": at})


def postpone(runs: Collection[UUID], now: datetime, until: datetime) -> None:
    """What is due of the waits of these locked runs is not looked at before *until*."""
    sql.execute(_POSTPONE, {"runs": list(runs), "now": now, "until": until})


def value(row: Sequence[Any]) -> Wait:
    """The wait of a row: run, step, item, entry, patterns, match, event, when it began."""
    return Wait(
        run_id=sql.as_uuid(row[0]),
        step=row[1],
        item=row[2],
        entry=row[3],
        patterns=tuple(json.loads(row[4])),
        match=json.loads(row[5]),
        event_id=None if row[6] is None else sql.as_uuid(row[6]),
        created_at=sql.as_datetime(row[7]),
    )

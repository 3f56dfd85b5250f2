"""What a floor is made from: what waits at each station, what is at work, what is asleep, and a few counts.

Each is one statement, whatever the number of stations. Every count ends at a limit, each by an index
that holds nothing but such rows: what is done is never looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowengine.store import sql
from flowengine.store.dead_totals import CAUSES
from flowengine.store.due_steps import PRIORITIES

READY_MAX = 10_000
"""More that waits at one station, of one priority, is not counted."""
SHOWN_MAX = 12
"""Rows that are read one by one, of each station and priority."""
ASLEEP_MAX = 200
"""Rows of one step that wait or retry; more are not counted."""
BUSY_MAX = 5_000
COUNT_MAX = 1_000
"""More held runs, approvals and so on are not counted."""
EVENTS_MAX = 1_000
"""The rate of a type is that of its newest events: those of the last minute, at most so many."""

_IS_READY = """
  s.station = {station} AND s.priority = {priority} AND s.task = {task}
  AND s.state = 'ready' AND s.worker_id IS NULL"""
_HERE = _IS_READY.format(station="w.station", priority="p.priority", task="w.task")
_READY = f"""
SELECT w.station, w.task, p.priority, c.n, t.run_id, t.step, t.item, t.ready_at
FROM unnest(%(stations)s::text[], %(tasks)s::text[]) AS w(station, task)
CROSS JOIN unnest(%(priorities)s::smallint[]) AS p(priority)
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
  SELECT 1 FROM flowengine_step s WHERE {_HERE} LIMIT {READY_MAX}) AS r) AS c
LEFT JOIN LATERAL (
  SELECT s.run_id, s.step, s.item, s.ready_at FROM flowengine_step s
  WHERE {_HERE} ORDER BY s.due_at LIMIT {SHOWN_MAX}) AS t ON c.n > 0"""
_THERE = _IS_READY.format(
    station="json_extract(w.value, '$[0]')",
    priority="p.value",
    task="json_extract(w.value, '$[1]')",
)
_READY_SQLITE = f"""
SELECT json_extract(w.value, '$[0]'), json_extract(w.value, '$[1]'), p.value,
  (SELECT count(*) FROM (SELECT 1 FROM flowengine_step s WHERE {_THERE} LIMIT {READY_MAX})),
  t.run_id, t.step, t.item, t.ready_at
FROM json_each(%(rows)s) w CROSS JOIN json_each(%(priorities)s) p
LEFT JOIN flowengine_step t ON t.rowid IN (
  SELECT s.rowid FROM flowengine_step s WHERE {_THERE} ORDER BY s.due_at LIMIT {SHOWN_MAX})"""

_BUSY = f"""
SELECT * FROM (
  SELECT s.station, s.task, s.run_id, s.step, s.item, s.state, s.started_at, s.worker_id
  FROM flowengine_step s
  WHERE s.worker_id = ANY(%(workers)s) AND s.state = 'running' LIMIT {BUSY_MAX}) AS b"""
_SINCE = "COALESCE(s.started_at, s.ready_at, s.first_started_at)"
_ASLEEP = f"""{_BUSY}
UNION ALL
SELECT t.* FROM unnest(%(steps)s::text[]) AS w(step) CROSS JOIN LATERAL (
  SELECT s.station, s.task, s.run_id, s.step, s.item, s.state, {_SINCE}, s.worker_id
  FROM flowengine_step s
  WHERE s.step = w.step AND s.state IN ('waiting', 'retrying') LIMIT {ASLEEP_MAX}) AS t"""
_ASLEEP_SQLITE = f"""{_BUSY}
UNION ALL
SELECT s.station, s.task, s.run_id, s.step, s.item, s.state, {_SINCE}, s.worker_id
FROM json_each(%(steps)s) w JOIN flowengine_step s ON s.rowid IN (
  SELECT a.rowid FROM flowengine_step a
  WHERE a.step = w.value AND a.state IN ('waiting', 'retrying') LIMIT {ASLEEP_MAX})"""

_RUNS = """
SELECT r.id, r.workflow, r.title, e.subject FROM flowengine_run r
LEFT JOIN flowengine_event e ON e.id = r.event_id WHERE r.id = ANY(%(ids)s)"""

_NEWEST = f"""
  SELECT e.created_at FROM flowengine_event e
  WHERE e.type = w.key AND e.created_at > %(since)s ORDER BY e.created_at DESC LIMIT {EVENTS_MAX}"""
_COUNTED = f"""
SELECT 'event', w.key, (SELECT count(*) FROM ({_NEWEST}) n), (SELECT min(created_at) FROM ({_NEWEST}) n)
FROM {{types}} w
UNION ALL
SELECT 'held', '', count(*), min(held_at) FROM (
  SELECT held_at FROM flowengine_run WHERE state = 'held'
  ORDER BY created_at LIMIT {COUNT_MAX}) h
UNION ALL
SELECT 'approvals', '', count(*), min(started_at) FROM (
  SELECT started_at FROM flowengine_step WHERE state = 'waiting' AND kind = 'approval'
  LIMIT {COUNT_MAX}) a
UNION ALL
SELECT 'unrouted', '', count(*), min(created_at) FROM (
  SELECT created_at FROM flowengine_event
  WHERE state IN ('pending', 'published') AND due_at <= %(late)s LIMIT {COUNT_MAX}) u
UNION ALL
SELECT 'failed', '', count(*), max(finished_at) FROM (
  SELECT finished_at FROM flowengine_run WHERE state = 'failed'
  ORDER BY created_at DESC LIMIT 1) f
UNION ALL{CAUSES}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a step that is not decided."""

    run_id: UUID
    step: str
    item: str
    state: str
    since: datetime | None
    station: str = ""
    task: str = ""
    worker_id: UUID | None = None


@dataclass(slots=True, kw_only=True)
class Ready:
    """What waits for a worker at one station with one task."""

    count: int = 0
    is_more: bool = False
    """There are more than were counted."""
    oldest_at: datetime | None = None
    rows: list[Row]
    """Some of them, those of each priority that wait longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a row does not say of its run."""

    workflow: str
    title: str
    subject: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many there are, and since when."""

    count: int
    at: datetime | None


def ready(places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Ready]:
    """What waits at each of these, by station and task; at most ``READY_MAX`` of each priority."""
    found = {place: Ready(rows=[]) for place in places}
    if not places:
        return found
    given = {
        "stations": [station for station, _task in places],
        "tasks": [task for _station, task in places],
    }
    counts: dict[tuple[str, str, int], int] = {}
    values = {"priorities": list(PRIORITIES)}
    for station, task, priority, count, run_id, step, item, at in sql.query_rows(
        _READY, _READY_SQLITE, values, given
    ):
        counts[station, task, priority] = count
        if run_id is None:
            continue
        each, since = found[station, task], sql.as_datetime(at)
        if since is not None and (each.oldest_at is None or since < each.oldest_at):
            each.oldest_at = since
        place = {"station": station, "task": task}
        row = Row(
            run_id=sql.as_uuid(run_id), step=step, item=item, state="queued", since=since, **place
        )
        each.rows.append(row)
    for (station, task, _priority), count in counts.items():
        found[station, task].count += count
        found[station, task].is_more |= count >= READY_MAX
    return found


def at_work(workers: Collection[UUID], steps: Collection[str]) -> tuple[list[Row], list[Row]]:
    """What these workers are at, and what is asleep in these steps: it waits, or will be tried again."""
    rows = sql.query(
        _ASLEEP if sql.is_postgresql() else _ASLEEP_SQLITE,
        {"workers": list(workers), "steps": list(steps)},
    )
    found = [
        Row(
            run_id=sql.as_uuid(run_id),
            step=step,
            item=item,
            state=state,
            since=sql.as_datetime(since),
            station=station,
            task=task,
            worker_id=None if worker_id is None else sql.as_uuid(worker_id),
        )
        for station, task, run_id, step, item, state, since, worker_id in rows
    ]
    busy = [row for row in found if row.state == "running"]
    return busy, [row for row in found if row.state != "running"]


def facts(run_ids: Collection[UUID]) -> dict[UUID, Facts]:
    """What is shown of these runs besides."""
    if not run_ids:
        return {}
    return {
        sql.as_uuid(run_id): Facts(workflow=workflow, title=title, subject=subject)
        for run_id, workflow, title, subject in sql.query(_RUNS, {"ids": list(run_ids)})
    }


def counted(
    types: Collection[str], *, now: datetime, since: datetime, late: datetime, deployed: datetime
) -> dict[tuple[str, str], Counted]:
    """Counts by what and of what: ``event`` of each type, ``held``, ``approvals``, ``unrouted``, ``failed``.

    And what :data:`~flowengine.store.dead_totals.CAUSES` counts.

    Args:
        types: of events.
        now: the database's clock.
        since: older events do not count.
        late: an event that was due then, and is not routed, is late.
        deployed: when the project's version that works now began to.
    """
    text = _COUNTED.format(types=sql.rows_of_texts("types"))
    values = {
        "types": list(types),
        "now": now,
        "since": since,
        "late": late,
        "deployed": deployed,
    }
    return {
        (what, key): Counted(count=int(count), at=sql.as_datetime(at))
        for what, key, count, at in sql.query(text, values)
    }

"""Reading why a run waits: its rows that are not decided, and what stands before them. Never under a lock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flowengine.engine.run import Item
from flowengine.store import sql, tables
from flowengine.store.due_steps import PRIORITIES

_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
ROWS_MAX = 500
"""Rows of one run that are read; more wait for the same reasons."""

_ROWS = """
SELECT s.step, s.item, s.kind, s.state, s.title, s.station, s.task, s.priority, s.attempt, s.tries,
  s.due_at, s.ready_at, s.started_at, s.counts, s.answers,
  CASE WHEN s.kind IN ('wait_for', 'approval') THEN s.input END,
  CASE WHEN s.state = 'retrying' THEN s.failure END
FROM flowengine_step s
WHERE s.run_id = %(run)s AND s.state IN ('ready', 'running', 'waiting', 'retrying', 'rescuing')
ORDER BY length(s.item), s.ready_at, s.step, s.item LIMIT %(limit)s"""
_LINE = """
SELECT {place}, (SELECT count(*) FROM (
  SELECT 1 FROM flowengine_step s WHERE s.station = {station} AND s.priority = {priority}
  AND s.task = {task} AND s.due_at < {due_at} AND s.state = 'ready' AND s.worker_id IS NULL
  ORDER BY s.due_at LIMIT %(limit)s) AS b)
FROM {rows}"""
_BEFORE = _LINE.format(
    place="w.place",
    station="w.station",
    task="w.task",
    priority="w.priority",
    due_at="w.due_at",
    rows="unnest(%(places)s::int[], %(stations)s::text[], %(tasks)s::text[],"
    " %(priorities)s::smallint[], %(dues)s::timestamptz[])"
    " AS w(place, station, task, priority, due_at)",
)
_BEFORE_SQLITE = _LINE.format(
    place="json_extract(w.value, '$[0]')",
    station="json_extract(w.value, '$[1]')",
    task="json_extract(w.value, '$[2]')",
    priority="json_extract(w.value, '$[3]')",
    due_at="json_extract(w.value, '$[4]')",
    rows="json_each(%(rows)s) w",
)
_BUSY = f"""
SELECT worker_id, station, count(*) FROM flowengine_step
WHERE worker_id = ANY(%(workers)s) AND {tables.STEP_IS_RUNNING}
GROUP BY worker_id, station"""
_HOLDER = """
SELECT who, reason FROM flowengine_audit
WHERE kind = 'run' AND object_id = %(run)s AND verb = 'run.hold' ORDER BY number DESC LIMIT 1"""
_TURN = """
SELECT count(*) FROM (
  SELECT 1 FROM flowengine_place p WHERE p.key_id = %(key)s AND p.state = 'queued'
  AND (p.written_at < %(at)s OR (p.written_at = %(at)s AND p.run_id < %(run)s))
  LIMIT %(limit)s) AS b"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that is not decided; with its input where that says what it waits for."""

    step: str
    item: Item
    kind: str
    state: str
    title: str
    station: str
    task: str
    priority: int
    attempt: int
    tries: int
    due_at: datetime | None
    ready_at: datetime | None
    started_at: datetime | None
    counts: bytes | None
    answers: bytes | None
    input: bytes | None
    failure: bytes | None


def rows(run_id: UUID) -> list[Row]:
    """The rows of a run that are not decided, those in no loop first; at most ``ROWS_MAX``."""
    found = sql.query(_ROWS, {"run": run_id, "limit": ROWS_MAX})
    return [_row(row) for row in found]


def before_rows(
    waiting: Sequence[Row], places: Collection[tuple[str, str]], *, limit: int
) -> list[int]:
    """How many rows are taken before each of these ready ones, up to *limit*; one statement.

    By priority and time, as a worker claims what is overdue; what a message brings may overtake a little.
    What is counted is read from the index of ready steps, in its order: no more than *limit* of each task
    and priority, however much waits.

    Args:
        waiting: the rows.
        places: the stations there are, each with a task that is done there.
        limit: more are not counted.
    """
    columns: dict[str, list[Any]] = {
        name: [] for name in ("places", "stations", "tasks", "priorities", "dues")
    }
    for place, row in enumerate(waiting):
        tasks = {row.task, *(task for station, task in places if station == row.station)}
        for task in sorted(tasks):
            for priority in (each for each in PRIORITIES if each >= row.priority):
                first = row.due_at if priority == row.priority else _LATEST
                for name, value in zip(
                    columns, (place, row.station, task, priority, first or _LATEST), strict=True
                ):
                    columns[name].append(value)
    found = [0] * len(waiting)
    values = {"limit": limit}
    for at, count in sql.query_rows(_BEFORE, _BEFORE_SQLITE, values, columns) if waiting else ():
        found[int(at)] = min(limit, found[int(at)] + int(count))
    return found


def busy(workers: Collection[UUID]) -> dict[tuple[UUID, str], int]:
    """At how many attempts of each station each of these workers is; of none is left out."""
    if not workers:
        return {}
    rows = sql.query(_BUSY, {"workers": list(workers)})
    return {(sql.as_uuid(worker), station): int(count) for worker, station, count in rows}


def before_run(run_id: UUID, key: UUID, written_at: datetime, *, limit: int) -> int:
    """How many runs wait for a place of that concurrency key before this one, up to *limit*."""
    values = {"run": run_id, "key": key, "at": written_at, "limit": limit}
    return int(sql.query(_TURN, values)[0][0])


def holder(run_id: UUID) -> tuple[str, str]:
    """Who was the last to hold that run, and why; both empty where a program did, or nobody."""
    rows = sql.query(_HOLDER, {"run": str(run_id)})
    return (rows[0][0], rows[0][1]) if rows else ("", "")


def _row(row: Sequence[Any]) -> Row:
    step, item, kind, state, title, station, task, priority, attempt, tries, *rest = row
    due_at, ready_at, started_at, counts, answers, given, failure = rest
    return Row(
        step=step,
        item=item,
        kind=kind,
        state=state,
        title=title,
        station=station,
        task=task,
        priority=priority,
        attempt=attempt,
        tries=tries,
        due_at=sql.as_datetime(due_at),
        ready_at=sql.as_datetime(ready_at),
        started_at=sql.as_datetime(started_at),
        counts=sql.as_bytes(counts),
        answers=sql.as_bytes(answers),
        input=sql.as_bytes(given),
        failure=sql.as_bytes(failure),
    )

"""Rows of steps <-> ``Step`` values. Step rows are written only under their run's lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.run import Failure, Step
from flowengine.engine.states import StepState
from flowengine.store import sql, tables

_READ = """s.run_id, s.step, s.item, s.task, s.station, s.state, s.attempt, s.tries, s.crashes,
       s.worker_id, s.due_at, s.input, s.output, s.failure, s.ready_at, s.first_started_at,
       s.started_at"""
_PAIRS = f"""
SELECT {_READ} FROM flowengine_step s
JOIN unnest(%(runs)s::uuid[], %(steps)s::text[]) AS w(run_id, step)
  ON s.run_id = w.run_id AND s.step = w.step"""
_PAIRS_SQLITE = f"""
SELECT {_READ} FROM flowengine_step s
JOIN json_each(%(runs)s) r JOIN json_each(%(steps)s) w ON w.key = r.key
 AND s.run_id = r.value AND s.step = w.value"""
_ACTIVE = f"""
SELECT {_READ} FROM flowengine_step s
WHERE s.run_id = ANY(%(runs)s) AND s.state IN ('ready', 'running', 'retrying')"""

_COLUMNS = (
    *("run_id", "step", "item", "task", "station", "state", "attempt", "tries", "crashes"),
    *("worker_id", "due_at", "input", "output", "failure", "note", "ready_at"),
    *("first_started_at", "started_at", "finished_at"),
)
_CHANGING = (
    *("state", "attempt", "tries", "crashes", "worker_id", "due_at", "output", "failure"),
    *("first_started_at", "started_at", "finished_at"),
)
_KEPT = ("output", "failure", "first_started_at", "started_at", "finished_at")

_decode = msgspec.json.decode
_encode = msgspec.json.encode
_failure = msgspec.json.Decoder(Failure).decode

Loaded = dict[UUID, dict[str, Step]]
"""By run, by step id."""
Place = tuple[UUID, str, int, int]
"""Run, step, item, attempt: what a hint names."""


def load(pairs: Iterable[tuple[UUID, str]], active_of: Sequence[UUID] = ()) -> Loaded:
    """These steps, and every step of *active_of* runs that is not final. Absent ones are left out."""
    wanted = sorted(set(pairs))
    loaded: Loaded = {}
    if wanted:
        text = _PAIRS if sql.is_postgresql() else _PAIRS_SQLITE
        runs, steps = zip(*wanted, strict=True)
        _add(loaded, sql.query(text, {"runs": list(runs), "steps": list(steps)}))
    if active_of:
        _add(loaded, sql.query(_ACTIVE, {"runs": list(active_of)}))
    return loaded


def _add(loaded: Loaded, rows: Sequence[tuple[Any, ...]]) -> None:
    for row in rows:
        loaded.setdefault(sql.as_uuid(row[0]), {})[row[1]] = _step(row)


def _step(row: tuple[Any, ...]) -> Step:
    return Step(
        id=row[1],
        item=row[2],
        task=row[3],
        station=row[4],
        state=StepState(row[5]),
        attempt=row[6],
        tries=row[7],
        crashes=row[8],
        worker=None if row[9] is None else sql.as_uuid(row[9]),
        due_at=sql.as_datetime(row[10]),
        input=None if row[11] is None else _decode(row[11]),
        output=None if row[12] is None else _decode(row[12]),
        failure=None if row[13] is None else _failure(row[13]),
        ready_at=sql.as_datetime(row[14]),
        first_started_at=sql.as_datetime(row[15]),
        started_at=sql.as_datetime(row[16]),
    )


def insert(rows: Sequence[tuple[UUID, Step]]) -> None:
    """Write steps that have no row yet."""
    sql.insert(
        tables.STEP,
        _COLUMNS,
        [
            (
                *(run_id, step.id, step.item, step.task, step.station, step.state),
                *(step.attempt, step.tries, step.crashes, step.worker, step.due_at),
                None if step.input is None else _encode(step.input),
                _output(step),
                None if step.failure is None else _encode(step.failure),
                "",
                *(step.ready_at, step.first_started_at, step.started_at, step.finished_at),
            )
            for run_id, step in rows
        ],
    )


def update(rows: Sequence[tuple[UUID, Step]]) -> None:
    """Write what changes of steps whose runs are locked."""
    sql.update(
        tables.STEP,
        _CHANGING,
        ("run_id", "step", "item"),
        [
            (
                *(step.state, step.attempt, step.tries, step.crashes, step.worker, step.due_at),
                _output(step),
                None if step.failure is None else _encode(step.failure),
                *(step.first_started_at, step.started_at, step.finished_at),
                *(run_id, step.id, step.item),
            )
            for run_id, step in rows
        ],
        keep=_KEPT,
    )


def _output(step: Step) -> bytes | None:
    return _encode(step.output) if step.state is StepState.SUCCEEDED else None


def overdue(
    stations: Sequence[str], tasks: Sequence[str], now: datetime, *, limit: int
) -> list[Place]:
    """Ready steps of these stations and tasks that nobody took in time, oldest first; no locks."""
    rows = sql.query(
        "SELECT run_id, step, item, attempt FROM flowengine_step"
        " WHERE state = 'ready' AND worker_id IS NULL AND station = ANY(%(stations)s)"
        " AND due_at <= %(now)s AND task = ANY(%(tasks)s) ORDER BY due_at LIMIT %(limit)s",
        {"stations": list(stations), "tasks": list(tasks), "now": now, "limit": limit},
    )
    return [(sql.as_uuid(row[0]), row[1], row[2], row[3]) for row in rows]


def due(now: datetime, *, limit: int) -> list[tuple[UUID, datetime]]:
    """The runs whose steps have slept long enough, with the step's instant; oldest first."""
    rows = sql.query(
        "SELECT run_id, due_at FROM flowengine_step WHERE state = 'retrying'"
        " AND due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s",
        {"now": now, "limit": limit},
    )
    return [(sql.as_uuid(row[0]), sql.as_datetime(row[1]) or now) for row in rows]


def next_due() -> datetime | None:
    """When the next sleeping step wants attention; None where none sleeps."""
    rows = sql.query("SELECT min(due_at) FROM flowengine_step WHERE state = 'retrying'", {})
    return sql.as_datetime(rows[0][0])


def held(workers: Sequence[UUID], *, limit: int) -> list[tuple[UUID, str, int, str, UUID]]:
    """Run, step, attempt, state and worker of what these workers have reserved or begun."""
    rows = sql.query(
        "SELECT run_id, step, attempt, state, worker_id FROM flowengine_step"
        " WHERE worker_id = ANY(%(workers)s) AND state IN ('ready', 'running')"
        " ORDER BY run_id LIMIT %(limit)s",
        {"workers": list(workers), "limit": limit},
    )
    return [(sql.as_uuid(r[0]), r[1], r[2], r[3], sql.as_uuid(r[4])) for r in rows]


def make_due(places: Sequence[Place], now: datetime) -> None:
    """Ready steps whose hint did not get through: whoever looks next may claim them.

    A write without the run's lock, allowed because it names only the clock of a row that nobody
    has taken: losing the race against a claim changes nothing.
    """
    text = (
        "UPDATE flowengine_step SET due_at = %s WHERE run_id = %s AND step = %s AND item = %s"
        " AND attempt = %s AND state = 'ready' AND worker_id IS NULL"
    )
    if sql.is_postgresql():
        runs, steps, items, attempts = (list(column) for column in zip(*places, strict=True))
        sql.execute(
            "UPDATE flowengine_step s SET due_at = %(now)s FROM unnest(%(runs)s::uuid[],"
            " %(steps)s::text[], %(items)s::int[], %(attempts)s::int[])"
            " AS w(run_id, step, item, attempt) WHERE s.run_id = w.run_id AND s.step = w.step"
            " AND s.item = w.item AND s.attempt = w.attempt AND s.state = 'ready'"
            " AND s.worker_id IS NULL",
            {"now": now, "runs": runs, "steps": steps, "items": items, "attempts": attempts},
        )
        return
    with sql.connection().cursor() as cursor:
        cursor.executemany(
            text,
            [
                (str(now.replace(tzinfo=None)), run.hex, step, item, attempt)
                for run, step, item, attempt in places
            ],
        )


def progress(rows: Sequence[tuple[UUID, str, int, int, float, str]]) -> None:
    """What running attempts last said: run, step, item, attempt, fraction, note.

    The caller holds the runs and raises their heads, so that who looks for changes finds one.
    """
    sql.update(
        tables.STEP,
        ("progress", "note"),
        ("run_id", "step", "item", "attempt"),
        [
            (fraction, note, run, step, item, attempt)
            for run, step, item, attempt, fraction, note in rows
        ],
    )

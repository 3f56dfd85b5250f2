"""Rows of steps <-> ``Step`` values. Step rows are written only under their run's lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
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

_OVERDUE_AT = """
SELECT s.run_id, s.step, s.item, s.attempt, s.due_at FROM flowengine_step s
WHERE s.state = 'ready' AND s.worker_id IS NULL AND s.station = {}
AND s.due_at <= %(now)s AND s.task = ANY(%(tasks)s) ORDER BY s.due_at LIMIT %(limit)s"""
_OVERDUE = f"""
SELECT o.* FROM unnest(%(stations)s::text[]) AS at(station)
CROSS JOIN LATERAL ({_OVERDUE_AT.format("at.station")}) AS o
ORDER BY o.due_at LIMIT %(limit)s"""
_MAKE_DUE = """
WITH free AS (
  SELECT s.run_id, s.step, s.item FROM flowengine_step s
  JOIN unnest(%(runs)s::uuid[], %(steps)s::text[], %(items)s::int[], %(attempts)s::int[])
    AS w(run_id, step, item, attempt)
    ON s.run_id = w.run_id AND s.step = w.step AND s.item = w.item AND s.attempt = w.attempt
  WHERE s.state = 'ready' AND s.worker_id IS NULL
  FOR UPDATE OF s SKIP LOCKED)
UPDATE flowengine_step s SET due_at = %(now)s FROM free
WHERE s.run_id = free.run_id AND s.step = free.step AND s.item = free.item"""
_MAKE_DUE_SQLITE = """
UPDATE flowengine_step SET due_at = %s WHERE run_id = %s AND step = %s AND item = %s
AND attempt = %s AND state = 'ready' AND worker_id IS NULL"""

_COLUMNS = (
    *("run_id", "step", "item", "task", "station", "state", "attempt", "tries", "crashes"),
    *("worker_id", "due_at", "input", "output", "failure", "note", "ready_at"),
    *("first_started_at", "started_at", "finished_at"),
)
_CHANGING = (
    *("state", "attempt", "tries", "crashes", "worker_id", "due_at", "output", "failure"),
    *("first_started_at", "started_at", "finished_at"),
)

_decode = msgspec.json.decode
_encode = msgspec.json.encode
_failure = msgspec.json.Decoder(Failure).decode

Loaded = dict[UUID, dict[str, Step]]
"""By run, by step id."""
Place = tuple[UUID, str, int, int]
"""Run, step, item, attempt: what a hint names."""


def load(
    pairs: Iterable[tuple[UUID, str]],
    active_of: Sequence[UUID] = (),
    *,
    unreadable: dict[UUID, Exception] | None = None,
) -> Loaded:
    """These steps, and every step of *active_of* runs that is not final. Absent ones are left out.

    A row that this version cannot make a value of is added to *unreadable*, by its run; without
    that, it raises.
    """
    wanted = sorted(set(pairs))
    loaded: Loaded = {}
    rows: list[tuple[Any, ...]] = []
    if wanted:
        text = _PAIRS if sql.is_postgresql() else _PAIRS_SQLITE
        runs, steps = zip(*wanted, strict=True)
        rows += sql.query(text, {"runs": list(runs), "steps": list(steps)})
    if active_of:
        rows += sql.query(_ACTIVE, {"runs": list(active_of)})
    for row in rows:
        run_id = sql.as_uuid(row[0])
        try:
            loaded.setdefault(run_id, {})[row[1]] = _step(row)
        except (ValueError, msgspec.MsgspecError) as error:
            if unreadable is None:
                raise
            unreadable[run_id] = error
    return loaded


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
    """Write what changes of steps that were loaded and are not final; their runs are locked."""
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
    )


def forget_progress(rows: Sequence[tuple[UUID, str, int]]) -> None:
    """What a former attempt of these steps (run, step, item) said does not hold for the next."""
    sql.update(
        tables.STEP,
        ("progress", "note"),
        ("run_id", "step", "item"),
        [(None, "", run, step, item) for run, step, item in rows],
    )


def postpone(ids: Sequence[UUID], now: datetime, until: datetime) -> None:
    """What is due of these runs' steps is not looked at before *until*; their runs are locked."""
    sql.execute(
        "UPDATE flowengine_step SET due_at = %(until)s WHERE run_id = ANY(%(ids)s)"
        " AND state IN ('ready', 'retrying') AND due_at <= %(now)s",
        {"ids": list(ids), "now": now, "until": until},
    )


def _output(step: Step) -> bytes | None:
    return _encode(step.output) if step.state is StepState.SUCCEEDED else None


def overdue(
    stations: Sequence[str], tasks: Sequence[str], now: datetime, *, limit: int
) -> list[Place]:
    """Ready steps of these stations and tasks that nobody took in time, oldest first; no locks.

    The oldest few of each station are read from the index, in its order: asked for all stations at
    once, the database would sort the whole backlog.
    """
    names = list(dict.fromkeys(stations))
    values = {"tasks": list(tasks), "now": now, "limit": limit}
    if sql.is_postgresql():
        rows = sql.query(_OVERDUE, {**values, "stations": names})
    elif names:
        named = {f"station_{n}": name for n, name in enumerate(names)}
        rows = sql.query(_overdue_on_sqlite(len(names)), {**values, **named})
    else:
        rows = []
    return [(sql.as_uuid(row[0]), row[1], row[2], row[3]) for row in rows]


@cache
def _overdue_on_sqlite(count: int) -> str:
    arms = (f"SELECT * FROM ({_OVERDUE_AT.format(f'%(station_{n})s')})" for n in range(count))
    return " UNION ALL ".join(arms) + " ORDER BY due_at LIMIT %(limit)s"


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


def held(workers: Sequence[UUID], *, limit: int, after: UUID | None = None) -> list[Place]:
    """What these workers have begun and not ended, in the order of runs, after that run."""
    rows = sql.query(
        "SELECT run_id, step, item, attempt FROM flowengine_step"
        " WHERE worker_id = ANY(%(workers)s) AND state = 'running' AND run_id > %(after)s"
        " ORDER BY run_id LIMIT %(limit)s",
        {"workers": list(workers), "limit": limit, "after": after or UUID(int=0)},
    )
    return [(sql.as_uuid(row[0]), row[1], row[2], row[3]) for row in rows]


def make_due(places: Sequence[Place], now: datetime) -> None:
    """Ready steps whose hint did not get through: whoever looks next may claim them.

    A write without the run's lock, allowed because it names only the clock of a row that nobody
    has taken: losing the race against a claim changes nothing. It waits for nobody, and so for
    nobody who waits for it: a row that another transaction holds is left out.
    """
    if not places:
        return
    with sql.writing():
        if sql.is_postgresql():
            runs, steps, items, attempts = (list(column) for column in zip(*places, strict=True))
            sql.execute(
                _MAKE_DUE,
                {"now": now, "runs": runs, "steps": steps, "items": items, "attempts": attempts},
            )
            return
        with sql.connection().cursor() as cursor:
            rows = [[sql.for_sqlite(value) for value in (now, *place)] for place in places]
            cursor.executemany(_MAKE_DUE_SQLITE, rows)


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

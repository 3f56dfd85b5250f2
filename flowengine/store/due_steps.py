"""Steps that want attention: what nobody took, what has slept enough, what a worker holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowengine.engine.run import Item, Step
from flowengine.engine.states import FINAL_STEP_STATES, StepState
from flowengine.store import sql, sqlite, tables

PRIORITIES = (2, 1, 0)

_OVERDUE_AT = """
FROM flowengine_step s
WHERE s.state = 'ready' AND s.worker_id IS NULL AND s.station = {} AND s.priority = {}
AND s.task = {} AND s.due_at <= %(now)s ORDER BY s.due_at LIMIT %(limit)s"""
_OVERDUE = f"""
SELECT o.* FROM unnest(%(stations)s::text[]) AS at(station)
CROSS JOIN unnest(%(priorities)s::smallint[]) AS of(priority)
CROSS JOIN unnest(%(tasks)s::text[]) AS known(task)
CROSS JOIN LATERAL (
  SELECT s.run_id, s.step, s.item, s.attempt, s.priority, s.due_at
  {_OVERDUE_AT.format("at.station", "of.priority", "known.task")}) AS o
ORDER BY o.priority DESC, o.due_at LIMIT %(limit)s"""
_OVERDUE_SQLITE = f"""
SELECT o.run_id, o.step, o.item, o.attempt
FROM json_each(%(stations)s) at CROSS JOIN json_each(%(priorities)s) of
CROSS JOIN json_each(%(tasks)s) known CROSS JOIN flowengine_step o
WHERE o.rowid IN (SELECT s.rowid {_OVERDUE_AT.format("at.value", "of.value", "known.value")})
ORDER BY o.priority DESC, o.due_at LIMIT %(limit)s"""
_MAKE_DUE = """
WITH free AS (
  SELECT s.run_id, s.step, s.item FROM flowengine_step s
  JOIN unnest(%(runs)s::uuid[], %(steps)s::text[], %(items)s::text[], %(attempts)s::int[])
    AS w(run_id, step, item, attempt)
    ON s.run_id = w.run_id AND s.step = w.step AND s.item = w.item AND s.attempt = w.attempt
  WHERE s.state = 'ready' AND s.worker_id IS NULL
  FOR UPDATE OF s SKIP LOCKED)
UPDATE flowengine_step s SET due_at = %(now)s FROM free
WHERE s.run_id = free.run_id AND s.step = free.step AND s.item = free.item"""
_MAKE_DUE_SQLITE = """
UPDATE flowengine_step SET due_at = %s WHERE run_id = %s AND step = %s AND item = %s
AND attempt = %s AND state = 'ready' AND worker_id IS NULL"""
_DUE = """
SELECT run_id, step, item, state FROM flowengine_step
WHERE state <> 'ready' AND due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s"""
_NEXT_DUE = "SELECT min(due_at) FROM flowengine_step WHERE state <> 'ready' AND due_at IS NOT NULL"
_HELD = f"""
SELECT run_id, step, item, attempt FROM flowengine_step
WHERE worker_id = ANY(%(workers)s) AND {tables.STEP_IS_RUNNING}
AND (run_id, step, item) > (%(run)s, %(step)s, %(item)s)
ORDER BY run_id, step, item LIMIT %(limit)s"""
_POSTPONE = """
UPDATE flowengine_step SET due_at = %(until)s
WHERE run_id = ANY(%(ids)s) AND due_at <= %(now)s"""
_STOPPING = """
SELECT s.run_id, s.step, s.item FROM flowengine_step s JOIN flowengine_run r ON r.id = s.run_id
WHERE s.run_id = ANY(%(runs)s) AND s.worker_id = %(worker)s AND s.state = 'running'
AND (s.is_stopping OR (r.state NOT IN ('running', 'waiting', 'held') AND s.kind <> 'undo'
  AND r.tail = ''))"""

_OWING = FINAL_STEP_STATES | {StepState.RESCUING}
"""States in which nothing of a row's own is due."""

AttemptKey = tuple[UUID, str, Item, int]
"""Run, step, item, attempt: what a hint names."""
RowKey = tuple[UUID, str, Item]
"""Run, step, item."""


@dataclass(slots=True, kw_only=True)
class Due:
    """What is due of steps."""

    runs: list[UUID]
    """Those of which a step's time has come; oldest first, each once."""
    settled: list[RowKey]
    """Rows that still owe something: their child is not told that nobody waits for it."""
    is_page: bool
    """There may be more."""


def owes(step: Step) -> bool:
    """Its child is still to be told that nobody waits for it."""
    return step.state in _OWING and step.due_at is not None


def overdue(
    stations: Sequence[str], tasks: Sequence[str], now: datetime, *, limit: int
) -> list[AttemptKey]:
    """Ready steps of these stations and tasks that nobody took in time; no locks.

    Those of the higher priority first, then the oldest. The first few of each station, priority and
    task are read from the index, in its order: asked for all at once, the database would sort the
    whole backlog, and steps of tasks that no worker knows would be passed over one by one.
    """
    values = {
        "stations": list(dict.fromkeys(stations)),
        "priorities": list(PRIORITIES),
        "tasks": list(tasks),
        "now": now,
        "limit": limit,
    }
    rows = sql.query(_OVERDUE if sql.is_postgresql() else _OVERDUE_SQLITE, values)
    return [(sql.as_uuid(row[0]), row[1], row[2], row[3]) for row in rows]


def due(now: datetime, *, limit: int) -> Due:
    """What is due of steps that are not ready, the oldest first, at most *limit* rows."""
    rows = sql.query(_DUE, {"now": now, "limit": limit})
    found = Due(runs=[], settled=[], is_page=len(rows) == limit)
    for row in rows:
        run_id = sql.as_uuid(row[0])
        if row[3] in _OWING:
            found.settled.append((run_id, row[1], row[2]))
        else:
            found.runs.append(run_id)
    found.runs = list(dict.fromkeys(found.runs))
    return found


def next_due() -> datetime | None:
    """When the next step that is not ready wants attention; None where none does."""
    return sql.as_datetime(sql.query(_NEXT_DUE, {})[0][0])


def held(
    workers: Sequence[UUID], *, limit: int, after: AttemptKey | None = None
) -> list[AttemptKey]:
    """What these workers have begun and not ended, in a settled order, after that one."""
    run, step, item, _attempt = after or (UUID(int=0), "", "", 0)
    values = {"workers": list(workers), "limit": limit, "run": run, "step": step, "item": item}
    rows = sql.query(_HELD, values)
    return [(sql.as_uuid(row[0]), row[1], row[2], row[3]) for row in rows]


def stopping(worker: UUID, runs: Collection[UUID]) -> set[RowKey]:
    """What this worker runs and should not any more: what is around it ends, or its whole run."""
    rows = sql.query(_STOPPING, {"worker": worker, "runs": list(set(runs))})
    return {(sql.as_uuid(row[0]), row[1], row[2]) for row in rows}


def settle(rows: Sequence[RowKey], until: datetime | None) -> None:
    """These rows owe nothing before *until*; None = any more. Their runs are locked."""
    sql.update(
        tables.STEP, ("due_at",), ("run_id", "step", "item"), [(until, *row) for row in rows]
    )


def make_due(places: Sequence[AttemptKey], now: datetime) -> None:
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
            rows = [[sqlite.plain(value) for value in (now, *place)] for place in places]
            cursor.executemany(_MAKE_DUE_SQLITE, rows)


def postpone(ids: Sequence[UUID], now: datetime, until: datetime) -> None:
    """What is due of these runs' steps is not looked at before *until*; their runs are locked."""
    sql.execute(_POSTPONE, {"ids": list(ids), "now": now, "until": until})

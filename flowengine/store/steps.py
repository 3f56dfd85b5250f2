"""Rows of steps <-> ``Step`` values. Step rows are written only under their run's lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.run import Answer, Counts, Failure, Item, Place, Step
from flowengine.engine.states import StepState
from flowengine.store import sql, tables

READ = """s.run_id, s.step, s.item, s.kind, s.title, s.task, s.station, s.state, s.attempt,
       s.tries, s.crashes, s.block, s.counts, s.clause, s.is_stopping, s.worker_id, s.due_at,
       s.value, s.input, s.output, s.failure, s.answers, s.ended, s.ready_at,
       s.first_started_at, s.started_at, s.finished_at, s.doubt"""
"""The columns that :func:`value` reads, of a table called ``s``."""
_PLACES = f"""
SELECT {READ} FROM flowengine_step s
JOIN unnest(%(runs)s::uuid[], %(steps)s::text[], %(items)s::text[]) AS w(run_id, step, item)
  ON s.run_id = w.run_id AND s.step = w.step AND s.item = w.item"""
_PLACES_SQLITE = f"""
SELECT {READ} FROM json_each(%(rows)s) w CROSS JOIN flowengine_step s
WHERE s.run_id = json_extract(w.value, '$[0]') AND s.step = json_extract(w.value, '$[1]') AND s.item = json_extract(w.value, '$[2]')"""

_ONCE = ("run_id", "step", "item", "value", "note", "priority")
"""Written with the row, and never by a transition again."""
_AT_ITS_BEGIN = (
    *("kind", "title", "task", "station", "block", "clause", "input", "answers", "ready_at"),
)
"""What a row says of itself; changed by few of its transitions."""
_MOVING = (
    *("state", "attempt", "tries", "crashes", "counts", "is_stopping", "worker_id", "due_at"),
    *("output", "failure", "doubt", "ended", "first_started_at", "started_at", "finished_at"),
)
_BY = ("run_id", "step", "item")

_decode = msgspec.json.decode
_encode = msgspec.json.encode
_failure = msgspec.json.Decoder(Failure).decode
_counts = msgspec.json.Decoder(Counts).decode
_answers = msgspec.json.Decoder(tuple[Answer, ...]).decode
_HAS_OUTPUT = frozenset(
    {
        *(StepState.SUCCEEDED, StepState.RESCUED),
        *(StepState.UNDOING, StepState.UNDONE, StepState.UNDO_FAILED),
    }
)

_STATES = {state.value: state for state in StepState}
"""By word: to ask the enumeration takes many times as long."""

Loaded = dict[UUID, dict[Place, Step]]
"""By run, by place."""


def load(
    places: Iterable[tuple[UUID, Place]], *, unreadable: dict[UUID, Exception] | None = None
) -> Loaded:
    """The steps at these places of these runs, in one query. Absent ones are left out.

    A row that this version cannot make a value of is added to *unreadable*, by its run; without
    that, it raises.
    """
    # By the numbers of the runs: two UUIDs are compared many times faster so.
    wanted = sorted(set(places), key=lambda each: (each[0].int, each[1]))
    if not wanted:
        return {}
    columns: dict[str, list[Any]] = {
        "runs": [run for run, _place in wanted],
        "steps": [place[0] for _run, place in wanted],
        "items": [place[1] for _run, place in wanted],
    }
    loaded: Loaded = {}
    add(loaded, sql.query_rows(_PLACES, _PLACES_SQLITE, {}, columns), unreadable)
    return loaded


def add(
    loaded: Loaded, rows: Iterable[Sequence[Any]], unreadable: dict[UUID, Exception] | None
) -> None:
    """Make values of *rows*, which have the columns of ``READ``."""
    for row in rows if sql.is_postgresql() else map(_of_sqlite, rows):
        run_id = row[0]
        try:
            step = value(row)
        except (ValueError, msgspec.MsgspecError) as error:
            if unreadable is None:
                raise
            unreadable[run_id] = error
        else:
            of_run = loaded.get(run_id)
            if of_run is None:
                of_run = loaded[run_id] = {}
            of_run[step.id, step.item] = step


def value(row: Sequence[Any]) -> Step:
    """The step of a row with the columns of ``READ``, as PostgreSQL gives them.

    Raises:
        ValueError, msgspec.MsgspecError: this version does not understand it.
    """
    return Step(
        id=row[1],
        item=row[2],
        kind=row[3],
        title=row[4],
        task=row[5],
        station=row[6],
        state=_STATES.get(row[7]) or StepState(row[7]),
        attempt=row[8],
        tries=row[9],
        crashes=row[10],
        block=row[11],
        counts=None if row[12] is None else _counts(row[12]),
        clause=row[13],
        is_stopping=row[14],
        worker=row[15],
        due_at=row[16],
        value=None if row[17] is None else _decode(row[17]),
        input=None if row[18] is None else _decode(row[18]),
        output=None if row[19] is None else _decode(row[19]),
        failure=None if row[20] is None else _failure(row[20]),
        answers=() if row[21] is None else _answers(row[21]),
        ended=row[22],
        ready_at=row[23],
        first_started_at=row[24],
        started_at=row[25],
        finished_at=row[26],
        doubt=row[27],
    )


def _of_sqlite(row: Sequence[Any]) -> Sequence[Any]:
    """The same row as PostgreSQL gives it, which most are read from."""
    given = list(row)
    given[0] = sql.as_uuid(row[0])
    given[14] = bool(row[14])
    given[15] = None if row[15] is None else sql.as_uuid(row[15])
    for place in (16, 23, 24, 25, 26):
        given[place] = sql.as_datetime(row[place])
    return given


def insert(rows: Sequence[tuple[UUID, Step, int]]) -> None:
    """Write steps that have no row yet, each with its run's priority."""
    sql.insert(
        tables.STEP,
        (*_ONCE, *_AT_ITS_BEGIN, *_MOVING),
        [
            (
                *(run_id, step.id, step.item, _encoded(step.value), "", priority),
                *_at_its_begin(step),
                *_moving(step),
            )
            for run_id, step, priority in rows
        ],
    )


def update(rows: Sequence[tuple[UUID, Step, Step]]) -> None:
    """Write what changed of steps that were read; a run, the row before, and after. Runs are locked.

    Two statements at most: inputs are not sent again with every move.
    """
    moved: list[tuple[Any, ...]] = []
    begun: list[tuple[Any, ...]] = []
    for run_id, before, after in rows:
        key = (run_id, after.id, after.item)
        if _says_the_same(before, after):
            moved.append((*_moving(after), *key))
        else:
            begun.append((*_moving(after), *_at_its_begin(after), *key))
    sql.update(tables.STEP, _MOVING, _BY, moved)
    sql.update(tables.STEP, (*_MOVING, *_AT_ITS_BEGIN), _BY, begun)


def progress(rows: Sequence[tuple[UUID, str, Item, int, float, str]]) -> None:
    """What running attempts last said: run, step, item, attempt, fraction, note.

    The caller holds the runs and raises their heads, so that who looks for changes finds one.
    """
    sql.update(
        tables.STEP,
        ("progress", "note"),
        (*_BY, "attempt"),
        [
            (fraction, note, run, step, item, attempt)
            for run, step, item, attempt, fraction, note in rows
        ],
    )


def forget_progress(rows: Sequence[tuple[UUID, str, Item]]) -> None:
    """What a former attempt of these steps (run, step, item) said does not hold for the next."""
    sql.update(
        tables.STEP,
        ("progress", "note"),
        _BY,
        [(None, "", run, step, item) for run, step, item in rows],
    )


def _says_the_same(before: Step, after: Step) -> bool:
    return (
        before.input is after.input
        and before.ready_at == after.ready_at
        and before.answers is after.answers
        and (before.kind, before.title, before.task, before.station, before.block, before.clause)
        == (after.kind, after.title, after.task, after.station, after.block, after.clause)
    )


def _at_its_begin(step: Step) -> tuple[Any, ...]:
    return (
        *(step.kind, step.title, step.task, step.station, step.block, step.clause),
        _encoded(step.input),
        _encode(step.answers) if step.answers else None,
        step.ready_at,
    )


def _moving(step: Step) -> tuple[Any, ...]:
    return (
        *(step.state, step.attempt, step.tries, step.crashes, _encoded(step.counts)),
        *(step.is_stopping, step.worker, step.due_at),
        _encode(step.output) if step.state in _HAS_OUTPUT else None,
        _encoded(step.failure),
        *(step.doubt, step.ended, step.first_started_at, step.started_at, step.finished_at),
    )


def _encoded(given: Any) -> bytes | None:
    return None if given is None else _encode(given)

"""Answering what rules ask of runs (:mod:`flowengine.engine.rows`): one query for each kind of question,
whatever the number of runs that ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flowengine.engine.rows import Active, Ended, Every, Items, Newest, Question, Rows
from flowengine.store import sql, steps

_EVERY = f"SELECT {steps.READ} FROM flowengine_step s WHERE s.run_id = ANY(%(runs)s)"
_STATES = f"""
SELECT {steps.READ} FROM flowengine_step s
WHERE s.run_id = ANY(%(runs)s) AND s.state IN ({{}})"""
_ACTIVE = _STATES.format("'ready', 'running', 'waiting', 'retrying', 'rescuing'")
_ENDED = _STATES.format("'failed', 'cancelled'")

_ITEMS = f"""
SELECT {steps.READ} FROM flowengine_step s
JOIN unnest(%(runs)s::uuid[], %(steps)s::text[], %(items)s::text[]) AS w(run_id, step, inside)
  ON s.run_id = w.run_id AND s.step = w.step AND s.item LIKE w.inside"""
_ITEMS_SQLITE = f"""
SELECT {steps.READ} FROM json_each(%(rows)s) w CROSS JOIN flowengine_step s
WHERE s.run_id = json_extract(w.value, '$[0]') AND s.step = json_extract(w.value, '$[1]') AND s.item LIKE json_extract(w.value, '$[2]')"""

_MAY_BE_UNDONE = """s.kind <> 'for_each'
    AND (s.state = 'succeeded' OR (s.state IN ('failed', 'cancelled') AND s.doubt <> ''))"""
_NEWEST = f"""
SELECT n.* FROM unnest(%(runs)s::uuid[], %(steps)s::text[], %(before)s::integer[],
  %(counts)s::integer[]) AS w(run_id, steps, before, count)
CROSS JOIN LATERAL (
  SELECT {steps.READ} FROM flowengine_step s
  WHERE s.run_id = w.run_id AND s.ended < w.before
    AND s.step = ANY(string_to_array(w.steps, ','))
    AND {_MAY_BE_UNDONE}
  ORDER BY s.ended DESC LIMIT w.count) AS n"""
_NEWEST_SQLITE = f"""
SELECT {steps.READ} FROM json_each(%(rows)s) w JOIN flowengine_step s ON s.rowid IN (
  SELECT s.rowid FROM flowengine_step s
  WHERE s.run_id = json_extract(w.value, '$[0]') AND s.ended < json_extract(w.value, '$[2]')
    AND instr(',' || json_extract(w.value, '$[1]') || ',', ',' || s.step || ',') > 0
    AND {_MAY_BE_UNDONE}
  ORDER BY s.ended DESC LIMIT %(most)s)"""
_NO_BOUND = 2**31 - 1


def read(
    asked: Mapping[UUID, Iterable[Question]], unreadable: dict[UUID, Exception]
) -> steps.Loaded:
    """The rows that answer what each run is asked.

    Rows that this version cannot make values of are added to *unreadable*, by their runs.
    """
    by_kind: dict[type[Question], list[tuple[UUID, Any]]] = {}
    for run_id, questions in asked.items():
        for question in questions:
            by_kind.setdefault(type(question), []).append((run_id, question))
    loaded = steps.load(
        ((run, place) for run, each in by_kind.pop(Rows, []) for place in each.places),
        unreadable=unreadable,
    )
    for kind, of_kind in by_kind.items():
        steps.add(loaded, _ANSWERS[kind](of_kind), unreadable)
    return loaded


def _every(asked: Sequence[tuple[UUID, Every]]) -> list[tuple[Any, ...]]:
    return sql.query(_EVERY, {"runs": [run for run, _question in asked]})


def _active(asked: Sequence[tuple[UUID, Active]]) -> list[tuple[Any, ...]]:
    return sql.query(_ACTIVE, {"runs": [run for run, _question in asked]})


def _ended(asked: Sequence[tuple[UUID, Ended]]) -> list[tuple[Any, ...]]:
    return sql.query(_ENDED, {"runs": [run for run, _question in asked]})


def _items(asked: Sequence[tuple[UUID, Items]]) -> list[tuple[Any, ...]]:
    columns: dict[str, list[Any]] = {
        "runs": [run for run, _question in asked],
        "steps": [question.step for _run, question in asked],
        # A loop's rows are one level deeper than its own, so what begins like it is all of them.
        "items": [f"{q.item}.%" if q.item else "_%" for _run, q in asked],
    }
    return sql.query_rows(_ITEMS, _ITEMS_SQLITE, {}, columns)


def _newest(asked: Sequence[tuple[UUID, Newest]]) -> list[tuple[Any, ...]]:
    columns: dict[str, list[Any]] = {
        "runs": [run for run, _question in asked],
        "steps": [",".join(question.steps) for _run, question in asked],
        "before": [_NO_BOUND if q.before is None else q.before for _run, q in asked],
        "counts": [question.count for _run, question in asked],
    }
    given = {} if sql.is_postgresql() else {"most": max(columns["counts"])}
    return sql.query_rows(_NEWEST, _NEWEST_SQLITE, given, columns)


_ANSWERS: dict[type[Question], Callable[[Sequence[tuple[UUID, Any]]], list[tuple[Any, ...]]]] = {
    Active: _active,
    Ended: _ended,
    Every: _every,
    Items: _items,
    Newest: _newest,
}

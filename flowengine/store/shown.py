"""Reading what the view of a run is made from: a bounded number of rows, however many items it has.

Three statements for all runs of a page, whatever their number: the rows that stand in no loop; of each
loop at work the first items that are active; and what is shown of those items, and of the first that
have failed. Nothing here reads inputs or outputs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from flowengine.definitions.model import Workflow
from flowengine.definitions.step_ids import UNDO
from flowengine.engine.run import Counts, Place
from flowengine.engine.states import RunState
from flowengine.models import RunRecord
from flowengine.representations.loops import ITEMS_MAX
from flowengine.representations.rows import StepRow, UndoCounts
from flowengine.store import sql

_READ = """s.run_id, s.step, s.state, s.item, s.kind, s.title, s.attempt, s.tries, s.clause,
       s.counts, s.answers, s.due_at, s.progress, s.note, s.started_at, s.finished_at"""
_ALL = f"""
SELECT {_READ} FROM flowengine_step s WHERE s.run_id = ANY(%(runs)s)
ORDER BY s.ready_at, s.finished_at, s.step"""
_PLACES = f"""
SELECT {_READ} FROM flowengine_step s
JOIN unnest(%(runs)s::uuid[], %(steps)s::text[], %(items)s::text[]) AS w(run_id, step, item)
  ON s.run_id = w.run_id AND s.step = w.step AND s.item = w.item"""
_PLACES_SQLITE = f"""
SELECT {_READ} FROM json_each(%(runs)s) r
JOIN json_each(%(steps)s) w ON w.key = r.key JOIN json_each(%(items)s) i ON i.key = r.key
JOIN flowengine_step s ON s.run_id = r.value AND s.step = w.value AND s.item = i.value"""

_IS_ACTIVE = "state IN ('ready', 'running', 'waiting', 'retrying', 'rescuing')"
_ITEMS = f"""
SELECT a.* FROM unnest(%(runs)s::uuid[], %(steps)s::text[]) AS w(run_id, step)
CROSS JOIN LATERAL (
  SELECT {_READ} FROM flowengine_step s
  WHERE s.run_id = w.run_id AND s.step = w.step AND s.item <> '' AND s.{_IS_ACTIVE}
  ORDER BY length(s.item), s.item LIMIT {ITEMS_MAX}) AS a"""
_ITEMS_SQLITE = f"""
SELECT {_READ} FROM json_each(%(runs)s) r JOIN json_each(%(steps)s) w ON w.key = r.key
JOIN flowengine_step s ON s.rowid IN (
  SELECT x.rowid FROM flowengine_step x
  WHERE x.run_id = r.value AND x.step = w.value AND x.item <> '' AND x.{_IS_ACTIVE}
  ORDER BY length(x.item), x.item LIMIT {ITEMS_MAX})"""

_WAS_DONE = "('succeeded', 'undoing', 'undone', 'undo_failed')"
_UNDO = f"""
SELECT s.run_id, s.state, count(*) FROM flowengine_step s
JOIN unnest(%(runs)s::uuid[], %(steps)s::text[]) AS w(run_id, step)
  ON s.run_id = w.run_id AND s.step = w.step
WHERE s.kind <> 'for_each' AND s.state IN {_WAS_DONE} GROUP BY s.run_id, s.state"""
_UNDO_SQLITE = f"""
SELECT s.run_id, s.state, count(*) FROM json_each(%(runs)s) r
JOIN json_each(%(steps)s) w ON w.key = r.key
JOIN flowengine_step s ON s.run_id = r.value AND s.step = w.value
WHERE s.kind <> 'for_each' AND s.state IN {_WAS_DONE} GROUP BY s.run_id, s.state"""

_counts = msgspec.json.Decoder(Counts).decode
_answers = msgspec.json.Decoder(list[Any]).decode

RowsOf = dict[UUID, dict[Place, StepRow]]
"""By run, by place."""


def rows(runs: Collection[RunRecord], workflows: Mapping[str, Workflow]) -> RowsOf:
    """The rows that are shown of each of these runs, those in no loop in the order in which they came."""
    found: RowsOf = {run.id: {} for run in runs}
    plain = [run.id for run in runs if not _has_loops(workflows.get(run.digest))]
    looped = [run for run in runs if _has_loops(workflows.get(run.digest))]
    if plain:
        _add(found, sql.query(_ALL, {"runs": plain}))
    if looped:
        _add_places(found, _outside(looped, workflows))
        _add_items(found, looped, workflows)
    return found


def undo_counts(
    runs: Collection[RunRecord], workflows: Mapping[str, Workflow]
) -> dict[UUID, UndoCounts]:
    """How far the undoing is of those of these runs that undo, or have undone, something."""
    pairs = [
        (run.id, step_id)
        for run in runs
        if (run.has_undone or run.state == RunState.COMPENSATING) and run.digest in workflows
        for step_id in _undoable(workflows[run.digest])
    ]
    if not pairs:
        return {}
    by_state: dict[UUID, dict[str, int]] = {run_id: {} for run_id, _ in pairs}
    for run_id, state, count in sql.query(_text(_UNDO, _UNDO_SQLITE), _columns(pairs)):
        by_state[sql.as_uuid(run_id)][state] = count
    return {
        run_id: UndoCounts(
            total=sum(counts.values()),
            done=counts.get("undone", 0),
            failed=counts.get("undo_failed", 0),
        )
        for run_id, counts in by_state.items()
    }


def _has_loops(workflow: Workflow | None) -> bool:
    return workflow is not None and any(_loops(workflow))


def _loops(workflow: Workflow) -> Iterator[str]:
    """The loops that stand in no other."""
    for spot in workflow.graph.spots.values():
        if spot.step.loop is not None and not spot.loops:
            yield spot.step.id


def _undoable(workflow: Workflow) -> list[str]:
    graph = workflow.graph
    return [step_id for step_id in graph.spots if graph.undo(step_id) is not None]


def _outside(
    runs: Iterable[RunRecord], workflows: Mapping[str, Workflow]
) -> Iterator[tuple[UUID, Place]]:
    """Every place in no loop, of a step or of the undo of one."""
    for run in runs:
        workflow = workflows[run.digest]
        for step_id, spot in workflow.graph.spots.items():
            if not spot.loops:
                yield run.id, (step_id, "")
        if run.has_undone:
            for step_id in _undoable(workflow):
                yield run.id, (UNDO + step_id, "")


def _add_items(found: RowsOf, runs: Iterable[RunRecord], workflows: Mapping[str, Workflow]) -> None:
    """Of the loops that have begun: items at work, items that have failed, and what is inside them."""
    at_work: list[tuple[UUID, str]] = []
    places: list[tuple[UUID, Place]] = []
    for run in runs:
        for loop in _loops(workflows[run.digest]):
            row = found[run.id].get((loop, ""))
            if row is None or row.counts is None:
                continue
            if row.counts.open:
                at_work.append((run.id, loop))
            failed = row.counts.failures[:ITEMS_MAX]
            places += [(run.id, (loop, index)) for index, _code, _message in failed]
    active = sql.query(_text(_ITEMS, _ITEMS_SQLITE), _columns(at_work)) if at_work else []
    _add(found, active)
    digests = {run.id: run.digest for run in runs}
    for each in active:
        run_id, loop, item = sql.as_uuid(each[0]), each[1], each[3]
        inside = workflows[digests[run_id]].graph.within(loop)
        places += [(run_id, (step_id, item)) for step_id in inside]
    _add_places(found, places)


def _add_places(found: RowsOf, places: Iterable[tuple[UUID, Place]]) -> None:
    wanted = list(places)
    if wanted:
        values = {
            "runs": [run for run, _place in wanted],
            "steps": [step for _run, (step, _item) in wanted],
            "items": [item for _run, (_step, item) in wanted],
        }
        _add(found, sql.query(_text(_PLACES, _PLACES_SQLITE), values))


def _columns(pairs: Sequence[tuple[UUID, str]]) -> dict[str, Any]:
    return {"runs": [run for run, _step in pairs], "steps": [step for _run, step in pairs]}


def _text(postgresql: str, sqlite: str) -> str:
    return postgresql if sql.is_postgresql() else sqlite


def _add(found: RowsOf, read: Iterable[Sequence[Any]]) -> None:
    for row in read:
        value = StepRow(
            step=row[1],
            state=row[2],
            item=row[3],
            kind=row[4],
            title=row[5],
            attempt=row[6],
            tries=row[7],
            clause=row[8],
            counts=None if row[9] is None else _counts(row[9]),
            answers=0 if row[10] is None else len(_answers(row[10])),
            due_at=sql.as_datetime(row[11]),
            progress=row[12],
            note=row[13],
            started_at=sql.as_datetime(row[14]),
            finished_at=sql.as_datetime(row[15]),
        )
        found[sql.as_uuid(row[0])][value.step, value.item] = value

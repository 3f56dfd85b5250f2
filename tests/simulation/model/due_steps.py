"""As :mod:`flowengine.store.due_steps`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from flowengine.engine.states import RunState, StepState
from flowengine.store.due_steps import AttemptKey, Due, RowKey, owes
from tests.simulation.model.database import Database
from tests.simulation.model.tables import StepRow

_GOES_ON = frozenset({RunState.RUNNING, RunState.WAITING, RunState.HELD})


def overdue(
    db: Database, stations: Sequence[str], tasks: Sequence[str], now: datetime, *, limit: int
) -> list[AttemptKey]:
    with db.statement("due_steps.overdue"):
        found = [
            row
            for row in db.read("step")
            if _is_free(row)
            and row.step.due_at is not None
            and row.step.due_at <= now
            and row.step.station in stations
            and row.step.task in tasks
        ]
    found.sort(key=lambda row: (-row.priority, row.step.due_at))
    return [_attempt(row) for row in found[:limit]]


def due(db: Database, now: datetime, *, limit: int) -> Due:
    with db.statement("due_steps.due"):
        rows = [
            row
            for row in db.read("step")
            if row.step.state is not StepState.READY
            and row.step.due_at is not None
            and row.step.due_at <= now
        ]
    rows = sorted(rows, key=lambda row: row.step.due_at)[:limit]
    return Due(
        runs=list(dict.fromkeys(row.run for row in rows if not owes(row.step))),
        settled=[(row.run, *row.step.place) for row in rows if owes(row.step)],
        is_page=len(rows) == limit,
    )


def next_due(db: Database) -> datetime | None:
    with db.statement("due_steps.next_due"):
        times = [
            row.step.due_at
            for row in db.read("step")
            if row.step.state is not StepState.READY and row.step.due_at is not None
        ]
    return min(times, default=None)


def held(
    db: Database, workers: Sequence[UUID], *, limit: int, after: AttemptKey | None = None
) -> list[AttemptKey]:
    run, step, item, _attempt_number = after or (UUID(int=0), "", "", 0)
    with db.statement("due_steps.held"):
        rows = [
            row
            for row in db.read("step")
            if row.step.worker in workers and row.step.state is StepState.RUNNING
        ]
    found = [_attempt(row) for row in rows if (row.run, *row.step.place) > (run, step, item)]
    return sorted(found)[:limit]


def stopping(db: Database, worker: UUID, runs: Collection[UUID]) -> set[RowKey]:
    found = set()
    with db.statement("due_steps.stopping"):
        for row in db.read("step"):
            step = row.step
            if row.run not in runs or step.worker != worker or step.state is not StepState.RUNNING:
                continue
            run = db.get("run", row.run)
            assert run is not None, "a step has a run"
            ends = run.state not in _GOES_ON and step.kind != "undo" and not run.tail
            if step.is_stopping or ends:
                found.add((row.run, *step.place))
    return found


def settle(db: Database, rows: Sequence[RowKey], until: datetime | None) -> None:
    if not rows:
        return
    with db.statement("due_steps.settle"):
        for key in rows:
            db.change("step", key, lambda row: _due_at(row, until))


def make_due(db: Database, places: Sequence[AttemptKey], now: datetime) -> None:
    if not places:
        return
    with db.transaction(), db.statement("due_steps.make_due"):
        wanted = {key[:3]: key[3] for key in places}
        rows = [row for key in wanted if (row := db.get("step", key)) is not None]
        for row in db.lock("step", rows, is_wanted=_is_free, skip=True):
            key = (row.run, *row.step.place)
            if row.step.attempt == wanted[key]:
                db.change("step", key, lambda row: _due_at(row, now))


def postpone(db: Database, ids: Sequence[UUID], now: datetime, until: datetime) -> None:
    with db.statement("due_steps.postpone"):
        for row in db.read("step"):
            if row.run in ids:
                db.change(
                    "step",
                    (row.run, *row.step.place),
                    lambda row: _due_at(row, until),
                    is_wanted=lambda row: row.step.due_at is not None and row.step.due_at <= now,
                )


def _due_at(row: StepRow, at: datetime | None) -> StepRow:
    return replace(row, step=replace(row.step, due_at=at))


def _is_free(row: StepRow) -> bool:
    return row.step.state is StepState.READY and row.step.worker is None


def _attempt(row: StepRow) -> AttemptKey:
    return (row.run, row.step.id, row.step.item, row.step.attempt)

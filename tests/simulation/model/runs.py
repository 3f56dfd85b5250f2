"""As :mod:`flowengine.store.runs`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from flowengine.engine.run import Run
from flowengine.engine.states import RunState
from flowengine.store.runs import Ended, Head, Locked
from tests.simulation.model.database import Database, setting, to


def lock(db: Database, ids: Iterable[UUID], *, wait: bool = False) -> Locked:
    wanted = sorted(set(ids))
    if not wanted:
        return Locked({}, {})
    with db.statement("runs.lock"):
        rows = [row for each in wanted if (row := db.get("run", each)) is not None]
        return Locked({run.id: _joined(db, run) for run in db.lock("run", rows, skip=not wait)}, {})


def heads(db: Database, ids: Collection[UUID]) -> dict[UUID, Head]:
    if not ids:
        return {}
    with db.statement("runs.heads"):
        rows = [row for each in sorted(ids) if (row := db.get("run", each)) is not None]
        return {row.id: (row.seq, row.due_at) for row in db.lock("run", rows, skip=True)}


def _joined(db: Database, run: Run) -> Run:
    """With its event as it is now: a replay may have changed that."""
    row = db.get("event", run.event.id)
    if row is None or row.event.replay == run.event.replay:
        return run
    return replace(run, event=row.event)


def insert(
    db: Database, rows: Sequence[tuple[Run, Sequence[str], Sequence[str], dict[str, Any]]]
) -> None:
    if not rows:
        return
    with db.statement("runs.insert"):
        for run, _watchers, _groups, _labels in rows:
            db.insert("run", replace(run, steps={}, known=None))


def update(db: Database, runs: Sequence[Run]) -> None:
    if not runs:
        return
    with db.statement("runs.update"):
        for run in runs:
            db.change("run", run.id, to(replace(run, steps={}, known=None)))


def due(db: Database, now: datetime, *, limit: int) -> tuple[list[UUID], list[UUID]]:
    with db.statement("runs.due"):
        rows = [
            row
            for row in db.read("run")
            if row.due_at is not None and row.due_at <= now and row.state is not RunState.QUEUED
        ]
    rows = sorted(rows, key=lambda row: row.due_at)[:limit]
    return (
        [row.id for row in rows if row.tail or not row.state.is_final],
        [row.id for row in rows if row.state.is_final],
    )


def ended(db: Database, ids: Sequence[UUID]) -> list[Ended]:
    with db.statement("runs.ended"):
        rows = [row for each in ids if (row := db.get("run", each)) is not None]
    return [
        Ended(
            id=run.id,
            workflow=run.workflow,
            digest=run.digest,
            seq=run.seq,
            state=run.state,
            tail=run.tail,
            output=run.output if run.state is RunState.SUCCEEDED else None,
            failure=run.failure,
            parent=run.parent,
            finished_at=run.finished_at,
        )
        for run in rows
        if run.due_at is not None and run.state.is_final
    ]


def caused_by(db: Database, event_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    with db.statement("runs.caused_by"):
        return {
            run.id: run.event.id
            for run in db.read("run")
            if run.event.id in event_ids and not run.state.is_final
        }


def hold(db: Database, ids: Collection[UUID]) -> set[UUID]:
    with db.statement("runs.hold"):
        rows = [row for each in sorted(ids) if (row := db.get("run", each)) is not None]
        return {row.id for row in db.lock("run", rows, skip=True)}


def existing(db: Database, ids: Sequence[UUID]) -> set[UUID]:
    with db.statement("runs.existing"):
        return {each for each in ids if db.get("run", each) is not None}


def postpone(db: Database, ids: Sequence[UUID], now: datetime, until: datetime) -> None:
    with db.statement("runs.postpone"):
        for each in ids:
            db.change(
                "run",
                each,
                setting(due_at=until),
                is_wanted=lambda row: row.due_at is not None and row.due_at <= now,
            )


def passed_on(db: Database, seen: Mapping[UUID, tuple[int, datetime | None]]) -> None:
    if not seen:
        return
    with db.statement("runs.passed_on"):
        for each, (seq, due_at) in seen.items():
            db.change(
                "run",
                each,
                setting(due_at=due_at),
                is_wanted=partial(_is_at, seq),
            )


def _is_at(seq: int, run: Run) -> bool:
    return run.seq == seq

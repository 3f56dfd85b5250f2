"""As :mod:`flowengine.store.workers`, on PostgreSQL: a lease follows time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from flowengine.engine.states import StepState
from flowengine.store.workers import PAGE, Worker, WorkerState
from tests.simulation.model.database import Database
from tests.simulation.model.tables import WorkerRow

_HOLDS = frozenset({StepState.READY, StepState.RUNNING})


def register(db: Database, worker: Worker, now: datetime, *, lease_s: float) -> None:
    row = WorkerRow(
        id=worker.id,
        state=WorkerState.ALIVE,
        due_at=now + timedelta(seconds=lease_s),
        seen_at=now,
    )
    with db.transaction(), db.statement("workers.register"):
        if not db.insert("worker", row, ignore=True):
            db.change("worker", worker.id, lambda _row: row)


def renew(
    db: Database,
    worker_id: UUID,
    now: datetime,
    *,
    lease_s: float,
    state: WorkerState = WorkerState.ALIVE,
    consumed_at: datetime | None = None,
    meter: str | None = None,
) -> WorkerState | None:
    due_at = now + timedelta(seconds=lease_s)
    with db.transaction(), db.statement("workers.renew"):
        is_there = db.change(
            "worker",
            worker_id,
            lambda row: replace(row, state=state, due_at=due_at, seen_at=now),
            is_wanted=_has_not_ended,
        )
    return WorkerState.ALIVE if is_there else None


def expire(db: Database, worker_id: UUID, now: datetime) -> bool:
    with db.transaction(), db.statement("workers.expire"):
        return db.change(
            "worker",
            worker_id,
            lambda row: replace(row, due_at=now),
            is_wanted=_has_not_ended,
        )


def end(db: Database, worker_ids: Sequence[UUID], now: datetime) -> int:
    with db.transaction(), db.statement("workers.end"):
        return sum(
            db.change(
                "worker",
                each,
                lambda row: replace(row, state=WorkerState.ENDED, due_at=None, seen_at=now),
                is_wanted=_has_not_ended,
            )
            for each in worker_ids
        )


def expired(db: Database, now: datetime, *, limit: int = PAGE) -> list[UUID]:
    with db.statement("workers.expired"):
        rows = [row for row in db.read("worker") if row.due_at is not None and row.due_at <= now]
        found = [row.id for row in sorted(rows, key=lambda row: row.due_at) if _has_not_ended(row)]
    with db.statement("workers.still_named"):
        workers = {row.id: row for row in db.read("worker")}
        named = {row.step.worker: None for row in db.read("step") if row.step.state in _HOLDS}
        found += [
            each
            for each in named
            if each is not None and (each not in workers or not _has_not_ended(workers[each]))
        ]
    return found[:limit]


def _has_not_ended(row: WorkerRow) -> bool:
    return row.state != WorkerState.ENDED

"""What people want of worker processes: that one takes no more work, or takes work again.

It is written into the process's row, and heard with its next heartbeat, within a third of a lease.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flowengine.orchestration import audit
from flowengine.orchestration.audit import By, Entry, wants_reason
from flowengine.store import sql, workers
from flowengine.store.workers import WorkerState


def drain(worker: UUID, by: By, now: datetime) -> bool:
    """Let a worker begin nothing more; what it is at goes on, and the process stays.

    Args:
        worker: its id.
        by: who, why and from where.
        now: the database's clock.

    Returns:
        False where there is none, or it has ended.

    Raises:
        ReasonMissing: FE513.
    """
    return _want(worker, WorkerState.DRAINING, "worker.drain", by, now)


def resume(worker: UUID, by: By, now: datetime) -> bool:
    """Let it take work again. As :func:`drain`."""
    return _want(worker, WorkerState.ALIVE, "worker.resume", by, now)


def _want(worker: UUID, wanted: WorkerState, verb: str, by: By, now: datetime) -> bool:
    wants_reason(by)
    with sql.writing():
        if audit.is_done(by, verb, "worker", worker):
            return True
        is_there = workers.want(worker, wanted, now, by=by.who, reason=by.reason)
        if is_there:
            entry = Entry(by=by, verb=verb, kind="worker", object_id=str(worker))
            audit.record([entry], now)
    return is_there

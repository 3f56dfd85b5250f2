"""Rows of worker processes: their leases. A step names the worker that holds it by this id.

On PostgreSQL a lease follows time: it runs out at ``due_at``, by the database's clock. On SQLite it
follows the living process, see :mod:`flowengine.store.presence`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from flowengine.store import sql, tables
from flowengine.store.presence import is_present

PAGE = 100
KEPT = timedelta(days=1)
"""How long the row of a worker that has ended can still be looked at."""

_COLUMNS = (
    *("name", "host", "pid", "stations", "version", "project_version", "concurrency"),
    *("state", "due_at", "started_at", "seen_at"),
    "id",
)
_OF_OTHERS = ("meter", "wanted", "wanted_by", "wanted_reason")
"""What a process that registers again finds as it was."""
_NOTHING_COUNTED = "{}"
_RENEW = """
UPDATE flowengine_worker
SET state = %(state)s, due_at = %(due_at)s, seen_at = %(now)s,
    consumed_at = COALESCE(%(consumed_at)s, consumed_at),
    meter = COALESCE(%(meter)s, meter),
    metered_at = CASE WHEN %(meter)s IS NULL THEN metered_at ELSE %(now)s END
WHERE id = %(id)s AND state <> 'ended' RETURNING wanted"""
_WANT = """
UPDATE flowengine_worker
SET wanted = %(wanted)s, wanted_since = %(now)s, wanted_by = %(by)s, wanted_reason = %(reason)s
WHERE id = %(id)s AND state <> 'ended'"""
_EXPIRE = """
UPDATE flowengine_worker SET due_at = %(now)s WHERE id = %(id)s AND state <> 'ended'"""
_END = """
UPDATE flowengine_worker SET state = 'ended', due_at = NULL, seen_at = %(now)s
WHERE id = ANY(%(ids)s) AND state <> 'ended'"""
_EXPIRED = """
SELECT id FROM flowengine_worker WHERE state <> 'ended' AND due_at <= %(now)s
ORDER BY due_at LIMIT %(limit)s"""
_NOT_ENDED = "SELECT id FROM flowengine_worker WHERE state <> 'ended' ORDER BY due_at"
_STILL_NAMED = """
SELECT DISTINCT s.worker_id FROM flowengine_step s
LEFT JOIN flowengine_worker w ON w.id = s.worker_id
WHERE s.worker_id IS NOT NULL AND s.state IN ('ready', 'running')
AND (w.id IS NULL OR w.state = 'ended') LIMIT %(limit)s"""
_FORGOTTEN = """
SELECT w.id FROM flowengine_worker w
WHERE w.state = 'ended' AND w.seen_at < %(before)s AND NOT EXISTS (
  SELECT 1 FROM flowengine_step s
  WHERE s.worker_id = w.id AND s.state IN ('ready', 'running'))
LIMIT %(limit)s FOR UPDATE OF w SKIP LOCKED"""
_FORGET = "DELETE FROM flowengine_worker WHERE id = ANY(%(ids)s)"


class WorkerState(StrEnum):
    """What a worker says of itself."""

    ALIVE = "alive"
    DRAINING = "draining"
    """It takes nothing more."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One worker process."""

    id: UUID
    """New with each start."""
    name: str
    """For people."""
    host: str
    pid: int
    stations: tuple[str, ...] = ()
    version: str = ""
    project_version: str = ""
    concurrency: int = 0


def register(worker: Worker, now: datetime, *, lease_s: float) -> None:
    """The worker counts as alive from now; one that was there before does so again."""
    described = (
        *(worker.name, worker.host, worker.pid, json.dumps(worker.stations), worker.version),
        *(worker.project_version, worker.concurrency),
    )
    due_at = now + timedelta(seconds=lease_s)
    row = (*described, WorkerState.ALIVE, due_at, now, now, worker.id)
    with sql.writing():
        new = [(*row, _NOTHING_COUNTED, WorkerState.ALIVE, "", "")]
        if not sql.insert(tables.WORKER, (*_COLUMNS, *_OF_OTHERS), new, ignore=True):
            sql.update(tables.WORKER, _COLUMNS[:-1], ("id",), [row])


def renew(
    worker_id: UUID,
    now: datetime,
    *,
    lease_s: float,
    state: WorkerState = WorkerState.ALIVE,
    consumed_at: datetime | None = None,
    meter: str | None = None,
) -> WorkerState | None:
    """Prolong the lease; None = it was ended meanwhile, what the worker held is lost.

    Args:
        worker_id: whose.
        now: the database's clock.
        lease_s: how long it holds from now.
        state: what the worker says of itself.
        consumed_at: when it last took work; None = nothing new.
        meter: what it has counted, as JSON; None = nothing new.

    Returns:
        What people want it to be.
    """
    values = {
        "id": worker_id,
        "now": now,
        "due_at": now + timedelta(seconds=lease_s),
        "state": str(state),
        "consumed_at": consumed_at,
        "meter": meter,
    }
    with sql.writing():
        found = sql.query(_RENEW, values)
    return WorkerState(found[0][0]) if found else None


def want(worker_id: UUID, wanted: WorkerState, now: datetime, *, by: str, reason: str) -> bool:
    """Leave word for a worker what it is to be; False = there is none, or it has ended."""
    values = {"id": worker_id, "wanted": str(wanted), "now": now, "by": by, "reason": reason}
    return sql.execute(_WANT, values) == 1


def expire(worker_id: UUID, now: datetime) -> bool:
    """End the lease of a process that is known to be dead; False = there is none.

    What it held is taken from it by the next rescue, at once.
    """
    with sql.writing():
        return sql.execute(_EXPIRE, {"id": worker_id, "now": now}) == 1


def end(worker_ids: Sequence[UUID], now: datetime) -> int:
    """These workers are gone and hold nothing; the number that were not ended yet.

    A page of those that ended long ago is forgotten with it.
    """
    with sql.writing():
        forgotten = sql.query(_FORGOTTEN, {"before": now - KEPT, "limit": PAGE})
        if forgotten:
            sql.execute(_FORGET, {"ids": [sql.as_uuid(row[0]) for row in forgotten]})
        return sql.execute(_END, {"ids": list(worker_ids), "now": now})


def expired(now: datetime, *, limit: int = PAGE) -> list[UUID]:
    """Workers from which everything is to be taken, at most *limit*.

    They do not count as alive any more; or they have ended, and a step names them all the same: a
    claim of theirs was committed while they were being ended. One without a row has ended long ago:
    a worker registers before it claims.
    """
    if sql.is_postgresql():
        found = [row[0] for row in sql.query(_EXPIRED, {"now": now, "limit": limit})]
    else:
        known = [sql.as_uuid(row[0]) for row in sql.query(_NOT_ENDED, {})]
        found = [worker_id for worker_id in known if not is_present(worker_id)]
    found += [sql.as_uuid(row[0]) for row in sql.query(_STILL_NAMED, {"limit": limit})]
    return found[:limit]

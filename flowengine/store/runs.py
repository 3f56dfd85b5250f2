"""Rows of runs <-> ``Run`` values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.event import Event
from flowengine.engine.run import Failure, Run
from flowengine.engine.states import RunState
from flowengine.store import sql, tables

_LOCK = """
SELECT r.id, r.workflow, r.digest, r.replay, r.state, r.seq, r.due_at, r.title, r.inputs,
       r.failure, r.outcome, r.created_at, r.started_at, r.event_id,
       e.type, e.data, e.time, e.source, e.external_id, e.subject, e.actor,
       e.correlation_id, e.causation_id, e.hops, e.traceparent, e.replay
FROM flowengine_run r JOIN flowengine_event e ON e.id = r.event_id
WHERE r.id = ANY(%(ids)s) ORDER BY r.id FOR NO KEY UPDATE OF r"""

_COLUMNS = (
    *("id", "workflow", "digest", "event_id", "replay", "state", "seq", "due_at", "title"),
    *("actor", "watchers", "watcher_groups", "labels", "inputs", "output", "failure", "outcome"),
    *("created_at", "started_at", "finished_at"),
)
_CHANGING = ("state", "seq", "due_at", "output", "failure", "outcome", "started_at", "finished_at")

_decode = msgspec.json.decode
_encode = msgspec.json.encode
_failure = msgspec.json.Decoder(Failure).decode


@dataclass(frozen=True, slots=True)
class Locked:
    """Runs that this transaction holds."""

    readable: dict[UUID, Run]
    """By id, without their steps."""
    unreadable: dict[UUID, Exception]
    """Rows that this version cannot make a value of, with why."""


def lock(ids: Iterable[UUID], *, wait: bool = False) -> Locked:
    """The runs of these ids, locked until the transaction ends.

    Locks are taken in the order of ids. Runs that another transaction holds are left out, unless
    *wait* (architecture §2.6); so are ids without a row.
    """
    locked = Locked({}, {})
    wanted = sorted(set(ids))
    if not wanted:
        return locked
    for row in sql.query(_LOCK if wait else _LOCK + " SKIP LOCKED", {"ids": wanted}):
        run_id = sql.as_uuid(row[0])
        try:
            locked.readable[run_id] = _run(row)
        except (ValueError, msgspec.MsgspecError) as error:
            locked.unreadable[run_id] = error
    return locked


def _run(row: tuple[Any, ...]) -> Run:
    event = Event(
        id=sql.as_uuid(row[13]),
        type=row[14],
        data=_decode(row[15]),
        time=sql.as_datetime(row[16]) or row[16],
        source=row[17],
        external_id=row[18],
        subject=row[19],
        actor=row[20],
        correlation_id=row[21],
        causation_id=row[22],
        hops=row[23],
        traceparent=row[24],
        replay=row[25],
    )
    return Run(
        id=sql.as_uuid(row[0]),
        workflow=row[1],
        digest=row[2],
        event=event,
        replay=row[3],
        state=RunState(row[4]),
        seq=row[5],
        due_at=sql.as_datetime(row[6]),
        title=row[7],
        inputs=None if row[8] is None else _decode(row[8]),
        failure=None if row[9] is None else _failure(row[9]),
        outcome=None if row[10] is None else RunState(row[10]),
        created_at=sql.as_datetime(row[11]),
        started_at=sql.as_datetime(row[12]),
    )


def insert(rows: Sequence[tuple[Run, Sequence[str], Sequence[str], dict[str, Any]]]) -> None:
    """Write new runs, each with its watchers, its watchers' groups and its labels."""
    sql.insert(
        tables.RUN,
        _COLUMNS,
        [
            (
                *(run.id, run.workflow, run.digest, run.event.id, run.replay),
                *(run.state, run.seq, run.due_at, run.title, run.event.actor),
                _encode(watchers).decode(),
                _encode(groups).decode(),
                _encode(labels).decode(),
                encoded(run.inputs),
                _output(run),
                encoded(run.failure),
                run.outcome,
                *(run.created_at, run.started_at, run.finished_at),
            )
            for run, watchers, groups, labels in rows
        ],
    )


def update(runs: Sequence[Run]) -> None:
    """Write what changes of runs that are locked and were not final before."""
    sql.update(
        tables.RUN,
        _CHANGING,
        ("id",),
        [
            (
                *(run.state, run.seq, run.due_at, _output(run)),
                encoded(run.failure),
                *(run.outcome, run.started_at, run.finished_at),
                run.id,
            )
            for run in runs
        ],
    )


def due(now: datetime, *, limit: int) -> list[UUID]:
    """The ids of runs that want attention themselves, oldest first; without locks."""
    rows = sql.query(
        "SELECT id FROM flowengine_run WHERE due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s",
        {"now": now, "limit": limit},
    )
    return [sql.as_uuid(row[0]) for row in rows]


def existing(ids: Sequence[UUID]) -> set[UUID]:
    """Those of *ids* that have a row."""
    rows = sql.query("SELECT id FROM flowengine_run WHERE id = ANY(%(ids)s)", {"ids": list(ids)})
    return {sql.as_uuid(row[0]) for row in rows}


def postpone(ids: Sequence[UUID], now: datetime, until: datetime) -> None:
    """What is due of these runs is not looked at before *until*; they are locked."""
    sql.execute(
        "UPDATE flowengine_run SET due_at = %(until)s WHERE id = ANY(%(ids)s) AND due_at <= %(now)s",
        {"ids": list(ids), "now": now, "until": until},
    )


def cancelling(ids: Sequence[UUID]) -> set[UUID]:
    """Those of these runs that are being cancelled, or are final already."""
    rows = sql.query(
        "SELECT id FROM flowengine_run WHERE id = ANY(%(ids)s)"
        " AND state NOT IN ('running', 'waiting')",
        {"ids": list(ids)},
    )
    return {sql.as_uuid(row[0]) for row in rows}


def encoded(value: Any) -> bytes | None:
    """JSON bytes; None stays None."""
    return None if value is None else _encode(value)


def _output(run: Run) -> bytes | None:
    return _encode(run.output) if run.state is RunState.SUCCEEDED else None

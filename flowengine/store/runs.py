"""Rows of runs <-> ``Run`` values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.event import Parent
from flowengine.engine.run import Failure, Run
from flowengine.engine.states import FINAL_RUN_STATES, RunState
from flowengine.store import events, parents, sql, tables

_LOCK = f"""
SELECT r.id, r.workflow, r.digest, r.replay, r.state, r.seq, r.due_at, r.title, r.inputs,
       r.output, r.failure, r.outcome, r.priority, r.busy, r.asleep, r.undoing, r.has_undone,
       r.still_s, r.tail, r.created_at, r.started_at, r.held_at, r.finished_at, r.output_bytes,
       r.parent_run, r.parent_step, r.parent_item, r.parent_depth, r.parent_detached,
       r.replay_of, r.keys, r.holding, {events.columns("e")}
FROM flowengine_run r JOIN flowengine_event e ON e.id = r.event_id
WHERE r.id = ANY(%(ids)s) ORDER BY r.id FOR NO KEY UPDATE OF r"""

_MOVING = ("busy", "asleep", "output_bytes", "undoing", "has_undone", "still_s", "tail", "holding")
"""What the steps of a run leave in its row; :func:`_moving` has the values."""
_COLUMNS = (
    *("id", "workflow", "digest", "event_id", "replay", "replay_of", "keys", "state", "seq"),
    *("due_at", "title"),
    *("priority", "parent_run", "parent_step", "parent_item", "parent_depth", "parent_detached"),
    *_MOVING,
    *("actor", "watchers", "watcher_groups", "labels", "inputs", "output", "failure", "outcome"),
    *("created_at", "started_at", "held_at", "finished_at"),
)
_CHANGING = (
    *("replay", "state", "seq", "due_at", "title", "output", "failure", "outcome"),
    *_MOVING,
    *("started_at", "held_at", "finished_at"),
)
_ENDED = """
SELECT r.id, r.workflow, r.digest, r.seq, r.state, r.tail, r.output, r.failure, r.parent_run,
       r.parent_step, r.parent_item, r.parent_depth, r.parent_detached, r.finished_at
FROM flowengine_run r
WHERE r.id = ANY(%(ids)s) AND r.due_at IS NOT NULL AND r.state = ANY(%(states)s)"""
_CAUSED_BY = """
SELECT id, event_id FROM flowengine_run
WHERE event_id = ANY(%(events)s) AND NOT state = ANY(%(states)s)"""
_HOLD = """
SELECT id FROM flowengine_run WHERE id = ANY(%(ids)s) ORDER BY id
FOR NO KEY UPDATE SKIP LOCKED"""
_HEADS = """
SELECT id, seq, due_at FROM flowengine_run WHERE id = ANY(%(ids)s) ORDER BY id
FOR NO KEY UPDATE SKIP LOCKED"""
_DUE = """
SELECT id, state, tail FROM flowengine_run WHERE due_at <= %(now)s AND state <> 'queued'
ORDER BY due_at LIMIT %(limit)s"""

_STATES = {state.value: state for state in RunState}
"""By word: to ask the enumeration takes many times as long."""
_NUMBER = attrgetter("int")
"""Of an id: two are compared by it, many times faster than by themselves."""
_decode = msgspec.json.decode
_encode = msgspec.json.encode
_failure = msgspec.json.Decoder(Failure).decode


Head = tuple[int, datetime | None]
"""The number of a run's last transition or progress, and its ``due_at``: all of its rows that a decision
goes by are as they were when it was the same."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Runs that this transaction holds."""

    readable: dict[UUID, Run]
    """By id, without their steps."""
    unreadable: dict[UUID, Exception]
    """Rows that this version cannot make a value of, with why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run that is final, as others need to know of it."""

    id: UUID
    workflow: str
    digest: str
    seq: int
    """Its head."""
    state: RunState
    tail: str
    """The hooks at work; empty = none."""
    output: Any
    failure: Failure | None
    parent: Parent | None
    finished_at: datetime | None


def lock(ids: Iterable[UUID], *, wait: bool = False) -> Locked:
    """The runs of these ids, locked until the transaction ends.

    Locks are taken in the order of ids. Runs that another transaction holds are left out, unless
    *wait* (architecture §2.6); so are ids without a row.
    """
    locked = Locked({}, {})
    wanted = sorted(set(ids), key=_NUMBER)
    if not wanted:
        return locked
    rows = sql.query(_LOCK if wait else _LOCK + " SKIP LOCKED", {"ids": wanted})
    for row in rows:
        run_id = sql.as_uuid(row[0])
        try:
            locked.readable[run_id] = _run(row)
        except (ValueError, msgspec.MsgspecError) as error:
            locked.unreadable[run_id] = error
    return locked


def heads(ids: Collection[UUID]) -> dict[UUID, Head]:
    """Lock those of these runs that are free, until the transaction ends; how far each of them is."""
    rows = sql.query(_HEADS, {"ids": sorted(ids, key=_NUMBER)}) if ids else []
    return {sql.as_uuid(row[0]): (row[1], sql.as_datetime(row[2])) for row in rows}


def _run(row: tuple[Any, ...]) -> Run:
    return Run(
        id=sql.as_uuid(row[0]),
        workflow=row[1],
        digest=row[2],
        event=events.value(row[32:]),
        replay=row[3],
        replay_of=None if row[29] is None else sql.as_uuid(row[29]),
        keys=None if row[30] is None else sql.as_uuid(row[30]),
        state=_STATES.get(row[4]) or RunState(row[4]),
        seq=row[5],
        due_at=sql.as_datetime(row[6]),
        title=row[7],
        inputs=None if row[8] is None else _decode(row[8]),
        output=None if row[9] is None else _decode(row[9]),
        failure=None if row[10] is None else _failure(row[10]),
        outcome=None if row[11] is None else RunState(row[11]),
        parent=parents.of_columns(row[24:29]),
        priority=row[12],
        busy=row[13],
        asleep=row[14],
        undoing=row[15],
        has_undone=bool(row[16]),
        holding=bool(row[31]),
        still_s=row[17],
        tail=row[18],
        created_at=sql.as_datetime(row[19]),
        started_at=sql.as_datetime(row[20]),
        held_at=sql.as_datetime(row[21]),
        finished_at=sql.as_datetime(row[22]),
        output_bytes=row[23],
    )


def insert(rows: Sequence[tuple[Run, Sequence[str], Sequence[str], dict[str, Any]]]) -> None:
    """Write new runs, each with its watchers, its watchers' groups and its labels."""
    sql.insert(
        tables.RUN,
        _COLUMNS,
        [
            (
                *(run.id, run.workflow, run.digest, run.event.id, run.replay, run.replay_of),
                *(run.keys, run.state, run.seq, run.due_at, run.title, run.priority),
                *parents.columns(run.parent),
                *_moving(run),
                run.event.actor,
                _encode(watchers).decode(),
                _encode(groups).decode(),
                _encode(labels).decode(),
                encoded(run.inputs),
                _output(run),
                encoded(run.failure),
                run.outcome,
                *(run.created_at, run.started_at, run.held_at, run.finished_at),
            )
            for run, watchers, groups, labels in rows
        ],
    )


def update(runs: Sequence[Run]) -> None:
    """Write what changes of runs that are locked."""
    sql.update(
        tables.RUN,
        _CHANGING,
        ("id",),
        [
            (
                *(run.replay, run.state, run.seq, run.due_at, run.title, _output(run)),
                encoded(run.failure),
                run.outcome,
                *_moving(run),
                *(run.started_at, run.held_at, run.finished_at, run.id),
            )
            for run in runs
        ],
    )


def due(now: datetime, *, limit: int) -> tuple[list[UUID], list[UUID]]:
    """The ids of runs that want attention themselves, oldest first; without locks.

    Those that are open or have hooks at work, and those that are final and whose end is not passed on
    yet: at most *limit*, some of which are in both. Not those that are queued, which are admission's.
    """
    rows = sql.query(_DUE, {"now": now, "limit": limit})
    at_work = [row[0] for row in rows if row[2] or row[1] not in FINAL_RUN_STATES]
    final = [row[0] for row in rows if row[1] in FINAL_RUN_STATES]
    return [sql.as_uuid(each) for each in at_work], [sql.as_uuid(each) for each in final]


def ended(ids: Sequence[UUID]) -> list[Ended]:
    """Those of these runs that are final and whose end is not passed on yet; without locks."""
    return [
        Ended(
            id=sql.as_uuid(row[0]),
            workflow=row[1],
            digest=row[2],
            seq=row[3],
            state=RunState(row[4]),
            tail=row[5],
            output=None if row[6] is None else _decode(row[6]),
            failure=None if row[7] is None else _failure(row[7]),
            parent=parents.of_columns(row[8:13]),
            finished_at=sql.as_datetime(row[13]),
        )
        for row in sql.query(_ENDED, {"ids": list(ids), "states": sorted(FINAL_RUN_STATES)})
    ]


def caused_by(event_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The runs of these events that are not final, each with its event; without locks."""
    values = {"events": list(event_ids), "states": sorted(FINAL_RUN_STATES)}
    return {sql.as_uuid(row[0]): sql.as_uuid(row[1]) for row in sql.query(_CAUSED_BY, values)}


def hold(ids: Collection[UUID]) -> set[UUID]:
    """Lock those of these runs that are free, until the transaction ends; they are not read."""
    rows = sql.query(_HOLD, {"ids": list(ids)})
    return {sql.as_uuid(row[0]) for row in rows}


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


def passed_on(seen: Mapping[UUID, tuple[int, datetime | None]]) -> None:
    """Nothing is owed any more of these final runs, which are locked and had this head; others stay.

    With the head: what else is due of it, the end of its hooks' time; None = nothing.
    """
    sql.update(
        tables.RUN,
        ("due_at",),
        ("id", "seq"),
        [(due_at, run_id, seq) for run_id, (seq, due_at) in sorted(seen.items())],
    )


def encoded(value: Any) -> bytes | None:
    """JSON bytes; None stays None."""
    return None if value is None else _encode(value)


def _moving(run: Run) -> tuple[Any, ...]:
    return (
        *(run.busy, run.asleep, run.output_bytes, run.undoing),
        *(run.has_undone, run.still_s, run.tail, run.holding),
    )


def _output(run: Run) -> bytes | None:
    return _encode(run.output) if run.state is RunState.SUCCEEDED else None

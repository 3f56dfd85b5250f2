"""Rows of replays. Whoever changes one, or its items (:mod:`.replay_items`), holds its row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from flowengine.store import dead_tables, sql


class ReplayState(StrEnum):
    """Where a replay stands."""

    PROPOSED = "proposed"
    """Somebody else has to agree."""
    CANARY = "canary"
    """The first are on their way; the others wait for their ends."""
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """What has not been sent never is."""
    DONE = "done"


ACTIVE = frozenset({ReplayState.CANARY, ReplayState.RUNNING})
ENDED = frozenset({ReplayState.STOPPED, ReplayState.DONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A row."""

    id: UUID
    selection_id: UUID
    mode: str
    options: str
    pace: str
    state: str
    due_at: datetime | None = None
    by: str
    reason: str
    door: str
    address: str
    approver: str = ""
    total: int = 0
    sent: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    verdict: Mapping[str, Any] = field(default_factory=dict)
    request_key: str | None = None
    created_at: datetime
    ended_at: datetime | None = None
    kind: str
    """Of its selection: dead_letter, run, event."""


_COLUMNS = tuple(each.name for each in fields(Replay) if each.name != "kind")
_READ = ", ".join(f"r.{name}" for name in _COLUMNS) + ", s.kind"
_FROM = "flowengine_replay r JOIN flowengine_selection s ON s.id = r.selection_id"
_TURN = 0x666C6F7772657079
"""The key of PostgreSQL's lock that lets one batch be sent at a time."""
_HOLD = """
SELECT s.id FROM flowengine_selection s JOIN flowengine_selection_item i ON i.selection_id = s.id
WHERE s.id = %(id)s AND i.n = 1 FOR NO KEY UPDATE OF s"""
_DUE = """
SELECT id FROM flowengine_replay WHERE due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s"""


def hold_selection(selection_id: UUID) -> bool:
    """Keep what was chosen from being deleted until the transaction ends; False = it is, or there is none.

    Of a large one that grows too old, the first things are gone some time before the last.
    """
    return bool(sql.query(_HOLD, {"id": selection_id}))


def insert(replay: Replay) -> bool:
    """Write a new one; False where one was asked for with the same request key before."""
    verdict = json.dumps(dict(replay.verdict))
    values = [verdict if name == "verdict" else getattr(replay, name) for name in _COLUMNS]
    return sql.insert(dead_tables.REPLAY, _COLUMNS, [values], ignore=True) == 1


def get(replay_id: UUID, *, lock: bool = False) -> Replay | None:
    """This replay; with *lock*, held until the transaction ends."""
    text = f"SELECT {_READ} FROM {_FROM} WHERE r.id = %(id)s"
    rows = sql.query(f"{text} FOR NO KEY UPDATE OF r" if lock else text, {"id": replay_id})
    return _replay(rows[0]) if rows else None


def take(replay_id: UUID, now: datetime) -> Replay | None:
    """The same, if it is due and nobody else holds it."""
    rows = sql.query(
        f"SELECT {_READ} FROM {_FROM} WHERE r.id = %(id)s AND r.due_at <= %(now)s"
        " FOR NO KEY UPDATE OF r SKIP LOCKED",
        {"id": replay_id, "now": now},
    )
    return _replay(rows[0]) if rows else None


def take_turn() -> None:
    """From here to the end of the transaction no other batch of any replay is sent.

    Two things may be about one event that has no row which both could lock: a letter has its bytes alone.
    On SQLite who writes is alone anyway.
    """
    if sql.is_postgresql():
        sql.query("SELECT pg_advisory_xact_lock(%(key)s::bigint)", {"key": _TURN})


def by_request(key: str) -> Replay | None:
    """The one that was asked for with this key."""
    rows = sql.query(f"SELECT {_READ} FROM {_FROM} WHERE r.request_key = %(key)s", {"key": key})
    return _replay(rows[0]) if rows else None


def due(now: datetime, *, limit: int) -> list[UUID]:
    """Those that have something to do, oldest first; without locks."""
    return [sql.as_uuid(row[0]) for row in sql.query(_DUE, {"now": now, "limit": limit})]


def next_due() -> datetime | None:
    """When the next has something to do; None where none does."""
    rows = sql.query("SELECT min(due_at) FROM flowengine_replay WHERE due_at IS NOT NULL", {})
    return sql.as_datetime(rows[0][0])


def newest(limit: int) -> list[Replay]:
    """The newest first, at most so many."""
    text = f"SELECT {_READ} FROM {_FROM} ORDER BY r.created_at DESC, r.id DESC LIMIT %(limit)s"
    return [_replay(row) for row in sql.query(text, {"limit": limit})]


def save(replay: Replay) -> None:
    """Write what changes of one that is held."""
    sql.update(
        dead_tables.REPLAY,
        (
            *("pace", "state", "due_at", "approver", "total", "sent", "succeeded", "failed"),
            *("skipped", "verdict", "ended_at"),
        ),
        ("id",),
        [
            (
                *(replay.pace, replay.state, replay.due_at, replay.approver, replay.total),
                *(replay.sent, replay.succeeded, replay.failed, replay.skipped),
                *(json.dumps(dict(replay.verdict)), replay.ended_at, replay.id),
            )
        ],
    )


def _replay(row: Sequence[Any]) -> Replay:
    values = dict(zip((*_COLUMNS, "kind"), row, strict=True))
    values["id"] = sql.as_uuid(values["id"])
    values["selection_id"] = sql.as_uuid(values["selection_id"])
    values["verdict"] = json.loads(values["verdict"])
    for name in ("due_at", "created_at", "ended_at"):
        values[name] = sql.as_datetime(values[name])
    return Replay(**values)

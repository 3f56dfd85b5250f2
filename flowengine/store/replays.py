"""Rows of replays and of their items, and what a replay asks of letters, runs and events.

Whoever changes a replay or its items holds the replay's row. Statements do not grow in number with the
items.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What became of one item, to be written."""

    object_id: UUID
    state: str
    detail: str = ""
    origin_id: UUID | None = None
    target_id: UUID | None = None
    event_id: UUID | None = None
    event_replay: int | None = None
    run_id: UUID | None = None
    before_sha256: str = ""
    after_sha256: str = ""
    difference: str = ""
    sent_at: datetime | None = None
    ended_at: datetime | None = None


_COLUMNS = tuple(each.name for each in fields(Replay) if each.name != "kind")
_OF_ITEM = tuple(each.name for each in fields(Item))[1:]
_READ = ", ".join(f"r.{name}" for name in _COLUMNS) + ", s.kind"
_FROM = "flowengine_replay r JOIN flowengine_selection s ON s.id = r.selection_id"
_DUE = """
SELECT id FROM flowengine_replay WHERE due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s"""
_FILL = """
INSERT INTO flowengine_replay_item
  (replay_id, object_id, n, state, detail, before_sha256, after_sha256, difference)
SELECT r.id, s.object_id, s.n, 'pending', '', '', '', ''
FROM flowengine_replay r JOIN flowengine_selection_item s ON s.selection_id = r.selection_id
WHERE r.id = %(replay)s ORDER BY s.object_id ON CONFLICT DO NOTHING"""
_FILL_REST = """
INSERT INTO flowengine_replay_item
  (replay_id, object_id, n, state, detail, before_sha256, after_sha256, difference)
SELECT r.id, s.object_id, s.n, 'skipped', %(why)s, '', '', ''
FROM flowengine_replay r JOIN flowengine_selection_item s ON s.selection_id = r.selection_id
WHERE r.id = %(replay)s AND NOT EXISTS (
  SELECT 1 FROM flowengine_replay_item i
  WHERE i.replay_id = r.id AND i.object_id = s.object_id)"""
_PENDING = """
SELECT object_id FROM flowengine_replay_item
WHERE replay_id = %(replay)s AND state = 'pending' ORDER BY n LIMIT %(limit)s"""
_STILL_PENDING = """
SELECT object_id FROM flowengine_replay_item
WHERE replay_id = %(replay)s AND state = 'pending' AND object_id = ANY(%(ids)s) ORDER BY n"""
_SKIP_REST = """
UPDATE flowengine_replay_item SET state = 'skipped', detail = %(why)s, ended_at = %(now)s
WHERE replay_id = %(replay)s AND state = 'pending'"""
_SENT = """
SELECT i.object_id, i.run_id, i.event_replay, e.state, e.replay, d.outcome, d.detail, r.id, r.state
FROM flowengine_replay_item i
LEFT JOIN flowengine_event e ON e.id = i.event_id
LEFT JOIN flowengine_decision d ON d.event_id = i.event_id AND d.replay = i.event_replay
LEFT JOIN flowengine_run r ON r.id = COALESCE(d.run_id, i.run_id)
WHERE i.replay_id = %(replay)s AND i.state = 'sent' ORDER BY i.sent_at, i.n"""
_BUSY = """
SELECT origin_id, target_id FROM flowengine_replay_item
WHERE state = 'sent' AND origin_id = ANY(%(origins)s)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What is known of one item that was sent: one for each workflow that answered."""

    object_id: UUID
    run_id: UUID | None
    """The run that was resumed."""
    event_replay: int | None
    """The number of the event's replay; None = no event was replayed."""
    event_state: str | None
    event_now: int | None
    """The number that the event's replays have come to."""
    outcome: str | None
    """What a workflow answered."""
    detail: str | None
    run: UUID | None
    run_state: str | None


def insert(replay: Replay) -> bool:
    """Write a new one; False where one was asked for with the same request key before."""
    verdict = json.dumps(dict(replay.verdict))
    values = [verdict if name == "verdict" else getattr(replay, name) for name in _COLUMNS]
    return sql.insert(dead_tables.REPLAY, _COLUMNS, [values], ignore=True) == 1


def fill(replay_id: UUID, why: str) -> tuple[int, int]:
    """Give it the items of its selection.

    Returns:
        How many wait to be sent, and how many another replay has, which is *why* they are skipped.
    """
    values = {"replay": replay_id}
    return sql.execute(_FILL, values), sql.execute(_FILL_REST, {**values, "why": why})


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


def pending(replay_id: UUID, *, limit: int = 0, among: Sequence[UUID] | None = None) -> list[UUID]:
    """Items that wait to be sent, in the order of the selection; at most *limit*, or those *among*."""
    values: dict[str, Any] = {"replay": replay_id}
    if among is None:
        rows = sql.query(_PENDING, {**values, "limit": limit})
    else:
        rows = sql.query(_STILL_PENDING, {**values, "ids": list(among)})
    return [sql.as_uuid(row[0]) for row in rows]


def write(replay_id: UUID, items: Sequence[Item]) -> None:
    """What became of items that wait."""
    sql.update(
        dead_tables.REPLAY_ITEM,
        _OF_ITEM,
        ("replay_id", "object_id"),
        [
            (*(getattr(item, name) for name in _OF_ITEM), replay_id, item.object_id)
            for item in items
        ],
    )


def end(
    replay_id: UUID, ended: Sequence[tuple[UUID, str, str, UUID | None]], now: datetime
) -> None:
    """How items that were sent have ended: their ids, states, details and runs."""
    sql.update(
        dead_tables.REPLAY_ITEM,
        ("state", "detail", "run_id", "ended_at"),
        ("replay_id", "object_id"),
        [(state, detail, run, now, replay_id, each) for each, state, detail, run in ended],
    )


def skip_rest(replay_id: UUID, why: str, now: datetime) -> int:
    """What has not been sent never is; how many they were."""
    return sql.execute(_SKIP_REST, {"replay": replay_id, "why": why, "now": now})


def sent(replay_id: UUID) -> list[Came]:
    """What is known of the items that were sent and have not ended, in the order in which they were."""
    return [
        Came(
            object_id=sql.as_uuid(row[0]),
            run_id=_uuid(row[1]),
            event_replay=row[2],
            event_state=row[3],
            event_now=row[4],
            outcome=row[5],
            detail=row[6],
            run=_uuid(row[7]),
            run_state=row[8],
        )
        for row in sql.query(_SENT, {"replay": replay_id})
    ]


def busy(origins: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """What replays have sent of these events and has not ended: the targets, by event."""
    found: dict[UUID, set[UUID]] = {}
    for origin, target in sql.query(_BUSY, {"origins": sorted(origins)}):
        found.setdefault(sql.as_uuid(origin), set()).add(sql.as_uuid(target))
    return found


def _uuid(value: Any) -> UUID | None:
    return None if value is None else sql.as_uuid(value)


def _replay(row: Sequence[Any]) -> Replay:
    values = dict(zip((*_COLUMNS, "kind"), row, strict=True))
    values["id"] = sql.as_uuid(values["id"])
    values["selection_id"] = sql.as_uuid(values["selection_id"])
    values["verdict"] = json.loads(values["verdict"])
    for name in ("due_at", "created_at", "ended_at"):
        values[name] = sql.as_datetime(values[name])
    return Replay(**values)

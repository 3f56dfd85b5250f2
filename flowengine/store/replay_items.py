"""Rows of the items of replays: what was chosen, what was sent for it, and what came of that.

Whoever changes them holds the replay's row. Statements do not grow in number with the items.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.store import dead_tables, sql


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A replay of which something is an item that has not ended: no other one takes it."""

    replay: UUID
    by: str
    """The key of who asked for it."""
    state: str

    @property
    def words(self) -> str:
        """Why another one does not get it, for people."""
        return f"replay {self.replay}, which {self.by} asked for and is {self.state}, has it"


_OF_ITEM = tuple(each.name for each in fields(Item))[1:]
_TEXTS = ("before_sha256", "after_sha256", "difference")
_FILL = """
INSERT INTO flowengine_replay_item
  (replay_id, object_id, n, state, detail, before_sha256, after_sha256, difference)
SELECT r.id, s.object_id, s.n, 'pending', '', '', '', ''
FROM flowengine_replay r JOIN flowengine_selection_item s ON s.selection_id = r.selection_id
WHERE r.id = %(replay)s AND s.n > %(after)s AND s.n <= %(upto)s
ORDER BY s.object_id ON CONFLICT DO NOTHING"""
_CHOSEN = """
SELECT s.object_id, s.n
FROM flowengine_replay r JOIN flowengine_selection_item s ON s.selection_id = r.selection_id
WHERE r.id = %(replay)s AND s.n > %(after)s AND s.n <= %(upto)s"""
_OWN = """
SELECT object_id FROM flowengine_replay_item
WHERE replay_id = %(replay)s AND object_id = ANY(%(ids)s)"""
_HOLDERS = """
SELECT i.object_id, r.id, r.by, r.state
FROM flowengine_replay_item i JOIN flowengine_replay r ON r.id = i.replay_id
WHERE i.object_id = ANY(%(ids)s) AND i.state IN ('pending', 'sent')"""
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
SELECT i.object_id, i.run_id, i.event_replay, e.state, e.replay, d.outcome, d.detail, r.id, r.state,
  r.failure IS NOT NULL
FROM flowengine_replay_item i
LEFT JOIN flowengine_event e ON e.id = i.event_id
LEFT JOIN flowengine_decision d ON d.event_id = i.event_id AND d.replay = i.event_replay
LEFT JOIN flowengine_run r ON r.id = COALESCE(d.run_id, i.run_id)
WHERE i.replay_id = %(replay)s AND i.state = 'sent' ORDER BY i.sent_at, i.n"""
_BUSY = """
SELECT origin_id, target_id, replay_id FROM flowengine_replay_item
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
    has_failed: bool
    """The run has a failure: what is held without one is held by somebody, and goes on."""


def fill(replay_id: UUID, after: int, upto: int, now: datetime) -> int:
    """Give it the items of its selection with the numbers from that *after* to *upto*.

    Returns:
        How many of these another replay has, and are skipped.
    """
    values = {"replay": replay_id, "after": after, "upto": upto}
    if sql.execute(_FILL, values) == upto - after:
        return 0
    chosen = {sql.as_uuid(row[0]): row[1] for row in sql.query(_CHOSEN, values)}
    rows = sql.query(_OWN, {"replay": replay_id, "ids": sorted(chosen)})
    own = {sql.as_uuid(row[0]) for row in rows}
    taken = [(each, n) for each, n in chosen.items() if each not in own]
    holding = holders([each for each, _n in taken])
    return sql.insert(
        dead_tables.REPLAY_ITEM,
        ("replay_id", "object_id", "n", *_OF_ITEM[:2], *_TEXTS, "ended_at"),
        [
            (*(replay_id, each, n, "skipped", _why(holding.get(each))), "", "", "", now)
            for each, n in taken
        ],
    )


def holders(ids: Sequence[UUID]) -> dict[UUID, Holder]:
    """Of these letters, runs or events: the replays of which they are items that have not ended."""
    if not ids:
        return {}
    return {
        sql.as_uuid(row[0]): Holder(replay=sql.as_uuid(row[1]), by=row[2], state=row[3])
        for row in sql.query(_HOLDERS, {"ids": list(ids)})
    }


def _why(holder: Holder | None) -> str:
    return "another replay had it" if holder is None else holder.words


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
            has_failed=bool(row[9]),
        )
        for row in sql.query(_SENT, {"replay": replay_id})
    ]


def busy(origins: Collection[UUID]) -> dict[UUID, dict[UUID, UUID]]:
    """What replays have sent of these events and has not ended: by event and target, the replay."""
    found: dict[UUID, dict[UUID, UUID]] = {}
    for origin, target, replay in sql.query(_BUSY, {"origins": sorted(origins)}):
        found.setdefault(sql.as_uuid(origin), {})[sql.as_uuid(target)] = sql.as_uuid(replay)
    return found


def _uuid(value: Any) -> UUID | None:
    return None if value is None else sql.as_uuid(value)

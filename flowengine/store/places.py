"""Rows of runs that wait to start or hold a place; written under the lock of their key, if any."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from flowengine.engine.rules.gates import Member
from flowengine.engine.rules.queue import Queued
from flowengine.engine.states import FINAL_RUN_STATES
from flowengine.store import sql, tables


class PlaceState(StrEnum):
    """What a run has."""

    QUEUED = "queued"
    """It waits."""
    OPEN = "open"
    """It holds a place of its key."""
    LEAVING = "leaving"
    """It is cancelled for the sake of another, which gets its place, or its place in the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A row."""

    state: PlaceState
    queued: Queued
    """The run, and what keeps it or kept it waiting."""

    @property
    def has_waited_only(self) -> bool:
        """It has not started: its throttle counts it still. Who left the queue has no key any more."""
        return self.state is PlaceState.QUEUED or self.queued.key is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A failed run, as far as it matters for the place it had."""

    run_id: UUID
    digest: str
    event_id: UUID
    created_at: datetime
    priority: int
    written_at: datetime
    """When its event was written."""


_COLUMNS = (
    *("run_id", "key_id", "throttle_id", "priority", "written_at", "slot_at", "expires_at"),
    "state",
)
_READ = ", ".join(_COLUMNS)
_OF_RUNS = f"SELECT {_READ} FROM flowengine_place WHERE run_id = ANY(%(ids)s) ORDER BY run_id"
_OF_ENDED = f"""
SELECT {", ".join(f"p.{name}" for name in _COLUMNS)}
FROM flowengine_place p JOIN flowengine_run r ON r.id = p.run_id
WHERE p.run_id = ANY(%(ids)s) AND r.state = ANY(%(states)s) AND r.tail = '' ORDER BY p.run_id"""
_MEMBERS = """
SELECT key_id, run_id, state FROM flowengine_place
WHERE key_id = ANY(%(keys)s) AND state IN ('queued', 'open') ORDER BY written_at, run_id"""
_HEADS = f"""
SELECT q.* FROM unnest(%(keys)s::uuid[], %(free)s::int[], %(single)s::bool[]) AS k(id, free, single)
CROSS JOIN LATERAL (
  SELECT {_READ} FROM flowengine_place p WHERE p.state = 'queued' AND p.key_id = k.id
  AND (k.single OR p.slot_at IS NULL OR p.slot_at <= %(now)s)
  ORDER BY p.written_at, p.run_id LIMIT k.free) AS q"""
_HEADS_SQLITE = f"""
SELECT {_READ} FROM (
  SELECT p.*, row_number() OVER (PARTITION BY key_id ORDER BY written_at, run_id) AS n
  FROM flowengine_place p WHERE state = 'queued' AND key_id = ANY(%(keys)s)
  AND (slot_at IS NULL OR slot_at <= %(now)s OR key_id = ANY(%(single)s))) AS q
WHERE n <= %(most)s ORDER BY key_id, n"""
_RISING = f"""
SELECT {_READ} FROM flowengine_place p
WHERE throttle_id = ANY(%(throttles)s) AND state = 'queued' AND priority > %(above)s
AND slot_at > %(now)s AND NOT EXISTS (
  SELECT 1 FROM flowengine_place o WHERE o.key_id = p.key_id AND o.state = 'queued'
  AND (o.written_at < p.written_at OR (o.written_at = p.written_at AND o.run_id < p.run_id)))
ORDER BY throttle_id, priority DESC, written_at LIMIT %(limit)s"""
_FOLLOWED = """
SELECT p.run_id FROM flowengine_place p WHERE p.run_id = ANY(%(ids)s) AND EXISTS (
  SELECT 1 FROM flowengine_place o WHERE o.key_id = p.key_id AND o.state = 'queued'
  AND (o.written_at > p.written_at OR (o.written_at = p.written_at AND o.run_id > p.run_id)))"""
_FAILED = """
SELECT r.id, r.digest, r.event_id, r.created_at, r.priority, e.created_at
FROM flowengine_run r JOIN flowengine_event e ON e.id = r.event_id
WHERE r.id = ANY(%(ids)s) AND r.state = 'failed' ORDER BY r.id"""
_DUE = """
SELECT id FROM flowengine_run WHERE state = 'queued' AND due_at <= %(now)s
ORDER BY priority DESC, due_at LIMIT %(limit)s"""
_NEXT_START = """
SELECT min(at) FROM (
  SELECT min(due_at) AS at FROM flowengine_run WHERE state = 'queued' AND due_at IS NOT NULL
  UNION ALL
  SELECT min(due_at) FROM flowengine_key WHERE gate = 'debounce' AND due_at IS NOT NULL
  UNION ALL
  SELECT min(due_at) FROM flowengine_schedule WHERE due_at IS NOT NULL) AS next"""
_HOLD = """
SELECT id FROM flowengine_run WHERE id = ANY(%(ids)s) AND state = 'queued'
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"""


def insert(places: Sequence[Place]) -> None:
    """These new runs wait, or hold a place."""
    sql.insert(
        tables.PLACE,
        _COLUMNS,
        [
            (
                *(each.queued.run, each.queued.key, each.queued.throttle, each.queued.priority),
                *(each.queued.written_at, each.queued.slot_at, each.queued.expires_at, each.state),
            )
            for each in places
        ],
    )


def mark(states: Mapping[UUID, PlaceState]) -> None:
    """These runs have that from now on."""
    sql.update(
        tables.PLACE, ("state",), ("run_id",), [(to, run) for run, to in sorted(states.items())]
    )


def leave_queue(runs: Collection[UUID]) -> None:
    """These runs, which wait, are about to be cancelled; others stand in their keys' queues for them."""
    if runs:
        sql.execute(
            "UPDATE flowengine_place SET state = 'leaving', key_id = NULL"
            " WHERE run_id = ANY(%(ids)s)",
            {"ids": sorted(runs)},
        )


def delete(runs: Collection[UUID]) -> None:
    """These runs neither wait nor hold a place any longer."""
    if runs:
        sql.execute(
            "DELETE FROM flowengine_place WHERE run_id = ANY(%(ids)s)", {"ids": sorted(runs)}
        )


def of_runs(runs: Collection[UUID]) -> list[Place]:
    """What these runs have, in the order of ids; those that have nothing are left out."""
    return [_place(row) for row in sql.query(_OF_RUNS, {"ids": sorted(runs)})]


def of_ended(runs: Collection[UUID]) -> list[Place]:
    """The same of those that are final, and whose hooks are done."""
    values = {"ids": sorted(runs), "states": sorted(FINAL_RUN_STATES)}
    return [_place(row) for row in sql.query(_OF_ENDED, values)]


def members(keys: Collection[UUID]) -> dict[UUID, tuple[Member, ...]]:
    """The runs of these keys that wait or hold a place and are not leaving, oldest first."""
    found: dict[UUID, list[Member]] = {key: [] for key in keys}
    for key, run, state in sql.query(_MEMBERS, {"keys": sorted(keys)}):
        member = Member(run=sql.as_uuid(run), is_queued=state == PlaceState.QUEUED)
        found[sql.as_uuid(key)].append(member)
    return {key: tuple(each) for key, each in found.items()}


def heads(
    free: Mapping[UUID, int], single: Collection[UUID], now: datetime
) -> dict[UUID, list[Queued]]:
    """The first queued runs of these keys, for each at least as many as it has places free.

    Of keys with several places only those whose slots are reached; of the *single* ones all.
    """
    found: dict[UUID, list[Queued]] = {key: [] for key in free}
    if not free:
        return found
    ordered = sorted(free)
    if sql.is_postgresql():
        rows = sql.query(
            _HEADS,
            {
                "keys": ordered,
                "free": [free[key] for key in ordered],
                "single": [key in single for key in ordered],
                "now": now,
            },
        )
    else:
        most = max(free.values())
        values = {"keys": ordered, "single": sorted(single), "most": most, "now": now}
        rows = sql.query(_HEADS_SQLITE, values)
    for row in rows:
        queued = _place(row).queued
        assert queued.key is not None, "it was asked by its key"
        found[queued.key].append(queued)
    return found


def rising(throttles: Collection[UUID], now: datetime, *, above: int, limit: int) -> list[Queued]:
    """Queued runs of these throttle keys with a higher priority, whose slots are not reached.

    The highest first; not those for which an older run of their own concurrency key waits.
    """
    values = {"throttles": sorted(throttles), "now": now, "above": above, "limit": limit}
    return [_place(row).queued for row in sql.query(_RISING, values)]


def followed(runs: Collection[UUID]) -> set[UUID]:
    """Those of these runs for which a younger one of their own concurrency key waits, too."""
    rows = sql.query(_FOLLOWED, {"ids": sorted(runs)})
    return {sql.as_uuid(row[0]) for row in rows}


def failed(runs: Collection[UUID]) -> list[Failed]:
    """Those of these runs that have failed, in the order of ids; without locks."""
    return [
        Failed(
            run_id=sql.as_uuid(row[0]),
            digest=row[1],
            event_id=sql.as_uuid(row[2]),
            created_at=sql.as_datetime(row[3]) or row[3],
            priority=row[4],
            written_at=sql.as_datetime(row[5]) or row[5],
        )
        for row in sql.query(_FAILED, {"ids": sorted(runs)})
    ]


def due(now: datetime, *, limit: int) -> list[UUID]:
    """Queued runs whose slot, or whose end of waiting, is there: higher priorities first; no locks."""
    rows = sql.query(_DUE, {"now": now, "limit": limit})
    return [sql.as_uuid(row[0]) for row in rows]


def next_start() -> datetime | None:
    """When the next queued run, burst or schedule wants attention; None where none does."""
    return sql.as_datetime(sql.query(_NEXT_START, {})[0][0])


def look_at(times: Mapping[UUID, datetime | None]) -> None:
    """When to look again at these queued runs. Those that another transaction holds stay due."""
    if not times:
        return
    free = [sql.as_uuid(row[0]) for row in sql.query(_HOLD, {"ids": sorted(times)})]
    sql.update(tables.RUN, ("due_at",), ("id",), [(times[run], run) for run in free])


def give_slots(slots: Mapping[UUID, datetime]) -> None:
    """These queued runs have other slots from now on."""
    sql.update(
        tables.PLACE, ("slot_at",), ("run_id",), [(at, run) for run, at in sorted(slots.items())]
    )


def _place(row: Sequence[Any]) -> Place:
    queued = Queued(
        run=sql.as_uuid(row[0]),
        key=None if row[1] is None else sql.as_uuid(row[1]),
        throttle=None if row[2] is None else sql.as_uuid(row[2]),
        priority=row[3],
        written_at=sql.as_datetime(row[4]) or row[4],
        slot_at=sql.as_datetime(row[5]),
        expires_at=sql.as_datetime(row[6]),
    )
    return Place(state=PlaceState(row[7]), queued=queued)

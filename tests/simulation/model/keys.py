"""As :mod:`flowengine.store.keys`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from flowengine.engine.rules.gates import Gate, Key, Places, Quiet, State, due_of
from flowengine.store.keys import Burst
from tests.simulation.model.database import Database, setting


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a gate remembers of one key."""

    id: UUID
    workflow: str
    gate: Gate
    state: State | None = None
    due_at: datetime | None = None


def lock(
    db: Database, wanted: Collection[Key], also: Collection[UUID] = ()
) -> dict[UUID, State | None]:
    by_id = {key.id: key for key in wanted}
    ids = sorted(by_id.keys() | set(also))
    found: dict[UUID, State | None] = {}
    while True:
        with db.statement("keys.insert"):
            for key_id, key in sorted(by_id.items()):
                if key_id not in found:
                    row = KeyRow(id=key_id, workflow=key.workflow, gate=key.gate)
                    db.insert("key", row, ignore=True)
        found |= held(db, ids)
        if found.keys() >= by_id.keys():
            return found


def held(db: Database, ids: Sequence[UUID]) -> dict[UUID, State | None]:
    with db.statement("keys.held"):
        rows = [row for each in sorted(ids) if (row := db.get("key", each)) is not None]
        return {row.id: row.state for row in db.lock("key", rows)}


def seen(db: Database, ids: Sequence[UUID]) -> dict[UUID, State | None]:
    with db.statement("keys.seen"):
        rows = [row for each in sorted(ids) if (row := db.get("key", each)) is not None]
    return {row.id: row.state for row in rows}


def save(
    db: Database, before: Mapping[UUID, State | None], after: Mapping[UUID, State | None]
) -> None:
    kept = {
        key: state
        for key, state in sorted(after.items())
        if state is not None and not (isinstance(state, Places) and state.is_idle)
    }
    with db.statement("keys.save"):
        for key, state in kept.items():
            stored = replace(state, members=()) if isinstance(state, Places) else state
            db.change("key", key, setting(state=stored, due_at=due_of(stored)))
        for key in sorted(key for key in before if key not in kept):
            db.delete("key", key)


def bursts(db: Database, now: datetime, *, limit: int) -> list[Burst]:
    with db.statement("keys.bursts"):
        due = [
            (row.due_at, str(row.id), Burst(key=row.id, workflow=row.workflow, quiet=row.state))
            for row in db.read("key")
            if isinstance(row.state, Quiet) and row.due_at is not None and row.due_at <= now
        ]
    due.sort(key=lambda each: each[:2])
    return [burst for _due_at, _id, burst in due[:limit]]


def oldest_burst(db: Database) -> datetime | None:
    with db.statement("keys.oldest_burst"):
        states = [row.state for row in db.read("key")]
    return min((each.written_at for each in states if isinstance(each, Quiet)), default=None)


def put_off(db: Database, key: UUID, until: datetime) -> None:
    with db.statement("keys.put_off"):
        db.change("key", key, setting(due_at=until))


def forget(db: Database, now: datetime, *, limit: int) -> int:
    def is_over(row: KeyRow) -> bool:
        windows = {Gate.IDEMPOTENCY, Gate.THROTTLE}
        return row.gate in windows and row.due_at is not None and row.due_at <= now

    with db.statement("keys.forget"):
        rows = db.lock("key", filter(is_over, db.read("key")), is_wanted=is_over, skip=True)
        for row in rows[:limit]:
            db.delete("key", row.id)
    return len(rows[:limit])

"""As :mod:`flowengine.store.waits`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.event import Event
from flowengine.engine.run import Item
from flowengine.store.event_keys import key_of
from flowengine.store.waits import Wait
from tests.simulation.model.database import Change, Database, setting, to


class WaitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A wait."""

    wait: Wait
    key: UUID
    created_at: datetime
    due_at: datetime | None
    event_id: UUID | None = None

    @property
    def place(self) -> tuple[UUID, str, Item, int]:
        """Its primary key."""
        return (self.wait.run_id, self.wait.step, self.wait.item, self.wait.entry)


def insert(db: Database, rows: Sequence[Wait], now: datetime) -> None:
    if not rows:
        return
    with db.statement("waits.insert"):
        for wait in rows:
            path = min(wait.match)
            row = WaitRow(wait=wait, key=key_of(path, wait.match[path]), created_at=now, due_at=now)
            if not db.insert("wait", row, ignore=True):
                db.change("wait", row.place, to(row))


def got(db: Database, rows: Sequence[tuple[UUID, str, Item, int, UUID]]) -> None:
    if not rows:
        return
    with db.statement("waits.got"):
        for *place, event in rows:
            db.change("wait", tuple(place), setting(event_id=event, due_at=None))


def close(db: Database, rows: Sequence[tuple[UUID, str, Item]]) -> None:
    if not rows:
        return
    wanted = set(rows)
    with db.statement("waits.close"):
        for row in _open(db):
            if row.place[:3] in wanted:
                db.delete("wait", row.place)


def close_all(db: Database, runs: Collection[UUID], *, over: Collection[UUID] = ()) -> None:
    if not runs:
        return
    with db.statement("waits.close_all"):
        for row in db.read("wait"):
            if row.wait.run_id in runs and (row.event_id is None or row.wait.run_id in over):
                db.delete("wait", row.place)


def waiting(
    db: Database, keys: Collection[UUID], *, limit: int, after: UUID | None = None
) -> list[UUID]:
    with db.statement("waits.waiting"):
        found = {row.wait.run_id for row in _open(db) if row.key in keys}
    return sorted(each for each in found if after is None or each > after)[:limit]


def concerned(
    db: Database, runs: Collection[UUID], event_ids: Collection[UUID]
) -> dict[UUID, list[Wait]]:
    found: dict[UUID, list[Wait]] = {run: [] for run in runs}
    with db.statement("waits.concerned"):
        keys = {each.key[0] for each in db.read("event_key") if each.key[1] in event_ids}
        rows = [
            row
            for row in db.read("wait")
            if row.wait.run_id in runs
            and (row.event_id in event_ids if row.event_id is not None else row.key in keys)
        ]
    for row in sorted(rows, key=lambda row: (row.created_at, *row.place[1:])):
        found[row.wait.run_id].append(_value(row))
    return found


def due(db: Database, now: datetime, *, limit: int) -> list[UUID]:
    with db.statement("waits.due"):
        rows = [row for row in db.read("wait") if row.due_at is not None and row.due_at <= now]
    rows = sorted(rows, key=lambda row: row.due_at)[:limit]
    return list(dict.fromkeys(row.wait.run_id for row in rows))


def past(db: Database, runs: Collection[UUID]) -> dict[UUID, list[Event]]:
    found: dict[UUID, dict[UUID, Any]] = {run: {} for run in runs}
    with db.statement("waits.past"):
        replays = {row.run: row.key[2] for row in db.read("decision")}
        for row in _open(db):
            run_id = row.wait.run_id
            if run_id not in runs or row.due_at is None:
                continue
            run = db.get("run", run_id)
            assert run is not None, "a wait has a run"
            first = db.get("event", run.event.id)
            assert first is not None, "a run has an event"
            since = run.created_at if replays.get(run_id) else first.created_at
            ids = {each.key[1] for each in db.read("event_key") if each.key[0] == row.key}
            for event_id in ids - {run.event.id}:
                event = db.get("event", event_id)
                if event is not None and event.created_at >= since:
                    found[run_id][event_id] = event
    return {
        run: [row.event for row in sorted(rows.values(), key=lambda r: (r.created_at, r.event.id))]
        for run, rows in found.items()
    }


def looked(db: Database, runs: Collection[UUID], now: datetime) -> None:
    _set(db, runs, setting(due_at=None), _is_due(now))


def look_again(db: Database, runs: Collection[UUID], at: datetime) -> None:
    _set(db, runs, setting(due_at=at), lambda row: row.event_id is None)


def postpone(db: Database, runs: Collection[UUID], now: datetime, until: datetime) -> None:
    _set(db, runs, setting(due_at=until), _is_due(now))


def _set(
    db: Database,
    runs: Collection[UUID],
    change: Change,
    is_wanted: Callable[[WaitRow], bool],
) -> None:
    with db.statement("waits.set"):
        for row in db.read("wait"):
            if row.wait.run_id in runs:
                db.change("wait", row.place, change, is_wanted=is_wanted)


def _is_due(now: datetime) -> Callable[[WaitRow], bool]:
    return lambda row: row.due_at is not None and row.due_at <= now


def _open(db: Database) -> list[WaitRow]:
    return [row for row in db.read("wait") if row.event_id is None]


def _value(row: WaitRow) -> Wait:
    wait = row.wait
    return Wait(
        run_id=wait.run_id,
        step=wait.step,
        item=wait.item,
        entry=wait.entry,
        patterns=wait.patterns,
        match=wait.match,
        event_id=row.event_id,
        created_at=row.created_at,
    )

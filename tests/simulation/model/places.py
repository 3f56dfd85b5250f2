"""As :mod:`flowengine.store.places`."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from msgspec.structs import replace

from flowengine.engine.rules.gates import Gate, Member
from flowengine.engine.rules.queue import Queued
from flowengine.engine.run import Run
from flowengine.engine.states import RunState
from flowengine.store.places import Failed, Place, PlaceState
from tests.simulation.model.database import Database, setting


class PlaceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run that waits, or holds a place."""

    run: UUID
    queued: Queued
    state: PlaceState


def insert(db: Database, places: Sequence[Place]) -> None:
    if not places:
        return
    with db.statement("places.insert"):
        for each in places:
            row = PlaceRow(run=each.queued.run, queued=each.queued, state=each.state)
            db.insert("place", row)


def mark(db: Database, states: Mapping[UUID, PlaceState]) -> None:
    if not states:
        return
    with db.statement("places.mark"):
        for run, to in sorted(states.items()):
            db.change("place", run, setting(state=to))


def leave_queue(db: Database, runs: Collection[UUID]) -> None:
    if not runs:
        return
    with db.statement("places.leave_queue"):
        for run in sorted(runs):
            db.change("place", run, _without_key)


def delete(db: Database, runs: Collection[UUID]) -> None:
    if not runs:
        return
    with db.statement("places.delete"):
        for run in sorted(runs):
            db.delete("place", run)


def of_runs(db: Database, runs: Collection[UUID]) -> list[Place]:
    with db.statement("places.of_runs"):
        rows = [row for run in sorted(runs) if (row := db.get("place", run)) is not None]
    return [Place(state=row.state, queued=row.queued) for row in rows]


def of_ended(db: Database, runs: Collection[UUID]) -> list[Place]:
    with db.statement("places.of_ended"):
        rows = [
            row
            for run_id in sorted(runs)
            if (row := db.get("place", run_id)) is not None
            and (run := db.get("run", run_id)) is not None
            and run.state.is_final
            and not run.tail
        ]
    return [Place(state=row.state, queued=row.queued) for row in rows]


def members(db: Database, keys: Collection[UUID]) -> dict[UUID, tuple[Member, ...]]:
    found: dict[UUID, list[Member]] = {key: [] for key in keys}
    with db.statement("places.members"):
        rows = sorted(db.read("place"), key=lambda row: row.queued.order)
    for row in rows:
        if row.queued.key in found and row.state is not PlaceState.LEAVING:
            member = Member(run=row.run, is_queued=row.state is PlaceState.QUEUED)
            found[row.queued.key].append(member)
    return {key: tuple(each) for key, each in found.items()}


def heads(
    db: Database, free: Mapping[UUID, int], single: Collection[UUID], now: datetime
) -> dict[UUID, list[Queued]]:
    found: dict[UUID, list[Queued]] = {key: [] for key in free}
    if not free:
        return found
    with db.statement("places.heads"):
        queue = _queue(db)
    for each in queue:
        if each.key not in found or len(found[each.key]) >= free[each.key]:
            continue
        if each.key in single or each.slot_at is None or each.slot_at <= now:
            found[each.key].append(each)
    return found


def rising(
    db: Database, throttles: Collection[UUID], now: datetime, *, above: int, limit: int
) -> list[Queued]:
    with db.statement("places.rising"):
        queue = _queue(db)
    first = {each.key: each for each in reversed(queue) if each.key is not None}
    found = [
        each
        for each in queue
        if each.throttle in throttles
        and each.priority > above
        and each.slot_at is not None
        and each.slot_at > now
        and (each.key is None or first[each.key] is each)
    ]
    found.sort(key=lambda each: (str(each.throttle), -each.priority, each.written_at))
    return found[:limit]


def followed(db: Database, runs: Collection[UUID]) -> set[UUID]:
    with db.statement("places.followed"):
        mine = [row for run in runs if (row := db.get("place", run)) is not None]
        queue = _queue(db)
    return {
        row.run
        for row in mine
        if row.queued.key is not None
        and any(each.key == row.queued.key and each.order > row.queued.order for each in queue)
    }


def failed(db: Database, runs: Collection[UUID]) -> list[Failed]:
    with db.statement("places.failed"):
        found = [(run, db.get("run", run)) for run in sorted(runs)]
        failures = [
            (row, event)
            for _run, row in found
            if row is not None and row.state is RunState.FAILED
            if (event := db.get("event", row.event.id)) is not None
        ]
    return [
        Failed(
            run_id=row.id,
            digest=row.digest,
            event_id=row.event.id,
            created_at=row.created_at,
            priority=row.priority,
            written_at=event.created_at,
        )
        for row, event in failures
    ]


def due(db: Database, now: datetime, *, limit: int) -> list[UUID]:
    with db.statement("places.due"):
        rows = [
            run
            for run in db.read("run")
            if _is_queued(run) and run.due_at is not None and run.due_at <= now
        ]
    rows = sorted(rows, key=lambda run: (-run.priority, run.due_at))
    return [run.id for run in rows[:limit]]


def next_start(db: Database) -> datetime | None:
    with db.statement("places.next_start"):
        times = [
            *(run.due_at for run in db.read("run") if _is_queued(run)),
            *(row.due_at for row in db.read("key") if row.gate is Gate.DEBOUNCE),
            *(row.due_at for row in db.read("schedule")),
        ]
    return min((at for at in times if at is not None), default=None)


def look_at(db: Database, times: Mapping[UUID, datetime | None]) -> None:
    if not times:
        return
    with db.statement("places.hold"):
        rows = [row for run in sorted(times) if (row := db.get("run", run)) is not None]
        free = db.lock("run", rows, is_wanted=_is_queued, skip=True)
    with db.statement("places.look_at"):
        for run in free:
            db.change("run", run.id, setting(due_at=times[run.id]))


def give_slots(db: Database, slots: Mapping[UUID, datetime]) -> None:
    if not slots:
        return
    with db.statement("places.give_slots"):
        for run, at in sorted(slots.items()):
            db.change("place", run, partial(_with_slot, at=at))


def _with_slot(row: PlaceRow, at: datetime) -> PlaceRow:
    return replace(row, queued=dataclasses.replace(row.queued, slot_at=at))


def _without_key(row: PlaceRow) -> PlaceRow:
    return replace(row, state=PlaceState.LEAVING, queued=dataclasses.replace(row.queued, key=None))


def _queue(db: Database) -> list[Queued]:
    queued = [row.queued for row in db.read("place") if row.state is PlaceState.QUEUED]
    return sorted(queued, key=lambda each: each.order)


def _is_queued(run: Run) -> bool:
    return run.state is RunState.QUEUED

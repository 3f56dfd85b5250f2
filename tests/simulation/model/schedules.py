"""As :mod:`flowengine.store.schedules`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from flowengine.store.schedules import Schedule
from tests.simulation.model.database import Database, to


def every(db: Database) -> dict[tuple[str, int], Schedule]:
    with db.statement("schedules.every"):
        return {each.id: each for each in sorted(db.read("schedule"), key=lambda one: one.id)}


def put(db: Database, schedules: Sequence[Schedule]) -> None:
    if not schedules:
        return
    with db.statement("schedules.put"):
        for each in sorted(schedules, key=lambda one: one.id):
            if not db.insert("schedule", each, ignore=True):
                db.change("schedule", each.id, to(each))


def delete(db: Database, ids: Sequence[tuple[str, int]]) -> None:
    if not ids:
        return
    with db.statement("schedules.delete"):
        for each in sorted(ids):
            db.delete("schedule", each)


def claim(db: Database, now: datetime, *, limit: int) -> list[Schedule]:
    def is_due(row: Schedule) -> bool:
        return row.due_at is not None and row.due_at <= now

    with db.statement("schedules.claim"):
        rows = sorted(filter(is_due, db.read("schedule")), key=lambda one: (one.due_at, one.id))
        found = db.lock("schedule", rows[:limit], is_wanted=is_due, skip=True)
        enabled = {row.name for row in db.read("workflow") if row.is_enabled}
    return [dataclasses.replace(each, is_enabled=each.workflow in enabled) for each in found]


def ticked(db: Database, schedules: Sequence[Schedule]) -> None:
    if not schedules:
        return
    with db.statement("schedules.ticked"):
        for each in schedules:
            db.change(
                "schedule",
                each.id,
                partial(dataclasses.replace, due_at=each.due_at, ticked_at=each.ticked_at),
            )

"""As :mod:`flowengine.store.steps`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID

from flowengine.engine.run import Item, Place, Step
from flowengine.store.steps import Loaded
from tests.simulation.model.database import Database, setting
from tests.simulation.model.tables import StepRow


def load(
    db: Database,
    places: Iterable[tuple[UUID, Place]],
    *,
    unreadable: dict[UUID, Exception] | None = None,
) -> Loaded:
    wanted = sorted(set(places))
    loaded: Loaded = {}
    if not wanted:
        return loaded
    with db.statement("steps.load"):
        for run_id, place in wanted:
            row = db.get("step", (run_id, *place))
            if row is not None:
                loaded.setdefault(run_id, {})[place] = row.step
    return loaded


def insert(db: Database, rows: Sequence[tuple[UUID, Step, int]]) -> None:
    if not rows:
        return
    with db.statement("steps.insert"):
        for run_id, step, priority in rows:
            db.insert("step", StepRow(run=run_id, step=step, priority=priority))


def update(db: Database, rows: Sequence[tuple[UUID, Step, Step]]) -> None:
    if not rows:
        return
    with db.statement("steps.update"):
        for run_id, _before, after in rows:
            db.change("step", (run_id, after.id, after.item), setting(step=after))


def progress(db: Database, rows: Sequence[tuple[UUID, str, Item, int, float, str]]) -> None:
    if not rows:
        return
    with db.statement("steps.progress"):
        for run, step, item, attempt, fraction, note in rows:
            db.change(
                "step",
                (run, step, item),
                setting(progress=fraction, note=note),
                is_wanted=partial(_is_in, attempt),
            )


def forget_progress(db: Database, rows: Sequence[tuple[UUID, str, Item]]) -> None:
    if not rows:
        return
    with db.statement("steps.forget_progress"):
        for key in rows:
            db.change("step", key, setting(progress=None, note=""))


def _is_in(attempt: int, row: StepRow) -> bool:
    return row.step.attempt == attempt

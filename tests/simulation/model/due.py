"""As :mod:`flowengine.store.due`."""

from __future__ import annotations

from datetime import datetime

from flowengine.engine.states import StepState
from tests.simulation.model.database import Database


def earliest(db: Database, _now: datetime) -> datetime | None:
    with db.statement("due.earliest"):
        times = [
            *(row.step.due_at for row in db.read("step") if row.step.state is not StepState.READY),
            *(row.due_at for name in ("run", "wait", "schedule", "key") for row in db.read(name)),
        ]
    return min((at for at in times if at is not None), default=None)

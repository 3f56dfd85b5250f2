"""As :mod:`flowengine.store.forgetting`."""

from __future__ import annotations

from datetime import datetime

from flowengine.engine.states import FINAL_RUN_STATES, RunState
from tests.simulation.model.database import Database, setting
from tests.simulation.model.tables import SubscriptionRow


def looked_back_to(db: Database) -> datetime | None:
    begun: list[datetime] = []
    with db.statement("forgetting.looked_back_to"):
        replays = {row.run: row.key[2] for row in db.read("decision")}
        for run in db.read("run"):
            first = db.get("event", run.event.id)
            if run.state not in FINAL_RUN_STATES and first is not None:
                begun.append(run.created_at if replays.get(run.id) else first.created_at)
    return min(begun, default=None)


def forget_keys(db: Database, before: datetime, *, limit: int) -> int:
    with db.statement("forgetting.forget_keys"):
        rows = sorted(db.read("event_key"), key=lambda row: row.value)
        old = [row for row in rows if row.value < before]
        for row in old[:limit]:
            db.delete("event_key", row.key)
    return len(old[:limit])


def forget_subscriptions(db: Database, now: datetime, *, before: datetime) -> None:
    with db.statement("forgetting.forget_subscriptions"):
        used = {row.digest for row in db.read("workflow")}
        used |= {run.digest for run in db.read("run") if _may_go_on(run.state)}
        for row in db.read("subscription"):
            assert isinstance(row, SubscriptionRow)
            if row.key[0] in used:
                db.change("subscription", row.key, setting(unused_since=None))
            elif row.unused_since is None:
                db.change("subscription", row.key, setting(unused_since=now))
            elif row.unused_since < before:
                db.delete("subscription", row.key)


def _may_go_on(state: RunState) -> bool:
    return state is RunState.FAILED or state not in FINAL_RUN_STATES

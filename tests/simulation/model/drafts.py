"""As :mod:`flowengine.store.drafts`: events on their way into the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from flowengine.engine.event import Event
from flowengine.store import parents
from flowengine.store.drafts import Draft
from flowengine.store.events import EventState
from tests.simulation.model.database import Database
from tests.simulation.model.tables import EventRow


def put(db: Database, drafts: Sequence[Draft], alias: str) -> None:
    if not drafts:
        return
    now = db.now()
    with db.statement("drafts.put"):
        for draft in drafts:
            row = EventRow(
                event=_event(draft, now), state=EventState.PENDING, due_at=now, created_at=now
            )
            db.insert("event", row, ignore=True)


def _event(draft: Draft, now: datetime) -> Event:
    return Event(
        id=draft.id,
        type=draft.type,
        data=msgspec.json.decode(draft.data),
        time=draft.time or now,
        subject=draft.subject,
        actor=draft.actor,
        key=draft.key,
        correlation_id=draft.correlation_id,
        causation_id=draft.causation_id,
        hops=draft.hops,
        traceparent=draft.traceparent,
        replay=draft.replay,
        target=draft.target,
        parent=parents.decoded(draft.parent),
    )

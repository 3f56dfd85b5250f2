"""As :mod:`flowengine.store.event_keys`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tests.simulation.model.database import Database
from tests.simulation.model.tables import Row


def insert(db: Database, keys: Iterable[tuple[UUID, UUID]], now: datetime) -> None:
    with db.statement("event_keys.insert"):
        for each in sorted(set(keys)):
            db.insert("event_key", Row(key=each, value=now), ignore=True)

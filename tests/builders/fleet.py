"""Worker processes that are said to be at work, with what they have counted."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from flowengine.engine.gauge import Gauge, Reading, Slot, bucket
from flowengine.models import WorkerRecord
from tests.builders.line import now


def a_worker(*stations: str, **fields: Any) -> UUID:
    """A process that is alive and serves these stations; its id."""
    at: datetime = fields.pop("seen_at", now())
    given: dict[str, Any] = {
        "id": uuid4(),
        "name": "w1",
        "host": "h1",
        "pid": 1,
        "stations": json.dumps(stations or ("default",)),
        "concurrency": 4,
        "state": "alive",
        "due_at": at + timedelta(seconds=30),
        "started_at": at,
        "seen_at": at,
        "metered_at": at,
        **fields,
    }
    return WorkerRecord.objects.create(**given).id


def counted(
    station: str, task: str, done: int, failed: int = 0, *, took_s: float = 0.1, workflow: str = ""
) -> str:
    """What a process has counted in the last seconds."""
    slot = Slot(0, done, failed, {bucket(took_s): done + failed})
    lines = [Gauge(workflow, "", 0.0, [Slot(0, done, failed)])] if workflow else []
    reading = Reading(stations=[Gauge(station, task, 0.0, [slot])], workflows=lines)
    return msgspec.json.encode(reading).decode()

"""The tables of the model, and what their rows are."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.event import Event
from flowengine.engine.run import Step
from flowengine.store.definitions import Subscription
from tests.simulation.model.database import Table


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event."""

    event: Event
    state: str
    due_at: datetime | None
    created_at: datetime
    tries: int = 0


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a run."""

    run: UUID
    step: Step
    priority: int
    progress: float | None = None
    note: str = ""


class WorkerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A worker process."""

    id: UUID
    state: str
    due_at: datetime | None
    seen_at: datetime


class ActiveRow(msgspec.Struct, frozen=True, kw_only=True):
    """Which definition of a workflow takes new runs."""

    name: str
    digest: str
    is_enabled: bool = True


class SubscriptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a definition listens to."""

    key: tuple[str, str, str]
    """Digest, pattern, path."""
    subscription: Subscription
    unused_since: datetime | None = None


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a workflow answered to an event."""

    key: tuple[UUID, str, int]
    """Event, workflow, replay."""
    run: UUID
    outcome: str


class CountRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a transactional task of a schedule wrote: one row for each effect."""

    effect: tuple[UUID, str, str]
    number: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Any other row: its key and what it holds."""

    key: Any
    value: Any


def all_tables() -> list[Table]:
    """Fresh and empty."""
    return [
        Table("event", key=lambda row: row.event.id),
        Table("event_key", key=lambda row: row.key),
        Table("decision", key=lambda row: row.key),
        Table("run", key=lambda row: row.id),
        Table("step", key=lambda row: (row.run, row.step.id, row.step.item)),
        Table("history", key=lambda row: row.key),
        Table("dead_letter", key=lambda row: row.key),
        Table("wait", key=lambda row: row.place),
        Table("key", key=lambda row: row.id),
        Table("place", key=lambda row: row.run),
        Table("schedule", key=lambda row: row.id),
        Table("worker", key=lambda row: row.id),
        Table("definition", key=lambda row: row.key),
        Table("subscription", key=lambda row: row.key),
        Table("workflow", key=lambda row: row.name),
        Table("count", key=lambda row: (row.effect, row.number)),
    ]

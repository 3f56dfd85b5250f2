"""Rows of what attempts have logged, where the project keeps that of all: written beside the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowengine.conf import settings
from flowengine.engine.run import Item
from flowengine.models import AttemptLogRecord
from flowengine.store import sql, tables

_KEY = ("run_id", "step", "item", "attempt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """What one attempt has logged so far."""

    run_id: UUID
    step: str
    item: Item
    attempt: int
    text: str
    """Its last lines; see ``KeptLog``."""


def write(logged: Sequence[Logged], now: datetime) -> None:
    """Write this, in the place of what the same attempts had logged before; each attempt once.

    A transaction of its own, of one statement.

    Raises:
        django.db.OperationalError: the database is away, or another writer has it for too long.
    """
    rows = [(each.run_id, each.step, each.item, each.attempt, each.text, now) for each in logged]
    # By key: where two processes write of one attempt, neither waits for the other for ever.
    rows.sort(key=lambda row: row[:4])
    with sql.one_statement():
        sql.insert(tables.ATTEMPT_LOG, (*_KEY, "log", "written_at"), rows, over=_KEY)


def of_step(run_id: UUID, step: str, item: Item, *, limit: int) -> list[AttemptLogRecord]:
    """Those of the attempts of a step, or of one item of a loop, the last attempt first."""
    rows = AttemptLogRecord.objects.using(settings().DATABASE)
    found = rows.filter(run_id=run_id, step=step, item=item).order_by("-attempt")
    return [*found[:limit]]

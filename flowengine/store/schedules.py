"""Rows of schedules: one for each ``schedule`` trigger of a workflow that takes new runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flowengine.store import sql, tables

_COLUMNS = ("workflow", "trigger", "cron", "timezone", "missed", "due_at", "ticked_at")
_ALL = f"SELECT {', '.join(_COLUMNS)} FROM flowengine_schedule ORDER BY workflow, trigger"
_CLAIM = f"""
SELECT {", ".join(f"s.{name}" for name in _COLUMNS)}, w.is_enabled
FROM flowengine_schedule s LEFT JOIN flowengine_workflow w ON w.name = s.workflow
WHERE s.due_at <= %(now)s ORDER BY s.due_at, s.workflow, s.trigger LIMIT %(limit)s
FOR UPDATE OF s SKIP LOCKED"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One trigger."""

    workflow: str
    trigger: int
    """Its index among the workflow's triggers."""
    cron: str
    timezone: str
    missed: str
    due_at: datetime | None
    """The next tick; None = there is none any more."""
    ticked_at: datetime | None = None
    """The last tick that became an event."""
    is_enabled: bool = True
    """The workflow takes new runs."""

    @property
    def id(self) -> tuple[str, int]:
        """Which trigger of which workflow."""
        return (self.workflow, self.trigger)

    @property
    def says(self) -> tuple[str, str]:
        """When it ticks."""
        return (self.cron, self.timezone)


def every() -> dict[tuple[str, int], Schedule]:
    """All schedules, by workflow and trigger."""
    found = [_schedule((*row, True)) for row in sql.query(_ALL, {})]
    return {each.id: each for each in found}


def put(schedules: Sequence[Schedule]) -> None:
    """These tick from now on; one that is there already is replaced."""
    sql.insert(
        tables.SCHEDULE,
        _COLUMNS,
        [
            (*each.id, *each.says, each.missed, each.due_at, each.ticked_at)
            for each in sorted(schedules, key=lambda one: one.id)
        ],
        over=("workflow", "trigger"),
    )


def delete(ids: Sequence[tuple[str, int]]) -> None:
    """These tick no longer."""
    for workflow, trigger in sorted(ids):
        sql.execute(
            "DELETE FROM flowengine_schedule"
            " WHERE workflow = %(workflow)s AND trigger = %(trigger)s",
            {"workflow": workflow, "trigger": trigger},
        )


def claim(now: datetime, *, limit: int) -> list[Schedule]:
    """Schedules whose next tick has come, oldest first, locked; others' are left out."""
    return [_schedule(row) for row in sql.query(_CLAIM, {"now": now, "limit": limit})]


def ticked(schedules: Sequence[Schedule]) -> None:
    """Write the next tick, and the last one told, of these locked schedules."""
    sql.update(
        tables.SCHEDULE,
        ("due_at", "ticked_at"),
        ("workflow", "trigger"),
        [(each.due_at, each.ticked_at, *each.id) for each in schedules],
    )


def _schedule(row: Sequence[object]) -> Schedule:
    workflow, trigger, cron, timezone, missed, due_at, ticked_at, is_enabled = row
    return Schedule(
        workflow=str(workflow),
        trigger=int(str(trigger)),
        cron=str(cron),
        timezone=str(timezone),
        missed=str(missed),
        due_at=sql.as_datetime(due_at),
        ticked_at=sql.as_datetime(ticked_at),
        is_enabled=bool(is_enabled),
    )

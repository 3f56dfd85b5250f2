"""Schedules: each tick is an event for one workflow. Language §2.4.

A schedule is a row with the instant of its next tick. Whoever finds it due writes the event and the tick
after that in one transaction. The event's id follows from workflow, trigger and tick: should two write
the same tick, it is one event. The row follows the active version; a version that ticks at the same times
goes on where the one before it stood.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

import msgspec
from cronsim import CronSimError
from django.conf import settings as django_settings

from flowengine.conf import settings
from flowengine.definitions.model import ScheduleTrigger, Workflow
from flowengine.engine.identity import keyed_event_id
from flowengine.engine.rules.admission import SCHEDULE
from flowengine.engine.rules.ticks import is_missed, last_tick, next_tick
from flowengine.store import drafts, schedules, sql, wake
from flowengine.store.drafts import Draft
from flowengine.store.schedules import Schedule

logger = logging.getLogger("flowengine.orchestration")

_encode = msgspec.json.encode


def run_once(now: datetime, *, limit: int) -> bool:
    """Tell the ticks that have come; True = there may be more at once."""
    with sql.writing():
        due = schedules.claim(now, limit=limit)
        told: list[Draft] = []
        after: list[Schedule] = []
        for each in due:
            try:
                tick, next_at = _tick(each, now), next_tick(*each.says, now)
            except (CronSimError, ZoneInfoNotFoundError):
                # Its time zone is not installed here. It must not keep the others from ticking.
                logger.exception("a schedule rests until the next `flow sync`", extra=_of(each))
                tick, next_at = None, None
            if tick is not None:
                told.append(_draft(each, tick))
            after.append(replace(each, due_at=next_at, ticked_at=tick or each.ticked_at))
        if told:
            alias = settings().DATABASE
            drafts.put(told, alias)
            wake.wake_after_commit(alias)
        schedules.ticked(after)
    return len(due) == limit


def keep(workflows: Mapping[str, Workflow], now: datetime, *, others: Iterable[str] = ()) -> None:
    """Make the rows what these workflows say, in the open transaction; *others* keep theirs."""
    there = schedules.every()
    wanted = {
        each.id: each for workflow in workflows.values() for each in _schedules(workflow, now)
    }
    new = []
    for each in wanted.values():
        before = there.get(each.id)
        if before is None or before.due_at is None or before.says != each.says:
            new.append(each)
        elif before.missed != each.missed:
            new.append(replace(before, missed=each.missed))
    schedules.put(new)
    kept = set(others)
    schedules.delete([i for i in there if i not in wanted and i[0] not in kept])


def _schedules(workflow: Workflow, now: datetime) -> Iterator[Schedule]:
    for index, trigger in enumerate(workflow.triggers):
        if isinstance(trigger, ScheduleTrigger):
            timezone = trigger.timezone or django_settings.TIME_ZONE
            yield Schedule(
                workflow=workflow.name,
                trigger=index,
                cron=trigger.cron,
                timezone=timezone,
                missed=trigger.missed,
                due_at=next_tick(trigger.cron, timezone, now),
            )


def _tick(schedule: Schedule, now: datetime) -> datetime | None:
    """The tick that is to be told: the last of those that have come; None = none of them is."""
    assert schedule.due_at is not None, "it was claimed because it is due"
    tick = last_tick(*schedule.says, schedule.due_at, now)
    is_skipped = schedule.missed == "skip" and is_missed(tick, now)
    return tick if schedule.is_enabled and not is_skipped else None


def tick_id(schedule: Schedule, tick: datetime) -> UUID:
    """The id of the event that a tick (UTC) is, or will be."""
    return keyed_event_id(SCHEDULE, _key(schedule, tick))


def _key(schedule: Schedule, tick: datetime) -> str:
    return f"{schedule.workflow}/{schedule.trigger}/{tick.isoformat()}"


def _draft(schedule: Schedule, tick: datetime) -> Draft:
    event_id = tick_id(schedule, tick)
    return Draft(
        id=event_id,
        type=SCHEDULE,
        data=_encode({"schedule": schedule.trigger}),
        correlation_id=str(event_id),
        time=tick,
        key=_key(schedule, tick),
        target=schedule.workflow,
    )


def _of(schedule: Schedule) -> dict[str, str]:
    return {"workflow": schedule.workflow, "cron": schedule.cron, "timezone": schedule.timezone}

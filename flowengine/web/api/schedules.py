"""Schedules: when workflows start by the clock, what the last tick became, and the next ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

from cronsim import CronSimError
from django.http import HttpRequest
from ninja import Query

from flowengine import access
from flowengine.conf import settings
from flowengine.definitions.cron import cron_in_words
from flowengine.engine.identity import run_id
from flowengine.engine.rules.ticks import next_ticks
from flowengine.models import DecisionRecord, RunRecord
from flowengine.orchestration.schedule import tick_id
from flowengine.representations import instant
from flowengine.store import definitions, schedules
from flowengine.store.clock import DatabaseClock
from flowengine.store.schedules import Schedule
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.paging import Instant, Page, Paged, Shape, cursor, page_of, parts_of

door = Door("schedules")
NEXT = 5
RUNS = permission("view_run")
_clock = DatabaseClock()


class ScheduleTold(Shape):
    """One ``schedule`` trigger of a workflow."""

    workflow: str
    trigger: int
    """Its index in the file's ``on``."""
    cron: str
    words: str
    """The same in words, in English."""
    timezone: str
    """Whose clock on the wall it goes by."""
    missed: Literal["once", "skip"]
    """What becomes of ticks that nobody was there for: told once together, or not at all."""
    is_enabled: bool
    """False: the workflow takes no new runs, and ticks pass by."""
    due_at: Instant | None
    """The tick that is to be told next; past = the beat is late. Null = there is none any more, or
    the time zone is not installed where the beat is."""
    next: list[Instant]
    """The next five ticks from now on."""
    ticked_at: Instant | None
    """The last tick that became an event; null = none has."""
    event_id: UUID | None
    """The event of the last tick."""
    outcome: str
    """What the workflow answered to it: ``started``, ``skipped`` …; empty = nothing yet, or it is
    forgotten."""
    run_id: UUID | None
    """Its run, where there is one that this user may see."""
    run_state: str
    """How that run stands; else empty."""


@door.get("schedules", needs=permission("view_workflowrecord"), answer=Page[ScheduleTold])
def list_schedules(request: HttpRequest, query: Query[Paged]) -> Any:
    """Schedules, by workflow and place in its file."""
    place = parts_of(query.after, 2) if query.after else None
    every = list(schedules.every().values())
    if place is not None:
        after = (place[0], int(place[1]) if place[1].isdecimal() else 0)
        every = [each for each in every if each.id > after]
    shown = every[: query.limit + 1]
    enabled = definitions.active().keys()
    outcomes, runs = _last(request, shown)
    now = _clock.now()

    def told(each: Schedule) -> dict[str, Any]:
        event = None if each.ticked_at is None else tick_id(each, each.ticked_at)
        run = None if event is None else runs.get(run_id(event, each.workflow, 0))
        try:
            ticks = next_ticks(*each.says, now, NEXT)
        except (CronSimError, ZoneInfoNotFoundError):  # its time zone is not installed here
            ticks = ()
        return {
            **{name: getattr(each, name) for name in _PLAIN},
            "words": cron_in_words(each.cron),
            "is_enabled": each.workflow in enabled,
            "due_at": instant(each.due_at),
            "next": [instant(tick) for tick in ticks],
            "ticked_at": instant(each.ticked_at),
            "event_id": event,
            "outcome": "" if event is None else outcomes.get(event, ""),
            "run_id": None if run is None else run.id,
            "run_state": "" if run is None else run.state,
        }

    return page_of(shown, query.limit, told, lambda each: cursor(*each.id))


_PLAIN = ("workflow", "trigger", "cron", "timezone", "missed")


def _last(
    request: HttpRequest, shown: Sequence[Schedule]
) -> tuple[Mapping[UUID, str], Mapping[UUID, RunRecord]]:
    """What was answered to the last tick of each, by event, and the runs that this user may see."""
    ticks = {tick_id(each, each.ticked_at): each for each in shown if each.ticked_at is not None}
    alias = settings().DATABASE
    answers = DecisionRecord.objects.using(alias).filter(event_id__in=list(ticks))
    outcomes = {row.event_id: row.outcome for row in answers.order_by("replay")}
    if not RUNS.is_met(request.user):
        return outcomes, {}
    ids = [run_id(event, each.workflow, 0) for event, each in ticks.items()]
    found = RunRecord.objects.using(alias).defer("inputs", "output", "failure").in_bulk(ids)
    return outcomes, {run.id: run for run in found.values() if access.view_run(request.user, run)}

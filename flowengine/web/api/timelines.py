"""When a run and its steps waited, worked and were tried again."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from flowengine.orchestration import timeline
from flowengine.representations import instant
from flowengine.representations.timeline import bar_view
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.paging import (
    Instant,
    Page,
    Paged,
    Shape,
    cursor,
    number_after,
    page_of,
)
from flowengine.web.api.runs import visible

door = Door("runs")
_clock = DatabaseClock()


class SegmentTold(Shape):
    """A stretch of time in which a row was at one thing."""

    kind: str
    """``queued``, ``running``, ``delay`` (before the next try), ``waiting``, ``block``, ``rescuing``; of
    the run itself also ``held``, ``cancelling``, ``compensating``."""
    begin: Instant
    end: Instant | None
    """Null = it goes on."""
    attempt: int | None
    result: str
    """``succeeded``, ``failed``, ``lost``, ``returned``, ``cancelled``; empty = nothing of that kind."""


class BarTold(Shape):
    """One row of the picture: a step, an undo, an item of a loop; or, without a step, the run."""

    step: str
    item: str
    kind: str
    title: str
    total: int | None
    """Of a loop: how many items it has."""
    segments: list[SegmentTold]
    """In the order of time; empty where it was decided at once."""


class TimelineTold(Shape):
    """The whole of a run."""

    at: Instant
    """The present: as far as what goes on has come."""
    is_whole: bool
    """False = its history is long: what was tried before a resume, and early waits, are not told."""
    run: BarTold
    bars: list[BarTold]
    """Of the steps that stand in no loop, in the order in which they began."""


class Items(Paged):
    """Which items of a loop."""

    within: Annotated[str, Field(max_length=100)] = ""
    """Of a loop in a loop: in which item of the outer ones, ``3``."""


@door.get("runs/{uuid:run_id}/timeline", needs=permission("view_run"), answer=TimelineTold)
def get_timeline(request: HttpRequest, run_id: Path[UUID]) -> Any:
    """When each step of a run waited, worked and was tried again."""
    run = visible(request, run_id)
    found, is_whole = timeline.of_run(run)
    return {
        "at": instant(_clock.now()),
        "is_whole": is_whole,
        "run": bar_view(found.run),
        "bars": [bar_view(bar) for bar in found.bars.values()],
    }


@door.get(
    "runs/{uuid:run_id}/timeline/{str:step}", needs=permission("view_run"), answer=Page[BarTold]
)
def list_timeline_items(
    request: HttpRequest, run_id: Path[UUID], step: Path[str], query: Query[Items]
) -> Any:
    """The same of the items of a loop, by their numbers."""
    visible(request, run_id)
    after = number_after(query.after) if query.after else None
    found = timeline.of_items(run_id, step, query.within, after, query.limit + 1)
    return page_of(found, query.limit, lambda each: bar_view(each[1]), lambda each: cursor(each[0]))

"""What led to a run, and what followed from it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path

from flowengine import access
from flowengine.orchestration.causes import around
from flowengine.representations import instant, unturned
from flowengine.web.api.filters import SEE
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.paging import Instant, Shape
from flowengine.web.api.runs import visible

door = Door("runs")


class CausedEventTold(Shape):
    """An event of the family."""

    id: UUID
    caused_by: UUID | None
    """The event that directly caused it; null = none of ours did."""
    made_by: UUID | None
    """The run that made it; null = it was none, or not told."""
    created_at: Instant
    type: str = ""
    """Only with ``view_eventrecord``, as the rest."""
    subject: str | None = None
    state: str = ""


class CausedRunTold(Shape):
    """A run of the family."""

    id: UUID
    event_id: UUID
    """Of the event that started it."""
    workflow: str
    title: str
    state: str
    parent_run: UUID | None
    replay_of: UUID | None
    created_at: Instant
    finished_at: Instant | None


class CausesTold(Shape):
    """The family of a run."""

    events: list[CausedEventTold]
    """The first cause first, down to the event of this run; then what followed from it."""
    runs: list[CausedRunTold]
    """Of these events, those that this user may see."""
    is_cut: bool
    """There is more: 20 events back, 3 forth, of each event the first 20 that followed."""


@door.get("runs/{uuid:run_id}/causes", needs=permission("view_run"), answer=CausesTold)
def get_causes(request: HttpRequest, run_id: Path[UUID]) -> Any:
    """What led to a run, and what followed from it: events and runs, as a family."""
    run = visible(request, run_id)
    family = around(run, lambda other: access.view_run(request.user, other))
    with_events = SEE["event"].is_met(request.user)
    return {
        "events": [
            {
                "id": each.id,
                "caused_by": each.cause,
                "made_by": family.made_by.get(each.id),
                "created_at": instant(each.created_at),
                **(
                    {"type": each.type, "subject": _clean(each.subject), "state": each.state}
                    if with_events
                    else {}
                ),
            }
            for each in family.events
        ],
        "runs": [
            {
                **{name: getattr(each, name) for name in _PLAIN},
                "title": unturned(each.title),
                "created_at": instant(each.created_at),
                "finished_at": instant(each.finished_at),
            }
            for each in family.runs
        ],
        "is_cut": family.is_cut,
    }


_PLAIN = ("id", "event_id", "workflow", "state", "parent_run", "replay_of")


def _clean(text: str | None) -> str | None:
    return None if text is None else unturned(text)

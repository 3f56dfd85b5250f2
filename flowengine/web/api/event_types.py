"""Event types: which there are, how often they come, who sends them and who listens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Path, Query

from flowengine import event_types, project
from flowengine.definitions.patterns import is_type
from flowengine.orchestration import explain, vocabulary
from flowengine.representations import instant
from flowengine.store import traffic
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.failures import JSON
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.paging import Instant, Page, Paged, Shape, cursor, page_of, parts_of
from flowengine.web.api.problems import not_found

door = Door("event-types")
SEE = permission("view_eventrecord")
DEFINITIONS = permission("view_workflowrecord")
MINUTES = 60
HOURS = 24
_clock = DatabaseClock()


class EventTypeTold(Shape):
    """An event type that is registered, declared, spelt out by a workflow, or among the newest events."""

    type: str
    is_registered: bool
    lately: int
    """How many of the newest 5,000 events are of it."""
    last_at: Instant | None
    """Of those, the newest; null = none of them is."""
    starts: list[str]
    """Workflows that start on it."""
    waits: list[str]
    """Workflows whose runs wait for it, or are cancelled by it."""
    near: str | None
    """Nobody listens to it, and this is what it was probably meant to be."""


class ProducerTold(Shape):
    """Who sends events of a type."""

    kind: Literal["model", "signal", "step", "webhook", "engine"]
    name: str
    """The model's label, the function of the data, the workflow, or the sender of the webhook."""
    detail: str
    """The action upon the model, the id of the step; else empty."""


class ConsumerTold(Shape):
    """Who listens to events of a type."""

    workflow: str
    how: Literal["starts", "waits", "cancels"]
    pattern: str
    step: str
    """Of a wait: its id."""
    state: Literal["active", "disabled", "not_synchronised"]
    condition: str = ""
    """The filter; only with ``view_workflowrecord``."""


class SourceTold(Shape):
    """Where events of a type came from."""

    source: str | None
    """Null = this project's own."""
    n: int
    """Of the newest 500 of the type."""


class TypeTold(Shape):
    """One event type."""

    type: str
    is_registered: bool
    data_schema: JSON
    """JSON Schema of the data; null = it is not known, or cannot be said so."""
    near: str | None
    """Nobody listens to it, and this is what it was probably meant to be."""
    last_at: Instant | None
    """The newest of the last 24 hours."""
    minutes: list[int]
    """How many came in each of the last 60 minutes, the oldest first."""
    hours: list[int]
    """How many came in each of the last 24 hours, the oldest first."""
    counted_since: Instant | None
    """Only the newest 5,000 are counted: those since then. Null = all."""
    sources: list[SourceTold]
    producers: list[ProducerTold]
    consumers: list[ConsumerTold]


@door.get("event-types", needs=SEE, answer=Page[EventTypeTold])
def list_event_types(request: HttpRequest, query: Query[Paged]) -> Any:
    """Event types, by name: those that are known, and those of the newest events."""
    [after] = parts_of(query.after, 1) if query.after else [""]
    workflows = explain.known(project.catalog().workflows)
    lately = {each.type: each for each in traffic.lately()}
    names = sorted(vocabulary.names(workflows) | lately.keys())
    shown = [name for name in names if name > after][: query.limit + 1]
    return page_of(
        shown, query.limit, lambda name: _listed(name, workflows, lately.get(name)), cursor
    )


@door.get("event-types/{str:type}", needs=SEE, answer=TypeTold)
def get_event_type(request: HttpRequest, type: Path[str]) -> Any:  # noqa: A002 - CloudEvents' own word
    """One event type; of one that nobody has heard of, what it was probably meant to be."""
    if not is_type(type):
        raise not_found()
    now = _clock.now()
    workflows = explain.known(project.catalog().workflows)
    times = traffic.times(type, now - timedelta(hours=HOURS))
    consumers = vocabulary.consumers(type, workflows)
    with_filter = DEFINITIONS.is_met(request.user)
    return {
        "type": type,
        "is_registered": event_types.get(type) is not None,
        "data_schema": event_types.schemas().get(type),
        "near": None if consumers else vocabulary.meant(type),
        "last_at": instant(times[0]) if times else None,
        "minutes": _counted(times, now, timedelta(minutes=1), MINUTES),
        "hours": _counted(times, now, timedelta(hours=1), HOURS),
        "counted_since": instant(times[-1]) if len(times) == traffic.LOOKED_AT_MAX else None,
        "sources": [{"source": name, "n": n} for name, n in traffic.sources(type).items()],
        "producers": [
            {"kind": each.kind, "name": each.name, "detail": each.detail}
            for each in vocabulary.producers(type, workflows)
        ],
        "consumers": [
            {
                **{name: getattr(each, name) for name in _CONSUMER},
                **({"condition": each.condition} if with_filter else {}),
            }
            for each in consumers
        ],
    }


_CONSUMER = ("workflow", "how", "pattern", "step", "state")


def _listed(name: str, workflows: explain.Known, lately: traffic.Lately | None) -> dict[str, Any]:
    consumers = vocabulary.consumers(name, workflows)
    starts = {each.workflow: None for each in consumers if each.how == "starts"}
    waits = {each.workflow: None for each in consumers if each.how != "starts"}
    return {
        "type": name,
        "is_registered": event_types.get(name) is not None,
        "lately": 0 if lately is None else lately.count,
        "last_at": None if lately is None else instant(lately.last_at),
        "starts": list(starts),
        "waits": list(waits),
        "near": None if consumers else vocabulary.meant(name),
    }


def _counted(times: Sequence[datetime], now: datetime, size: timedelta, count: int) -> list[int]:
    """How many fall into each of the last *count* parts of that size, the oldest first."""
    found = [0] * count
    for at in times:
        back = max((now - at) // size, 0)  # written by a clock that is a moment ahead
        if back < count:
            found[count - 1 - back] += 1
    return found

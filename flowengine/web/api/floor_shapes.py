"""What is told of the floor."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from flowengine.web.api.paging import Instant, Shape

Door = Literal["open", "paused", "parked", "probing", "draining"]


class TokenTold(Shape):
    """A run that stands somewhere."""

    run: UUID | None
    """Null = the project decides itself who may see which run."""
    title: str
    subject: str | None
    """Of the event that caused it."""
    workflow: str
    step: str
    item: str
    state: Literal["queued", "running", "waiting", "retrying"]
    since: Instant | None


class StopTold(Shape):
    """A step on the way of a workflow."""

    step: str
    title: str
    kind: str
    """The key it is written with; ``undo``."""
    line: Literal["line", "on_failure", "finally", "undo"]
    block: str | None
    """The step that it is inside."""
    branch: int | None
    """Which branch, clause or rescue of that."""
    loop: bool
    station: str | None
    """The id of the station where it is worked at; null = it needs no worker."""
    waiting: int
    """What waits there for time, an event, people or another run."""
    waiting_more: bool
    """There are more than were counted."""
    tokens: list[TokenTold]


class EventsTold(Shape):
    """How often an event comes."""

    type: str
    per_min: float | None
    """Null = it is a pattern."""


class LaneTold(Shape):
    """The line of a workflow."""

    workflow: str
    title: str
    events: list[EventsTold]
    done_per_min: int
    failed_per_min: int
    last_done_at: Instant | None
    waiting: int
    waiting_more: bool
    worst: str | None
    """The step before which most waits for a worker."""
    stops: list[StopTold]
    """In the order of the file."""


class FloorStationTold(Shape):
    """One task at one queue; all numbers are of all workflows that pass there."""

    id: str
    """``<task>@<queue>``."""
    task: str
    queue: str
    workflows: list[str]
    door: Door
    since: Instant | None
    reason: str | None
    """What people said; null = nothing, or it is the breaker's."""
    by: str
    busy: int
    limit: int
    """Attempts that the living workers which serve it can make at the same time."""
    workers: int
    waiting: int
    waiting_more: bool
    oldest_at: Instant | None
    per_s: float
    """Done in the last minute, by its seconds."""
    done: int
    """In the last minute; so is what follows."""
    failed: int
    failed_share: float
    """Of what ended, 0 to 1."""
    p50_ms: float | None
    p95_ms: float | None
    last_at: Instant | None
    retrying: int
    tokens: list[TokenTold]
    """At most twelve."""
    beyond: int
    """Runs that stand there besides."""


class BottleneckTold(Shape):
    """Where what waits would take longest."""

    station: str
    workflow: str
    step: str
    waiting: int
    more: bool
    busy: int
    limit: int
    since: Instant | None
    """The oldest waits since then."""
    act: Literal["resume", "start_worker", "scale", "see_runs"]
    """What helps."""
    text: str


class NeedTold(Shape):
    """Something that needs somebody."""

    kind: str
    """``held``, ``approvals``, ``paused``, ``parked``, ``capped``, ``unrouted``; ``causes_new``,
    ``causes_regressed``, ``causes_open``; ``silent``, ``resting``, ``unserved``, ``skew``."""
    n: int
    more: bool
    since: Instant | None
    text: str
    subject: str | None
    """A queue, a worker, a version."""
    q: str | None
    """The filter that finds them."""


class FloorTold(Shape):
    """The floor."""

    at: Instant
    window_s: int
    """Rates are those of so many seconds."""
    lanes: list[LaneTold]
    stations: list[FloorStationTold]
    bottleneck: BottleneckTold | None
    """Null = nothing waits for longer than a second."""
    needs: list[NeedTold]
    last_failure_at: Instant | None

"""Who works: worker processes, and until when each counts as alive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Path, Query

from flowengine import access
from flowengine.conf import settings
from flowengine.models import WorkerRecord
from flowengine.orchestration import crew
from flowengine.orchestration.floor import hands
from flowengine.orchestration.floor.hands import without_run
from flowengine.store import fleet, floor
from flowengine.store.clock import DatabaseClock
from flowengine.store.fleet import Member
from flowengine.web.api.acting import Reason, by
from flowengine.web.api.filters import SEE
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.paging import Instant, Page, Paged, Shape, cursor, page_of, place_after
from flowengine.web.api.problems import not_found

door = Door("workers")
LOOK = permission("view_workerrecord")
DRAIN = permission("drain_worker")
_clock = DatabaseClock()


class AttemptTold(Shape):
    """What a worker is at."""

    task: str
    step: str
    since: Instant | None
    run: UUID | None = None
    """Only with ``view_run``, and where the project does not decide itself who may see which run."""


class WorkerTold(Shape):
    """A worker process."""

    id: UUID
    name: str
    host: str
    pid: int
    stations: list[str]
    version: str
    """Of flowengine."""
    project_version: str
    """Of the project; empty = it does not say one."""
    concurrency: int
    """Attempts that it makes at the same time."""
    state: str
    wanted: str
    """What people want it to be, ``alive`` or ``draining``; it hears so with its next heartbeat."""
    wanted_since: Instant | None
    """Null = nobody has said anything."""
    wanted_by: str
    """The key of the user whose word it is."""
    wanted_reason: str
    is_alive: bool
    """Its lease has not run out."""
    is_silent: bool
    """It has not ended, and was not heard of for two thirds of a lease."""
    is_behind: bool
    """It is alive, and of other versions than the process that was started last."""
    busy: int
    per_s: float
    """Attempts that ended in the last minute, by its seconds."""
    now: list[AttemptTold]
    """At most four, those that began first."""
    due_at: Instant | None
    """The end of its lease; null = it has ended."""
    started_at: Instant
    seen_at: Instant
    consumed_at: Instant | None
    """When it last took work."""


@door.get("workers", needs=LOOK, answer=Page[WorkerTold])
def list_workers(request: HttpRequest, query: Query[Paged]) -> Any:
    """Worker processes, the last started first; those that have ended stay for a day."""
    rows = _rows().order_by("-started_at", "-id")
    place = place_after(query.after)
    if place is not None:
        at, key = place
        rows = rows.filter(Q(started_at__lt=at) | Q(started_at=at, id__lt=key))
    found = [fleet.member(row) for row in rows[: query.limit + 1]]
    told = _teller(request, found)
    return page_of(found, query.limit, told, lambda each: cursor(each.started_at, each.id))


@door.post("workers/{uuid:worker_id}/drain", needs=DRAIN, answer=WorkerTold)
def drain_worker(request: HttpRequest, worker_id: Path[UUID], body: Reason) -> Any:
    """Let a worker begin nothing more: what it is at goes on, and the process stays."""
    return _moved(request, worker_id, crew.drain, body.reason)


@door.post("workers/{uuid:worker_id}/resume", needs=DRAIN, answer=WorkerTold)
def resume_worker(request: HttpRequest, worker_id: Path[UUID], body: Reason) -> Any:
    """Let it take work again."""
    return _moved(request, worker_id, crew.resume, body.reason)


def _moved(
    request: HttpRequest, worker_id: UUID, act: Callable[..., bool], reason: str
) -> dict[str, Any]:
    if not LOOK.is_met(request.user) or not act(worker_id, by(request, reason), _clock.now()):
        raise not_found()
    row = _rows().filter(pk=worker_id).first()
    if row is None:  # sent again, when it was forgotten meanwhile
        raise not_found()
    found = fleet.member(row)
    return _teller(request, [found])(found)


def _rows() -> QuerySet[WorkerRecord]:
    return WorkerRecord.objects.using(settings().DATABASE)


def _teller(request: HttpRequest, found: Sequence[Member]) -> Callable[[Member], dict[str, Any]]:
    """How each of these is told to who asks."""
    now = _clock.now()
    busy, _asleep = floor.at_work([each.id for each in found], [])
    latest = hands.newest(fleet.members(now), now)
    with_runs = SEE["run"].is_met(request.user) and access.is_default()

    def told(member: Member) -> dict[str, Any]:
        shown = hands.worker_view(member, now, busy=busy, latest=latest)
        if not with_runs:
            shown["now"] = [without_run(each) for each in shown["now"]]
        return shown

    return told

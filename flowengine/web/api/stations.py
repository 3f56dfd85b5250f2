"""Stations: what waits at each, whether it gives out work, and people's word on that."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Path, Query

from flowengine import access, project
from flowengine.engine.breaker import Station
from flowengine.orchestration import doors
from flowengine.orchestration.floor import hands
from flowengine.orchestration.floor.hands import Hands
from flowengine.store import stations
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.acting import Reason, by
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.paging import Instant, Page, Paged, Shape, cursor, page_of, parts_of
from flowengine.web.api.problems import not_found

door = Door("stations")
SEE = permission("view_workerrecord")
PAUSE = permission("pause_station")
_clock = DatabaseClock()


class StationTold(Shape):
    """A station."""

    name: str
    door: Literal["open", "paused", "parked", "probing", "draining"]
    """``paused`` by people; ``parked``, ``probing`` and ``draining`` by the breaker."""
    ready: int
    """Steps that could begin; more than 10,000 are not counted."""
    since: Instant | None
    """Null = nobody has spoken of it."""
    due_at: Instant | None
    """The next probe, or the end of one, or of draining."""
    by: str
    """The key of the user whose word it is; empty = the breaker's."""
    fingerprint: str
    """Of the cause that closed it."""
    trips: int
    """Of the breaker: the failures that closed it first, and probes that failed since."""
    oldest_at: Instant | None
    """What waits longest there waits since then."""
    busy: int
    limit: int
    """Attempts that the living workers which serve it can make at the same time."""
    workers: int
    is_served: bool
    """A living worker takes from it; else what waits there waits without end."""
    retrying: int
    """Steps that will be tried again there; of each step, more than 200 are not counted."""
    out_per_s: float
    """What ended there, well or badly, in the last minute, by its seconds."""
    p95_ms: float | None
    """Of the last minute; null = nothing ended."""
    failed_share: float
    """Of what ended in the last minute, 0 to 1."""
    last_at: Instant | None
    """When something last ended there."""
    reason: str = ""
    """Why it is not open; of the breaker's only with ``view_payload``."""


@door.get("stations", needs=SEE, answer=Page[StationTold])
def list_stations(request: HttpRequest, query: Query[Paged]) -> Any:
    """Stations, by name."""
    [after] = parts_of(query.after, 1) if query.after else [""]
    known = stations.every()
    every = hands.names(project.catalog(), known)
    names = [name for name in every if name > after][: query.limit + 1]
    seen = hands.look(project.catalog(), _clock.now(), names, doors=known)
    return page_of(names, query.limit, lambda name: _told(request, seen, name), cursor)


@door.post("stations/{str:name}/pause", needs=PAUSE, answer=StationTold)
def pause_station(request: HttpRequest, name: Path[str], body: Reason) -> Any:
    """Close a station: nothing begins there until people open it; what runs may end."""
    _visible(request, name)
    found = doors.pause(name, by(request, body.reason), _clock.now())
    return _one(request, found)


@door.post("stations/{str:name}/resume", needs=PAUSE, answer=StationTold)
def resume_station(request: HttpRequest, name: Path[str], body: Reason) -> Any:
    """Open a station, whoever closed it; the breaker begins to count anew."""
    _visible(request, name)
    found = doors.resume(name, by(request, body.reason), _clock.now())
    return _one(request, found)


def _visible(request: HttpRequest, name: str) -> None:
    """Raise where there is no such station, or this user may not see any."""
    if not SEE.is_met(request.user) or name not in hands.names(project.catalog(), stations.every()):
        raise not_found()


def _one(request: HttpRequest, station: Station) -> dict[str, Any]:
    """A station as an act has left it."""
    name = station.name
    seen = hands.look(project.catalog(), _clock.now(), [name], doors={name: station})
    return _told(request, seen, name)


def _told(request: HttpRequest, seen: Hands, name: str) -> dict[str, Any]:
    station = seen.doors.get(name, Station(name=name))
    told = hands.queue_view(seen, name)
    del told["reason"]
    # The breaker's reason is the title of a cause: what an error says. People's is their own.
    with_reason = bool(station.by) or access.view_payload(request.user)
    return {**told, **({"reason": station.reason} if with_reason else {})}

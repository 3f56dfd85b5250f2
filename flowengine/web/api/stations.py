"""Stations: what waits at each, whether it gives out work, and people's word on that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from flowengine import access, project
from flowengine.engine.breaker import Station
from flowengine.orchestration import doors
from flowengine.orchestration.floor import hands
from flowengine.orchestration.floor.hands import Hands
from flowengine.store import stations
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.acting import Reason, by
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.masked import MaskedText
from flowengine.web.api.paging import Instant, Page, Paged, Shape, cursor, page_of, parts_of
from flowengine.web.api.problems import not_found

door = Door("stations")
SEE = permission("view_workerrecord")
PAUSE = permission("pause_station")
DEAD = permission("view_dead_letter")
PLACES_MAX = 100_000
_clock = DatabaseClock()


class CapTold(Shape):
    """What people let a station have at the same time, all its workers together."""

    places: int
    since: Instant
    by: str
    """The key of the user whose word it is."""
    reason: str


class CapGiven(Reason):
    """How much is done at the same time."""

    places: Annotated[int, Field(ge=1, le=PLACES_MAX)] | None
    """Attempts of all workers together; null = as many as they have places."""


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
    in_per_s: float
    """What became ready there in the last minute, by its seconds, as far as workers brought it about; a
    step that is tried again comes again."""
    out_per_s: float
    """What ended there, well or badly, in the last minute, by its seconds."""
    p95_ms: float | None
    """Of the last minute; null = nothing ended."""
    failed_share: float
    """Of what ended in the last minute, 0 to 1."""
    last_at: Instant | None
    """When something last ended there."""
    cap: CapTold | None
    """Null = as much at the same time as its workers have places."""
    dead: int | None = None
    """Open dead letters of its steps, of the thousand causes that came last; only with
    ``view_dead_letter``."""
    reason: MaskedText = ""
    """Why it is not open; of the breaker's only with ``view_payload``."""


@door.get("stations", needs=SEE, answer=Page[StationTold])
def list_stations(request: HttpRequest, query: Query[Paged]) -> Any:
    """Stations, by name."""
    [after] = parts_of(query.after, 1) if query.after else [""]
    known = stations.every()
    every = hands.names(project.catalog(), known)
    names = [name for name in every if name > after][: query.limit + 1]
    seen = hands.look(project.catalog(), _clock.now(), names, doors=known)
    dead = _dead(request)
    return page_of(names, query.limit, lambda name: _told(request, seen, name, dead), cursor)


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


@door.post("stations/{str:name}/drain", needs=PAUSE, answer=StationTold)
def drain_station(request: HttpRequest, name: Path[str], body: Reason) -> Any:
    """Open a station at a measured pace for a minute, then freely."""
    _visible(request, name)
    found = doors.open_slowly(name, by(request, body.reason), _clock.now())
    return _one(request, found)


@door.post("stations/{str:name}/limit", needs=PAUSE, answer=StationTold)
def limit_station(request: HttpRequest, name: Path[str], body: CapGiven) -> Any:
    """Let so much be done there at the same time, by all workers together, or take that back."""
    _visible(request, name)
    found = doors.cap(name, body.places, by(request, body.reason), _clock.now())
    return _one(request, found)


def _visible(request: HttpRequest, name: str) -> None:
    """Raise where there is no such station, or this user may not see any."""
    if not SEE.is_met(request.user) or name not in hands.names(project.catalog(), stations.every()):
        raise not_found()


def _one(request: HttpRequest, station: Station) -> dict[str, Any]:
    """A station as an act has left it."""
    name = station.name
    seen = hands.look(project.catalog(), _clock.now(), [name], doors={name: station})
    return _told(request, seen, name, _dead(request))


def _dead(request: HttpRequest) -> Mapping[str, int] | None:
    """How many dead letters each station's steps have open; None = this user may not know."""
    return hands.dead(project.catalog()) if DEAD.is_met(request.user) else None


def _told(
    request: HttpRequest, seen: Hands, name: str, dead: Mapping[str, int] | None
) -> dict[str, Any]:
    station = seen.doors.get(name, Station(name=name))
    told = hands.queue_view(seen, name)
    del told["reason"]
    # The breaker's reason is the title of a cause: what an error says. People's is their own.
    with_reason = bool(station.by) or access.view_payload(request.user)
    return {
        **told,
        **({} if dead is None else {"dead": dead.get(name, 0)}),
        **({"reason": station.reason} if with_reason else {}),
    }

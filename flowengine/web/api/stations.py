"""Stations: what waits at each, whether it gives out work, and people's word on that."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Path, Query

from flowengine import access, project
from flowengine.engine.breaker import Station
from flowengine.orchestration import doors
from flowengine.representations import instant
from flowengine.store import stations
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.acting import PerhapsReason, Reason, by
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
    reason: str = ""
    """Why it is not open; of the breaker's only with ``view_payload``."""


@door.get("stations", needs=SEE, answer=Page[StationTold])
def list_stations(request: HttpRequest, query: Query[Paged]) -> Any:
    """Stations, by name."""
    [after] = parts_of(query.after, 1) if query.after else [""]
    known = stations.every()
    names = sorted(name for name in _names(known) if name > after)[: query.limit + 1]
    waiting = stations.ready(names)
    return page_of(
        [known.get(name, Station(name=name)) for name in names],
        query.limit,
        lambda each: _told(request, each, waiting[each.name]),
        lambda each: cursor(each.name),
    )


@door.post("stations/{str:name}/pause", needs=PAUSE, answer=StationTold)
def pause_station(request: HttpRequest, name: Path[str], body: Reason) -> Any:
    """Close a station: nothing begins there until people open it; what runs may end."""
    _visible(request, name)
    found = doors.pause(name, by(request, body.reason), _clock.now())
    return _told(request, found, stations.ready([name])[name])


@door.post("stations/{str:name}/resume", needs=PAUSE, answer=StationTold)
def resume_station(request: HttpRequest, name: Path[str], body: PerhapsReason) -> Any:
    """Open a station, whoever closed it; the breaker begins to count anew."""
    _visible(request, name)
    found = doors.resume(name, by(request, body.reason), _clock.now())
    return _told(request, found, stations.ready([name])[name])


def _names(known: dict[str, Station]) -> set[str]:
    """All that workflows name, and those that somebody has spoken of."""
    return {*project.catalog().stations(), "default", *known}


def _visible(request: HttpRequest, name: str) -> None:
    """Raise where there is no such station, or this user may not see any."""
    if not SEE.is_met(request.user) or name not in _names(stations.every()):
        raise not_found()


def _told(request: HttpRequest, station: Station, ready: int) -> dict[str, Any]:
    # The breaker's reason is the title of a cause: what an error says. People's is their own.
    with_reason = bool(station.by) or access.view_payload(request.user)
    return {
        "name": station.name,
        "door": station.door.value,
        "ready": ready,
        "since": instant(station.since),
        "due_at": instant(station.due_at),
        "by": station.by,
        "fingerprint": station.fingerprint,
        **({"reason": station.reason} if with_reason else {}),
    }

"""The doors of stations: closed and opened by people, and by the breaker.

Each move reads the row under its lock and decides again, so that two workers which see the same failures
close one door once, and one probe is made at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext

from flowengine import signals
from flowengine.conf import settings
from flowengine.engine import breaker
from flowengine.engine.breaker import Cap, Door, Limits, Station
from flowengine.orchestration import audit, notify
from flowengine.orchestration.audit import By, Entry, wants_reason
from flowengine.store import sql, stations

logger = logging.getLogger("flowengine.stations")


def limits(name: str) -> Limits | None:
    """When the breaker of this station acts; None = it is switched off."""
    setting = settings().STATIONS.get(name)
    if setting is None:
        return Limits()
    return Limits(failures=setting.BREAKER_FAILURES) if setting.BREAKER else None


def pause(name: str, by: By, now: datetime) -> Station:
    """Close a station: nothing begins there until people open it; what runs may end.

    Args:
        name: the station.
        by: who, why and from where.
        now: the database's clock.

    Returns:
        The station as it is now.

    Raises:
        ReasonMissing: FE513.
    """
    wants_reason(by)
    move = partial(breaker.paused, now=now, by=by.who, reason=by.reason)
    return _moved(name, move, Entry(by=by, verb="station.pause", kind="station"), now)


def resume(name: str, by: By, now: datetime) -> Station:
    """Open a station, whoever closed it; the breaker begins to count anew. As :func:`pause`."""
    wants_reason(by)
    move = partial(breaker.opened, now=now, by=by.who)
    return _moved(name, move, Entry(by=by, verb="station.resume", kind="station"), now)


def open_slowly(name: str, by: By, now: datetime) -> Station:
    """Open a station at a measured pace for a while, then freely. As :func:`pause`."""
    wants_reason(by)
    bounds = limits(name) or Limits()
    move = partial(breaker.opened_slowly, now=now, limits=bounds, by=by.who, reason=by.reason)
    return _moved(name, move, Entry(by=by, verb="station.drain", kind="station"), now)


def cap(name: str, places: int | None, by: By, now: datetime) -> Station:
    """Let so many attempts be made at the same time, by all workers together. As :func:`pause`.

    Args:
        name: the station.
        places: at least one; None = as many as its workers have places.
        by: who, why and from where.
        now: the database's clock.
    """
    wants_reason(by)
    new = None
    if places is not None:
        new = Cap(places=max(1, places), since=now, by=by.who, reason=by.reason)
    verb = "station.unlimit" if new is None else "station.limit"
    entry = Entry(by=by, verb=verb, kind="station")
    return _moved(name, lambda station: replace(station, cap=new), entry, now)


def trip(
    name: str, fingerprint: str, reason: str, *, seen: datetime | None, now: datetime
) -> Station:
    """Close a station because what it is given fails for one cause.

    *seen* is since when its door was as it was while that failed, None = nobody had spoken of it: a door
    that has moved since stays as it is.
    """
    bounds = limits(name) or Limits()
    entry = _by_itself("station.park", reason)

    def move(station: Station) -> Station:
        if station.since != seen:
            return station
        return breaker.trip(station, fingerprint, reason, now, bounds)

    return _moved(name, move, entry, now)


def probe(name: str, now: datetime) -> bool:
    """Whether the caller may try one item of a closed station now: nobody else may."""
    bounds = limits(name) or Limits()
    tried = False

    def move(station: Station) -> Station:
        nonlocal tried
        found = breaker.probe(station, now, bounds)
        tried = found is not None
        return found or station

    _moved(name, move, None, now)
    return tried


def probed(name: str, *, succeeded: bool, now: datetime) -> Station:
    """What the caller's probe has shown."""
    bounds = limits(name) or Limits()
    word = "station.reopen" if succeeded else "station.park"
    entry = _by_itself(word, "a probe")
    move = partial(breaker.probed, succeeded=succeeded, now=now, limits=bounds)
    return _moved(name, move, entry, now)


def nothing_to_probe(name: str, now: datetime) -> Station:
    """Nothing waits at the station that the caller may probe."""
    return _moved(name, lambda station: breaker.nothing_to_probe(station, now), None, now)


def drained(name: str, now: datetime) -> Station:
    """The measured pace may be over."""
    return _moved(name, lambda station: breaker.drained(station, now), None, now)


def switched_off(name: str, now: datetime) -> Station:
    """The settings want no breaker at this station: what it has closed is opened."""
    reason = "the breaker is switched off"
    entry = _by_itself("station.reopen", reason)
    return _moved(name, lambda station: breaker.switched_off(station, now), entry, now)


def _by_itself(verb: str, reason: str) -> Entry:
    return Entry(by=By(who="", reason=reason, door="system"), verb=verb, kind="station")


def _moved(
    name: str, move: Callable[[Station], Station], entry: Entry | None, now: datetime
) -> Station:
    """One move of one door, in a transaction of its own; told once it is committed."""
    with sql.writing():
        before = stations.lock(name)
        if entry is not None and audit.is_done(entry.by, entry.verb, entry.kind, name):
            return before
        after = move(before)
        if after == before:
            return after
        stations.write(after)
        if entry is not None:
            details = _details(before, after)
            audit.record([replace(entry, object_id=name, details=details)], now)
        told = _told(before, after, now)
        transaction.on_commit(partial(_tell, before, after, told), using=settings().DATABASE)
    return after


def _details(before: Station, after: Station) -> dict[str, object]:
    """What an act has changed: the door, or how much is done at the same time."""
    if before.cap != after.cap:
        return {
            "from": None if before.cap is None else before.cap.places,
            "to": None if after.cap is None else after.cap.places,
        }
    return {"from": before.door, "to": after.door, "fingerprint": after.fingerprint}


def _has_closed_itself(before: Station, after: Station) -> bool:
    return after.door is Door.PARKED and before.door is not Door.PROBING


def _told(before: Station, after: Station, now: datetime) -> list[str]:
    """Who may open a station finds in his inbox that it has closed itself; their keys."""
    if not _has_closed_itself(before, after):
        return []
    title = gettext("Station %(name)s is closed") % {"name": after.name}
    subject = f"{after.name} {after.since}"
    return notify.tell_operators("flowengine.pause_station", subject, title, after.reason, now)


def _tell(before: Station, after: Station, told: Sequence[str]) -> None:
    notify.number(told)
    if before.door is after.door:
        return
    logger.log(
        logging.ERROR if _has_closed_itself(before, after) else logging.INFO,
        "station %s: %s -> %s",
        after.name,
        before.door,
        after.door,
        extra={"station": after.name, "door": str(after.door), "why": after.reason},
    )
    signals.station_changed.send_robust(sender=None, station=after.name, door=str(after.door))

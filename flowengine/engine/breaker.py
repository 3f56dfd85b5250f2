"""The circuit breaker of a station: when its door closes by itself, and how it opens again. Pure.

A station whose steps fail one after the other, all for one cause, is not mended by trying the next: what
it is given then would only die. So it is closed: its items are parked, as ready as they were, without a
try used. After a while one of them is tried, a probe; when that succeeds the others follow at a measured
pace, and then freely. People may close and open it as they like, and their word is above the breaker's.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

_ENDS_MAX = 1_000
"""Ends that a tally remembers: enough for a share, and bounded."""
_DOUBLINGS_MAX = 20


class Door(StrEnum):
    """Whether a station gives out work."""

    OPEN = "open"
    PAUSED = "paused"
    """Closed by people, until people open it."""
    PARKED = "parked"
    """Closed by the breaker, until a probe succeeds."""
    PROBING = "probing"
    """Closed, and one item is tried."""
    DRAINING = "draining"
    """Open, at a measured pace."""

    @property
    def is_closed(self) -> bool:
        """Nothing begins here, but a probe."""
        return self not in {Door.OPEN, Door.DRAINING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When the breaker acts."""

    failures: int = 20
    """So many failures of one cause close the door …"""
    share: float = 0.5
    """… if they are at least this share of all that ended …"""
    within: timedelta = timedelta(seconds=60)
    """… in this time."""
    rest: timedelta = timedelta(seconds=30)
    """From closing to the first probe; doubled with each probe that fails …"""
    rest_max: timedelta = timedelta(minutes=10)
    """… up to this."""
    probe: timedelta = timedelta(minutes=2)
    """A probe of which nothing is heard for so long is given up: another is made."""
    drain: timedelta = timedelta(seconds=60)
    """How long what was parked begins at a measured pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """What people let a station have at the same time, all its workers together."""

    places: int
    """Attempts, at least one: a station that is to have none is paused."""
    since: datetime
    by: str
    """The key of the user whose word it is."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One station as all workers know it. Nobody has spoken of it: open."""

    name: str
    door: Door = Door.OPEN
    since: datetime | None = None
    due_at: datetime | None = None
    """When the next probe is due, or a probe is given up, or draining ends; None = nothing is."""
    fingerprint: str = ""
    """Of the cause that closed it; empty = the breaker has not."""
    reason: str = ""
    """For people: why it is not open."""
    by: str = ""
    """The key of the user whose word it is; empty = the breaker's."""
    trips: int = 0
    """Probes that failed in a row, and the failures that closed it first."""
    cap: Cap | None = None
    """None = as much at the same time as its workers have places. It outlives every move of the door."""


def trip(station: Station, fingerprint: str, reason: str, now: datetime, limits: Limits) -> Station:
    """The door closes; where it is closed already, or people have closed it, nothing changes."""
    if station.door.is_closed:
        return station
    return _parked(replace(station, fingerprint=fingerprint, reason=reason), now, limits)


def probe(station: Station, now: datetime, limits: Limits) -> Station | None:
    """One item may be tried now; None = not yet, or the door is not the breaker's."""
    is_due = station.due_at is not None and station.due_at <= now
    if not is_due or station.door not in {Door.PARKED, Door.PROBING}:
        return None
    return replace(station, door=Door.PROBING, since=now, due_at=now + limits.probe)


def probed(station: Station, *, succeeded: bool, now: datetime, limits: Limits) -> Station:
    """What a probe has shown; of a door that was opened or closed meanwhile it shows nothing."""
    if station.door is not Door.PROBING:
        return station
    if not succeeded:
        return _parked(station, now, limits)
    return replace(station, door=Door.DRAINING, since=now, due_at=now + limits.drain)


def nothing_to_probe(station: Station, now: datetime) -> Station:
    """Nothing waits at a door that may be probed: it opens, and the next failures speak for themselves."""
    return opened(station, now) if station.door is Door.PROBING else station


def drained(station: Station, now: datetime) -> Station:
    """The measured pace has lasted long enough: the door is open."""
    is_over = station.due_at is not None and station.due_at <= now
    return opened(station, now) if station.door is Door.DRAINING and is_over else station


def opened(station: Station, now: datetime, *, by: str = "") -> Station:
    """Open, by whoever says so; what was counted before is forgotten."""
    return Station(name=station.name, since=now, by=by, cap=station.cap)


def opened_slowly(
    station: Station, now: datetime, limits: Limits, *, by: str, reason: str
) -> Station:
    """Open at a measured pace for a while, because people say so; then freely."""
    fresh = opened(station, now, by=by)
    return replace(fresh, door=Door.DRAINING, due_at=now + limits.drain, reason=reason)


def switched_off(station: Station, now: datetime) -> Station:
    """There is no breaker here any more: what it has closed opens; what people have said holds."""
    is_its = station.door not in {Door.OPEN, Door.PAUSED} and not station.by
    return opened(station, now) if is_its else station


def paused(station: Station, now: datetime, *, by: str, reason: str) -> Station:
    """Closed by people."""
    return replace(opened(station, now, by=by), door=Door.PAUSED, reason=reason)


def _parked(station: Station, now: datetime, limits: Limits) -> Station:
    rest = min(limits.rest * 2 ** min(station.trips, _DOUBLINGS_MAX), limits.rest_max)
    return replace(
        station, door=Door.PARKED, since=now, due_at=now + rest, trips=station.trips + 1, by=""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What ended at one station lately, in one process."""

    ended: int = 0
    """Attempts in all, well or not."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """By fingerprint."""


def worst(counts: Iterable[Counts], limits: Limits) -> str:
    """The fingerprint that closes the door, by what all processes together have seen; empty = none does."""
    ended, failures = 0, Counter[str]()
    for each in counts:
        ended += each.ended
        failures.update(each.failures)
    found = max(failures, key=lambda each: failures[each], default="")
    count = failures[found]
    is_over = count >= limits.failures and count >= limits.share * ended
    return found if is_over else ""


class Tally:
    """What ended at one station lately, in one process. Times are seconds of any one clock."""

    def __init__(self, limits: Limits) -> None:
        self._within_s = limits.within / timedelta(seconds=1)
        self._ends: deque[tuple[float, str, str]] = deque(maxlen=_ENDS_MAX)

    def add(self, at: float, fingerprint: str = "", words: str = "") -> None:
        """One attempt has ended: well, or with a failure of this cause, which *words* tell to people."""
        self._ends.append((at, fingerprint, words))

    def counts(self, at: float) -> Counts:
        """What has ended in the time before *at* that counts."""
        while self._ends and self._ends[0][0] < at - self._within_s:
            self._ends.popleft()
        failures = Counter(fingerprint for _at, fingerprint, _words in self._ends if fingerprint)
        return Counts(ended=len(self._ends), failures=dict(failures))

    def words(self, fingerprint: str) -> str:
        """What is told of that cause; empty = none of the failures that count is of it."""
        found = (words for _at, each, words in reversed(self._ends) if each == fingerprint)
        return next(found, "")

"""When a user is written to: digests, and hours that are quiet by his own clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from flowengine.store.preferences import Preference

DAILY_AT = time(8)
"""When the digest of a day is sent, by the user's clock."""
TRIES_MAX = 8
"""After so many failures nothing more is sent of a notification: about four hours."""


def sent_at(due: datetime, wanted: Preference) -> datetime:
    """When what is due then is sent, the same or later: with its digest, and not in quiet hours."""
    zone = zone_of(wanted)
    at = due.astimezone(zone)
    match wanted.digest:
        case "hourly":
            at = _next_hour(at)
        case "daily":
            at = _next(at, DAILY_AT)
        case _:
            pass
    return after_quiet(at, wanted).astimezone(UTC)


def after_quiet(at: datetime, wanted: Preference) -> datetime:
    """That instant, or the end of the quiet hours that it is in."""
    begin, end = wanted.quiet_from, wanted.quiet_to
    if begin is None or end is None or begin == end:
        return at
    local = at.astimezone(zone_of(wanted))
    clock = local.time().replace(tzinfo=None)
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    return _next(local, end) if is_quiet else at


def again_at(now: datetime, tries: int) -> datetime:
    """When to try again after so many failures: a minute, then twice as long each time, up to two hours."""
    return now + min(timedelta(minutes=2 ** (tries - 1)), timedelta(hours=2))


def zone_of(wanted: Preference) -> ZoneInfo:
    """The user's zone, else the project's; UTC where this machine does not know it any more."""
    try:
        return ZoneInfo(wanted.timezone or timezone.get_default_timezone_name())
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _next_hour(at: datetime) -> datetime:
    """The full hour then, or the next one; by the instants, which are even where clocks are put back."""
    instant = at.astimezone(UTC)
    full = instant.replace(minute=0, second=0, microsecond=0)
    return full if full == instant else full + timedelta(hours=1)


def _next(at: datetime, clock: time) -> datetime:
    """The first instant from *at* on when the clock there shows that."""
    there = at.replace(
        hour=clock.hour, minute=clock.minute, second=clock.second, microsecond=0, fold=0
    )
    if there.astimezone(UTC) < at.astimezone(UTC):
        day = there.date() + timedelta(days=1)
        there = datetime.combine(day, clock, tzinfo=at.tzinfo)
    return there

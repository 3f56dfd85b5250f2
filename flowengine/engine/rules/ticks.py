"""When a schedule ticks. Language §2.4.

By cronsim, and so as Debian's cron has it where the clocks change: a tick at a fixed hour that a day
does not have comes at the first instant after the gap, one of an hour that a day has twice comes the
first time only; ``*`` in the hour or the minute follows the time that really passes. Two ticks that a
gap pushes to one instant are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

MISSED_AFTER = timedelta(minutes=1)
"""A tick that is told later than this was missed."""


_LOOK_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=366))


def next_tick(cron: str, timezone: str, after: datetime) -> datetime | None:
    """The first tick after *after*, in UTC; None = there is none in the next fifty years."""
    return next(_ticks(cron, timezone, after), None)


def next_ticks(cron: str, timezone: str, after: datetime, count: int) -> tuple[datetime, ...]:
    """The first *count* ticks after *after*, in UTC; fewer where the next fifty years have no more."""
    return tuple(islice(_ticks(cron, timezone, after), count))


def last_tick(cron: str, timezone: str, since: datetime, now: datetime) -> datetime:
    """The latest tick not after *now*; *since* is a tick, and not after *now* either.

    Looks back in growing steps: a year of ticks that nobody was there for costs no more than an hour.
    """
    for back in _LOOK_BACK:
        if now - back <= since:
            break
        passed = [*takewhile(lambda tick: tick <= now, _ticks(cron, timezone, now - back))]
        if passed:
            return passed[-1]
    passed = [*takewhile(lambda tick: tick <= now, _ticks(cron, timezone, since))]
    return passed[-1] if passed else since


def is_missed(tick: datetime, now: datetime) -> bool:
    """Nobody was there for it in time."""
    return now - tick > MISSED_AFTER


def _ticks(cron: str, timezone: str, after: datetime) -> Iterator[datetime]:
    """The ticks after *after*, each instant once."""
    last = after
    for tick in CronSim(cron, after.astimezone(ZoneInfo(timezone))):
        instant = tick.astimezone(UTC)
        if instant > last:
            last = instant
            yield instant

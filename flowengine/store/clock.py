"""The one place that reads a clock: the database's, which all processes share.

Nothing is ever decided by the clock of one machine: leases, delays and overdue rows compare with the
instants that the database wrote, whatever the machines believe.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from flowengine.store import sql

MEASURE_EVERY_S = 5.0
"""Two quartz clocks part by some hundred microseconds in that time."""


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> datetime:
        """The present instant, aware and UTC."""
        ...


class DatabaseClock:
    """The database's clock, carried on by this machine's monotonic one between two measurements.

    It may be shared by threads: nobody waits for the measurement of another, of two the later holds.
    A jump of this machine's wall clock changes nothing; the estimate is
    wrong by at most half a round trip. On SQLite, which is a file of this machine, it is the
    machine's clock.
    """

    def __init__(self) -> None:
        self._measured = (float("-inf"), datetime.fromtimestamp(0, UTC))
        """When, by the monotonic clock; and what the database's showed when that one showed 0."""

    def now(self) -> datetime:
        """The present instant by the database.

        Raises:
            django.db.Error: a measurement was due and the database did not answer.
        """
        if not sql.is_postgresql():
            return system_now()
        at, epoch = self._measured
        before = time.monotonic()
        if before - at >= MEASURE_EVERY_S:
            epoch = self._measure(before)
        return epoch + timedelta(seconds=time.monotonic())

    def _measure(self, before: float) -> datetime:
        shown: datetime = sql.query("SELECT clock_timestamp()", {})[0][0]
        after = time.monotonic()
        epoch = shown.astimezone(UTC) - timedelta(seconds=(before + after) / 2)
        self._measured = (after, epoch)
        return epoch


def system_now() -> datetime:
    """The present instant by this machine; for SQLite, and for ids, which only roughly sort by it."""
    return datetime.now(UTC)  # noqa: TID251 - this is the place

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
SHARP_S = 0.001
"""A first measurement that took longer is made again, ``FIRST_TRIES`` times in all."""
FIRST_TRIES = 3


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> datetime:
        """The present instant, aware and UTC."""
        ...


class DatabaseClock:
    """The database's clock, carried on by this machine's monotonic one between two measurements.

    It may be shared by threads: nobody waits for the measurement of another, of two the later holds.
    A jump of this machine's wall clock changes nothing. What a measurement shows was so at some instant
    of its round trip: the estimate is moved only as far as that says for certain, so one that took long
    does not make it worse. On SQLite, which is a file of this machine, it is the machine's clock.
    """

    def __init__(self) -> None:
        self._measured_at = float("-inf")
        """By the monotonic clock."""
        self._epoch: datetime | None = None
        """What the database's clock showed when the monotonic one showed 0; None = not known yet."""

    def now(self) -> datetime:
        """The present instant by the database.

        Raises:
            django.db.Error: a measurement was due and the database did not answer.
        """
        if not sql.is_postgresql():
            return system_now()
        epoch = self._epoch
        if epoch is None or time.monotonic() - self._measured_at >= MEASURE_EVERY_S:
            epoch = self._measure()
        return epoch + timedelta(seconds=time.monotonic())

    def _measure(self) -> datetime:
        sql.connection().ensure_connection()  # to connect takes long, and is no part of the round trip
        earliest, latest = _bounds()
        if self._epoch is None:
            for _ in range(FIRST_TRIES - 1):
                if latest - earliest <= timedelta(seconds=SHARP_S):
                    break
                again = _bounds()
                earliest, latest = max(earliest, again[0]), min(latest, again[1])
        estimate = self._epoch or earliest + (latest - earliest) / 2
        self._epoch = epoch = min(max(estimate, earliest), latest)
        self._measured_at = time.monotonic()
        return epoch


def _bounds() -> tuple[datetime, datetime]:
    """What the database's clock showed when the monotonic one showed 0: at the earliest, at the latest."""
    before = time.monotonic()
    shown: datetime = sql.query("SELECT clock_timestamp()", {})[0][0].astimezone(UTC)
    after = time.monotonic()
    return shown - timedelta(seconds=after), shown - timedelta(seconds=before)


def system_now() -> datetime:
    """The present instant by this machine; for SQLite, and for ids, which only roughly sort by it."""
    return datetime.now(UTC)  # noqa: TID251 - this is the place

"""The one place that reads a clock: the database's, which all processes share.

Nothing is ever decided by the clock of one machine: leases, delays and overdue rows compare with the
instants that the database wrote, whatever the machines believe.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol

from flowengine.store import sql

MEASURE_EVERY_S = 1.0


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> datetime:
        """The present instant, aware and UTC."""
        ...


class DatabaseClock:
    """The database's clock, carried on by this machine's monotonic one between two measurements.

    It may be shared by threads. A jump of this machine's wall clock changes nothing; the estimate is
    wrong by at most half a round trip. On SQLite, which is a file of this machine, it is the
    machine's clock.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._measured_at = float("-inf")
        self._epoch = datetime.fromtimestamp(0, UTC)
        """What the database's clock showed when the monotonic one showed 0."""

    def now(self) -> datetime:
        """The present instant by the database.

        Raises:
            django.db.Error: a measurement was due and the database did not answer.
        """
        if not sql.is_postgresql():
            return system_now()
        with self._lock:
            before = time.monotonic()
            if before - self._measured_at >= MEASURE_EVERY_S:
                self._measure(before)
            return self._epoch + timedelta(seconds=time.monotonic())

    def _measure(self, before: float) -> None:
        shown: datetime = sql.query("SELECT clock_timestamp()", {})[0][0]
        after = time.monotonic()
        self._epoch = shown.astimezone(UTC) - timedelta(seconds=(before + after) / 2)
        self._measured_at = after


def system_now() -> datetime:
    """The present instant by this machine; for SQLite, and for ids, which only roughly sort by it."""
    return datetime.now(UTC)  # noqa: TID251 - this is the place

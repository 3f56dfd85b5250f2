"""A clock that shows what it is told."""

from __future__ import annotations

from datetime import datetime, timedelta


class SetClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """What it shows."""
        return self._now

    def move(self, seconds: float) -> datetime:
        """Show a later time, and give it."""
        self._now += timedelta(seconds=seconds)
        return self._now

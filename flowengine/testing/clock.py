"""A clock that stands still until it is moved."""

from __future__ import annotations

from datetime import datetime, timedelta

from flowengine.definitions.durations import read_duration


class SetClock:
    """What ``now()`` is inside a run; only the test moves it, and never back."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError(f"the clock is set to {at!r}, which is not aware: add tzinfo=UTC")
        self._now = at

    def now(self) -> datetime:
        """The instant it is set to, aware."""
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Set it to *instant*; an earlier one leaves it where it is."""
        self._now = max(self._now, instant)

    def __repr__(self) -> str:
        return f"SetClock({self._now.isoformat()})"


def span(given: timedelta | float | str) -> timedelta:
    """A duration as a test writes it: ``"10s"``, ``"1h30m"``, seconds, or a ``timedelta``."""
    if isinstance(given, str):
        read = read_duration(given)
        if read is None:
            raise ValueError(
                f"{given!r} is no duration: write '500ms', '10s', '5m', '2h' or '1h30m'"
            )
    else:
        read = given if isinstance(given, timedelta) else timedelta(seconds=given)
    if read < timedelta():
        raise ValueError(f"{given!r} would move the clock back")
    return read

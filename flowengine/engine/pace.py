"""How fast a replay goes, and when it stops of itself: a few first, then so many per second.

Pure arithmetic over what has been counted; the shell counts, sends and waits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec

TICK_S = 0.5
"""What is sent at once is about as much as the rate allows in this time."""
BATCH_MAX = 100
"""Items that are sent in one transaction, at most."""
COUNTS_FROM = 10
"""So many ends, at least, make a percentage; of a smaller replay all of them."""
RATE_MIN = 0.01
PERCENT = 100


class Pace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How fast, and when not to go on."""

    canary: int = 0
    """So many first; all others wait for their ends, and one that fails stops the replay. 0 = none."""
    rate: float = 10.0
    """Items per second."""
    in_flight: int = 100
    """Items that were sent and have not ended, at most."""
    stop_percent: float = 20.0
    """Stop when more of what has ended has failed; 100 = never."""
    stop_in_row: int = 10
    """Stop when so many have failed one after another; 0 = never."""

    @property
    def slower(self) -> Pace:
        """Half as fast, with half as many at once."""
        rate = max(self.rate / 2, RATE_MIN)
        return msgspec.structs.replace(self, rate=rate, in_flight=max(self.in_flight // 2, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a replay has come to."""

    sent: int = 0
    in_flight: int = 0
    """Sent, and not ended."""
    succeeded: int = 0
    failed: int = 0
    failed_in_row: int = 0
    """Since the last that succeeded."""

    @property
    def ended(self) -> int:
        """What speaks for or against going on."""
        return self.succeeded + self.failed


def misfit(pace: Pace) -> str | None:
    """Why nobody can go at this pace; None = one can."""
    limits = {
        "canary": (pace.canary, 0, 1000),
        "rate": (pace.rate, RATE_MIN, 1000),
        "in_flight": (pace.in_flight, 1, 1000),
        "stop_percent": (pace.stop_percent, 0, PERCENT),
        "stop_in_row": (pace.stop_in_row, 0, 1_000_000),
    }
    for name, (value, least, most) in limits.items():
        if not least <= value <= most:  # NaN fits nowhere
            return f"'{name}' is from {least} to {most:g}, not {value:g}"
    return None


def room(pace: Pace, tally: Tally, *, is_canary: bool) -> int:
    """How many may be sent at once now."""
    if is_canary:
        return min(max(pace.canary - tally.sent, 0), BATCH_MAX)
    free = max(pace.in_flight - tally.in_flight, 0)
    return min(free, max(round(pace.rate * TICK_S), 1), BATCH_MAX)


def rest_s(pace: Pace, sent: int) -> float:
    """Seconds until the next may be sent, after so many at once."""
    return sent / pace.rate


def is_canary_over(pace: Pace, tally: Tally, *, is_last: bool) -> bool:
    """All of the first have ended; *is_last* = there are no more to be sent."""
    return not tally.in_flight and (tally.sent >= pace.canary or is_last)


def why_stop(pace: Pace, tally: Tally, *, total: int, is_canary: bool) -> str | None:
    """Why the rest must not be sent, for people; None = it may."""
    if is_canary and tally.failed:
        return f"{tally.failed} of the first {tally.sent} failed"
    if pace.stop_in_row and tally.failed_in_row >= pace.stop_in_row:
        return f"{tally.failed_in_row} failed one after another"
    counts = tally.ended >= min(COUNTS_FROM, total)
    share = PERCENT * tally.failed / tally.ended if tally.ended else 0.0
    if counts and pace.stop_percent < PERCENT and share > pace.stop_percent:
        return f"{math.floor(share)} % of {tally.ended} failed"
    return None

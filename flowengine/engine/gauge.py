"""What worker processes count of the last minute, and what it comes to. Pure.

Each process counts by itself, in slots of five seconds: how many attempts ended well and badly at each
station with each task, how long they took (in steps of a fifth, so any number of them is a few numbers),
and how many runs of each workflow ended. It leaves its counts in its own row; who wants to know adds the
rows of all up. Nothing of it is ever decided upon.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

SLOT_S = 5.0
WINDOW_S = 60.0
"""Every rate is that of so many seconds."""
SLOTS = int(WINDOW_S / SLOT_S) + 2
"""So many are kept: those of the window, the one that is being filled, and one for what is read late."""

_PER_OCTAVE = 4
_LEAST_MS = 0.5
"""What took less counts as this."""
_MOST = 120
"""The last class of durations: from six days on."""


class Slot(msgspec.Struct, array_like=True):
    """What came and what ended in five seconds."""

    age: int
    """How many slots before the one in which it was written."""
    done: int = 0
    failed: int = 0
    lasted: dict[int, int] = {}
    """How many took about so long; see :func:`bucket`."""
    came: int = 0
    """What became ready there."""


class Gauge(msgspec.Struct, array_like=True):
    """What came to and ended at one station with one task; or, of runs, ended in one workflow."""

    name: str
    """The station's, or the workflow's."""
    task: str
    """Empty for a workflow."""
    idle_s: float | None
    """From the last end to when this was written; None = nothing has ended here."""
    slots: list[Slot]


class Reading(msgspec.Struct):
    """What one process has counted."""

    phase_s: float = 0.0
    """From the beginning of the newest slot to when this was written."""
    stations: list[Gauge] = []
    workflows: list[Gauge] = []


@dataclass(slots=True, kw_only=True)
class Sum:
    """What all processes have counted of one thing in the window."""

    done: float = 0.0
    failed: float = 0.0
    came: float = 0.0
    lasted: Counter[int] = field(default_factory=Counter)
    last_at: datetime | None = None
    """When something last ended, as long as anybody knows."""

    @property
    def ended(self) -> float:
        """How many ended, well or badly."""
        return self.done + self.failed

    @property
    def failed_share(self) -> float:
        """Of those that ended, 0 to 1."""
        return self.failed / self.ended if self.ended else 0.0

    def add(self, other: Sum) -> None:
        """Take over what *other* holds."""
        self.done += other.done
        self.failed += other.failed
        self.came += other.came
        self.lasted.update(other.lasted)
        known = [at for at in (self.last_at, other.last_at) if at is not None]
        self.last_at = max(known, default=None)

    def quantile_ms(self, share: float) -> float | None:
        """How long that share of the attempts took at most, to about a tenth; None = none ended."""
        left = share * sum(self.lasted.values())
        for number, count in sorted(self.lasted.items()):
            left -= count
            if left <= 0:
                return _middle_ms(number)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What all processes have counted."""

    stations: Mapping[tuple[str, str], Sum]
    """By station and task."""
    workflows: Mapping[str, Sum]


def bucket(took_s: float) -> int:
    """The number of the class of durations that *took_s* is in."""
    octaves = math.log2(max(took_s * 1000.0, _LEAST_MS) / _LEAST_MS)
    return min(_MOST, int(octaves * _PER_OCTAVE))


def _middle_ms(number: int) -> float:
    return float(_LEAST_MS * 2 ** ((number + 0.5) / _PER_OCTAVE))


def add_up(readings: Iterable[tuple[datetime, Reading]], now: datetime) -> Sums:
    """What these readings, each with when it was written, come to in the window that ends *now*."""
    stations: dict[tuple[str, str], Sum] = {}
    workflows: dict[str, Sum] = {}
    for at, reading in readings:
        late_s = (now - at) / timedelta(seconds=1) + reading.phase_s
        for gauge in reading.stations:
            _add(stations.setdefault((gauge.name, gauge.task), Sum()), gauge, at, late_s)
        for gauge in reading.workflows:
            _add(workflows.setdefault(gauge.name, Sum()), gauge, at, late_s)
    return Sums(stations=stations, workflows=workflows)


def _add(total: Sum, gauge: Gauge, at: datetime, late_s: float) -> None:
    if gauge.idle_s is not None:
        total.add(Sum(last_at=at - timedelta(seconds=gauge.idle_s)))
    for slot in gauge.slots:
        # Of a slot that the window's edge cuts, the part that is inside.
        inside = (WINDOW_S - late_s - (slot.age - 1) * SLOT_S) / SLOT_S
        share = min(1.0, max(0.0, inside))
        if share > 0.0:
            total.done += share * slot.done
            total.failed += share * slot.failed
            total.came += share * slot.came
            total.lasted.update(slot.lasted)

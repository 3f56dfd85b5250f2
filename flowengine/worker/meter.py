"""What this process has counted of the last minute: what ended, how, and how long it took.

An end costs a look into a dictionary and three additions. What is counted goes into the worker's own row
with its next heartbeat (``heartbeat``); what a floor shows is made from those rows alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from flowengine.engine.gauge import SLOT_S, SLOTS, Gauge, Reading, Slot, bucket
from flowengine.engine.messages import Failed, GivenBack, Succeeded
from flowengine.engine.states import RunState
from flowengine.orchestration.announce import announced
from flowengine.orchestration.commit import Committed
from flowengine.worker.attempt import End, Order

_encode = msgspec.json.encode


class _Counted:
    """One station with one task, or one workflow."""

    __slots__ = ("last_at", "slots")

    def __init__(self) -> None:
        self.slots: dict[int, Slot] = {}
        """By number since the clock's zero."""
        self.last_at: float | None = None
        """When something last ended; None = nothing has."""

    def ended(self, at: float) -> Slot:
        """The slot in which something ends."""
        self.last_at = at
        return self.slot(at)

    def slot(self, at: float) -> Slot:
        """The slot of that instant, which is the newest."""
        number = int(at / SLOT_S)
        found = self.slots.get(number)
        if found is None:
            found = self.slots[number] = Slot(0, 0, 0, {})
            if len(self.slots) > SLOTS:
                del self.slots[next(iter(self.slots))]
        return found


class Meter:
    """The counts of one process. Every method may be called from any thread."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._stations: dict[tuple[str, str], _Counted] = {}
        self._workflows: dict[str, _Counted] = {}
        self._count = 0
        self._read = 0
        self._told = 0

    @property
    def has_news(self) -> bool:
        """Something has ended that was not told."""
        return self._count != self._told

    def ended(self, order: Order, message: End | GivenBack, took_s: float) -> None:
        """An attempt has ended; one that was given back does not count, nor one that was cancelled."""
        is_done = isinstance(message, Succeeded)
        if not is_done and (not isinstance(message, Failed) or message.failure.code == "Cancelled"):
            return
        key = (order.station, order.task)
        at = self._monotonic()
        with self._lock:
            slot = self._at(key).ended(at)
            if is_done:
                slot.done += 1
            else:
                slot.failed += 1
            number = bucket(took_s)
            slot.lasted[number] = slot.lasted.get(number, 0) + 1
            self._count += 1

    def committed(self, committed: Committed) -> None:
        """Steps have become ready, and runs have ended."""
        if not (committed.ended or committed.reached):
            return
        at = self._monotonic()
        with self._lock:
            for place in committed.reached:
                self._at(place).slot(at).came += 1
            for workflow, state in committed.ended:
                slot = self._workflows.setdefault(workflow, _Counted()).ended(at)
                if state == RunState.SUCCEEDED:
                    slot.done += 1
                elif state == RunState.FAILED:
                    slot.failed += 1
            self._count += 1

    def read(self) -> Reading:
        """What was counted in the last minute."""
        at = self._monotonic()
        newest = int(at / SLOT_S)
        with self._lock:
            self._read = self._count
            return Reading(
                phase_s=round(at - newest * SLOT_S, 3),
                stations=[
                    _gauge(name, task, counted, at, newest)
                    for (name, task), counted in self._stations.items()
                ],
                workflows=[
                    _gauge(name, "", counted, at, newest)
                    for name, counted in self._workflows.items()
                ],
            )

    def text(self) -> str:
        """The same as JSON."""
        return _encode(self.read()).decode()

    def told(self) -> None:
        """What was last read has been written."""
        self._told = self._read

    def listen(self) -> None:
        """Count the runs whose end this process commits, until :meth:`close`."""
        announced.connect(self._on_announced, dispatch_uid=("flowengine.meter", id(self)))

    def close(self) -> None:
        """Count no more runs. May be called twice."""
        announced.disconnect(dispatch_uid=("flowengine.meter", id(self)))

    def _at(self, place: tuple[str, str]) -> _Counted:
        counted = self._stations.get(place)
        if counted is None:
            counted = self._stations[place] = _Counted()
        return counted

    def _on_announced(self, *, committed: Committed, **_signal: Any) -> None:
        self.committed(committed)


def _gauge(name: str, task: str, counted: _Counted, at: float, newest: int) -> Gauge:
    slots = [
        Slot(newest - number, slot.done, slot.failed, dict(slot.lasted), slot.came)
        for number, slot in counted.slots.items()
        if newest - number < SLOTS
    ]
    last_at = counted.last_at
    idle_s = None if last_at is None else round(max(0.0, at - last_at), 3)
    return Gauge(name, task, idle_s, slots)

"""The doors of the stations that one worker serves: which are open, what may be tried at the others.

It counts how the attempts of this process end, closes a station that fails for one cause, and asks for
its probes. What it knows of the doors is read once per ``POLL_S``; for so long a door that another has
closed may still give out work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

from flowengine.conf import settings
from flowengine.engine.breaker import Door, Limits, Station, Tally
from flowengine.engine.dead_letter import cause
from flowengine.engine.messages import Failed, GivenBack, Succeeded
from flowengine.orchestration import doors
from flowengine.store import due_steps, stations
from flowengine.store.clock import Clock
from flowengine.store.due_steps import RowKey
from flowengine.worker.attempt import Order

DRAINED_PER_S = 10.0
"""So many items of a station that opens again begin in a second, in each worker process."""
_EVER = timedelta(days=3650)
"""Later than anything is due: what is ready, whether it is overdue or not."""

End = Succeeded | Failed | GivenBack


class Doors:
    """Belongs to the cycle's thread."""

    def __init__(
        self,
        names: Collection[str],
        *,
        tasks: Collection[str],
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        self._names = frozenset(names)
        self._tasks = sorted(tasks)
        self._clock = clock
        self._monotonic = monotonic
        self._known: dict[str, Station] = {}
        self._limits: dict[str, Limits | None] = {name: doors.limits(name) for name in names}
        self._tallies: dict[str, Tally] = {}
        self._tripped: dict[str, tuple[str, str]] = {}
        """Stations to be closed, each with the fingerprint and the words of its cause."""
        self._probes: dict[RowKey, str] = {}
        """What is tried here at a closed station."""
        self._shown: dict[str, bool] = {}
        """What a probe has shown of a station, to be written."""
        self.open = self._names
        """The stations that give out work freely."""
        self.closed: frozenset[str] = frozenset()
        """Those that do not, or at a measured pace."""

    def ended(self, order: Order, message: End) -> End:
        """Count how an attempt has ended; what its run is to be told of it.

        A failure of the cause that a station is closed for is no failure of the item: it is given back.
        One of another cause is, also of a probe: else a bad item would be tried for ever.
        """
        key = (order.run_id, order.step, order.item)
        probed = self._probes.pop(key, None)
        bounds = self._limits.get(order.station)
        if bounds is None or isinstance(message, GivenBack):
            return message
        at = self._monotonic()
        tally = self._tallies.setdefault(order.station, Tally(bounds))
        if isinstance(message, Succeeded):
            tally.add(at)
            if probed is not None:
                self._shown[probed] = True
            return message
        failure = message.failure
        found = cause(
            kind="failed run",
            code=failure.fe,
            message=failure.message,
            failure=failure,
            step=order.step,
        )
        tally.add(at, found.fingerprint)
        if tally.cause(at) == found.fingerprint:
            self._tripped[order.station] = (found.fingerprint, found.title)
        if probed is not None:
            self._shown[probed] = False
        if not self._is_closed_for(order.station, found.fingerprint):
            return message
        return GivenBack(
            step=message.step, item=message.item, attempt=message.attempt, failure=failure
        )

    def look(self, room: int) -> list[RowKey]:
        """Write what was seen, read all doors, and say what may be tried at those that are not open.

        Once per ``POLL_S``.

        Args:
            room: how many attempts may begin.

        Raises:
            django.db.Error: the database is away; nothing that was seen is forgotten.
        """
        self._write()
        self._known = stations.every()
        probing = {name for name, each in self._known.items() if each.door is Door.PROBING}
        self._probes = {key: name for key, name in self._probes.items() if name in probing}
        now = self._clock.now()
        tried: list[RowKey] = []
        for name in sorted(self._names):
            station = self._known.get(name)
            if station is None or station.door in {Door.OPEN, Door.PAUSED}:
                continue
            if self._limits[name] is None:
                self._known[name] = doors.switched_off(name, now)
            elif station.due_at is not None and station.due_at <= now:
                if station.door is Door.DRAINING:
                    self._known[name] = doors.drained(name, now)
                elif room > len(tried) and doors.probe(name, now):
                    tried += self._probe(name)
            elif station.door is Door.DRAINING:
                pace = max(1, round(DRAINED_PER_S * settings().POLL_S))
                tried += self._ready(name, min(pace, room - len(tried)))
        self.closed = frozenset(
            name for name, each in self._known.items() if each.door is not Door.OPEN
        )
        self.open = self._names - self.closed
        return tried

    def _write(self) -> None:
        now = self._clock.now()
        for name, (fingerprint, title) in list(self._tripped.items()):
            self._known[name] = doors.trip(name, fingerprint, title, now)
            self._tallies.pop(name, None)
            del self._tripped[name]
        for name, succeeded in list(self._shown.items()):
            self._known[name] = doors.probed(name, succeeded=succeeded, now=now)
            self._tallies.pop(name, None)
            del self._shown[name]

    def _probe(self, name: str) -> list[RowKey]:
        found = self._ready(name, 1)
        if not found:
            self._known[name] = doors.nothing_to_probe(name, self._clock.now())
        self._probes |= dict.fromkeys(found, name)
        return found

    def _ready(self, name: str, limit: int) -> list[RowKey]:
        if limit <= 0:
            return []
        far = self._clock.now() + _EVER
        found = due_steps.overdue((name,), self._tasks, far, limit=limit)
        return [(run, step, item) for run, step, item, _attempt in found]

    def _is_closed_for(self, name: str, fingerprint: str) -> bool:
        if self._tripped.get(name, ("", ""))[0] == fingerprint:
            return True
        station = self._known.get(name)
        return (
            station is not None
            and station.door in {Door.PARKED, Door.PROBING}
            and station.fingerprint == fingerprint
        )

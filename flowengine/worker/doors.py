"""The doors of the stations that one worker serves: which are open, what may be tried at the others.

It counts how the attempts of this process end, adds what the other processes have counted, closes a
station that fails for one cause, and asks for its probes. What it knows of the doors and of the others is
read once per ``POLL_S``; for so long a door that another has closed may still give out work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from flowengine.conf import settings
from flowengine.engine.breaker import Counts, Door, Limits, Station, Tally, worst
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
        worker: UUID,
        tasks: Collection[str],
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        self._names = frozenset(names)
        self._worker = worker
        self._tasks = sorted(tasks)
        self._clock = clock
        self._monotonic = monotonic
        self._known: dict[str, Station] = {}
        self._limits: dict[str, Limits | None] = {name: doors.limits(name) for name in names}
        self._tallies: dict[str, Tally] = {}
        self._others: dict[str, list[Counts]] = {}
        """What other processes have counted since the door of a station has moved."""
        self._written: dict[str, Counts] = {}
        """What the others can read of this process."""
        self._tripped: dict[str, tuple[str, str]] = {}
        """Stations to be closed, each with the fingerprint and the words of its cause."""
        self._probes: dict[RowKey, str] = {}
        """What is tried here at a closed station."""
        self._shown: dict[str, bool] = {}
        """What a probe has shown of a station, to be written."""
        self._freed: set[str] = set()
        """Stations with a cap where an attempt of this process has ended, and another may begin."""
        self.open = self._names
        """The stations that give out work freely."""
        self.closed: frozenset[str] = frozenset()
        """Those that do not, or at a measured pace."""
        self.capped: frozenset[str] = frozenset()
        """Those where people have said how much is done at the same time."""

    def ended(self, order: Order, message: End) -> End:
        """Count how an attempt has ended; what its run is to be told of it.

        A failure of the cause that a station is closed for is no failure of the item: it is given back.
        One of another cause is, also of a probe: else a bad item would be tried for ever.
        """
        key = (order.run_id, order.step, order.item)
        probed = self._probes.pop(key, None)
        if order.station in self.capped:
            self._freed.add(order.station)
        bounds = self._limits.get(order.station)
        if bounds is None or isinstance(message, GivenBack):
            return message
        at = self._monotonic()
        tally = self._tallies.get(order.station)
        if tally is None:
            tally = self._tallies[order.station] = Tally(bounds)
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
        tally.add(at, found.fingerprint, found.title)
        self._judge(order.station, bounds, at)
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
        self._read()
        self._share()
        self._write()
        probing = {name for name, each in self._known.items() if each.door is Door.PROBING}
        self._probes = {key: name for key, name in self._probes.items() if name in probing}
        now = self._clock.now()
        tried: list[RowKey] = []
        for name in sorted(self._names):
            station = self._known.get(name)
            if station is None or station.door is Door.PAUSED:
                continue
            if station.door is Door.OPEN:
                tried += self._most(station, room - len(tried))
            elif self._limits[name] is None and not station.by:
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
        self.capped = frozenset(name for name, each in self._known.items() if each.cap is not None)
        self.open = self._names - self.closed - self.capped
        return tried

    def refill(self, room: int) -> list[RowKey]:
        """What may be tried in the places that have become free at stations with a cap.

        Nobody is told of what such a station could not take: who ends an attempt there looks for the next.

        Raises:
            django.db.Error: the database is away; the next call looks again.
        """
        tried: list[RowKey] = []
        for name in sorted(self._freed if room > 0 else ()):
            station = self._known.get(name)
            if station is not None and station.door is Door.OPEN:
                tried += self._most(station, room - len(tried))
            self._freed.discard(name)
        return tried

    def _most(self, station: Station, room: int) -> list[RowKey]:
        """What is ready at an open station that has a cap, at most as much as that."""
        return (
            [] if station.cap is None else self._ready(station.name, min(station.cap.places, room))
        )

    def _read(self) -> None:
        """All doors; what was counted at one before it has moved is forgotten."""
        before, self._known = self._known, stations.every()
        for name in self._names:
            if _since(before, name) != _since(self._known, name):
                self._forget(name)
                self._tripped.pop(name, None)

    def _forget(self, name: str) -> None:
        for counted in (self._tallies, self._others, self._written):
            counted.pop(name, None)

    def _share(self) -> None:
        """Let the others know what fails here, and add what they know; nothing is written where all is well.

        Where something fails elsewhere, what ends well here is of interest, too.
        """
        bounds = {name: each for name, each in self._limits.items() if each is not None}
        if not bounds:
            return
        now, at = self._clock.now(), self._monotonic()
        within = max(each.within for each in bounds.values())
        found = stations.counted(now - within)
        self._others = {
            name: [
                each.counts
                for each in found
                if each.station == name
                and each.worker != self._worker
                and each.since == _since(self._known, name)
            ]
            for name in bounds
        }
        wanted = {}
        for name, limits in bounds.items():
            own = self._tallies.setdefault(name, Tally(limits)).counts(at)
            known = self._written.get(name, Counts())
            if own != known and (own.failures or known.failures or self._others[name]):
                wanted[name] = (_since(self._known, name), own)
            if own.failures:
                self._judge(name, limits, at)
        stations.count(self._worker, wanted, now, before=now - 2 * within)
        self._written |= {name: own for name, (_at, own) in wanted.items()}

    def _judge(self, name: str, limits: Limits, at: float) -> None:
        """Close the station if what all have counted says so, and this process knows the words for it."""
        tally = self._tallies[name]
        own = tally.counts(at)
        found = worst((own, *self._others.get(name, ())), limits)
        if found in own.failures:
            self._tripped[name] = (found, tally.words(found))

    def _write(self) -> None:
        now = self._clock.now()
        for name, (fingerprint, title) in list(self._tripped.items()):
            seen = _since(self._known, name)
            self._known[name] = doors.trip(name, fingerprint, title, seen=seen, now=now)
            self._forget(name)
            del self._tripped[name]
        for name, succeeded in list(self._shown.items()):
            self._known[name] = doors.probed(name, succeeded=succeeded, now=now)
            self._forget(name)
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


def _since(known: Mapping[str, Station], name: str) -> datetime | None:
    """Since when the door of a station is as it is; None = nobody has ever spoken of it."""
    station = known.get(name)
    return None if station is None else station.since

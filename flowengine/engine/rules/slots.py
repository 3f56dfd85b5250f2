"""The slots of a throttle key: so many starts in so much time, and no more. Language §4.1, stage 8.

A run that must wait is given a slot when it is admitted: it does not start before. It may start later,
where it waits for a place as well, or where nobody looks for a while; so what counts when it does are
the real starts, and who would be one too many is given another slot. Either row of instants is kept for
one period only, and in at most some hundred entries, however many starts a period has.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec.structs import replace

EXACT_MAX = 100
"""Up to so many starts a period, each is kept; of more, those of a hundredth of the period are one."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Instants = tuple[tuple[datetime, int], ...]
"""Ascending, and how many start at each."""


class Slots(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a throttle remembers of a key."""

    limit: int = 1
    """As the newest start had it: a new version of the workflow may have another. Like *per*."""
    per: timedelta = timedelta(0)
    given: Instants = ()
    """The last slots that were given, those to come included; together at most *limit*."""
    started: Instants = ()
    """The last real starts; together at most *limit*."""
    waiting: int = 0
    """Runs that are queued with this key, be it for their slots or for places."""

    @property
    def until(self) -> datetime | None:
        """When it may be forgotten; None = runs wait still, or nothing is known."""
        ends = [instants[-1][0] for instants in (self.given, self.started) if instants]
        return None if self.waiting or not ends else max(ends) + self.per


def give(slots: Slots, limit: int, per: timedelta, now: datetime) -> tuple[datetime, Slots]:
    """The next instant at which a run may start by the newest *limit* and *per*; the slots with it.

    Of any ``limit + 1`` slots in a row the last is at least ``per`` after the first.
    """
    slots = replace(slots, limit=limit, per=per)
    given, started = _recent(slots, slots.given, now), _recent(slots, slots.started, now)
    slot = max(_free(slots, given, now), _free(slots, started, now))
    if given:
        slot = max(slot, given[-1][0])
    return slot, replace(slots, given=_with(slots, given, slot), started=started)


def starts(slots: Slots, count: int, now: datetime) -> list[datetime]:
    """When so many runs whose slots are reached may really start, one after another: *now* or later."""
    instants = _recent(slots, slots.started, now)
    found = []
    for _ in range(count):
        at = _free(slots, instants, now)
        instants = _with(slots, instants, at)
        found.append(at)
    return found


def begun(slots: Slots, now: datetime) -> Slots:
    """The slots after one more real start."""
    started = _recent(slots, slots.started, now)
    return replace(slots, started=_with(slots, started, now))


def moved(slots: Slots, to: Iterable[datetime]) -> Slots:
    """The slots after runs that wait were given these, ascending, for their old ones."""
    given = slots.given
    for slot in to:
        if not given or slot > given[-1][0]:
            given = _with(slots, given, slot)
    return replace(slots, given=given)


def waits(slots: Slots, count: int) -> Slots:
    """The slots when *count* more runs wait; fewer, if it is negative."""
    return replace(slots, waiting=slots.waiting + count)


def _free(slots: Slots, instants: Instants, now: datetime) -> datetime:
    """When one more may follow these."""
    if sum(count for _at, count in instants) < slots.limit:
        return now
    return max(now, instants[0][0] + slots.per)


def _recent(slots: Slots, instants: Instants, now: datetime) -> Instants:
    """Those that count still; the limit may have been higher before."""
    kept = tuple(entry for entry in instants if entry[0] + slots.per > now)
    return _at_most(slots.limit, kept)


def _with(slots: Slots, instants: Instants, at: datetime) -> Instants:
    """These and one more; not before the last of them, whatever the clock of who comes says."""
    if instants:
        last, count = instants[-1]
        at = max(at, last)
        if _cell(slots, at) == _cell(slots, last):
            return _at_most(slots.limit, (*instants[:-1], (at, count + 1)))
    return _at_most(slots.limit, (*instants, (at, 1)))


def _at_most(limit: int, instants: Instants) -> Instants:
    """The last *limit* of these."""
    excess = max(sum(count for _at, count in instants) - limit, 0)
    for place, (at, count) in enumerate(instants):
        if count > excess:
            return ((at, count - excess), *instants[place + 1 :])
        excess -= count
    return ()


def _cell(slots: Slots, at: datetime) -> object:
    """What instants have in common that are kept as one: the last of them, so that none counts less."""
    if slots.limit <= EXACT_MAX:
        return at
    return (at - _EPOCH) // max(slots.per / EXACT_MAX, timedelta.resolution)

"""Whose turn it is: queued runs, places that became free, slots that are reached. Language §4.2.

Runs of one concurrency key start in the order in which their events were written; no priority changes
that. Between keys, the higher priority takes the earlier slot of a throttle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import structs

from flowengine.engine.rules.gates import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A run that waits to start."""

    run: UUID
    key: UUID | None
    """Its concurrency key."""
    written_at: datetime
    throttle: UUID | None = None
    """Its throttle key, of whose slots it takes one."""
    priority: int = 1
    slot_at: datetime | None = None
    expires_at: datetime | None = None
    is_behind: bool = False
    """An event that was written before it, and may want the same place, is not routed yet."""

    @property
    def order(self) -> tuple[datetime, UUID]:
        """By which the runs of one key are ordered."""
        return (self.written_at, self.run)

    def is_ready(self, now: datetime) -> bool:
        """Its slot is reached, and nothing is before it that is not known yet."""
        return not self.is_behind and (self.slot_at is None or self.slot_at <= now)

    def is_expired(self, now: datetime) -> bool:
        """It would start too late."""
        return self.expires_at is not None and self.expires_at <= now


def turns(places: Places, queue: Iterable[Queued], now: datetime) -> list[Queued]:
    """Of the queued runs of one key, those that start now, in order.

    With one place, nobody overtakes one whose slot is not reached: the key's order is kept. With
    several there is no such order to keep, and a place is not left empty.
    """
    ready: list[Queued] = []
    for each in sorted(queue, key=lambda one: one.order):
        if len(ready) == places.free:
            break
        if each.is_ready(now):
            ready.append(each)
        elif places.limit == 1:
            break
    return ready


def taken(places: Places, count: int) -> Places:
    """The places after *count* queued runs took one each."""
    return structs.replace(places, open=places.open + count, queued=places.queued - count)


def left(places: Places, *, queued: int = 0, opened: int = 0, leaving: int = 0) -> Places:
    """The places after so many runs have left: queued ones, open ones, and of these being replaced."""
    return structs.replace(
        places,
        queued=places.queued - queued,
        open=places.open - opened,
        leaving=places.leaving - leaving,
    )


def exchanged(due: Sequence[Queued], others: Iterable[Queued]) -> dict[UUID, datetime]:
    """The slots that change hands so that a higher priority starts first: run -> its new slot.

    Args:
        due: runs of one throttle key whose slots are reached; those for which a younger run of their
            own concurrency key waits are not among them.
        others: runs of the same throttle key whose slots are not; those for which an older run of
            their own concurrency key waits are not among them.
    """
    given: dict[UUID, datetime] = {}
    rising = sorted(others, key=lambda one: (-one.priority, one.order))
    for falling in sorted(due, key=lambda one: (one.priority, one.order)):
        if not rising or rising[0].priority <= falling.priority:
            break
        first = rising.pop(0)
        if first.slot_at is None or falling.slot_at is None:
            continue
        given[first.run], given[falling.run] = falling.slot_at, first.slot_at
    return given


def in_turn(ready: Iterable[Queued]) -> list[Queued]:
    """Runs whose slots are reached, as they take the real ones if those are too few.

    The higher priority first, then the earlier slot; but of one concurrency key always the oldest.
    """
    every = sorted(ready, key=lambda one: one.order)
    of_key: dict[UUID, list[Queued]] = {}
    for each in every:
        if each.key is not None:
            of_key.setdefault(each.key, []).append(each)
    every.sort(key=lambda one: (-one.priority, one.slot_at or one.written_at))
    return [each if each.key is None else of_key[each.key].pop(0) for each in every]


def next_look(queued: Queued, now: datetime) -> datetime | None:
    """When a run that did not start is to be looked at again; None = when a place is passed on."""
    times = (queued.slot_at, queued.expires_at)
    return min((at for at in times if at is not None and at > now), default=None)

"""The gates between an event that matches and its run. Language §4.1, stages 6 to 9.

Idempotency, debounce, throttle, concurrency, in this order. Each remembers one small value per key;
the shell holds the keys' locks, gives the values in and stores those that come out. What a later gate
turns away leaves no trace in an earlier one: a start that was dropped used up neither its idempotency
key nor a slot.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from flowengine.definitions.model import Concurrency, Debounce, Throttle, Workflow

KEY_MAX = 200
"""Characters of a key; of a longer one the SHA-256 is kept. Language §4.13."""
LOOK_AGAIN = timedelta(milliseconds=200)
"""How long a start waits for events that were written before it to be routed."""
_NAMESPACE = UUID("1d5b7a5e-3b0c-5e0f-9a55-0b6a0f6d7c06")


class Gate(StrEnum):
    """What may keep a start back, in the order in which they are asked."""

    IDEMPOTENCY = "idempotency"
    DEBOUNCE = "debounce"
    THROTTLE = "throttle"
    CONCURRENCY = "concurrency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of one gate of one workflow."""

    workflow: str
    gate: Gate
    text: str
    """At most ``KEY_MAX`` characters."""

    @property
    def id(self) -> UUID:
        """What it is stored and locked by; the same three give the same."""
        return uuid5(_NAMESPACE, f"{self.gate}:{self.workflow}:{self.text}")


def key_of(workflow: str, gate: Gate, text: str, *, replay: int = 0) -> Key:
    """The key that *text* stands for; that of a replay is another, so that it is not swallowed."""
    if replay and gate is Gate.IDEMPOTENCY:
        text = f"{text}#replay-{replay}"
    if len(text) > KEY_MAX:
        text = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Key(workflow=workflow, gate=gate, text=text)


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """An idempotency key that has started something."""

    run: UUID
    until: datetime
    """The end of the window."""


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """The event that waits for a debounce to end."""

    event: UUID
    run: UUID
    """The id that its run will have."""
    written_at: datetime
    since: datetime
    """When the first event of this burst came."""
    due_at: datetime


class Slots(msgspec.Struct, frozen=True, kw_only=True):
    """The last starts of a throttle key, those to come included."""

    taken: tuple[tuple[datetime, int], ...] = ()
    """Instants, ascending, and how many start at each; together at most the throttle's limit."""
    until: datetime | None = None
    """When none of them counts any more."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a concurrency key that may be replaced."""

    run: UUID
    is_queued: bool


class Places(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the places of a concurrency key are taken."""

    limit: int = 1
    """As the newest start had it: a new version of the workflow may have another."""
    open: int = 0
    """Runs that hold a place."""
    queued: int = 0
    leaving: int = 0
    """Of the open ones, those that are being replaced."""
    members: tuple[Member, ...] = ()
    """Oldest first, without those that leave. Read only where one may be replaced; never stored."""

    @property
    def free(self) -> int:
        """Places that a queued run may take."""
        return max(self.limit - self.open, 0)

    @property
    def is_idle(self) -> bool:
        """Nothing holds or wants a place: it may be forgotten."""
        return not (self.open or self.queued)


State = Used | Quiet | Slots | Places
Memory = Mapping[UUID, State | None]
"""What is remembered, by the id of the key; None = nothing."""


def due_of(state: State) -> datetime | None:
    """When a remembered value wants attention: its burst is over, or it may be forgotten."""
    match state:
        case Quiet():
            return state.due_at
        case Used() | Slots():
            return state.until
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A run that a workflow would start."""

    run: UUID
    event: UUID
    written_at: datetime
    """When the event was written: the order of all starts."""
    workflow: Workflow
    keys: Mapping[Gate, Key]
    """Of the gates that the workflow has."""
    burst: UUID | None = None
    """The debounce key of a burst that is over: only throttle and concurrency are asked."""
    is_behind: bool = False
    """An event that was written before it, and may want the same place, is not routed yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gates say."""

    outcome: str
    """``started``, ``queued``; or no run: ``duplicate``, ``debouncing`` (it waits for the end of its
    burst), ``debounced`` (a newer event took its place), ``dropped``, ``skipped``, ``overflow``."""
    detail: str = ""
    code: str = ""
    """FE307 for an overflow."""
    memory: Memory = field(default_factory=dict)
    """What is remembered from now on, where it has changed."""
    slot_at: datetime | None = None
    """Queued: not before this, says the throttle."""
    expires_at: datetime | None = None
    """Queued: not after this, says ``start_within``."""
    due_at: datetime | None = None
    """Queued: when to look at it again; None = when a place is passed on to it."""
    is_next: bool = False
    """Queued although a place is free, for the sake of order: see at once whose turn it is."""
    replaced: Member | None = None
    """The run that is to be cancelled for it."""
    superseded: Quiet | None = None
    """The event that waited for the end of the burst until now."""


def pass_gates(wish: Wish, memory: Memory, now: datetime) -> Verdict:
    """What becomes of *wish*; *memory* has what is remembered of each of its keys."""
    if wish.burst is not None:
        return _start(wish, memory, {wish.burst: None}, {}, now)
    accepted: dict[UUID, State | None] = {}
    idempotency = wish.workflow.idempotency
    if idempotency is not None:
        key = wish.keys[Gate.IDEMPOTENCY].id
        used = memory.get(key)
        if isinstance(used, Used) and now < used.until:
            return Verdict(outcome="duplicate", detail=f"run {used.run} was started for this key")
        accepted[key] = Used(run=wish.run, until=now + idempotency.window)
    if wish.workflow.debounce is not None:
        return _wait(wish, wish.workflow.debounce, memory, accepted, now)
    return _start(wish, memory, {}, accepted, now)


def take_slot(slots: Slots, throttle: Throttle, now: datetime) -> tuple[datetime, Slots]:
    """The next instant at which a run may start, and the slots with it.

    Of any ``limit + 1`` starts in a row the last is at least ``per`` after the first.
    """
    taken = slots.taken
    while sum(count for _at, count in taken) > throttle.limit:  # it was higher before
        taken = _without_oldest(taken)
    slot = max(now, taken[-1][0]) if taken else now
    if sum(count for _at, count in taken) == throttle.limit:
        slot = max(slot, taken[0][0] + throttle.per)
        taken = _without_oldest(taken)
    if taken and taken[-1][0] == slot:
        taken = (*taken[:-1], (slot, taken[-1][1] + 1))
    else:
        taken = (*taken, (slot, 1))
    return slot, Slots(taken=taken, until=slot + throttle.per)


def _without_oldest(taken: tuple[tuple[datetime, int], ...]) -> tuple[tuple[datetime, int], ...]:
    at, count = taken[0]
    return taken[1:] if count == 1 else ((at, count - 1), *taken[1:])


def _wait(
    wish: Wish,
    debounce: Debounce,
    memory: Memory,
    accepted: Memory,
    now: datetime,
) -> Verdict:
    """Stage 7: the clock of the burst is set again; of its events the one written last is kept."""
    key = wish.keys[Gate.DEBOUNCE].id
    before = memory.get(key)
    waiting = before if isinstance(before, Quiet) else None
    since = now if waiting is None else waiting.since
    due_at = now + debounce.period
    if debounce.max_wait is not None:
        due_at = min(due_at, since + debounce.max_wait)
    if waiting is not None and waiting.written_at > wish.written_at:
        kept = replace(waiting, due_at=due_at)
        return Verdict(
            outcome="debounced",
            detail=f"event {waiting.event} is newer",
            memory={**accepted, key: kept},
        )
    kept = Quiet(
        event=wish.event, run=wish.run, written_at=wish.written_at, since=since, due_at=due_at
    )
    return Verdict(
        outcome="debouncing",
        detail=f"until {_shown(due_at)} at the earliest",
        memory={**accepted, key: kept},
        superseded=waiting,
    )


def _start(wish: Wish, memory: Memory, always: Memory, accepted: Memory, now: datetime) -> Verdict:
    """Stages 8 and 9. *accepted* is remembered only where there will be a run, *always* anyway."""
    changes = {**always, **accepted}
    throttle, concurrency = wish.workflow.throttle, wish.workflow.concurrency
    slot_at = None
    if throttle is not None:
        key = wish.keys[Gate.THROTTLE].id
        slots = memory.get(key)
        slot, changes[key] = take_slot(
            slots if isinstance(slots, Slots) else Slots(), throttle, now
        )
        slot_at = slot if slot > now else None
    if slot_at is not None and throttle is not None and throttle.excess == "drop":
        detail = f"the limit of {throttle.limit} is reached until {_shown(slot_at)}"
        return Verdict(outcome="dropped", detail=detail, memory=always)
    if concurrency is None:
        return _with_run(wish, changes, slot_at, now, waits=slot_at is not None)

    key = wish.keys[Gate.CONCURRENCY].id
    known = memory.get(key)
    places = replace(known if isinstance(known, Places) else Places(), limit=concurrency.limit)
    refusal = _refusal(wish, concurrency, places)
    if refusal is not None:
        return dataclasses.replace(refusal, memory=always)
    replaced = None
    if concurrency.on_conflict == "replace":
        replaced, places = _make_room(places)
    waits = slot_at is not None or wish.is_behind or bool(places.queued) or not places.free
    verdict = _with_run(wish, changes, slot_at, now, waits=waits)
    changes[key] = _joined(places, wish.run, waits=waits)
    is_next = waits and slot_at is None and not wish.is_behind and bool(places.free)
    return dataclasses.replace(verdict, memory=changes, replaced=replaced, is_next=is_next)


def _with_run(
    wish: Wish, changes: Memory, slot_at: datetime | None, now: datetime, *, waits: bool
) -> Verdict:
    if not waits:
        return Verdict(outcome="started", memory=changes)
    start_within = wish.workflow.start_within
    expires_at = None if start_within is None else now + start_within
    look_at = now + LOOK_AGAIN if wish.is_behind else None
    times = [at for at in (slot_at, expires_at, look_at) if at is not None]
    return Verdict(
        outcome="queued",
        memory=changes,
        slot_at=slot_at,
        expires_at=expires_at,
        due_at=min(times, default=None),
    )


def _refusal(wish: Wish, concurrency: Concurrency, places: Places) -> Verdict | None:
    """Why there is neither a place nor a place in the queue; None = there is."""
    key = wish.keys[Gate.CONCURRENCY].text
    if concurrency.on_conflict == "skip" and places.open + places.queued >= places.limit:
        return Verdict(outcome="skipped", detail=f"{places.limit} open already for key {key!r}")
    if concurrency.on_conflict == "queue" and places.queued >= concurrency.max_queued:
        detail = f"{wish.workflow.name}: {places.queued} runs already wait for key {key!r}"
        return Verdict(outcome="overflow", code="FE307", detail=detail)
    return None


def _make_room(places: Places) -> tuple[Member | None, Places]:
    """The oldest run that is to leave for a new one, if one must, and the places then."""
    staying = places.open - places.leaving + places.queued
    if staying < places.limit or not places.members:
        return None, places
    oldest, *others = places.members
    if oldest.is_queued:
        after = replace(places, queued=places.queued - 1, members=tuple(others))
    else:
        after = replace(places, leaving=places.leaving + 1, members=tuple(others))
    return oldest, after


def _joined(places: Places, run: UUID, *, waits: bool) -> Places:
    return replace(
        places,
        open=places.open + (not waits),
        queued=places.queued + waits,
        members=(*places.members, Member(run=run, is_queued=waits)),
    )


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"

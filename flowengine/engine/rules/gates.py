"""The gates between an event that matches and its run. Language §4.1, stages 6 to 9.

Idempotency, debounce, throttle, concurrency, in this order. Each remembers one small value per key;
the shell holds the keys' locks, gives the values in and stores those that come out. What a later gate
turns away leaves no trace in an earlier one: a start that was dropped used up neither its idempotency
key nor a slot. One that waits for the end of a burst has not used its key yet; it does when it starts.
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

from flowengine.definitions.model import Concurrency, Debounce, Workflow
from flowengine.engine.event import Again
from flowengine.engine.rules import slots
from flowengine.engine.rules.slots import Slots

KEY_MAX = 200
"""Characters of a key; of a longer one the SHA-256 is kept. Language §4.13."""
QUEUED_MAX = 1000
"""Runs that may wait for the slots of one throttle key, where no ``max_queued`` bounds them. §4.13."""
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
    idempotency: UUID | None = None
    """The idempotency key that its run will use."""
    replay: int = 0
    """The number of the event's replay when it joined: the event may be replayed while it waits."""
    again: Again | None = None
    """How it was replayed then."""


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
    replay: int = 0
    """The number of the event's replay."""
    again: Again | None = None
    """How it is replayed."""
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
    always: dict[UUID, State | None] = {} if wish.burst is None else {wish.burst: None}
    accepted: dict[UUID, State | None] = {}
    idempotency = wish.workflow.idempotency
    if idempotency is not None:
        key = wish.keys[Gate.IDEMPOTENCY].id
        used = memory.get(key)
        if isinstance(used, Used) and now < used.until:
            detail = f"run {used.run} was started for this key"
            return Verdict(outcome="duplicate", detail=detail, memory=always)
        accepted[key] = Used(run=wish.run, until=now + idempotency.window)
    if wish.burst is None and wish.workflow.debounce is not None:
        return _wait(wish, wish.workflow.debounce, memory, now)
    return _start(wish, memory, always, accepted, now)


def _wait(wish: Wish, debounce: Debounce, memory: Memory, now: datetime) -> Verdict:
    """Stage 7: the clock of the burst is set again; of its events the one written last is kept."""
    key = wish.keys[Gate.DEBOUNCE].id
    once = None if wish.workflow.idempotency is None else wish.keys[Gate.IDEMPOTENCY].id
    before = memory.get(key)
    waiting = before if isinstance(before, Quiet) else None
    if waiting is not None and once is not None and waiting.idempotency == once:
        return Verdict(outcome="duplicate", detail=f"event {waiting.event} waits with this key")
    since = now if waiting is None else waiting.since
    due_at = now + debounce.period
    if debounce.max_wait is not None:
        due_at = min(due_at, since + debounce.max_wait)
    if waiting is not None and waiting.written_at > wish.written_at:
        return Verdict(
            outcome="debounced",
            detail=f"event {waiting.event} is newer",
            memory={key: replace(waiting, due_at=due_at)},
        )
    kept = Quiet(
        event=wish.event,
        run=wish.run,
        written_at=wish.written_at,
        since=since,
        due_at=due_at,
        idempotency=once,
        replay=wish.replay,
        again=wish.again,
    )
    return Verdict(
        outcome="debouncing",
        detail=f"until {_shown(due_at)} at the earliest",
        memory={key: kept},
        superseded=waiting,
    )


def _start(wish: Wish, memory: Memory, always: Memory, accepted: Memory, now: datetime) -> Verdict:
    """Stages 8 and 9. *accepted* is remembered only where there will be a run, *always* anyway."""
    slot, given = _slot(wish, memory, now)
    throttle, concurrency = wish.workflow.throttle, wish.workflow.concurrency
    slot_at = slot if slot > now else None
    if slot_at is not None and throttle is not None and throttle.excess == "drop":
        detail = f"the limit of {throttle.limit} is reached until {_shown(slot_at)}"
        return Verdict(outcome="dropped", detail=detail, memory=always)
    if concurrency is None:
        if slot_at is None and given is not None and given.waiting:
            slot_at = slot  # those before it are about to start: it does not overtake them
        waits = slot_at is not None
        if waits and given is not None and given.waiting >= QUEUED_MAX:
            overflow = _overflow(wish, Gate.THROTTLE, given.waiting)
            return dataclasses.replace(overflow, memory=always)
        changes = {**always, **accepted, **_with_slot(wish, given, now, waits=waits)}
        return _with_run(wish, changes, slot_at, now, waits=waits)

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
    changes = {**always, **accepted, **_with_slot(wish, given, now, waits=waits)}
    changes[key] = _joined(places, wish.run, waits=waits)
    verdict = _with_run(wish, changes, slot_at, now, waits=waits)
    if waits and slot_at is None:
        verdict = dataclasses.replace(verdict, detail=_wait_for_place(wish, places))
    is_next = waits and slot_at is None and not wish.is_behind and bool(places.free)
    return dataclasses.replace(verdict, replaced=replaced, is_next=is_next)


def _wait_for_place(wish: Wish, places: Places) -> str:
    if wish.is_behind:
        return "an event that was written before it is not routed yet"
    key = wish.keys[Gate.CONCURRENCY].text
    return f"{places.open} open and {places.queued} queued already for key {key!r}"


def _slot(wish: Wish, memory: Memory, now: datetime) -> tuple[datetime, Slots | None]:
    """When the throttle lets it start, and what is remembered then; None = there is no throttle."""
    throttle = wish.workflow.throttle
    if throttle is None:
        return now, None
    known = memory.get(wish.keys[Gate.THROTTLE].id)
    before = known if isinstance(known, Slots) else Slots()
    return slots.give(before, throttle.limit, throttle.per, now)


def _with_slot(
    wish: Wish, given: Slots | None, now: datetime, *, waits: bool
) -> dict[UUID, State | None]:
    if given is None:
        return {}
    after = slots.waits(given, 1) if waits else slots.begun(given, now)
    return {wish.keys[Gate.THROTTLE].id: after}


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
        detail="" if slot_at is None else f"until its slot at {_shown(slot_at)}",
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
        return _overflow(wish, Gate.CONCURRENCY, places.queued)
    return None


def _overflow(wish: Wish, gate: Gate, queued: int) -> Verdict:
    key = wish.keys[gate].text
    detail = f"{wish.workflow.name}: {queued} runs already wait for key {key!r}"
    return Verdict(outcome="overflow", code="FE307", detail=detail)


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

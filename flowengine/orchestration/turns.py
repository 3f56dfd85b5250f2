"""Places that become free, and slots that are reached: whose turn it is now.

Keys first, then runs (architecture §2.6). Who holds a key's lock may count on what its row says: how many
of its places are open, and how many runs wait. Every run that is counted there has a row in
``flowengine_place``, which goes when the run is counted no longer; so doing anything here twice changes
nothing. A run that was cancelled while it waited may be given a place all the same: its end frees it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from flowengine.engine.messages import ChildEnded, Due, Start
from flowengine.engine.rules import queue, slots
from flowengine.engine.rules.gates import LOOK_AGAIN, Places, State
from flowengine.engine.rules.queue import Queued
from flowengine.engine.rules.slots import Slots
from flowengine.orchestration.behind import Turn, behind
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.save import save
from flowengine.orchestration.trace import PUT_OFF
from flowengine.orchestration.work import Told, Work
from flowengine.store import keys, places, sql
from flowengine.store.places import Place, PlaceState

Remembered = dict[UUID, State | None]
"""What is remembered of the keys that are held, as it changes."""
_OUTCLASSING_MAX = 500
"""Runs of higher priority that are looked for at once."""


class RunUnheard(Exception):
    """A run that waits for its child cannot be told that there is none."""

    def __init__(self, run_id: UUID) -> None:
        super().__init__(f"run {run_id} cannot be told that no child was started")


@dataclass(slots=True)
class Turns:
    """Queued runs, whose turn may have come."""

    now: list[Queued] = field(default_factory=list)
    """They start."""
    behind: list[Queued] = field(default_factory=list)
    """There is a place, but an event that was written before theirs is not routed yet."""


def release(run_ids: Sequence[UUID], now: datetime) -> Committed:
    """The places of these final runs, if they have any, go to those whose turn it is.

    In a transaction of its own; may be repeated.
    """
    with sql.writing():
        seen = places.of_runs(run_ids)
        if not seen:
            return Committed()
        held = _lock([*(place.queued for place in seen), *_next(seen, now)])
        leaving = places.of_ended(run_ids)  # one may have been resumed meanwhile
        memory = dict(held)
        for place in leaving:
            _leave(memory, place)
        places.delete([place.queued.run for place in leaving])
        found = find(memory, held, now)
        done = start(found, memory, now)
        keys.save(held, memory)
        return done


def run_due(now: datetime, *, limit: int) -> tuple[Committed, bool]:
    """Start queued runs whose slot is reached, end those that would start too late.

    Returns:
        What was committed; True = there may be more at once.
    """
    ids = places.due(now, limit=limit)
    if not ids:
        return Committed(), False
    with sql.writing():
        seen = places.of_runs(ids)
        ids += [each.run for each in _outclassing([place.queued for place in seen], now)]
        held = _lock([place.queued for place in places.of_runs(ids)])
        queued = [p.queued for p in places.of_runs(ids) if p.state is PlaceState.QUEUED]
        late = [each for each in queued if each.is_expired(now)]
        waiting = _exchange([each for each in queued if not each.is_expired(now)], now)
        memory = dict(held)
        found = find(memory, {each.key for each in waiting if each.key is not None}, now)
        found.now += [each for each in waiting if each.key is None and each.is_ready(now)]
        told = [Told(run_id=each.run, message=Due()) for each in late]
        done = start(found, memory, now, told=told)
        settled = {each.run for each in (*found.now, *found.behind)}
        places.look_at(
            {each.run: queue.next_look(each, now) for each in waiting if each.run not in settled}
        )
        keys.save(held, memory)
    return done, len(seen) == limit


def find(
    memory: Remembered, wanted: Iterable[UUID], now: datetime, *, routing: Collection[UUID] = ()
) -> Turns:
    """Whose turn it is among the queued runs of the concurrency keys in *wanted*, which are held."""
    free: dict[UUID, Places] = {}
    for key in wanted:
        state = memory.get(key)
        if isinstance(state, Places) and state.queued and state.free:
            free[key] = state
    single = [key for key, state in free.items() if state.limit == 1]
    heads = places.heads({key: state.free for key, state in free.items()}, single, now)
    late = behind(
        [
            Turn(run=each.run, key=key, written_at=each.written_at)
            for key in single
            for each in heads[key]
        ],
        routing=routing,
        now=now,
    )
    found = Turns()
    for key, state in free.items():
        ahead = [each for each in heads[key] if not each.is_expired(now)]
        found.behind += [each for each in ahead if each.run in late]
        if not any(each.run in late for each in ahead):
            found.now += queue.turns(state, ahead, now)
    return found


def start(
    found: Turns, memory: Remembered, now: datetime, *, told: Sequence[Told] = ()
) -> Committed:
    """Start those whose turn it is, and tell runs what else there is to tell, in one go.

    Runs are locked here, so their keys are held already. *memory* is changed accordingly.
    """
    going, moved, later = _really(found.now, memory, now)
    later |= dict.fromkeys((each.run for each in found.behind), now + LOOK_AGAIN)
    every = [*told, *(Told(run_id=each.run, message=Start()) for each in going)]
    # It changes nothing of them, but holds them with the others, in the order of ids, for look_at.
    every += [Told(run_id=run, message=Due()) for run in later]
    done = Committed()
    refused: set[UUID] = set()
    if every:
        advanced = save(Work(told=every), now, wait=True)
        done = advanced.committed
        for unheard in advanced.refused:
            if isinstance(unheard.message, ChildEnded):
                # The call is routed again, or buried: its caller must not wait for nothing.
                raise RunUnheard(unheard.run_id)
            refused.add(unheard.run_id)
    begun = [each for each in going if each.run not in refused]
    for each in begun:
        _begin(memory, each, now)
    places.mark({each.run: PlaceState.OPEN for each in begun if each.key is not None})
    places.delete([each.run for each in begun if each.key is None])
    places.give_slots(moved)
    places.look_at({**later, **dict.fromkeys(sorted(refused), now + PUT_OFF)})
    return done


def _really(
    ready: Sequence[Queued], memory: Remembered, now: datetime
) -> tuple[list[Queued], dict[UUID, datetime], dict[UUID, datetime]]:
    """Who of those whose turn it is may start by the real starts of their throttle keys.

    Returns:
        They; the slots that the others get for their own, which *memory* knows then; when those, and
        the runs whose throttle keys are not held here, are looked at again.
    """
    going = [each for each in ready if each.throttle is None]
    by_throttle: dict[UUID, list[Queued]] = {}
    for each in ready:
        if each.throttle is not None:
            by_throttle.setdefault(each.throttle, []).append(each)
    moved: dict[UUID, datetime] = {}
    later: dict[UUID, datetime] = {}
    for throttle, those in by_throttle.items():
        state = memory.get(throttle)
        if not isinstance(state, Slots):
            later |= dict.fromkeys((each.run for each in those), now + LOOK_AGAIN)
            continue
        instants = slots.starts(state, len(those), now)
        for each, at in zip(queue.in_turn(those), instants, strict=True):
            if at <= now:
                going.append(each)
            else:
                moved[each.run] = at
                later[each.run] = queue.next_look(replace(each, slot_at=at), now) or at
        memory[throttle] = slots.moved(state, [at for at in instants if at > now])
    return going, moved, later


def _begin(memory: Remembered, queued: Queued, now: datetime) -> None:
    """It starts: what its keys remember of it."""
    state = None if queued.key is None else memory.get(queued.key)
    if queued.key is not None and isinstance(state, Places):
        memory[queued.key] = queue.taken(state, 1)
    state = None if queued.throttle is None else memory.get(queued.throttle)
    if queued.throttle is not None and isinstance(state, Slots):
        memory[queued.throttle] = slots.waits(slots.begun(state, now), -1)


def _lock(queued: Iterable[Queued]) -> Remembered:
    """What is remembered of the keys of these runs, locked."""
    of = [(each.key, each.throttle) for each in queued]
    wanted = {key for pair in of for key in pair if key is not None}
    return keys.held(sorted(wanted)) if wanted else {}


def _next(leaving: Sequence[Place], now: datetime) -> list[Queued]:
    """Runs whose turn it will probably be, where their throttle keys may be others."""
    free: Counter[UUID] = Counter()
    for place in leaving:
        if place.queued.key is not None and place.queued.throttle is not None:
            free[place.queued.key] += 1
    return [each for those in places.heads(free, (), now).values() for each in those]


def _leave(memory: Remembered, place: Place) -> None:
    key, throttle = place.queued.key, place.queued.throttle
    state = None if key is None else memory.get(key)
    if key is not None and isinstance(state, Places):
        memory[key] = queue.left(
            state,
            queued=place.state is PlaceState.QUEUED,
            opened=place.state is not PlaceState.QUEUED,
            leaving=place.state is PlaceState.LEAVING,
        )
    state = None if throttle is None else memory.get(throttle)
    if throttle is not None and isinstance(state, Slots) and place.has_waited_only:
        memory[throttle] = slots.waits(state, -1)


def _reached(waiting: Iterable[Queued], now: datetime) -> dict[UUID, list[Queued]]:
    """Those whose slots are reached, by the throttle key that gave them."""
    found: dict[UUID, list[Queued]] = {}
    for each in waiting:
        if each.throttle is not None and each.slot_at is not None and each.slot_at <= now:
            found.setdefault(each.throttle, []).append(each)
    return found


def _outclassing(waiting: Sequence[Queued], now: datetime) -> list[Queued]:
    """Runs of a higher priority than some of these, whose slots are not reached."""
    reached = _reached(waiting, now)
    if not reached:
        return []
    lowest = min(each.priority for those in reached.values() for each in those)
    return places.rising(reached, now, above=lowest, limit=_OUTCLASSING_MAX)


def _exchange(waiting: Sequence[Queued], now: datetime) -> list[Queued]:
    """The same runs, after those of higher priority have taken the slots that are reached."""
    later = [each for each in waiting if each.slot_at is not None and each.slot_at > now]
    if not later:
        return list(waiting)
    given: dict[UUID, datetime] = {}
    followed = places.followed([each.run for each in waiting])
    for throttle, those in _reached(waiting, now).items():
        due = [each for each in those if each.run not in followed]
        given |= queue.exchanged(due, [each for each in later if each.throttle == throttle])
    places.give_slots(given)
    return [replace(each, slot_at=given.get(each.run, each.slot_at)) for each in waiting]

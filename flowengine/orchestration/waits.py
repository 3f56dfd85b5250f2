"""Bringing events to the runs that wait for them, in both directions of time. Language §2.5.

An event may come before the wait for it, after it, or at the same moment, in any process; none may slip
between. Three things are committed one after another on each side:

=========================================  ==========================================
of the event                               of the wait
=========================================  ==========================================
E1 its row (``emit``, or on receipt)       W1 its row, with the decision that waits
E2 its keys, here in :func:`wake`          W2 :func:`look_back` reads events by key
E3 :func:`wake` reads waits by key
=========================================  ==========================================

Each line is a transaction of its own, begun after the line above it has committed, and reads what is
committed. If E3 does not see the wait, it read before W1 was committed; so E2 was committed before W1,
and W2, which comes later still, sees the keys. If W2 does not see the keys, it read before E2 was
committed; so W1 was committed before E2, and E3 sees the wait. Both may see each other: the row of the
wait says which event it has got, and a rule that is told twice finds the wait over. Who dies in between
is done again: an event that is not routed yet is overdue, a wait that has not looked back is due.

The paths that events have keys for are those of every definition that was ever stored. A run looks back
as far as the event that started it, which may be older than its definition: before that takes new runs,
the events that they may look back to get the keys they lack (:mod:`flowengine.orchestration.findable`).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from flowengine.definitions.patterns import matches
from flowengine.engine.event import Event
from flowengine.engine.messages import Arrived
from flowengine.engine.rules.waits import as_text, value_at
from flowengine.orchestration.advance import write
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.findable import keys_of
from flowengine.orchestration.halving import in_halves
from flowengine.orchestration.save import halted
from flowengine.orchestration.trace import PUT_OFF, Act, Read, Trace, read, settle
from flowengine.store import definitions, event_keys, events, runs, sql, waits
from flowengine.store.waits import OF_A_STEP, Wait

logger = logging.getLogger("flowengine.orchestration")

PAGE = 100
"""Runs told in one transaction."""

_ByKey = Mapping[UUID, dict[int, Event]]
"""What came, by key, each with its place in the order of events."""


def wake(event_ids: Sequence[UUID], now: datetime) -> Committed:
    """Tell every run that waits for one of these events; before they are marked as routed.

    In transactions of its own, and may be repeated. Of several waits of one run the oldest that wants
    the event gets it; the others are not offered it, neither now nor later.

    Raises:
        django.db.Error: the database is away; call it again.
    """
    done = Committed()
    awaited = definitions.awaited()
    if not awaited:
        return done
    types = events.untargeted(event_ids)
    wanted = [
        each for each, name in types.items() if any(matches(s.pattern, name) for s in awaited)
    ]
    if not wanted:
        return done
    came = events.load(wanted)
    by_key: defaultdict[UUID, dict[int, Event]] = defaultdict(dict)
    for place, event in enumerate(came):
        for key in keys_of(event, awaited):
            by_key[key][place] = event
    with sql.writing():
        event_keys.insert(
            ((key, event.id) for key, found in by_key.items() for event in found.values()), now
        )
    after: UUID | None = None
    while by_key and (page := waits.waiting(by_key, limit=PAGE, after=after)):
        done.add(in_halves(page, partial(_offer, by_key, now=now), partial(_look_again, now=now)))
        after = page[-1]
    return done


def look_back(run_ids: Sequence[UUID], now: datetime) -> Committed:
    """Offer waits of these runs that are new what came since the run began, in the order of events.

    Once for each wait; it stays due until then.
    """
    done = Committed()
    for start in range(0, len(run_ids), PAGE):
        page = run_ids[start : start + PAGE]
        done.add(in_halves(page, partial(_look_back, now=now), partial(_look_again, now=now)))
    return done


def overdue(now: datetime, *, limit: int) -> list[UUID]:
    """Runs with waits whose look back was not taken by who began them."""
    return waits.due(now - timedelta(seconds=1), limit=limit)


def _offer(by_key: _ByKey, run_ids: Collection[UUID], *, now: datetime) -> Committed:
    """Offer these events to these runs, in one transaction."""
    with sql.writing():
        batch = _held(run_ids)
        listening = waits.concerned(batch.traces, _events_of(by_key))
        came = {run: _for(listening[run], by_key) for run in batch.traces}
        _offer_all(batch, listening, came, now)
        return write(batch, now)


def _look_back(run_ids: Collection[UUID], *, now: datetime) -> Committed:
    """Offer these runs what their new waits may have missed, in one transaction."""
    with sql.writing():
        batch = _held(run_ids)
        missed = waits.past(batch.traces)
        ids = {event.id for each in missed.values() for event in each}
        _offer_all(batch, waits.concerned(batch.traces, ids), missed, now)
        waits.looked(batch.traces, now)
        return write(batch, now)


def _look_again(run_id: UUID, error: Exception, *, now: datetime) -> Committed:
    """The waits of this run are offered what has come once more, later; or the run ends with that."""
    logger.error("a run cannot be told of an event", exc_info=error, extra={"run": str(run_id)})
    ended = halted(run_id, error, now)
    if ended is not None:
        return ended.committed
    with sql.writing():
        waits.look_again(sorted(runs.hold([run_id])), now + PUT_OFF)
    return Committed()


def _held(run_ids: Collection[UUID]) -> Read:
    """These runs, locked; it waits for those that are locked elsewhere.

    It may: nothing else is held, and all are locked in the order of their ids.
    """
    return read(run_ids, {run: [] for run in run_ids}, wait=True)


def _events_of(by_key: _ByKey) -> set[UUID]:
    return {event.id for found in by_key.values() for event in found.values()}


def _for(listening: Sequence[Wait], by_key: _ByKey) -> list[Event]:
    """Those of the events that a wait of the run has the key of, in the order of events."""
    found: dict[int, Event] = {}
    for wait in listening:
        if wait.is_open:
            found |= by_key.get(wait.key, {})
    return [found[place] for place in sorted(found)]


def _offer_all(
    batch: Read,
    listening: Mapping[UUID, Sequence[Wait]],
    came: Mapping[UUID, Sequence[Event]],
    now: datetime,
) -> None:
    """Offer each run what came for it; what it could not be told, it looks back for later."""
    acts: list[Act] = [
        (run, partial(_offer_one, trace, listening[run], event, now))
        for run, trace in batch.traces.items()
        for event in came[run]
        if event.id != trace.run.event.id
    ]
    settle(batch, acts)
    if batch.broken or batch.unreadable:
        waits.look_again(sorted({*batch.broken, *batch.unreadable}), now + PUT_OFF)


def _offer_one(trace: Trace, listening: Sequence[Wait], event: Event, now: datetime) -> None:
    """Tell the run of an event that none of its waits has got, in the order of the waits."""
    taken = {wait.event_id for wait in listening} | {said.event.id for said in trace.arrived}
    if event.id in taken:
        return
    over = {(said.step, said.item, said.cancel_on) for said in trace.arrived}
    for wait in listening:
        entry = None if wait.entry == OF_A_STEP else wait.entry
        if not wait.is_open or (wait.step, wait.item, entry) in over or not _fits(wait, event):
            continue
        message = Arrived(step=wait.step, item=wait.item, cancel_on=entry, event=event)
        if trace.tell(message, now):
            return


def _fits(wait: Wait, event: Event) -> bool:
    return any(matches(pattern, event.type) for pattern in wait.patterns) and all(
        as_text(value_at(event.data, path)) == text for path, text in wait.match.items()
    )

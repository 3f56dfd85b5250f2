"""Routing: every active workflow's answer to an event is decided and recorded once, and its run started.

First the runs that wait for the events are woken, in transactions of their own. Then one transaction for
a batch, with a number of statements that does not depend on its size: the events that are not routed
yet are locked, each workflow that they concern is asked, the answers, the runs and the mark "routed" are
written together. What comes twice finds the mark.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from flowengine.conf import settings
from flowengine.definitions.catalog import Catalog
from flowengine.engine.identity import run_id
from flowengine.engine.rules.admission import Candidate, Declined, ask
from flowengine.engine.run import Failure
from flowengine.errors import DefinitionError
from flowengine.orchestration import active, refusals, waits
from flowengine.orchestration.admit import Asked, admit
from flowengine.orchestration.bury import letter
from flowengine.orchestration.claim import NO_ROOM, Claim, Room
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.halving import in_halves
from flowengine.orchestration.receive import BAD_EVENT, Received, receive
from flowengine.orchestration.refusals import Refusal
from flowengine.orchestration.save import save
from flowengine.orchestration.trace import PUT_OFF
from flowengine.orchestration.work import Begun, Told, Work
from flowengine.store import dead_letters, due_events, events, sql
from flowengine.store.dead_letters import DeadLetter
from flowengine.store.outage import Trouble, trouble_of

__all__ = ["Received", "Routed", "overdue", "receive", "route"]

logger = logging.getLogger("flowengine.routing")

TRIES_MAX = 5
"""Failed routings of one event before it is buried with the next."""


@dataclass(slots=True, kw_only=True)
class Routed:
    """What became of a batch of events. All of it is committed."""

    committed: Committed = field(default_factory=Committed)
    """What is to be said now: hints, heads, dead letters."""
    routed: int = 0
    """Events that every workflow has answered."""
    unrouted: int = 0
    """Of these, those that no workflow's pattern matched: stored, and that is all."""
    failed: int = 0
    """Events that will be tried again later, or were buried."""
    missing: int = 0
    """Ids without a row."""
    begun: list[Begun] = field(default_factory=list)
    """First steps that are to be called now: their begins are committed."""

    def add(self, other: Routed) -> None:
        """Take over what *other* holds."""
        self.committed.add(other.committed)
        self.routed += other.routed
        self.unrouted += other.unrouted
        self.failed += other.failed
        self.missing += other.missing
        self.begun += other.begun


def route(
    event_ids: Sequence[UUID], *, now: datetime, room: Room = NO_ROOM, in_hand: bool = False
) -> Routed:
    """Wake who waits for these events, then route them; one transaction, unless one makes it fail.

    As many first steps as there is *room* for begin at once, without a hint. Events *in_hand* come
    from a relay that is publishing them at this moment.

    Events that are routed already are passed over. A batch that fails on its content is halved until
    the guilty event stands alone: that one is tried again after a delay, and buried after five more
    failures; all others are routed.

    Raises:
        django.db.Error: the database is away; what was not routed will be overdue.
    """
    wanted = list(dict.fromkeys(event_ids))
    if not wanted:
        return Routed()
    woken = waits.wake(wanted, now)
    claimed: list[Begun] = []
    do = partial(_route, now=now, room=room, claimed=claimed, in_hand=in_hand)
    routed = in_halves(wanted, do, partial(_blame, now=now))
    routed.committed.add(woken)
    return routed


def overdue(now: datetime, *, limit: int, broker_open: bool) -> list[UUID]:
    """Events to route now without a message: published long ago, or never while there is no broker.

    They are this caller's for ``OVERDUE_S``; should it not route them, they are overdue again.
    """
    return due_events.claim_overdue(now, limit=limit, include_pending=not broker_open)


def _route(
    ids: Sequence[UUID], *, now: datetime, room: Room, claimed: list[Begun], in_hand: bool
) -> Routed:
    """Route these in one transaction; what it begins joins what has been *claimed* of *room*."""
    claim = Claim(room, room.places - len(claimed))
    try:
        routed = _route_all(ids, now, claim, in_hand=in_hand)
    except DefinitionError:
        # A newer process stored a definition that this one cannot read: the events are left to
        # newer routers, who find them overdue. None of them is to blame.
        logger.exception("an active workflow cannot be read by this version; routing nothing")
        return Routed(failed=len(ids))
    claimed += claim.begun
    routed.begun = claim.begun
    return routed


def _route_all(ids: Sequence[UUID], now: datetime, claim: Claim, *, in_hand: bool) -> Routed:
    with sql.writing():
        locked = events.lock(ids)
        waiting = [row for row in locked if row.is_open]
        routed = Routed(routed=len(waiting), missing=_missing(ids, locked))
        if waiting:
            catalog = active.catalog()
            asked = [answer for row in waiting for answer in _ask(row, catalog, now)]
            answered = {answer.event.id for answer in asked}
            routed.unrouted = sum(row.event.id not in answered for row in waiting)
            mark = partial(
                events.mark_routed, [row.event.id for row in waiting], now, in_hand=in_hand
            )
            routed.committed = admit(asked, now, claim, also=mark)
        return routed


def _missing(ids: Sequence[UUID], locked: Sequence[events.Locked]) -> int:
    others = set(ids) - {row.event.id for row in locked}
    return len(others - events.existing(sorted(others))) if others else 0


def _ask(row: events.Locked, catalog: Catalog, now: datetime) -> list[Asked]:
    """What each workflow answers that the event concerns: by its patterns, or because it names it."""
    event, target = row.event, row.event.addressee
    config = settings().CONFIG
    workflows = catalog.matching(event.type, target)
    if target is not None and target in catalog.workflows:
        workflows = (catalog.workflows[target],)
    answers: dict[str, tuple[str, Candidate | Declined]] = {}
    for workflow in workflows:
        run = run_id(event.id, workflow.name, event.replay)
        given = ask(workflow, event, run_id=run, now=now, config=config)
        answers[workflow.name] = (workflow.digest, given)
    if target is not None and target not in answers:
        answers[target] = ("", Declined(outcome="no_match", detail=f"{target} takes no new runs"))
    return [
        Asked(
            event=event,
            written_at=row.written_at,
            run_id=run_id(event.id, name, event.replay),
            workflow=name,
            digest=digest,
            given=given,
        )
        for name, (digest, given) in answers.items()
    ]


def _blame(event_id: UUID, error: Exception, *, now: datetime) -> Routed:
    """The one event that a batch failed on: later again, or never; then its caller is told."""
    logger.error("routing an event failed", exc_info=error, extra={"event": str(event_id)})
    routed = Routed(failed=1)
    with sql.writing():
        found = events.lock_tries(event_id)
        if found is None:
            return routed
        name, tries = found
        if tries < TRIES_MAX:
            # What was slow may have been so with everything: that needs time, not haste.
            is_slow = trouble_of(error) is Trouble.SLOW
            events.mark_tried(
                event_id, now + (PUT_OFF if is_slow else timedelta(seconds=2.0**tries))
            )
            return routed
        dead = _unroutable(event_id, name, tries + 1, error, now)
        told = save(Work(told=_to_caller(event_id, dead)), now, wait=True)
        routed.committed.add(told.committed)
        if not told.refused:  # else it is overdue once more, and its caller is told then
            dead_letters.insert([dead], now)
            events.mark_dead([event_id])
            routed.committed.buried.append(dead.id)
    return routed


def _to_caller(event_id: UUID, dead: DeadLetter) -> list[Told]:
    """Where the event is a call, the step that waits for its run is told that there will be none."""
    return refusals.told(
        Refusal(parent=event.parent, outcome="dead", detail=dead.message)
        for event in events.load([event_id])
        if event.parent is not None
    )


def _unroutable(
    event_id: UUID, name: str, tries: int, error: Exception, now: datetime
) -> DeadLetter:
    name_of_error = type(error).__name__
    message = f"event {name} {event_id}: routing failed {tries} times: {name_of_error}: {error}"
    # Its row cannot be made a value, perhaps: what is known of it is its type.
    failure = Failure(
        code=name_of_error,
        message=str(error),
        fe="FE901",
        traceback="".join(traceback.format_exception(error)),
        attempts=tries,
    )
    dead = letter(BAD_EVENT, "FE901", message, now, failure=failure)
    return replace(dead, event_id=event_id, event_type=name)

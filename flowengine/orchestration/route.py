"""Routing: every active workflow's answer to an event is decided and recorded once, and its run started.

First the runs that wait for the events are woken, in transactions of their own. Then one transaction for
a batch, with a number of statements that does not depend on its size: the events that are not routed
yet are locked, each workflow that they concern is asked, the answers, the runs and the mark "routed" are
written together. What comes twice finds the mark.
"""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from flowengine.conf import settings
from flowengine.definitions.catalog import Catalog
from flowengine.engine.dead_letter import fingerprint
from flowengine.engine.identity import run_id, uuid7
from flowengine.engine.rules.admission import Candidate, Declined, ask
from flowengine.engine.run import Failure
from flowengine.errors import DefinitionError
from flowengine.orchestration import active, refusals, waits
from flowengine.orchestration.admit import Asked, admit
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.halving import in_halves
from flowengine.orchestration.receive import BAD_EVENT, Received, receive
from flowengine.orchestration.refusals import Refusal
from flowengine.orchestration.save import save
from flowengine.orchestration.trace import PUT_OFF
from flowengine.orchestration.work import Told, Work
from flowengine.store import dead_letters, events, sql
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

    def add(self, other: Routed) -> None:
        """Take over what *other* holds."""
        self.committed.add(other.committed)
        self.routed += other.routed
        self.unrouted += other.unrouted
        self.failed += other.failed
        self.missing += other.missing


def route(event_ids: Sequence[UUID], *, now: datetime) -> Routed:
    """Wake who waits for these events, then route them; one transaction, unless one makes it fail.

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
    routed = in_halves(wanted, partial(_route, now=now), partial(_blame, now=now))
    routed.committed.add(woken)
    return routed


def overdue(now: datetime, *, limit: int, broker_open: bool) -> list[UUID]:
    """Events to route now without a message: published long ago, or never while there is no broker.

    They are this caller's for ``OVERDUE_S``; should it not route them, they are overdue again.
    """
    return events.claim_overdue(now, limit=limit, include_pending=not broker_open)


def _route(ids: Sequence[UUID], *, now: datetime) -> Routed:
    try:
        return _route_all(ids, now)
    except DefinitionError:
        # A newer process stored a definition that this one cannot read: the events are left to
        # newer routers, who find them overdue. None of them is to blame.
        logger.exception("an active workflow cannot be read by this version; routing nothing")
        return Routed(failed=len(ids))


def _route_all(ids: Sequence[UUID], now: datetime) -> Routed:
    with sql.writing():
        locked = events.lock(ids)
        waiting = [row for row in locked if row.is_open]
        routed = Routed(routed=len(waiting), missing=_missing(ids, locked))
        if waiting:
            catalog = active.catalog()
            asked = [answer for row in waiting for answer in _ask(row, catalog, now)]
            answered = {answer.event.id for answer in asked}
            routed.unrouted = sum(row.event.id not in answered for row in waiting)
            routed.committed = admit(asked, now)
            events.mark_routed([row.event.id for row in waiting], now)
        return routed


def _missing(ids: Sequence[UUID], locked: Sequence[events.Locked]) -> int:
    others = set(ids) - {row.event.id for row in locked}
    return len(others - events.existing(sorted(others))) if others else 0


def _ask(row: events.Locked, catalog: Catalog, now: datetime) -> list[Asked]:
    """What each workflow answers that the event concerns: by its patterns, or because it names it."""
    event, target = row.event, row.event.target
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
        letter = _unroutable(event_id, name, tries + 1, error, now)
        told = save(Work(told=_to_caller(event_id, letter)), now, wait=True)
        routed.committed.add(told.committed)
        if not told.refused:  # else it is overdue once more, and its caller is told then
            dead_letters.insert([letter], now)
            events.mark_dead([event_id])
            routed.committed.buried.append(letter.id)
    return routed


def _to_caller(event_id: UUID, letter: DeadLetter) -> list[Told]:
    """Where the event is a call, the step that waits for its run is told that there will be none."""
    return refusals.told(
        Refusal(parent=event.parent, outcome="dead", detail=letter.message)
        for event in events.load([event_id])
        if event.parent is not None
    )


def _unroutable(
    event_id: UUID, name: str, tries: int, error: Exception, now: datetime
) -> DeadLetter:
    cause = type(error).__name__
    message = f"event {name} {event_id}: routing failed {tries} times: {cause}: {error}"
    return DeadLetter(
        id=_fresh_id(now),
        kind=BAD_EVENT,
        code="FE901",
        message=message,
        fingerprint=fingerprint(BAD_EVENT, cause, message, None),
        event_id=event_id,
        failure=Failure(
            code=cause,
            message=str(error),
            fe="FE901",
            traceback="".join(traceback.format_exception(error)),
        ),
    )


def _fresh_id(now: datetime) -> UUID:
    return uuid7(int(now.timestamp() * 1000), os.urandom(10))

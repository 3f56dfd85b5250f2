"""Routing: every active workflow's answer to an event is decided and recorded once, and its run started.

One transaction for a batch, with a number of statements that does not depend on its size: the events
that are not routed yet are locked, each workflow whose pattern matches is asked, the answers, the runs
and the mark "routed" are written together. What comes twice finds the mark.
"""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError

from flowengine.conf import settings
from flowengine.definitions.catalog import Catalog
from flowengine.engine.dead_letter import fingerprint
from flowengine.engine.event import Event
from flowengine.engine.identity import run_id, uuid7
from flowengine.engine.rules.admission import Admitted, Declined, admit
from flowengine.engine.run import Failure
from flowengine.errors import DefinitionError
from flowengine.orchestration.commit import Change, Committed, commit
from flowengine.orchestration.limits import limits
from flowengine.orchestration.receive import BAD_EVENT, Received, receive
from flowengine.store import dead_letters, decisions, definitions, events, sql
from flowengine.store.dead_letters import DeadLetter
from flowengine.store.decisions import Answer

__all__ = ["Received", "Routed", "overdue", "receive", "route"]

logger = logging.getLogger("flowengine.routing")

BAD_INPUT = "bad input"
TRIES_MAX = 5
"""Failed routings of one event before it is buried with the next."""
_CATALOGS_MAX = 8

_catalogs: dict[tuple[int, ...], Catalog] = {}
"""By the identities of their workflows, which a catalogue keeps alive."""


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
    """Route these events; one transaction, unless one of them makes it fail.

    Events that are routed already are passed over. A batch that fails on its content is halved until the guilty event stands alone: that one is tried again after a
    delay, and buried after five more failures; all others are routed.

    Raises:
        django.db.OperationalError, django.db.InterfaceError: the database is away; what was not
            routed will be overdue.
    """
    wanted = list(dict.fromkeys(event_ids))
    if not wanted:
        return Routed()
    try:
        return _route(wanted, now)
    except (OperationalError, InterfaceError):
        raise
    except DefinitionError:
        # A newer process stored a definition that this one cannot read: the events are left to
        # newer routers, who find them overdue. None of them is to blame.
        logger.exception("an active workflow cannot be read by this version; routing nothing")
        return Routed(failed=len(wanted))
    except Exception as error:  # noqa: BLE001 - whatever an event's content breaks, only it fails
        if len(wanted) == 1:
            return _blame(wanted[0], error, now)
    half = len(wanted) // 2
    routed = route(wanted[:half], now=now)
    routed.add(route(wanted[half:], now=now))
    return routed


def overdue(now: datetime, *, limit: int, broker_open: bool) -> list[UUID]:
    """Events to route now without a message: published long ago, or never while there is no broker.

    They are this caller's for ``OVERDUE_S``; should it not route them, they are overdue again.
    """
    return events.claim_overdue(now, limit=limit, include_pending=not broker_open)


def _route(ids: Sequence[UUID], now: datetime) -> Routed:
    with sql.writing():
        locked = events.lock(ids)
        waiting = [row.event for row in locked if row.is_open]
        routed = Routed(routed=len(waiting), missing=_missing(ids, locked))
        if waiting:
            catalog = _catalog()
            answers = [answer for event in waiting for answer in _ask(event, catalog, now)]
            answered = {answer.event_id for answer in answers}
            routed.unrouted = sum(event.id not in answered for event in waiting)
            routed.committed = _write(answers, now)
            events.mark_routed([event.id for event in waiting], now)
        return routed


def _missing(ids: Sequence[UUID], locked: Sequence[events.Locked]) -> int:
    others = set(ids) - {row.event.id for row in locked}
    return len(others - events.existing(sorted(others))) if others else 0


def _catalog() -> Catalog:
    """The active workflows, as the open transaction sees them."""
    active = definitions.active()
    loaded = definitions.load(frozenset(active.values()))
    workflows = {name: loaded[digest] for name, digest in active.items() if digest in loaded}
    key = tuple(map(id, workflows.values()))
    if key not in _catalogs:
        if len(_catalogs) >= _CATALOGS_MAX:
            _catalogs.clear()
        _catalogs[key] = Catalog(workflows)
    return _catalogs[key]


def _ask(event: Event, catalog: Catalog, now: datetime) -> list[Answer]:
    """The answer of each workflow whose pattern matches."""
    answers = []
    for workflow in catalog.matching(event.type):
        run = run_id(event.id, workflow.name, event.replay)
        outcome = admit(
            workflow, event, run_id=run, now=now, config=settings().CONFIG, limits=limits()
        )
        answers.append(
            Answer(
                run_id=run,
                event_id=event.id,
                workflow=workflow.name,
                digest=workflow.digest,
                replay=event.replay,
                given=outcome,
            )
        )
    return answers


def _write(answers: Sequence[Answer], now: datetime) -> Committed:
    decisions.insert(answers, now)
    changes = [
        Change(
            after=answer.given.decision.run,
            head=answer.given.decision.run.seq,
            transitions=answer.given.decision.transitions,
            commands=answer.given.decision.commands,
            admitted=answer.given,
        )
        for answer in answers
        if isinstance(answer.given, Admitted)
    ]
    committed = commit(changes, now)
    letters = [
        _bad_input(answer, answer.given, now)
        for answer in answers
        if isinstance(answer.given, Declined) and answer.given.outcome == "bad_input"
    ]
    dead_letters.insert(letters, now)
    committed.buried += [letter.id for letter in letters]
    return committed


def _bad_input(answer: Answer, declined: Declined, now: datetime) -> DeadLetter:
    """The dead letter of one workflow that cannot work with the event; the others go on."""
    return DeadLetter(
        id=_fresh_id(now),
        kind=BAD_INPUT,
        code=declined.code,
        message=declined.detail,
        fingerprint=fingerprint(BAD_INPUT, declined.code, declined.detail, None),
        event_id=answer.event_id,
        workflow=answer.workflow,
    )


def _blame(event_id: UUID, error: Exception, now: datetime) -> Routed:
    """The one event that a batch failed on: later again, or never."""
    logger.error("routing an event failed", exc_info=error, extra={"event": str(event_id)})
    routed = Routed(failed=1)
    with sql.writing():
        found = events.lock_tries(event_id)
        if found is None:
            return routed
        name, tries = found
        if tries < TRIES_MAX:
            events.mark_tried(event_id, now + timedelta(seconds=2.0**tries))
            return routed
        letter = _unroutable(event_id, name, tries + 1, error, now)
        dead_letters.insert([letter], now)
        events.mark_dead([event_id])
        routed.committed.buried.append(letter.id)
    return routed


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

"""Debounces that are over: the last event of each burst starts its run. Language §4.1, stage 7.

The version that is active now answers, not the one that was when the event came; so the event is asked
again, and what had changed may say no. A call starts nothing where its caller waits no longer.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from flowengine.conf import settings
from flowengine.definitions.catalog import Catalog
from flowengine.engine.event import Event
from flowengine.engine.identity import call_event_id
from flowengine.engine.rules.admission import Candidate, Declined, ask
from flowengine.engine.run import Step
from flowengine.engine.states import StepState
from flowengine.errors import DefinitionError
from flowengine.orchestration import active
from flowengine.orchestration.admit import Asked, admit
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.halving import in_halves
from flowengine.orchestration.trace import PUT_OFF
from flowengine.store import events, keys, sql, steps
from flowengine.store.keys import Burst

logger = logging.getLogger("flowengine.orchestration")


def run_due(now: datetime, *, limit: int) -> tuple[Committed, bool]:
    """Start what the bursts that are over have waited for.

    Returns:
        What was committed; True = there may be more at once.
    """
    over = keys.bursts(now, limit=limit)
    if not over:
        return Committed(), False
    stored = {event.id: event for event in events.load([each.quiet.event for each in over])}
    for each in over:
        if each.quiet.event not in stored:
            logger.error("a burst waits for an event that cannot be read", extra=_of(each))
            keys.put_off(each.key, now + PUT_OFF)
    # As it was when it joined: it may have been replayed since, and its replay has a run of its own.
    readable = [
        (each, replace(stored[of.event], replay=of.replay, again=of.again))
        for each in over
        if (of := each.quiet).event in stored
    ]
    if not readable:
        return Committed(), len(over) == limit
    try:
        catalog = active.catalog()
    except DefinitionError:
        logger.exception("an active workflow cannot be read by this version; its bursts wait")
        return Committed(), False
    settle = partial(_settle, catalog=catalog, now=now)
    return in_halves(readable, settle, partial(_put_off, now=now)), len(over) == limit


def _settle(over: Sequence[tuple[Burst, Event]], *, catalog: Catalog, now: datetime) -> Committed:
    with sql.writing():
        unwanted = _unwanted([event for _burst, event in over])
        asked = [
            _asked(*each, catalog, now) if each[1].id not in unwanted else _declined(*each)
            for each in over
        ]
        return admit(asked, now)


def _unwanted(stored: Sequence[Event]) -> set[UUID]:
    """Those of these events that are calls, and whose callers do not wait any more.

    They are held, and their callers' rows are read then. Who looks for a run that nobody waits for
    (:mod:`flowengine.orchestration.orphans`) holds the event, too, when the caller's end is committed:
    if it comes first, the end is seen here; if not, it sees the run.
    """
    calls = {e.id: e.parent for e in stored if e.parent is not None and not e.parent.detached}
    if not calls:
        return set()
    events.hold(sorted(calls))
    callers = steps.load((by.run, (by.step, by.item)) for by in calls.values())
    return {
        call
        for call, by in calls.items()
        if not _waits_for(call, by.run, callers.get(by.run, {}).get((by.step, by.item)))
    }


def _waits_for(call: UUID, run: UUID, caller: Step | None) -> bool:
    return (
        caller is not None
        and caller.state is StepState.WAITING
        and call_event_id(run, caller.id, caller.item, caller.attempt) == call
    )


def _put_off(guilty: tuple[Burst, Event], error: Exception, *, now: datetime) -> Committed:
    """The one that all others failed with waits a minute more."""
    burst, _event = guilty
    logger.error("a burst could not be settled", exc_info=error, extra=_of(burst))
    keys.put_off(burst.key, now + PUT_OFF)
    return Committed()


def _asked(burst: Burst, event: Event, catalog: Catalog, now: datetime) -> Asked:
    workflow = catalog.workflows.get(burst.workflow)
    if workflow is None:
        return _declined(burst, event, f"{burst.workflow} takes no new runs any more")
    config = settings().CONFIG
    given = ask(workflow, event, run_id=burst.quiet.run, now=now, config=config)
    return _answered(burst, event, given, workflow.digest)


def _declined(
    burst: Burst, event: Event, why: str = "the step that called does not wait any longer"
) -> Asked:
    return _answered(burst, event, Declined(outcome="no_match", detail=why), "")


def _answered(burst: Burst, event: Event, given: Candidate | Declined, digest: str) -> Asked:
    return Asked(
        event=event,
        written_at=burst.quiet.written_at,
        run_id=burst.quiet.run,
        workflow=burst.workflow,
        digest=digest,
        given=given,
        burst=burst.key,
    )


def _of(burst: Burst) -> dict[str, str]:
    return {"workflow": burst.workflow, "event": str(burst.quiet.event)}

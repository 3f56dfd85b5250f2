"""Debounces that are over: the last event of each burst starts its run. Language §4.1, stage 7.

The version that is active now answers, not the one that was when the event came; so the event is asked
again, and what had changed may say no.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError

from flowengine.conf import settings
from flowengine.definitions.catalog import Catalog
from flowengine.engine.event import Event
from flowengine.engine.rules.admission import Candidate, Declined, ask
from flowengine.errors import DefinitionError
from flowengine.orchestration import active
from flowengine.orchestration.admit import Asked, admit
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.trace import PUT_OFF
from flowengine.store import events, keys, sql
from flowengine.store.keys import Burst

logger = logging.getLogger("flowengine.orchestration")


_Over = Sequence[tuple[Burst, Event]]


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
    readable = [(each, stored[each.quiet.event]) for each in over if each.quiet.event in stored]
    try:
        return _settle(readable, now), len(over) == limit
    except DefinitionError:
        logger.exception("an active workflow cannot be read by this version; its bursts wait")
        return Committed(), False


def _settle(over: _Over, now: datetime) -> Committed:
    """All of them; where that fails on content, all but the guilty one, which waits a minute more."""
    if not over:
        return Committed()
    try:
        with sql.writing():
            catalog = active.catalog()
            return admit([_asked(*each, catalog, now) for each in over], now)
    except (OperationalError, InterfaceError, DefinitionError):
        raise
    except Exception:
        if len(over) == 1:
            logger.exception("a burst could not be settled", extra=_of(over[0][0]))
            keys.put_off(over[0][0].key, now + PUT_OFF)
            return Committed()
    half = len(over) // 2
    done = _settle(over[:half], now)
    done.add(_settle(over[half:], now))
    return done


def _asked(burst: Burst, event: Event, catalog: Catalog, now: datetime) -> Asked:
    workflow = catalog.workflows.get(burst.workflow)
    given: Candidate | Declined
    if workflow is None:
        given = Declined(outcome="no_match", detail=f"{burst.workflow} takes no new runs any more")
    else:
        config = settings().CONFIG
        given = ask(workflow, event, run_id=burst.quiet.run, now=now, config=config)
    return Asked(
        event=event,
        written_at=burst.quiet.written_at,
        run_id=burst.quiet.run,
        workflow=burst.workflow,
        digest="" if workflow is None else workflow.digest,
        given=given,
        burst=burst.key,
    )


def _of(burst: Burst) -> dict[str, str]:
    return {"workflow": burst.workflow, "event": str(burst.quiet.event)}

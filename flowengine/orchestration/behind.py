"""Which starts have to wait for events that were written before them. Language §4.2.

Runs of one concurrency key with one place start in the order in which their events were written, but
events are routed by several processes, in any order. So before such a run takes a free place, the events
that were written earlier and are not routed yet are asked whether they want the same key; if one does,
the run waits a moment behind it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowengine.conf import settings
from flowengine.definitions.catalog import Catalog
from flowengine.definitions.model import Workflow
from flowengine.engine.event import Event
from flowengine.engine.identity import run_id
from flowengine.engine.rules.admission import Candidate, ask
from flowengine.engine.rules.gates import Gate
from flowengine.errors import DefinitionError
from flowengine.orchestration import active
from flowengine.store import backlog

LOOK_AT_MAX = 500
"""Earlier events that are asked; what was written after them waits in any case."""

logger = logging.getLogger("flowengine.orchestration")


@dataclass(frozen=True, slots=True)
class Turn:
    """A run that would take a place now."""

    run: UUID
    key: UUID
    written_at: datetime


def keeps_order(workflow: Workflow) -> bool:
    """Its runs of one key start in the order of their events."""
    policy = workflow.concurrency
    return policy is not None and policy.limit == 1 and policy.on_conflict == "queue"


def behind(turns: Collection[Turn], *, routing: Collection[UUID], now: datetime) -> set[UUID]:
    """Those of these runs that have to wait; the events of *routing* are being routed here.

    Three statements, whatever waits to be routed. Of that, only what ordered workflows may want is read:
    a backlog of other events holds nobody up.
    """
    if not turns:
        return set()
    kinds = backlog.open_kinds()
    if not kinds:
        return set()
    try:
        catalog = active.catalog()
    except DefinitionError:
        logger.exception("an active workflow cannot be read by this version; keeping no order")
        return set()
    wanted = [kind for kind in kinds if any(map(keeps_order, catalog.matching(*kind)))]
    last = max(turn.written_at for turn in turns)
    earlier = backlog.open_before(last, wanted, but=routing, limit=LOOK_AT_MAX)
    first: dict[UUID, datetime] = {}
    for event, written_at in earlier:
        if event is not None:
            for key in _keys(event, catalog, now):
                first.setdefault(key, written_at)
    unknown = earlier[-1][1] if len(earlier) == LOOK_AT_MAX else None
    return {
        turn.run
        for turn in turns
        if first.get(turn.key, turn.written_at) < turn.written_at
        or (unknown is not None and unknown < turn.written_at)
    }


def _keys(event: Event, catalog: Catalog, now: datetime) -> set[UUID]:
    """The keys with one place that the event wants."""
    keys = set()
    for workflow in catalog.matching(event.type, event.addressee):
        if keeps_order(workflow):
            run = run_id(event.id, workflow.name, event.replay)
            answer = ask(workflow, event, run_id=run, now=now, config=settings().CONFIG)
            if isinstance(answer, Candidate):
                keys.add(answer.keys[Gate.CONCURRENCY].id)
    return keys

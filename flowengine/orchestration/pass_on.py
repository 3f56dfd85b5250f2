"""Passing on the end of a run: its place goes to the next, and the run that called it goes on.

A run that others wait for keeps ``due_at`` when it ends, until both are done; so whoever dies in
between leaves a row that is due, and the beat does it again. Each is a transaction of its own, since
nothing that holds a run may take an admission key: the key first, then the caller, then the mark. All
may be repeated: a place that is free stays free, a caller that was told waits no longer.

The place is free once the hooks are done as well; the caller is told of the final state at once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from flowengine.engine.event import Parent
from flowengine.engine.messages import ChildEnded
from flowengine.orchestration import turns
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.halving import in_halves
from flowengine.orchestration.save import save
from flowengine.orchestration.trace import PUT_OFF
from flowengine.orchestration.work import Told, Work
from flowengine.store import definitions, runs, sql

logger = logging.getLogger("flowengine.orchestration")

PAGE = 200


def pass_on(run_ids: Sequence[UUID], now: datetime) -> Committed:
    """Pass on the ends of these runs, as far as they are final and it has not been done.

    Raises:
        django.db.Error: the database is away.
    """
    done = Committed()
    for start in range(0, len(run_ids), PAGE):
        page = run_ids[start : start + PAGE]
        done.add(in_halves(page, partial(_pass_on, now=now), partial(_put_off, now=now)))
    return done


def _pass_on(run_ids: Sequence[UUID], *, now: datetime) -> Committed:
    ended = runs.ended(run_ids)
    if not ended:
        return Committed()
    done = turns.release([each.id for each in ended if not each.tail], now)
    told = tuple(
        Told(run_id=each.parent.run, message=_end_of(each, each.parent))
        for each in ended
        if each.parent is not None and not each.parent.detached
    )
    unheard: set[UUID] = set()
    if told:
        # Nothing else is held here, and runs are locked in the order of their ids: it may wait.
        advanced = save(Work(told=told), now, wait=True)
        done.add(advanced.committed)
        unheard = {_child_of(each) for each in advanced.refused}
    hooks_end = _end_of_hooks(ended)
    with sql.writing():
        held = runs.hold([each.id for each in ended])
        heads = {each.id: each.seq for each in ended if each.id in held}
        runs.passed_on({i: (seq, hooks_end.get(i)) for i, seq in heads.items() if i not in unheard})
        runs.postpone(sorted(unheard & held), now, now + PUT_OFF)
    return done


def _end_of_hooks(ended: Sequence[runs.Ended]) -> dict[UUID, datetime]:
    """Of the runs with hooks at work: when their time is over, which is due once nothing is owed."""
    at_work = {each.id: each for each in ended if each.tail}
    if not at_work:
        return {}
    workflows = definitions.load({each.digest for each in at_work.values()})
    return {
        run: each.finished_at + workflows[each.digest].timeout
        for run, each in at_work.items()
        if each.finished_at is not None
    }


def _put_off(run_id: UUID, error: Exception, *, now: datetime) -> Committed:
    logger.error("an end cannot be passed on", exc_info=error, extra={"run": str(run_id)})
    with sql.writing():
        runs.postpone(sorted(runs.hold([run_id])), now, now + PUT_OFF)
    return Committed()


def _end_of(ended: runs.Ended, parent: Parent) -> ChildEnded:
    return ChildEnded(
        step=parent.step,
        item=parent.item,
        run=ended.id,
        state=ended.state,
        output=ended.output,
        failure=ended.failure,
    )


def _child_of(told: Told) -> UUID:
    assert isinstance(told.message, ChildEnded), "nothing else was told"
    assert told.message.run is not None, "it has ended"
    return told.message.run

"""Advancing runs: what happened to a batch of them is decided and saved in one transaction.

This is the worker's cycle seen from the database. In one batch come attempts that ended, steps that
are ready and have a free place, and progress. Runs are locked in the order of their ids; those another
transaction holds are left for the next cycle (architecture §2.6). A claim is a begin: the begin is
committed before the task is called, and nothing is reserved that does not begin (ADR 0012).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from msgspec.structs import replace

from flowengine.engine.messages import Message
from flowengine.engine.rows import Question, Rows
from flowengine.engine.run import Place
from flowengine.engine.states import StepState
from flowengine.orchestration.beginning import Beginning
from flowengine.orchestration.commit import Change, Committed, commit
from flowengine.orchestration.trace import Act, Read, put_off, read, settle
from flowengine.orchestration.work import Advanced, Begun, Progress, Told, Wanted, Work
from flowengine.store import sql, steps

__all__ = [
    "Advanced",
    "Begun",
    "Progress",
    "Told",
    "Wanted",
    "Work",
    "advance",
    "apply",
    "tell",
    "write",
]


def advance(work: Work, now: datetime, *, wait: bool = False) -> Advanced:
    """Apply *work* in one transaction of its own.

    Args:
        work: the batch.
        now: the database's clock.
        wait: wait for locked runs instead of leaving them for later.

    Raises:
        django.db.Error: nothing of the batch was written.
    """
    with sql.writing(), sql.by_keys():
        return apply(work, now, wait=wait, is_all=True)


def apply(work: Work, now: datetime, *, wait: bool = False, is_all: bool = False) -> Advanced:
    """The same inside the caller's transaction; which may be committed with it, where it *is_all*."""
    messages: defaultdict[UUID, list[Message]] = defaultdict(list)
    for told in work.told:
        messages[told.run_id].append(told.message)
    seen = {told.run_id: told.seen for told in work.told if told.seen is not None}
    asked = _asked_by(work.progress)
    batch = read({**messages, **asked}, asked, wait=wait, messages=messages, seen=seen)
    result = Advanced()
    said = [each for each in work.progress if _holds(batch, each)]  # before it ended, if it has
    for each in said:
        batch.traces[each.run_id].has_progressed = True
    settle(batch, _acts(batch, work, result, now))
    Beginning(work, batch, result, now).begin()
    broken = batch.broken
    if broken or batch.unreadable:
        bad = broken.keys() | batch.unreadable.keys()
        result.refused = [told for told in work.told if told.run_id in bad]
        result.begun = [begun for begun in result.begun if begun.run.id not in broken]
    steps.progress(
        [
            (each.run_id, each.step, each.item, each.attempt, each.fraction, each.note)
            for each in said
            if each.run_id not in broken
        ]
    )
    steps.forget_progress(
        [(b.run.id, b.step.id, b.step.item) for b in result.begun if b.step.attempt > 1]
    )
    changes = _changes(batch)
    result.committed = _write(batch, changes, now, is_all=is_all)
    after = {change.after.id: change.after for change in changes}
    result.begun = [
        begun if (run := after[begun.run.id]) is begun.run else replace(begun, run=run)
        for begun in result.begun
    ]
    result.stale += sum(trace.stale for trace in batch.traces.values())
    return result


def write(batch: Read, now: datetime) -> Committed:
    """Write what has happened to the runs of *batch*; what could not be decided is put off."""
    return _write(batch, _changes(batch), now)


def _changes(batch: Read) -> list[Change]:
    return [trace.change() for trace in batch.traces.values() if trace.is_changed]


def _write(
    batch: Read, changes: Sequence[Change], now: datetime, *, is_all: bool = False
) -> Committed:
    bad = {**batch.unreadable, **batch.broken}
    committed = commit(changes, now, is_all=is_all and not bad)
    put_off(bad, now)
    return committed


def tell(messages: Mapping[UUID, Message], now: datetime) -> Advanced:
    """Advance each of these runs by one message, waiting for their locks."""
    told = tuple(Told(run_id=run, message=message) for run, message in messages.items())
    return advance(Work(told=told), now, wait=True)


def _asked_by(progress: Sequence[Progress]) -> dict[UUID, list[Question]]:
    """The rows that attempts speak of which say how far they are, by run."""
    places: defaultdict[UUID, set[Place]] = defaultdict(set)
    for said in progress:
        places[said.run_id].add(said.place)
    return {run_id: [Rows(frozenset(each))] for run_id, each in places.items()}


def _acts(batch: Read, work: Work, result: Advanced, now: datetime) -> list[Act]:
    """What is told to the runs that are held; of the others it is noted why not."""
    acts: list[Act] = []
    for told in work.told:
        trace = batch.traces.get(told.run_id)
        if trace is not None:
            acts.append((told.run_id, partial(trace.tell, told.message, now, told.said)))
        elif told.run_id in batch.elsewhere:
            result.later_told.append(told)
        elif told.run_id not in batch.unreadable:
            result.stale += 1
    return acts


def _holds(batch: Read, said: Progress) -> bool:
    """Whether it is still the running attempt that speaks: a late word changes nothing."""
    trace = batch.traces.get(said.run_id)
    step = None if trace is None else trace.run.steps.get(said.place)
    return step is not None and step.state is StepState.RUNNING and step.attempt == said.attempt

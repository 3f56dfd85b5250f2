"""Advancing runs: what happened to a batch of them is decided and saved in one transaction.

This is the worker's cycle seen from the database. In one batch come attempts that ended, steps that
are ready and have a free place, and progress. Runs are locked in the order of their ids; those another
transaction holds are left for the next cycle (architecture §2.6). A claim is a begin: the begin is
committed before the task is called, and nothing is reserved that does not begin (ADR 0012).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from flowengine.engine import rows
from flowengine.engine.messages import Began, Cancel, Due, Halt, Message
from flowengine.engine.rows import Active, Question, Rows
from flowengine.engine.run import Place
from flowengine.engine.states import StepState
from flowengine.orchestration.commit import Committed, commit
from flowengine.orchestration.trace import Act, Read, Trace, put_off, read, settle
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
    with sql.writing():
        return apply(work, now, wait=wait)


def apply(work: Work, now: datetime, *, wait: bool = False) -> Advanced:
    """The same inside the caller's transaction."""
    spoken = _spoken_of(work)
    messages: defaultdict[UUID, list[Message]] = defaultdict(list)
    for told in work.told:
        messages[told.run_id].append(told.message)
    batch = read(spoken.keys(), spoken, wait=wait, messages=messages)
    result = Advanced()
    said = [each for each in work.progress if _holds(batch, each)]  # before it ended, if it has
    for each in said:
        batch.traces[each.run_id].has_progressed = True
    settle(batch, _acts(batch, work, result, now))
    broken = batch.broken
    result.refused = [t for t in work.told if t.run_id in broken or t.run_id in batch.unreadable]
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
    result.committed = write(batch, now)
    result.stale += sum(trace.stale for trace in batch.traces.values())
    return result


def write(batch: Read, now: datetime) -> Committed:
    """Write what has happened to the runs of *batch*; what could not be decided is put off."""
    changes = [trace.change() for trace in batch.traces.values() if trace.is_changed]
    committed = commit(changes, now)
    put_off({**batch.unreadable, **batch.broken}, now)
    return committed


def tell(messages: Mapping[UUID, Message], now: datetime) -> Advanced:
    """Advance each of these runs by one message, waiting for their locks."""
    told = tuple(Told(run_id=run, message=message) for run, message in messages.items())
    return advance(Work(told=told), now, wait=True)


def _spoken_of(work: Work) -> dict[UUID, list[Question]]:
    """The runs of *work*, each with the rows that are certainly needed."""
    places: defaultdict[UUID, set[Place]] = defaultdict(set)
    active: dict[UUID, None] = {}
    for wanted in work.wanted:
        places[wanted.run_id].add(wanted.place)
    for said in work.progress:
        places[said.run_id].add(said.place)
    for told in work.told:
        place = getattr(told.message, "place", None)
        if place is not None and place[0]:
            places[told.run_id].add(place)
        elif isinstance(told.message, Due | Cancel | Halt):
            active[told.run_id] = None
    asked: dict[UUID, list[Question]] = {told.run_id: [] for told in work.told}
    for run_id, each in places.items():
        asked.setdefault(run_id, []).append(Rows(frozenset(each)))
    for run_id in active:
        asked[run_id].append(Active())
    return asked


def _acts(batch: Read, work: Work, result: Advanced, now: datetime) -> list[Act]:
    """What is to be done with the runs that are held; of the others it is noted why not."""
    acts: list[Act] = []
    for told in work.told:
        trace = batch.traces.get(told.run_id)
        if trace is not None:
            acts.append((told.run_id, partial(trace.tell, told.message, now)))
        elif told.run_id in batch.elsewhere:
            result.later_told.append(told)
        elif told.run_id not in batch.unreadable:
            result.stale += 1
    for wanted in work.wanted:
        trace = batch.traces.get(wanted.run_id)
        if trace is not None:
            acts.append((wanted.run_id, partial(_begin, trace, wanted, work, result, now)))
        elif wanted.run_id in batch.elsewhere:
            result.later_wanted.append(wanted)
        elif wanted.run_id not in batch.unreadable:
            result.stale += 1
    return acts


def _begin(trace: Trace, wanted: Wanted, work: Work, result: Advanced, now: datetime) -> None:
    """Begin a ready step for the worker, if it is still ready and its task is known here."""
    if trace.error is not None:
        return
    step = rows.row(trace.run, wanted.place)
    if step is None or step.state is not StepState.READY:
        result.stale += 1
    elif step.task not in work.tasks:
        result.unknown.append(wanted)
    else:
        assert work.worker is not None, "who wants steps says who it is"
        began = Began(step=step.id, item=step.item, attempt=step.attempt + 1, worker=work.worker)
        if trace.tell(began, now):
            result.begun.append(_begun(trace, wanted))


def _begun(trace: Trace, wanted: Wanted) -> Begun:
    return Begun(
        run=trace.run,
        workflow=trace.workflow,
        plan=trace.workflow.graph.work(wanted.step),
        step=trace.run.steps[wanted.place],
    )


def _holds(batch: Read, said: Progress) -> bool:
    """Whether it is still the running attempt that speaks: a late word changes nothing."""
    trace = batch.traces.get(said.run_id)
    step = None if trace is None else trace.run.steps.get(said.place)
    return step is not None and step.state is StepState.RUNNING and step.attempt == said.attempt

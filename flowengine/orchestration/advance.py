"""Advancing runs: what happened to a batch of them is decided and saved in one transaction.

This is the worker's cycle seen from the database. In one batch come attempts that ended, steps that
are ready and have a free place, and progress. Runs are locked in the order of their ids; those another
transaction holds are left for the next cycle (architecture §2.6). A claim is a begin: the begin is
committed before the task is called, and nothing is reserved that does not begin (ADR 0012).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from flowengine.engine.messages import Began, Message
from flowengine.engine.states import StepState
from flowengine.orchestration.commit import commit
from flowengine.orchestration.trace import Read, Trace, put_off, read
from flowengine.orchestration.work import Advanced, Begun, Progress, Told, Wanted, Work
from flowengine.store import sql, steps

__all__ = ["Advanced", "Begun", "Progress", "Told", "Wanted", "Work", "advance", "apply", "tell"]


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
    batch = read(work, wait=wait)
    result = Advanced()
    said = [each for each in work.progress if _holds(batch, each)]  # before it ended, if it has
    for each in said:
        batch.traces[each.run_id].has_progressed = True
    for told in work.told:
        _tell(batch, told, result, now)
    for wanted in work.wanted:
        _begin(batch, wanted, work, result, now)
    broken = {run: trace.error for run, trace in batch.traces.items() if trace.error is not None}
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
    changes = [trace.change() for trace in batch.traces.values() if trace.is_changed]
    result.committed = commit(changes, now)
    result.stale += sum(trace.stale for trace in batch.traces.values())
    put_off({**batch.unreadable, **broken}, now)
    return result


def tell(messages: Mapping[UUID, Message], now: datetime) -> Advanced:
    """Advance each of these runs by one message, waiting for their locks."""
    told = tuple(Told(run_id=run, message=message) for run, message in messages.items())
    return advance(Work(told=told), now, wait=True)


def _tell(batch: Read, told: Told, result: Advanced, now: datetime) -> None:
    if told.run_id in batch.traces:
        batch.traces[told.run_id].tell(told.message, now)
    elif told.run_id in batch.elsewhere:
        result.later_told.append(told)
    elif told.run_id not in batch.unreadable:
        result.stale += 1


def _begin(batch: Read, wanted: Wanted, work: Work, result: Advanced, now: datetime) -> None:
    """Begin a ready step for the worker, if it is still ready and its task is known here."""
    trace = batch.traces.get(wanted.run_id)
    if trace is None:
        if wanted.run_id in batch.elsewhere:
            result.later_wanted.append(wanted)
        elif wanted.run_id not in batch.unreadable:
            result.stale += 1
        return
    step = trace.run.steps.get(wanted.step)
    if step is None or step.state is not StepState.READY:
        result.stale += 1
    elif step.task not in work.tasks:
        result.unknown.append(wanted)
    else:
        assert work.worker is not None, "who wants steps says who it is"
        began = Began(step=step.id, attempt=step.attempt + 1, worker=work.worker)
        if trace.tell(began, now):
            result.begun.append(_begun(trace, step.id))


def _begun(trace: Trace, step: str) -> Begun:
    return Begun(
        run=trace.run,
        workflow=trace.workflow,
        plan=trace.workflow.step(step),
        step=trace.run.steps[step],
    )


def _holds(batch: Read, said: Progress) -> bool:
    """Whether it is still the running attempt that speaks: a late word changes nothing."""
    trace = batch.traces.get(said.run_id)
    step = None if trace is None else trace.run.steps.get(said.step)
    return step is not None and step.state is StepState.RUNNING and step.attempt == said.attempt

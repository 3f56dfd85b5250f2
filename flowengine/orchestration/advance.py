"""Advancing runs: what happened to a batch of them is decided and saved in one transaction.

This is the worker's cycle seen from the database. In one batch come attempts that ended, hints that
a step is ready, reserved steps whose place is free now, and progress. Runs are locked in the order of
their ids; those another transaction holds are left for the next cycle (architecture §2.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from flowengine.conf import settings
from flowengine.definitions.model import TaskStep, Workflow
from flowengine.engine.commands import Command
from flowengine.engine.decide import decide
from flowengine.engine.messages import Began, Cancel, Due, Message, Succeeded
from flowengine.engine.run import Run, Step
from flowengine.engine.scope import needed_after
from flowengine.engine.states import StepState
from flowengine.engine.transitions import Transition
from flowengine.orchestration.commit import Change, Committed, commit
from flowengine.orchestration.limits import limits
from flowengine.store import definitions, runs, sql, steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something happened to a run."""

    run_id: UUID
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A step that a worker would take."""

    run_id: UUID
    step: str
    item: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a running attempt last said of itself."""

    run_id: UUID
    step: str
    attempt: int
    fraction: float
    note: str = ""
    item: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One batch for :func:`advance`."""

    told: Sequence[Told] = ()
    wanted: Sequence[Wanted] = ()
    """Steps to reserve for *worker*; as many as *places* begin at once, in this order."""
    progress: Sequence[Progress] = ()
    worker: UUID | None = None
    tasks: frozenset[str] = frozenset()
    """The tasks the worker knows; others stay ready."""
    places: int = 0
    """How many of *wanted* may begin now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An attempt that is to be called now: its begin is committed."""

    run: Run
    workflow: Workflow
    plan: TaskStep
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """A step that is held for this worker, not begun."""

    run_id: UUID
    step: str
    attempt: int
    item: int = 0


@dataclass(slots=True, kw_only=True)
class Advanced:
    """What came of a batch."""

    committed: Committed = field(default_factory=Committed)
    begun: list[Begun] = field(default_factory=list)
    reserved: list[Reserved] = field(default_factory=list)
    unknown: list[Wanted] = field(default_factory=list)
    """Steps whose task this worker does not know; they stay ready."""
    later_told: list[Told] = field(default_factory=list)
    """Their runs are locked elsewhere: try again."""
    later_wanted: list[Wanted] = field(default_factory=list)
    stale: int = 0
    """Messages and hints that spoke of what is past."""


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
    batch = _load(work, wait=wait)
    result = batch.result
    for told in work.told:
        if told.run_id in batch.traces:
            batch.traces[told.run_id].tell(told.message, now)
    for wanted in work.wanted:
        if wanted.run_id in batch.traces:
            _reserve(batch, wanted, work, now)
    for item in work.progress:
        if item.run_id in batch.traces:
            batch.traces[item.run_id].progressed = True
    steps.progress(
        [
            (i.run_id, i.step, i.item, i.attempt, i.fraction, i.note)
            for i in work.progress
            if i.run_id in batch.traces
        ]
    )
    changes = [trace.change() for trace in batch.traces.values() if trace.is_changed]
    result.committed = commit(changes, now)
    result.stale += sum(trace.stale for trace in batch.traces.values())
    return result


@dataclass(slots=True)
class _Trace:
    """One run on its way through a batch."""

    workflow: Workflow
    run: Run
    transitions: list[Transition] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    reserved: list[str] = field(default_factory=list)
    stale: int = 0
    progressed: bool = False

    @property
    def is_changed(self) -> bool:
        return bool(self.transitions or self.reserved or self.progressed)

    def tell(self, message: Message, now: datetime) -> bool:
        """Decide *message*; False where it was stale."""
        decision = decide(
            self.workflow, self.run, message, now, config=settings().CONFIG, limits=limits()
        )
        if decision.stale:
            self.stale += 1
            return False
        self.run = decision.run
        self.transitions += decision.transitions
        self.commands += decision.commands
        return True

    def change(self) -> Change:
        after = self.run
        if self.progressed:
            # Progress raises the head past the numbers of this change's transitions; the history
            # row keeps theirs, so the raise comes after them and heads may skip numbers.
            after = replace(after, seq=after.seq + 1)
        return Change(
            after=after,
            head=self.run.seq,
            transitions=tuple(self.transitions),
            commands=tuple(self.commands),
            reserved=tuple(dict.fromkeys(self.reserved)),
            progressed=self.progressed,
        )


@dataclass(slots=True)
class _Batch:
    traces: dict[UUID, _Trace]
    result: Advanced


def _load(work: Work, *, wait: bool) -> _Batch:
    """Lock the runs of *work* and read the steps it speaks of, and those they need."""
    ids = {told.run_id for told in work.told}
    ids |= {wanted.run_id for wanted in work.wanted}
    ids |= {said.run_id for said in work.progress}
    locked = runs.lock(ids, wait=wait)
    workflows = definitions.load({run.digest for run in locked.values()})
    pairs: set[tuple[UUID, str]] = {
        (wanted.run_id, wanted.step) for wanted in work.wanted if wanted.run_id in locked
    }
    active: set[UUID] = set()
    for told in work.told:
        run = locked.get(told.run_id)
        if run is None:
            continue
        if isinstance(told.message, Due | Cancel):
            active.add(run.id)
        else:
            _speak_of(pairs, run, workflows[run.digest], told.message)
    loaded = steps.load(pairs, sorted(active))
    traces = {
        run.id: _Trace(workflows[run.digest], replace(run, steps=loaded.get(run.id, {})))
        for run in locked.values()
    }
    result = Advanced()
    known = locked.keys() if wait else _existing(ids - locked.keys()) | locked.keys()
    result.later_told = [t for t in work.told if t.run_id in known and t.run_id not in locked]
    result.later_wanted = [w for w in work.wanted if w.run_id in known and w.run_id not in locked]
    result.stale += sum(t.run_id not in known for t in work.told)
    result.stale += sum(w.run_id not in known for w in work.wanted)
    return _Batch(traces, result)


def _speak_of(pairs: set[tuple[UUID, str]], run: Run, workflow: Workflow, message: Message) -> None:
    step = getattr(message, "step", None)
    if step is None:
        return
    pairs.add((run.id, step))
    if isinstance(message, Succeeded):
        pairs.update((run.id, needed) for needed in needed_after(workflow, step))


def _existing(ids: set[UUID]) -> set[UUID]:
    """Those of *ids* that have a row: locked elsewhere, as against gone."""
    return runs.existing(sorted(ids)) if ids else set()


def _reserve(batch: _Batch, wanted: Wanted, work: Work, now: datetime) -> None:
    """Hold a ready step for the worker, and begin it where a place is free."""
    trace = batch.traces[wanted.run_id]
    step = trace.run.steps.get(wanted.step)
    if step is None or step.state is not StepState.READY:
        batch.result.stale += 1
        return
    if step.worker is not None and step.worker != work.worker:
        batch.result.stale += 1
        return
    if step.task not in work.tasks:
        batch.result.unknown.append(wanted)
        return
    if step.worker is None:
        step = replace(step, worker=work.worker, attempt=step.attempt + 1, due_at=None)
        trace.run = replace(trace.run, steps={**trace.run.steps, step.id: step})
        trace.reserved.append(step.id)
    if len(batch.result.begun) >= work.places:
        batch.result.reserved.append(
            Reserved(run_id=trace.run.id, step=step.id, attempt=step.attempt, item=step.item)
        )
        return
    assert work.worker is not None
    began = Began(step=step.id, attempt=step.attempt, worker=work.worker)
    if trace.tell(began, now):
        batch.result.begun.append(
            Begun(
                run=trace.run,
                workflow=trace.workflow,
                plan=trace.workflow.step(step.id),
                step=trace.run.steps[step.id],
            )
        )


def tell(messages: Mapping[UUID, Message], now: datetime) -> Advanced:
    """Advance each of these runs by one message, waiting for their locks."""
    told = [Told(run_id=run, message=message) for run, message in messages.items()]
    return advance(Work(told=told), now, wait=True)

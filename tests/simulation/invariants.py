"""What must hold after every commit, and at the end: the oracle of the simulation.

The watch folds every transition that is written to the history over runs of its own. So it knows
what each row must say, and that every move was a legal one; the numbers in the comments are those of
the reliability requirements: I2 one decision, I3 legal moves, I4 one completion, I5 order, I6 fence,
I7 bounded attempts, I10 never stuck, I11 final is final, I12 failure speaks, I13 dead letters are kept,
I14 who resumes is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from flowengine.definitions.graph import Role
from flowengine.definitions.model import Workflow
from flowengine.definitions.step_ids import UNDO
from flowengine.definitions.steps import ApprovalStep, ParallelStep
from flowengine.engine import transitions as t
from flowengine.engine.evolve import evolve
from flowengine.engine.rows import outer
from flowengine.engine.run import Place, Run, Step
from flowengine.engine.states import ACTIVE_STEP_STATES, RunState, StepState
from flowengine.errors import IllegalMove

CRASHES_MAX = 3
GOOD = frozenset({StepState.SUCCEEDED, StepState.RESCUED, StepState.SKIPPED})
_NOT_SPOKEN = frozenset({RunState.RUNNING, RunState.WAITING, RunState.CANCELLING})
"""States of a run whose failure, if it has one, no dead letter tells of yet."""
Attempted = tuple[UUID, str, str, int]
"""Run, step, item, attempt."""
_AT_WORK = frozenset({StepState.READY, StepState.RUNNING})
EndOfAttempt = t.StepSucceeded | t.StepFailed | t.StepRetrying | t.StepReturned


class Violated(BaseException):
    """Something does not hold. No ``except Exception`` of the product may take it for its own."""


@dataclass(slots=True)
class Watch:
    """Sees every commit."""

    workflow: Callable[[str], Workflow]
    """By digest."""
    returned: Mapping[Attempted, Any] = field(default_factory=dict)
    """What the code of each attempt has returned."""
    runs: dict[UUID, Run] = field(default_factory=dict)
    """What the history says of each run."""
    letters: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    """Dead letters by run and kind."""
    failures: Counter[UUID] = field(default_factory=Counter)
    """How often a run had a step fail for good that nothing rescued."""
    completed: set[Attempted] = field(default_factory=set)
    """Attempts whose success was recorded."""
    seen: Counter[str] = field(default_factory=Counter)
    """How often each kind of transition was seen: the coverage of a simulation."""

    def created(self, run: Run) -> None:
        """A run was inserted; it is *run* before anything has happened to it."""
        hold(run.id not in self.runs, "I2", f"run {run.id} was created twice")
        self.runs[run.id] = Run(
            id=run.id,
            workflow=run.workflow,
            digest=run.digest,
            event=run.event,
            replay=run.replay,
            parent=run.parent,
            priority=run.priority,
            inputs=run.inputs,
            title=run.title,
        )

    def happened(
        self, run_id: UUID, head: int, facts: Sequence[t.Transition], at: datetime
    ) -> None:
        """These transitions were committed, the last of them with the number *head*."""
        run = self.runs[run_id]
        first = head - len(facts) + 1
        if first <= run.seq:
            raise Violated(f"I3: run {run_id}: {first} comes after {run.seq}")
        run = replace(run, seq=first - 1)
        graph = Ordered(self.workflow(run.digest))
        for fact in facts:
            self.seen[type(fact).__name__] += 1
            graph.check(run, fact)
            self._note(run, fact)
            try:
                run = evolve(run, fact, at)
            except IllegalMove as error:
                raise Violated(f"I3: {error}") from error
            except AssertionError as error:
                raise Violated(f"I3: {error!r} at {fact}") from error
        self.runs[run_id] = run

    def _note(self, run: Run, fact: t.Transition) -> None:
        if isinstance(fact, t.StepSucceeded) and _ends_an_attempt(run, fact):
            key = (run.id, fact.step, fact.item, fact.attempt)
            hold(key not in self.completed, "I4", f"{key} completed twice")
            if run.steps[fact.step, fact.item].kind == "task":
                own = self.returned.get(key)
                hold(fact.output == own, "I6", f"{fact} ends with the output of another: {own}")
            self.completed.add(key)
        is_new = run.state in _NOT_SPOKEN and _tells_of_failure(fact)
        if is_new or isinstance(fact, t.RunHeld):
            self.failures[run.id] += 1

    def buried(self, run_id: UUID | None, kind: str) -> None:
        """A dead letter was written."""
        if run_id is not None:
            self.letters[run_id, kind] += 1

    def agrees(self, stored: Run, touched: Iterable[Place] | None = None) -> None:
        """The rows say what the history says, and nothing in them is stuck.

        Of its steps, those of *touched* are compared; None = all.
        """
        known = self.runs[stored.id]
        if _of_run(known) != _of_run(stored):
            raise Violated(f"I3: run {stored.id}: {_differences(_OF_RUN, stored, known)}")
        for place in stored.steps if touched is None else touched:
            row, said = stored.steps[place], known.steps.get(place)
            if said is None or _of_step(said) != _of_step(row):
                told = _differences(_OF_STEP, row, said)
                raise Violated(f"I3: {place} of {stored.id}: {told}")
        missing = known.steps.keys() - stored.steps.keys()
        if missing:
            raise Violated(f"I3: {missing} of {stored.id} have no row")
        _goes_on(stored)
        _is_counted(stored, self.workflow(stored.digest))
        spoken, failed = self.letters[stored.id, "failed run"], self.failures[stored.id]
        if spoken != failed:
            raise Violated(
                f"I12: run {stored.id} failed {failed} times, {spoken} dead letters tell"
            )


_OF_RUN = (
    *("workflow", "digest", "state", "seq", "replay", "priority", "inputs", "busy", "asleep"),
    *("failure", "outcome", "undoing", "has_undone", "tail", "output", "started_at", "held_at"),
)
_OF_STEP = (
    *(
        "state",
        "kind",
        "attempt",
        "tries",
        "crashes",
        "block",
        "counts",
        "clause",
        "value",
        "input",
    ),
    *("output", "failure", "is_stopping", "answers", "ended", "worker", "task", "station"),
)

_of_run = attrgetter(*_OF_RUN)
_of_step = attrgetter(*_OF_STEP)


def _differences(names: Iterable[str], stored: Any, known: Any) -> str:
    """Where the row does not say what the history says."""
    return ", ".join(
        f"{name} is {getattr(stored, name)!r}, the history says {getattr(known, name, None)!r}"
        for name in names
        if known is None or getattr(stored, name) != getattr(known, name)
    )


@dataclass(slots=True)
class Ordered:
    """Whether what happens to one run may happen now."""

    workflow: Workflow

    def check(self, run: Run, fact: t.Transition) -> None:
        """Hold *fact*, which follows on *run*, against the rules."""
        match fact:
            case t.StepStarted():
                self._started(run, fact)
            case t.StepUndoing():
                self._undoing(run, fact)
            case t.RunResumed():
                hold(bool(fact.by), "I14", f"nobody has resumed {run.id}")
                hold(not run.has_undone, "I14", f"{run.id} goes on, and something is undone")
            case t.RunCancelling():
                self._in_time(run, fact)
            case t.RunSucceeded():
                active = [row for row in run.steps.values() if row.state in ACTIVE_STEP_STATES]
                hold(not active, "I5", f"{run.id} succeeds while {active} are at work")
            case t.StepReady() | t.StepOpened() | t.StepWaiting():
                self._began(run, fact)
            case t.StepSucceeded() | t.StepFailed() | t.StepRetrying() | t.StepReturned():
                self._ended(run, fact)
                if isinstance(fact, t.StepSucceeded) and not fact.step.startswith(UNDO):
                    self._answered(run, fact)
            case _:
                pass

    def _started(self, run: Run, fact: t.StepStarted) -> None:
        row = run.steps[fact.step, fact.item]
        hold(fact.attempt == row.attempt + 1, "I6", f"{fact} after attempt {row.attempt}")
        work = self.workflow.graph.work(fact.step)
        hold(row.tries < work.retry.attempts, "I7", f"{fact} after {row.tries} tries")
        hold(row.crashes < CRASHES_MAX, "I7", f"{fact} after {row.crashes} crashes")

    def _ended(self, run: Run, fact: EndOfAttempt) -> None:
        if not _ends_an_attempt(run, fact):
            return
        row = run.steps[fact.step, fact.item]
        hold(row.state is StepState.RUNNING, "I6", f"{fact} of a row that is {row.state}")
        hold(row.attempt == fact.attempt, "I6", f"{fact} while attempt {row.attempt} runs")

    def _in_time(self, run: Run, fact: t.RunCancelling) -> None:
        is_time = fact.failure is not None and fact.failure.code == "RunTimeout"
        long = self.workflow.timeout > timedelta(days=1)
        hold(not (is_time and long), "I10", f"only the end of its time has moved {run.id}")

    def _answered(self, run: Run, fact: t.StepSucceeded) -> None:
        row = run.steps.get((fact.step, fact.item))
        step = self.workflow.graph.spots[fact.step].step if row is not None else None
        if row is None or not isinstance(step, ApprovalStep) or row.state is StepState.PENDING:
            return
        users = {said.user for said in row.answers}
        hold(len(users) >= step.quorum, "I4", f"{users} are not {step.quorum} people")

    def _undoing(self, run: Run, fact: t.StepUndoing) -> None:
        row = run.steps[fact.step, fact.item]
        after = [
            other
            for other in run.steps.values()
            if other.state is StepState.SUCCEEDED
            and self._is_undone(other)
            and other.ended is not None
            and row.ended is not None
            and other.ended > row.ended
        ]
        hold(not after, "I5", f"{fact}: {[each.place for each in after]} ended later")

    def _is_undone(self, row: Step) -> bool:
        if row.id.startswith(UNDO) or row.kind == "for_each":
            return False
        return self.workflow.graph.undo(row.id) is not None

    def _began(self, run: Run, fact: t.StepReady | t.StepOpened | t.StepWaiting) -> None:
        """A step begins only after what stands before it, and inside what is at work."""
        row = run.steps.get((fact.step, fact.item))
        is_again = row is not None and row.state is not StepState.PENDING
        if is_again or fact.step.startswith(UNDO):
            return
        spot = self.workflow.graph.spots[fact.step]
        item = fact.item
        if spot.step.loop is not None and row is not None and row.block == fact.step:
            loop = run.steps[fact.step, outer(item)]
            hold(loop.state is StepState.RUNNING, "I5", f"{fact} while its loop is {loop.state}")
            return
        line = spot.line
        if line.role in {Role.ON_FAILURE, Role.FINALLY}:
            hold(run.state is not None and run.state.is_final, "I5", f"{fact} of {run.state}")
            return
        if spot.position:
            before = run.steps.get((line.steps[spot.position - 1].id, item))
            hold(before is not None and before.state in GOOD, "I5", f"{fact} after {before}")
        if line.owner is not None:
            owner = run.steps[line.owner, item]
            wanted = StepState.RESCUING if line.role is Role.RESCUE else StepState.RUNNING
            hold(owner.state is wanted, "I5", f"{fact} inside {owner.place}: {owner.state}")
            self._needs(run, fact, line.owner)

    def _needs(self, run: Run, fact: Any, owner: str) -> None:
        block = self.workflow.graph.spots[owner].step
        if not isinstance(block, ParallelStep):
            return
        for branch in block.branches:
            if branch.step.id == fact.step:
                for need in branch.needs:
                    row = run.steps.get((need, fact.item))
                    hold(row is not None and row.state in GOOD, "I5", f"{fact} needs {need}")


def _tells_of_failure(fact: t.Transition) -> bool:
    """The run fails, at once or after it is undone."""
    if isinstance(fact, t.RunCompensating):
        return fact.outcome == RunState.FAILED
    return isinstance(fact, t.RunFailed)


def _ends_an_attempt(run: Run, fact: EndOfAttempt) -> bool:
    """It speaks of work that was begun; not of what was done by hand, or of a rescue that failed."""
    row = run.steps.get((fact.step, fact.item))
    if row is None or not fact.attempt or row.kind not in {"task", "undo"}:
        return False
    return row.state not in {StepState.PENDING, StepState.RESCUING}


def _goes_on(run: Run) -> None:
    """I10: whatever is not decided has something that will move it."""
    assert run.state is not None
    active = [row for row in run.steps.values() if row.state in ACTIVE_STEP_STATES]
    if run.state is RunState.QUEUED:
        return
    for row in active:
        if not _is_moved(run, row):
            raise Violated(f"I10: nothing moves {row.place} of {run.id}: {row}")
    if run.state in {RunState.RUNNING, RunState.WAITING}:
        moves = bool(active) and run.due_at is not None
    elif run.state is RunState.HELD:
        # For a failure until its time is over; by hand until somebody lets it go on.
        moves = (run.due_at is None) is (run.failure is None)
    elif run.state in {RunState.CANCELLING, RunState.COMPENSATING} or run.tail:
        moves = bool(active)
    elif active:
        raise Violated(f"I11: {run.id} is {run.state} and {active} are at work")
    else:
        moves = True
    if not moves:
        raise Violated(f"I10: nothing moves {run}")


def _is_counted(run: Run, workflow: Workflow) -> None:
    """The counters that rules go by are true, and nothing runs side by side that should not."""
    rows = run.steps.values()
    busy = sum(row.kind in {"task", "undo"} and row.state in _AT_WORK for row in rows)
    asleep = sum(row.state in {StepState.WAITING, StepState.RETRYING} for row in rows)
    if (busy, asleep) != (run.busy, run.asleep):
        raise Violated(f"I3: {run.id} has {busy} busy rows and {asleep} that sleep: {run}")
    for row in rows:
        if row.counts is None:
            continue
        step = workflow.graph.spots[row.id].step
        most = step.loop.max_parallel if step.loop is not None else None
        if row.kind == "parallel" and isinstance(step, ParallelStep):
            most = step.max_parallel
        if most is not None and row.counts.open > most:
            raise Violated(f"2.5: {row.counts.open} of {row.place} at a time, not {most}")


def _is_moved(run: Run, row: Step) -> bool:
    match row.state:
        case StepState.READY:
            return row.due_at is not None
        case StepState.RETRYING:
            return row.due_at is not None
        case StepState.RUNNING if row.kind in {"task", "undo"}:
            return row.worker is not None
        case StepState.WAITING:
            return row.due_at is not None or row.kind == "workflow"
        case _:
            return any(
                other.state in ACTIVE_STEP_STATES and other.place != row.place
                for other in run.steps.values()
            )


def ended_well(
    watch: Watch,
    *,
    called: Iterable[Attempted],
    counted: Mapping[tuple[UUID, str, str], int],
) -> None:
    """What holds when everything has come to rest: no work lost, none counted twice.

    Args:
        watch: what happened.
        called: attempts whose function was called.
        counted: effects in the database of transactional steps.
    """
    uncalled = watch.completed - set(called)
    hold(not uncalled, "I4", f"{uncalled} completed and were never called")
    for run in watch.runs.values():
        hold(run.state is not None and run.state.is_final, "I10", f"{run.id} is {run.state}")
        hold(not run.tail, "I10", f"the hooks of {run.id} are at work for ever")
    transactional = Counter(
        key[:3] for key in watch.completed if _is_transactional(watch, key[0], key[1])
    )
    hold(
        transactional == Counter(counted),
        "I8",
        f"completed {transactional - Counter(counted)} without an effect, and effects without"
        f" completion {Counter(counted) - transactional}",
    )


def _is_transactional(watch: Watch, run_id: UUID, step_id: str) -> bool:
    work = watch.workflow(watch.runs[run_id].digest).graph.work(step_id)
    return work.transaction


def hold(is_so: bool, name: str, what: str) -> None:  # noqa: FBT001 - an assertion with a name
    """It is so, or the schedule has failed."""
    if not is_so:
        raise Violated(f"{name}: {what}")

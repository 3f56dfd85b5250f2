"""What must hold of a run, at every transition and after every decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from flowengine.definitions.graph import Role
from flowengine.definitions.model import Workflow
from flowengine.definitions.step_ids import UNDO
from flowengine.definitions.steps import ParallelStep
from flowengine.engine import failures, rows
from flowengine.engine.commands import Command, Decision, Emit
from flowengine.engine.decide import Limits, decide
from flowengine.engine.evolve import evolve
from flowengine.engine.failures import size_of
from flowengine.engine.identity import run_id
from flowengine.engine.messages import (
    Arrived,
    Began,
    Cancel,
    ChildEnded,
    Due,
    Failed,
    GivenBack,
    Halt,
    Hold,
    Lost,
    Message,
    Release,
    Resume,
    Start,
    Succeeded,
)
from flowengine.engine.run import Place, Run, Step
from flowengine.engine.states import ACTIVE_STEP_STATES, RunState, StepState
from flowengine.engine.transitions import (
    HooksEnded,
    RunQueued,
    RunResumed,
    StepSkipped,
    StepSucceeded,
    StepUndoing,
    Transition,
)
from tests.builders import NOON, a_run, an_event
from tests.builders.asking import decide_by_asking

LIMITS = Limits(crashes_max=2, payload_max_bytes=1000, outputs_max_bytes=1200)
OPEN = (RunState.RUNNING, RunState.WAITING)
OF_QUEUED = (Cancel, Due, Arrived, Halt, Hold, Release)
GOOD = (StepState.SUCCEEDED, StepState.RESCUED, StepState.SKIPPED)
BLOCKS = ("steps", "switch", "parallel", "for_each")


@dataclass
class World:
    """One run, and all that was ever said about it; each decision is held against the laws."""

    workflow: Workflow
    run: Run
    now: datetime = NOON
    said: list[Message] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    """When each was."""
    transitions: list[Transition] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    children: dict[Place, UUID] = field(default_factory=dict)
    """The run that each ``workflow`` step waits for."""
    heard: int = 0
    """Ends of children that a step had waited for."""
    is_owing: bool = False
    """The run is final, and due for what the shell still has to do of it."""

    def tell(self, message: Message) -> Decision:
        before = repr(self.run)
        decision = self._decided(self.run, message)

        assert repr(self.run) == before, "the run that was given has changed"
        assert decision == self._decided(self.run, message), "not deterministic"
        assert self._folded(message, decision) == decision.run, "not foldable"
        if decision.stale:
            assert (decision.transitions, decision.commands) == ((), ())
            assert decision.run is self.run
        assert decision.run.seq == self.run.seq + len(decision.transitions)
        has_failed_anew = isinstance(message, Resume) and not decision.stale
        assert has_failed_anew or self._decided(decision.run, message).stale, "not idempotent"
        assert self._is_current(message) in (None, not decision.stale)
        self._hold_against_a_store_that_is_asked(message, decision)

        self.said.append(message)
        self.times.append(self.now)
        self.run = decision.run
        self.transitions += decision.transitions
        self.commands += decision.commands
        for command in decision.commands:
            parent = command.event.parent if isinstance(command, Emit) else None
            if isinstance(command, Emit) and parent is not None and not parent.detached:
                called = run_id(command.event.id, command.event.target or "")
                self.children[parent.step, parent.item] = called
        if isinstance(message, ChildEnded) and not decision.stale:
            assert message.run in (None, self.children[message.place]), "not the one it waits for"
            self.heard += 1
        is_final = self.run.state is not None and self.run.state.is_final
        goes_on = any(isinstance(each, RunResumed | HooksEnded) for each in decision.transitions)
        self.is_owing = self.is_owing and is_final and not goes_on
        check_run(self.workflow, self.run, is_owing=self.is_owing)
        return decision

    def queue(self) -> None:
        """The run is admitted, and has no place."""
        queued = RunQueued(due_at=self.now + timedelta(seconds=30))
        self.run = evolve(self.run, queued, self.now)
        self.transitions.append(queued)

    def owe(self) -> None:
        """The shell marks a final run as due; what comes after its end must go on all the same."""
        if self.run.state is not None and self.run.state.is_final:
            self.run = replace(self.run, due_at=self.now)
            self.is_owing = True

    def begin(self, place: Place, worker: UUID) -> None:
        row = self.run.steps[place]
        self.tell(Began(step=row.id, item=row.item, attempt=row.attempt + 1, worker=worker))

    def active(self, *states: StepState) -> list[Step]:
        return active(self.run, *states)

    def _is_current(self, message: Message) -> bool | None:
        """As :func:`is_current`; hooks have as much time as the run had, whatever it owes."""
        run = self.run
        if isinstance(message, Due) and run.tail:
            assert run.finished_at is not None
            end = run.finished_at + self.workflow.timeout
            return is_current(run, message, self.now) or end <= self.now
        return is_current(run, message, self.now)

    def wait_until_due(self) -> None:
        timers = [each.due_at for each in self.active() if each.due_at is not None]
        if self.run.due_at is not None and not self.is_owing:
            timers.append(self.run.due_at)
        self.now = max(self.now, min(timers))
        self.tell(Due())

    def _folded(self, message: Message, decision: Decision) -> Run:
        """The run before, and each transition over it; none of them is against the order.

        What a person says is done, is, whatever stands around it at that moment.
        """
        run = self.run
        for transition in decision.transitions:
            after = evolve(run, transition, self.now)
            by_hand = isinstance(transition, StepSucceeded | StepSkipped)
            if not (by_hand and isinstance(message, Resume)):
                check_move(self.workflow, run, transition, after)
            run = after
        return run

    def _decided(self, run: Run, message: Message) -> Decision:
        return decide(self.workflow, run, message, self.now, limits=LIMITS)

    def _hold_against_a_store_that_is_asked(self, message: Message, decision: Decision) -> None:
        """The rows that the rules ask for are enough."""
        by_asking, _ = decide_by_asking(self.workflow, self.run, message, self.now, limits=LIMITS)
        assert by_asking == decision


def a_world(workflow: Workflow) -> World:
    data = {"a": 1, "b": 2, "list": ["x", "y"]}
    return World(workflow, a_run(workflow, None, event=an_event(data=data)))


def active(run: Run, *states: StepState) -> list[Step]:
    wanted = states or ACTIVE_STEP_STATES
    return [row for row in run.steps.values() if row.state in wanted]


def is_current(run: Run, message: Message, now: datetime) -> bool | None:
    """The message speaks of what is, said once more in other words; None = not said here."""
    is_over = run.state is not None and run.state.is_final and not run.tail
    if isinstance(message, Start):
        return run.state in (None, RunState.QUEUED)
    if run.state in (None, RunState.QUEUED):
        reaches = run.state is not None and isinstance(message, OF_QUEUED)
        return None if reaches else False
    if is_over:
        return None if isinstance(message, Resume) else False
    if isinstance(message, Cancel):
        return run.state in (*OPEN, RunState.HELD)
    if isinstance(message, Due):
        own = [run.due_at] if run.state in (*OPEN, RunState.HELD) else []
        return any(at is not None and at <= now for at in own + [row.due_at for row in active(run)])
    return _is_current_attempt(run, message)


def _is_current_attempt(run: Run, message: Message) -> bool | None:
    if isinstance(message, Began):
        row = run.steps.get(message.place) or Step(id="")
        return row.state is StepState.READY and message.attempt == row.attempt + 1
    if isinstance(message, Succeeded | Failed | Lost | GivenBack):
        row = run.steps.get(message.place) or Step(id="")
        current = (row.state, row.attempt) == (StepState.RUNNING, message.attempt)
        return current and row.worker is not None
    return None


# At every transition


def check_move(workflow: Workflow, run: Run, transition: Transition, after: Run) -> None:
    """No step before what it needs, no block before what is inside it, no undo out of order."""
    step: str = getattr(transition, "step", "")
    if not step or step.startswith(UNDO):
        return
    place = (step, getattr(transition, "item", ""))
    before, row = run.steps.get(place), after.steps[place]
    was_pending = before is None or before.state is StepState.PENDING
    if before is not None and row.state.is_final and not before.state.is_final:
        _check_end(run, before, row)
    if was_pending and row.state is not StepState.PENDING:
        _check_begin(workflow, run, row, after)
    if isinstance(transition, StepUndoing):
        _check_undo(workflow, run, row)
    elif (
        row.state.is_final and not was_pending and before is not None and not before.state.is_final
    ):
        inside = list(_inside(workflow, after, row))
        assert not [each.place for each in inside if each.state in ACTIVE_STEP_STATES]


def _check_end(run: Run, before: Step, row: Step) -> None:
    """What is being stopped ends as cancelled, or is kept where a worker has done it.

    Hooks that are out of time end here and now, whatever they were about.
    """
    if before.is_stopping:
        assert row.state is StepState.CANCELLED or (
            row.kind == "task" and row.state is StepState.SUCCEEDED
        )
    elif before.kind in BLOCKS and before.failure is not None:
        out_of_time = bool(run.tail) and row.state is StepState.CANCELLED
        assert out_of_time or row.state in (StepState.FAILED, StepState.RESCUED), "it was failing"


def _check_begin(workflow: Workflow, run: Run, row: Step, after: Run) -> None:
    spot = workflow.graph.spots[row.id]
    line, item = spot.line, row.item
    if spot.step.loop is not None and rows.depth(item) > len(spot.loops):
        loop = after.steps[row.id, rows.outer(item)]
        assert loop.counts is not None
        assert (loop.state, loop.is_stopping, loop.failure) == (StepState.RUNNING, False, None)
        assert loop.counts.open <= spot.step.loop.max_parallel
        return
    above = [run.steps.get((each.id, item)) for each in line.steps[: spot.position]]
    if line.role in (Role.ON_FAILURE, Role.FINALLY):
        assert all(each is not None and each.state.is_final for each in above)
    else:
        assert all(each is not None and each.state in GOOD for each in above), "it began too early"
    if line.owner is None:
        assert run.state in OPEN if line.role is Role.LINE else run.tail == line.role
        return
    owner = after.steps[line.owner, item]
    assert not owner.is_stopping
    if line.role is Role.RESCUE:
        assert (owner.state, owner.clause) == (StepState.RESCUING, line.index)
        return
    assert (owner.state, owner.failure) == (StepState.RUNNING, None)
    if line.role is Role.CLAUSE:
        assert owner.clause == line.index
    block = workflow.graph.spots[line.owner].step
    if line.role is Role.BRANCH and isinstance(block, ParallelStep):
        needed = [run.steps.get((name, item)) for name in block.branches[line.index].needs]
        assert all(each is not None and each.state in GOOD for each in needed)
        so_far = run.steps[line.owner, item].counts
        assert so_far is not None
        assert owner.counts is not None
        assert not (block.fail_fast and so_far.failed), "nothing new after a failure"
        assert block.max_parallel is None or owner.counts.open <= block.max_parallel


def _check_undo(workflow: Workflow, run: Run, row: Step) -> None:
    undo = workflow.graph.undo(row.id)
    assert undo is not None
    before = run.steps[row.place]
    took_effect = before.state is StepState.SUCCEEDED or before.doubt == failures.RETURNED
    assert took_effect or undo.on_unknown, "on the chance only where its author says so"
    assert run.state is RunState.COMPENSATING
    assert not active(run), "one at a time"
    undone = (StepState.UNDOING, StepState.UNDONE, StepState.UNDO_FAILED)
    earlier = [each.ended for each in run.steps.values() if each.state in undone]
    assert all(row.ended is not None and at is not None and row.ended < at for at in earlier)


def _inside(workflow: Workflow, run: Run, block: Step) -> Iterator[Step]:
    """Every row strictly inside the row of a block, a loop, or a step that is rescued."""
    within = workflow.graph.within(block.id)
    for row in run.steps.values():
        if rows.is_within(row.item, block.item) and (
            row.id in within or (row.id == block.id and row.item != block.item)
        ):
            yield row


# After every decision


def check_run(workflow: Workflow, run: Run, *, is_owing: bool) -> None:
    """The run's state follows from its rows', and every count from what is counted."""
    at_work = [each for each in active(run) if each.kind in ("task", "undo")]
    assert run.busy == len([e for e in at_work if e.state in (StepState.READY, StepState.RUNNING)])
    assert run.asleep == len(active(run, StepState.WAITING, StepState.RETRYING))
    match run.state:
        case RunState.RUNNING:
            assert run.busy
        case RunState.WAITING:
            assert not run.busy
            assert run.asleep
        case RunState.CANCELLING:
            assert run.busy
            assert all(each.is_stopping for each in active(run))
        case RunState.COMPENSATING:
            assert [each.kind for each in active(run)] == ["undo"]
        case RunState.HELD:
            assert not active(run)
        case _:
            assert bool(active(run)) is bool(run.tail)
    is_held = run.state is RunState.HELD and run.failure is not None  # not by hand
    is_timed = is_held or run.state in (*OPEN, RunState.QUEUED)
    assert (run.due_at is not None) is (is_timed or is_owing or bool(run.tail))
    assert (run.outcome is not None) is (run.state in (RunState.CANCELLING, RunState.COMPENSATING))
    left = sum(size_of(row.output) for row in run.steps.values() if _has_left(row))
    assert run.output_bytes <= LIMITS.outputs_max_bytes
    if not run.replay:  # a hook that runs once more leaves something once more
        assert run.output_bytes == left
    for row in run.steps.values():
        check_row(workflow, run, row)


def _has_left(row: Step) -> bool:
    """Its output is its own, and not made of those of steps inside it."""
    return row.kind not in BLOCKS and row.state is not StepState.RESCUED


def check_row(workflow: Workflow, run: Run, row: Step) -> None:
    is_work = row.kind in ("task", "undo")
    assert (row.worker is not None) is (is_work and row.state is StepState.RUNNING)
    if row.state not in (StepState.WAITING, StepState.RUNNING):
        assert (row.due_at is not None) is (row.state is StepState.RETRYING)
    if row.id.startswith(UNDO):
        return
    assert not (row.is_stopping and row.due_at)
    if row.state in ACTIVE_STEP_STATES:
        is_block = row.kind in BLOCKS or row.state is StepState.RESCUING
        inside = [each for each in _inside(workflow, run, row) if each.state in ACTIVE_STEP_STATES]
        assert bool(inside) is is_block, "a block is active as long as what is inside it"
        is_failing = row.kind in BLOCKS and row.state is StepState.RUNNING and row.failure
        if row.is_stopping or is_failing:
            assert all(each.is_stopping for each in inside)
    if row.counts is not None and run.state in OPEN:
        _check_counts(run, row)


def _check_counts(run: Run, block: Step) -> None:
    assert block.counts is not None
    counted = [
        each
        for each in run.steps.values()
        if each.block == block.id
        and (rows.outer(each.item) if each.id == block.id else each.item) == block.item
    ]
    told = block.counts
    assert told.begun == sum(each.state is not StepState.PENDING for each in counted)
    assert told.done == sum(each.state.is_final for each in counted)
    assert told.failed == sum(each.state is StepState.FAILED for each in counted)
    assert len(told.failures) == told.failed
    assert told.begun <= told.total
    items = [each for each in counted if each.id == block.id]
    assert all(
        each.state is not StepState.PENDING or rows.index_of(each.item) >= told.next
        for each in items
    )

"""What holds for every run, whatever arrives, in whatever order, however often."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flowengine.definitions.model import Workflow
from flowengine.engine.commands import Bury, Command, Decision, Dispatch
from flowengine.engine.decide import Limits, decide
from flowengine.engine.evolve import evolve
from flowengine.engine.messages import (
    Began,
    Cancel,
    Due,
    Failed,
    GivenBack,
    Lost,
    Message,
    Start,
    Succeeded,
)
from flowengine.engine.run import Failure, Run, Step
from flowengine.engine.scope import needed_after
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import (
    RunCancelled,
    RunFailed,
    RunSucceeded,
    StepCancelled,
    StepFailed,
    StepReady,
    StepReturned,
    StepSkipped,
    StepStarted,
    StepSucceeded,
    Transition,
)
from tests.builders import NOON, a_run, an_event
from tests.unit.engine.worlds import FAILURES, NAMES, OUTPUTS, WORKERS, ends, messages, workflows

LIMITS = Limits(crashes_max=2, payload_max_bytes=1000)
ACTIVE = (StepState.READY, StepState.RUNNING, StepState.RETRYING)
FINAL_STEP = (StepSucceeded, StepSkipped, StepFailed, StepCancelled)
FINAL_RUN = (RunSucceeded, RunFailed, RunCancelled)


@dataclass
class World:
    """One run, and all that was ever said about it; each decision is held against the laws."""

    workflow: Workflow
    run: Run
    now: datetime = NOON
    said: list[Message] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def tell(self, message: Message) -> Decision:
        before = repr(self.run)
        decision = self._decided(self.run, message)

        assert repr(self.run) == before, "the run that was given has changed"
        assert decision == self._decided(self.run, message), "not deterministic"
        folded = self.run
        for transition in decision.transitions:
            folded = evolve(folded, transition, self.now)
        assert folded == decision.run, "not foldable"
        if decision.stale:
            assert (decision.transitions, decision.commands) == ((), ())
            assert decision.run is self.run
        assert decision.run.seq == self.run.seq + len(decision.transitions)
        assert self._decided(decision.run, message).stale, "not idempotent"
        assert decision.stale is not self.is_current(message), "stale, or not, against the rule"
        check_states(self.run, decision.run)
        self._hold_against_what_the_shell_loads(message, decision)

        self.said.append(message)
        self.run = decision.run
        self.transitions += decision.transitions
        self.commands += decision.commands
        return decision

    def reserve(self, name: str, *, worker: int) -> None:
        """As the shell does: the row gets the next number and names its worker."""
        each = self.run.steps[name]
        reserved = replace(each, attempt=each.attempt + 1, worker=WORKERS[worker])
        self.run = replace(self.run, steps={**self.run.steps, name: reserved})

    def begin(self, name: str, *, worker: int, in_one_go: bool) -> None:
        """Begin the step, reserved before or not; the other worker says it does so, too."""
        if not in_one_go:
            self.reserve(name, worker=worker)
            number = self.run.steps[name].attempt
            self.tell(Began(step=name, attempt=number, worker=WORKERS[1 - worker]))
            self.tell(Began(step=name, attempt=number, worker=WORKERS[worker]))
        elif self.run.steps[name].worker is None:
            number = self.run.steps[name].attempt + 1
            self.tell(Began(step=name, attempt=number, worker=WORKERS[worker]))

    def active(self, *states: StepState) -> list[Step]:
        return [each for each in self.run.steps.values() if each.state in (states or ACTIVE)]

    def wait_until_due(self) -> None:
        self.now = max([self.now, *(each.due_at for each in self.active() if each.due_at)])
        self.tell(Due())

    def is_current(self, message: Message) -> bool:
        """The message speaks of what is, said once more in other words."""
        run = self.run
        if run.state is None or run.state.is_final:
            return run.state is None and isinstance(message, Start)
        match message:
            case Start():
                return False
            case Cancel():
                return run.state is not RunState.CANCELLING
            case Due():
                delays = [each.due_at for each in self.active(StepState.RETRYING)]
                return any(at is not None and at <= self.now for at in [run.due_at, *delays])
            case Began(step=name, attempt=number, worker=worker):
                step = run.steps.get(name) or Step(id=name)
                given_out = (
                    (step.attempt, step.worker) if step.worker else (step.attempt + 1, worker)
                )
                return step.state is StepState.READY and (number, worker) == given_out
            case Succeeded() | Failed() | Lost() | GivenBack():
                step = run.steps.get(message.step) or Step(id=message.step)
                return (step.state, step.attempt) == (StepState.RUNNING, message.attempt)

    def _decided(self, run: Run, message: Message) -> Decision:
        return decide(self.workflow, run, message, self.now, limits=LIMITS)

    def _hold_against_what_the_shell_loads(self, message: Message, decision: Decision) -> None:
        """The steps that are active, spoken of, or named by ``needed_after`` are enough."""
        spoken = getattr(message, "step", None)
        needed = {spoken}
        if spoken in {each.id for each in self.workflow.steps}:
            needed |= needed_after(self.workflow, spoken)
        loaded = {
            name: each
            for name, each in self.run.steps.items()
            if each.state in ACTIVE or name in needed
        }
        sparse = self._decided(replace(self.run, steps=loaded), message)
        assert sparse.transitions == decision.transitions
        assert sparse.commands == decision.commands


def a_world(workflow: Workflow) -> World:
    return World(workflow, a_run(workflow, None, event=an_event(data={"a": 1, "b": 2})))


def check_states(before: Run, after: Run) -> None:
    """The run's state follows from its steps', and only work in progress has a worker."""
    states = {each.state for each in after.steps.values()}
    at_work = bool(states & {StepState.READY, StepState.RUNNING})
    match after.state:
        case RunState.RUNNING:
            assert at_work
        case RunState.WAITING:
            assert not at_work
            assert StepState.RETRYING in states
        case RunState.CANCELLING:
            assert states & set(ACTIVE) == {StepState.RUNNING}
        case _:
            assert not states & set(ACTIVE)
    for name, each in after.steps.items():
        if each is not before.steps.get(name):
            assert (each.worker is not None) is (each.state is StepState.RUNNING)
            assert (each.due_at is not None) is (each.state is StepState.RETRYING)


def check_history(world: World) -> None:
    """The run as a whole: each step ends once, in order; a failure speaks exactly once."""
    ends = Counter(each.step for each in world.transitions if isinstance(each, FINAL_STEP))
    assert all(count == 1 for count in ends.values())
    assert sum(isinstance(each, FINAL_RUN) for each in world.transitions) == 1
    assert isinstance(world.transitions[-1], FINAL_RUN)
    assert not world.active()
    buried = [each for each in world.commands if isinstance(each, Bury)]
    assert len(buried) == (world.run.state is RunState.FAILED)
    if buried:
        assert buried[0].failure == world.run.failure
    assert world.run.seq == len(world.transitions)
    assert (world.run.due_at, world.run.outcome) == (None, None)

    reached: list[str] = []
    decided: set[str] = set()
    for each in world.transitions:
        if isinstance(each, StepReady) and not each.again:
            assert len(decided) == len(reached), "a step began before the one above was decided"
        if isinstance(each, StepReady | StepSkipped | StepFailed) and each.step not in reached:
            reached.append(each.step)
        if isinstance(each, FINAL_STEP):
            decided.add(each.step)
    assert reached == [each.id for each in world.workflow.steps[: len(reached)]]
    for called in world.workflow.steps[: len(reached)]:
        step = world.run.steps[called.id]
        assert step.tries <= called.retry.attempts
        assert step.crashes <= LIMITS.crashes_max


def check_commands(world: World) -> None:
    """Each time a step becomes ready its station is told once, under the number the row has."""
    ready = [each for each in world.transitions if isinstance(each, StepReady | StepReturned)]
    dispatched = [each for each in world.commands if isinstance(each, Dispatch)]
    assert [each.step for each in ready] == [each.step for each in dispatched]
    number = dict.fromkeys(NAMES, 0)
    told = iter(dispatched)
    for each in world.transitions:
        if isinstance(each, StepStarted):
            assert each.attempt > number[each.step], "an attempt's number was used twice"
            number[each.step] = each.attempt
        elif isinstance(each, StepReady | StepReturned):
            assert next(told).attempt == number[each.step]
    assert all(each.station == world.workflow.step(each.step).station for each in dispatched)


def heal(world: World, ending: str, output: Any = None) -> None:
    """From here on nothing is lost or doubled: every run must end within the bound."""
    bound = 4 * sum(each.retry.attempts + LIMITS.crashes_max for each in world.workflow.steps) + 4
    for _ in range(bound):
        if world.run.state is not None and world.run.state.is_final:
            return
        if not world.transitions:
            world.tell(Start())
        elif world.active(StepState.RUNNING):
            [step] = world.active(StepState.RUNNING)
            world.tell(_end(ending, step, output))
        elif world.active(StepState.READY):
            [step] = world.active(StepState.READY)
            world.begin(step.id, worker=0, in_one_go=step.worker is None)
        else:
            world.wait_until_due()
    raise AssertionError(f"still {world.run.state} after {bound} messages")


def _end(ending: str, step: Step, output: Any) -> Message:
    spoken: dict[str, Any] = {"step": step.id, "attempt": step.attempt}
    match ending:
        case "lost":
            return Lost(**spoken)
        case "failed":
            return Failed(**spoken, failure=Failure(code="Known", message="no"))
        case _:
            return Succeeded(**spoken, output=output)


@settings(deadline=None)
@given(st.data(), workflows())
def test_any_message_to_any_run_is_decided_by_the_laws(
    data: st.DataObject, workflow: Workflow
) -> None:
    world = a_world(workflow)
    if data.draw(st.booleans()):
        world.tell(Start())

    any_message = messages(st.sampled_from([*NAMES, "zzz"]), st.integers(-1, 3))
    for message in data.draw(st.lists(any_message, max_size=12)):
        world.now += timedelta(seconds=data.draw(st.sampled_from([0, 1, 40])))
        world.tell(message)


ACTS = st.sampled_from(
    ["begin"] * 4 + ["end"] * 4 + ["again"] * 2 + ["time"] * 2 + ["reserve", "noise", "cancel"]
)


@settings(max_examples=200, deadline=None)
@given(st.data(), workflows(), st.sampled_from(["succeeded", "failed", "lost"]))
def test_every_run_ends_whatever_comes_twice_late_or_out_of_order(
    data: st.DataObject, workflow: Workflow, ending: str
) -> None:
    world = a_world(workflow)
    world.tell(Start())
    noise = messages(st.sampled_from(NAMES), st.integers(0, 3))

    for act in data.draw(st.lists(ACTS, max_size=30)):
        running, ready = world.active(StepState.RUNNING), world.active(StepState.READY)
        match act:
            case "begin" if ready:
                world.begin(
                    ready[0].id,
                    worker=data.draw(st.integers(0, 1)),
                    in_one_go=data.draw(st.booleans()),
                )
            case "reserve" if ready:
                world.reserve(ready[0].id, worker=data.draw(st.integers(0, 1)))
            case "end" if running:
                name, number = st.just(running[0].id), st.just(running[0].attempt)
                world.tell(data.draw(ends(name, number)))
            case "again":
                world.tell(data.draw(st.sampled_from(world.said)))
            case "noise":
                world.tell(data.draw(noise.filter(lambda each: not isinstance(each, Cancel))))
            case "time":
                world.now += timedelta(seconds=data.draw(st.sampled_from([0, 1, 30, 100])))
                world.tell(Due())
            case "cancel" if data.draw(st.booleans()):
                world.tell(Cancel())
            case _:
                pass

    heal(world, ending)
    check_history(world)
    check_commands(world)


@settings(max_examples=200, deadline=None)
@given(workflows(), OUTPUTS)
def test_line_that_nothing_disturbs_is_decided_from_the_steps_it_needs(
    workflow: Workflow, output: Any
) -> None:
    world = a_world(workflow)

    heal(world, "succeeded", output)

    check_history(world)
    check_commands(world)


@settings(deadline=None)
@given(workflows(), st.data())
def test_messages_of_a_finished_run_change_nothing_in_any_order(
    workflow: Workflow, data: st.DataObject
) -> None:
    world = a_world(workflow)
    heal(world, data.draw(st.sampled_from(["succeeded", "failed", "lost"])))
    head = world.run.seq

    for message in data.draw(st.permutations([*world.said, Cancel(), Due(), Start()])):
        assert world.tell(message).stale

    assert world.run.seq == head


@settings(deadline=None)
@given(workflows(), st.lists(st.one_of(OUTPUTS, FAILURES), max_size=8))
def test_each_message_doubled_gives_the_same_run_as_once(
    workflow: Workflow, outcomes: list[Any]
) -> None:
    once, doubled = a_world(workflow), a_world(workflow)
    worlds = ((once, 1), (doubled, 2))
    _tell_all(worlds, Start())
    for end in outcomes:
        for step in once.active(StepState.RETRYING):
            assert step.due_at is not None
            _tell_all(worlds, Due())
            once.now = doubled.now = max(once.now, step.due_at)
            _tell_all(worlds, Due())
        for step in once.active(StepState.READY):
            spoken: dict[str, Any] = {"step": step.id, "attempt": step.attempt + 1}
            _tell_all(worlds, Began(**spoken, worker=WORKERS[0]))
            if isinstance(end, Failure):
                _tell_all(worlds, Failed(**spoken, failure=end))
            else:
                _tell_all(worlds, Succeeded(**spoken, output=end))

    assert once.run == doubled.run
    assert once.transitions == doubled.transitions
    assert once.commands == doubled.commands


def _tell_all(worlds: tuple[tuple[World, int], ...], message: Message) -> None:
    for world, times in worlds:
        for _ in range(times):
            world.tell(message)

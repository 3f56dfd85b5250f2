"""What holds for every run of every workflow, whatever arrives, in whatever order, however often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowengine.definitions.model import Workflow
from flowengine.engine.messages import (
    Answered,
    Arrived,
    Cancel,
    ChildEnded,
    Due,
    Failed,
    GivenBack,
    GiveUp,
    Lost,
    Message,
    Resume,
    Start,
    Succeeded,
)
from flowengine.engine.run import Failure, Step
from flowengine.engine.states import RunState, StepState
from tests.builders.asking import decide_by_asking
from tests.unit.engine.laws import LIMITS, World, a_world, check_commands, check_history
from tests.unit.engine.worlds import (
    GOING,
    OUTPUTS,
    WORKERS,
    answers,
    arrivals,
    begins,
    child_ends,
    ends,
    messages,
    workflows,
)

MESSAGES_MAX = 3000
QUESTIONS_MAX = 6
"""How often a decision may ask for rows, besides once for each of its transitions."""
LAWS = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
ENDINGS = st.sampled_from(["succeeded", "failed", "lost", "given back", "0", "1", "2", "3", "4"])
"""How attempts end in the heal phase; a digit: some so, some so."""


def heal(world: World, ending: str, output: Any = None) -> None:
    """From here on nothing is lost or doubled: every run must end within the bound.

    All that is ready begins before the newest attempt ends, so that much is at work at a time.
    """
    seen: set[Any] = set()
    for _ in range(MESSAGES_MAX):
        if world.run.state is None:
            world.tell(Start())
        elif world.run.state.is_final and not world.run.tail:
            return
        elif ready := world.active(StepState.READY):
            world.begin(ready[0].place, WORKERS[0])
        elif running := [row for row in world.active(StepState.RUNNING) if row.worker]:
            row = running[-1]
            kind = _ending(row, ending, is_first=row.place not in seen)
            seen.add(row.place)
            if kind == "slow":
                world.now += timedelta(seconds=20)
            world.tell(_end(kind, row, output))
        elif not _help_who_waits(world, ending):
            world.wait_until_due()
    raise AssertionError(f"still {world.run.state} after {MESSAGES_MAX} messages")


def _ending(row: Step, ending: str, *, is_first: bool) -> str:
    """How the attempt of that row ends; what is slow, and what is given back, is so only once."""
    if ending.isdigit():
        number = sum(map(ord, row.id + row.item)) * 7 + int(ending)
        kinds = ("failed", "lost", "failed", "succeeded", "succeeded", "slow")
        ending = kinds[number % len(kinds)]
    is_once = ending in ("slow", "given back")
    return "succeeded" if is_once and not is_first else ending


def _end(ending: str, row: Step, output: Any) -> Message:
    spoken: dict[str, Any] = {"step": row.id, "item": row.item, "attempt": row.attempt}
    match ending:
        case "lost":
            return Lost(**spoken)
        case "failed":
            return Failed(**spoken, failure=Failure(code="Known", message="no"))
        case "given back":
            return GivenBack(**spoken)
        case "slow":
            return Due()
        case _:
            return Succeeded(**spoken, output=output)


def _help_who_waits(world: World, ending: str) -> bool:
    """Whoever can be helped without time passing is; whether anybody was."""
    for row in world.active(StepState.WAITING):
        spoken: dict[str, Any] = {"step": row.id, "item": row.item}
        if row.kind == "workflow":
            state = RunState.SUCCEEDED if ending == "succeeded" else RunState.FAILED
            world.tell(ChildEnded(**spoken, run=world.children[row.place], state=state))
        elif row.kind == "wait_for":
            world.tell(Arrived(**spoken, event=GOING))
        elif row.kind == "approval":
            user = str(3 + len(row.answers))
            world.tell(Answered(**spoken, user=user, approved=ending != "failed"))
        if row is not world.run.steps.get(row.place):
            return True
    return False


@LAWS
@given(st.data(), workflows())
def test_any_message_to_any_run_is_decided_by_the_laws(
    data: st.DataObject, workflow: Workflow
) -> None:
    world = a_world(workflow)
    if data.draw(st.booleans()):
        world.tell(Start())

    for _ in range(data.draw(st.integers(0, 12))):
        world.now += timedelta(seconds=data.draw(st.sampled_from([0, 1, 40])))
        world.tell(data.draw(_anything(world)))


def _anything(world: World) -> st.SearchStrategy[Message]:
    bogus = [("zzz", ""), ("s1", "7"), ("s2", ""), ("undo s1", ""), ("", "")]
    places = st.sampled_from([*world.run.steps, *bogus])
    runs = st.sampled_from([None, *world.children.values(), *WORKERS])
    return messages(places, st.integers(-1, 3), runs)


ACTS = st.sampled_from(
    ["begin"] * 4
    + ["end"] * 5
    + ["event", "answer", "child"] * 2
    + ["again"] * 2
    + ["time"] * 3
    + ["noise"] * 2
    + ["cancel", "resume", "give up"]
)


@settings(LAWS, max_examples=200)
@given(st.data(), workflows(), ENDINGS)
def test_every_run_ends_whatever_comes_twice_late_or_out_of_order(
    data: st.DataObject, workflow: Workflow, ending: str
) -> None:
    world = a_world(workflow)
    world.tell(Start())

    for act in data.draw(st.lists(ACTS, max_size=40)):
        _act(data, world, act)

    heal(world, ending)
    check_history(world)
    check_commands(world)


def _act(data: st.DataObject, world: World, act: str) -> None:
    """Say something that fits, if anything does."""
    if act == "time":
        world.now += timedelta(seconds=data.draw(st.sampled_from([0, 1, 30, 100])))
    fitting = _fitting(world, act)
    if fitting is not None:
        world.tell(data.draw(fitting))


def _fitting(world: World, act: str) -> st.SearchStrategy[Message] | None:
    """The messages that would move the run that way; None = there is none now."""
    running = [row for row in world.active(StepState.RUNNING) if row.worker]
    ready = world.active(StepState.READY)
    waiting = [row.place for row in world.active(StepState.WAITING)]
    called = [place for place in waiting if place in world.children]
    always = {
        "again": st.sampled_from(world.said),
        "noise": _anything(world),
        "time": st.just(Due()),
        "cancel": st.just(Cancel()),
        "resume": st.builds(Resume, skip=st.booleans()),
        "give up": st.just(GiveUp()),
    }
    if act == "begin" and ready:
        return st.one_of([begins(row.place, row.attempt + 1) for row in ready])
    if act == "end" and running:
        return st.one_of([ends(st.just(row.place), st.just(row.attempt)) for row in running])
    if act == "event" and (waiting or world.workflow.cancel_on):
        return arrivals(st.sampled_from(waiting or [("zzz", "")]))
    if act == "answer" and waiting:
        return answers(st.sampled_from(waiting))
    if act == "child" and called:
        return st.one_of(
            [child_ends(st.just(each), st.just(world.children[each])) for each in called]
        )
    return always.get(act)


@settings(LAWS, max_examples=200)
@given(workflows(), OUTPUTS, ENDINGS)
def test_run_that_nothing_disturbs_ends_in_order(
    workflow: Workflow, output: Any, ending: str
) -> None:
    world = a_world(workflow)

    heal(world, ending, output)

    check_history(world)
    check_commands(world)


@LAWS
@given(workflows(), ENDINGS, st.data())
def test_messages_of_a_finished_run_change_nothing_in_any_order(
    workflow: Workflow, ending: str, data: st.DataObject
) -> None:
    world = a_world(workflow)
    heal(world, ending)
    head = world.run.seq
    said = data.draw(st.lists(st.sampled_from(world.said), max_size=20))

    for message in [*said, Cancel(), Due(), GiveUp(), Start()]:
        assert world.tell(message).stale

    assert world.run.seq == head


@LAWS
@given(workflows(), ENDINGS, st.integers(1, 3))
def test_run_that_failed_and_undid_nothing_may_be_resumed_until_it_is_done(
    workflow: Workflow, ending: str, times: int
) -> None:
    world = a_world(workflow)
    heal(world, "failed")

    for _ in range(times):
        could = world.run.state is RunState.FAILED and not world.run.has_undone
        assert world.tell(Resume()).stale is not could
        heal(world, ending)

    check_history(world)
    check_commands(world)


@LAWS
@given(workflows(), OUTPUTS, ENDINGS)
def test_run_that_is_read_as_far_as_is_asked_for_is_decided_like_one_that_is_read_whole(
    workflow: Workflow, output: Any, ending: str
) -> None:
    whole = a_world(workflow)
    heal(whole, ending, output)
    asked = a_world(workflow).run
    questions = 0

    for message, now in zip(whole.said, whole.times, strict=True):
        decision, told = decide_by_asking(workflow, asked, message, now, limits=LIMITS)
        asked = decision.run
        questions = max(questions, len(told) - len(decision.transitions))

    assert asked == whole.run
    assert questions <= QUESTIONS_MAX

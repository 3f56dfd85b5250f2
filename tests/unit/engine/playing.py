"""A run and what may happen to it: one that starts somehow, is moved at random, and is seen through."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from flowengine.engine.messages import (
    Answered,
    Arrived,
    Cancel,
    ChildEnded,
    Due,
    Failed,
    GivenBack,
    GiveUp,
    Hold,
    Lost,
    Message,
    Release,
    Resume,
    Start,
    Succeeded,
)
from flowengine.engine.run import Failure, Step
from flowengine.engine.states import RunState, StepState
from tests.unit.engine.laws import World
from tests.unit.engine.saying import (
    WORKERS,
    answers,
    arrivals,
    begins,
    child_ends,
    ends,
    messages,
)
from tests.unit.engine.worlds import GOING

MESSAGES_MAX = 3000
ENDINGS = st.sampled_from(["succeeded", "failed", "lost", "given back", "0", "1", "2", "3", "4"])
"""How attempts end in the heal phase; a digit: some so, some so."""
RESUMES = {"0": 1, "2": 2}
"""How often a person resumes a run that is held in the heal phase, by how attempts end."""
STARTS = st.sampled_from(["started"] * 6 + ["queued", "queued for long", "not yet"])
ACTS = st.sampled_from(
    ["begin"] * 4
    + ["end"] * 5
    + ["event", "answer", "child"] * 2
    + ["again"] * 2
    + ["time"] * 3
    + ["noise"] * 2
    + ["cancel", "resume", "give up", "hold", "release", "owe"]
)


def start(world: World, how: str) -> None:
    """The run has started, was admitted without a place, or neither."""
    if how == "started":
        world.tell(Start())
    elif how != "not yet":
        world.queue()
        if how == "queued for long":
            world.now += timedelta(seconds=30)
            world.tell(Due())


def act_on(data: st.DataObject, world: World, act: str) -> None:
    """Say something that fits, if anything does."""
    if act == "owe":
        world.owe()
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
        "again": st.sampled_from(world.said or [Start()]),
        "noise": anything(world),
        "time": st.just(Due()),
        "cancel": st.just(Cancel()),
        "resume": st.builds(Resume, skip=st.booleans()),
        "give up": st.just(GiveUp()),
        "hold": st.just(Hold()),
        "release": st.just(Release()),
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


def anything(world: World) -> st.SearchStrategy[Message]:
    """Any message about what there is, or is not."""
    bogus = [("zzz", ""), ("s1", "7"), ("s2", ""), ("undo s1", ""), ("", "")]
    places = st.sampled_from([*world.run.steps, *bogus])
    runs = st.sampled_from([None, *world.children.values(), *WORKERS])
    return messages(places, st.integers(-1, 3), runs)


def heal(world: World, ending: str, output: Any = None) -> None:
    """From here on nothing is lost or doubled: every run must end within the bound.

    All that is ready begins before the newest attempt ends, so that much is at work at a time.
    """
    seen: set[Any] = set()
    resumes = RESUMES.get(ending, 0)
    for _ in range(MESSAGES_MAX):
        if world.run.state in (None, RunState.QUEUED):
            world.tell(Start())
        elif world.run.state.is_final and not world.run.tail:
            return
        elif world.run.state is RunState.HELD and world.run.failure is None:
            world.tell(Release())
        elif world.run.state is RunState.HELD and resumes:
            resumes -= 1
            world.tell(Resume())
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

"""One run moved by chance: much faster than hypothesis, and evenly spread, but nothing is made smaller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from flowengine.engine.messages import (
    Answered,
    Arrived,
    Began,
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
from tests.unit.engine.last_laws import check_end
from tests.unit.engine.laws import World, a_world
from tests.unit.engine.playing import heal, start
from tests.unit.engine.saying import WORKERS
from tests.unit.engine.worlds import GOING, STOPPING, workflow_of

STARTS = (*["started"] * 9, "queued", "queued for long", "not yet")
ENDINGS = ("succeeded", "failed", "lost", "given back", "0", "1", "2", "3", "4")
MOVES_MAX = 60
CODES = ("Known", "Known", "Other", "InvalidInput", "Timeout")
OUTPUTS = (None, None, {"a": 5, "b": 6}, {"c": 7}, ["a"], 7, "x" * 700, "x" * 2000)


def played(seed: int) -> World:
    """The run of that seed, seen through to its end and held against every law."""
    chance = Random(seed)
    world = a_world(workflow_of(chance))
    start(world, chance.choice(STARTS))
    for _ in range(chance.randint(0, MOVES_MAX)):
        move = chance.choices(MOVES, WEIGHTS)[0]
        message = move(world, chance)
        if message is not None:
            world.tell(message)
    heal(world, chance.choice(ENDINGS))
    check_end(world)
    return world


def _begin(world: World, chance: Random) -> Message | None:
    row = _one(world, chance, StepState.READY)
    if row is None:
        return None
    number = row.attempt + chance.choice([1] * 8 + [0, 2])
    worker = chance.choice(WORKERS)
    return Began(step=row.id, item=row.item, attempt=number, worker=worker)


def _end(world: World, chance: Random) -> Message | None:
    row = _one(world, chance, StepState.RUNNING)
    if row is None:
        return None
    place: dict[str, Any] = {"step": row.id, "item": row.item}
    attempt = row.attempt - chance.choice([0] * 8 + [1])
    failure = Failure(
        code=chance.choice(CODES),
        message="no",
        permanent=chance.choice([False, False, True]),
        retry_after_s=chance.choice([None, None, 5.0]),
    )
    ends: list[Message] = [
        Succeeded(**place, attempt=attempt, output=chance.choice(OUTPUTS)),
        Succeeded(**place, attempt=attempt, output=None),
        Failed(**place, attempt=attempt, failure=failure),
        Lost(**place, attempt=attempt),
        GivenBack(**place, attempt=attempt),
    ]
    return chance.choices(ends, (3, 3, 3, 1, 1))[0]


def _wake(world: World, chance: Random) -> Message | None:
    row = _one(world, chance, StepState.WAITING)
    if row is None:
        return None
    place: dict[str, Any] = {"step": row.id, "item": row.item}
    if row.kind == "workflow":
        state = chance.choice([RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED])
        run: UUID | None = chance.choice([world.children[row.place]] * 4 + [None, WORKERS[0]])
        return ChildEnded(**place, run=run, state=state, output=chance.choice(OUTPUTS))
    if row.kind == "approval":
        approved = chance.choice([True, True, False])
        return Answered(**place, user=chance.choice("347"), approved=approved)
    return Arrived(**place, event=chance.choice([GOING, GOING, STOPPING]))


def _one(world: World, chance: Random, state: StepState) -> Step | None:
    found = world.active(state)
    return chance.choice(found) if found else None


def _time(world: World, chance: Random) -> Message:
    world.now += timedelta(seconds=chance.choice([0, 1, 15, 40, 100]))
    return Due()


def _again(world: World, chance: Random) -> Message:
    return chance.choice(world.said or [Start()])


def _cancel(world: World, chance: Random) -> Message:
    if world.workflow.cancel_on and chance.random() < 0.5:
        return Arrived(step="", event=STOPPING, cancel_on=0)
    return Cancel()


def _resume(_world: World, chance: Random) -> Message:
    how = chance.choice(["anew", "anew", "skip", "done", "edited"])
    given = {"a": 1} if how == "edited" else {}
    return Resume(skip=how == "skip", is_done=how == "done", output={"a": 1}, inputs=given)


def _owe(world: World, _chance: Random) -> None:
    world.owe()


def _repair(world: World, chance: Random) -> Message | None:
    """What only a person does, where it may have an effect."""
    if world.run.state in (RunState.HELD, RunState.FAILED):
        return chance.choice([_resume(world, chance), GiveUp()])
    return None


def _hold(_world: World, chance: Random) -> Message:
    moves: list[Message] = [Hold(), Hold(), Release()]
    return chance.choice(moves)


MOVES: tuple[Callable[[World, Random], Message | None], ...] = (
    *(_begin, _end, _wake, _time, _again, _cancel, _resume, _repair, _owe, _hold),
)
WEIGHTS = (10, 10, 6, 4, 4, 1, 1, 4, 1, 1)
"""How likely each of them is."""

"""Cues: what comes from outside while a rehearsal goes on, and the way through to its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flowengine.definitions.patterns import matches
from flowengine.engine.commands import Listen
from flowengine.engine.event import Event
from flowengine.engine.identity import keyed_event_id
from flowengine.engine.messages import Answered
from flowengine.engine.rules.waits import as_text, value_at
from flowengine.engine.run import Step
from flowengine.engine.states import StepState
from flowengine.rehearsal.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """An event that comes later."""

    type: str
    data: Any
    after: timedelta | None = None
    """From the start; None = as soon as a step waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What somebody says to an approval."""

    step: str
    user: str
    approved: bool
    comment: str = ""
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Cues:
    """All that comes from outside, as long as it has not come."""

    sends: list[Send] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    """Given to every approval of that step, in this order."""


def play(world: World, first: Event, cues: Cues) -> None:
    """From *first* until nothing happens any more. What is left in ``cues.sends`` did not come."""
    start = world.now
    world.emit(first)
    world.settle()
    while _cue(world, cues, start) or _time(world, cues, start):
        world.settle()


def _time(world: World, cues: Cues, start: datetime) -> bool:
    """Let time pass until something is due; False = nothing will be."""
    due_at = world.next_due()
    if due_at is None:
        return False
    timed = [start + send.after for send in cues.sends if send.after is not None]
    world.now = max(world.now, min([due_at, *timed]))
    return True


def _cue(world: World, cues: Cues, start: datetime) -> bool:
    """Whatever can come from outside now, one thing; False = there is none."""
    for at, send in enumerate(cues.sends):
        if (
            _is_wanted(send, world.listening)
            if send.after is None
            else start + send.after <= world.now
        ):
            del cues.sends[at]
            world.emit(_event(send, world))
            return True
    return any(_reply(world, cues.replies, run_id) for run_id in list(world.runs))


def _is_wanted(send: Send, listening: Iterable[tuple[UUID, Listen]]) -> bool:
    """A step waits for it."""
    return any(
        listen.cancel_on is None
        and any(matches(pattern, send.type) for pattern in listen.patterns)
        and all(as_text(value_at(send.data, p)) == text for p, text in listen.match.items())
        for _run, listen in listening
    )


def _event(send: Send, world: World) -> Event:
    event_id = keyed_event_id(send.type, f"sent {len(world.events)}")
    return Event(id=event_id, type=send.type, data=send.data, time=world.now)


def _reply(world: World, replies: Iterable[Reply], run_id: UUID) -> bool:
    run = world.runs[run_id]
    return any(
        _answer(world, run_id, row, reply)
        for row in list(run.steps.values())
        if row.state is StepState.WAITING and row.kind == "approval"
        for reply in replies
        if reply.step == row.id
    )


def _answer(world: World, run_id: UUID, row: Step, reply: Reply) -> bool:
    answered = Answered(
        step=row.id,
        item=row.item,
        user=reply.user,
        approved=reply.approved,
        comment=reply.comment,
        form=reply.form,
    )
    return world.tell(run_id, answered)

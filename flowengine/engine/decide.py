"""What follows from what happened. Start reading here.

``decide`` holds every rule of a run and touches nothing: no database, no broker, no clock, no chance.
The shell locks the run, asks, writes the answer in the same transaction, and only then acts on the
commands.

What is authoritative: the run it is given, as the database has it. What may be lost: any command; the
row it speaks of says the same, and is found again when it is due. What may come twice, late or in any
order: every message. One that speaks of what is past is *stale*: no transition, no command.

The run may hold a part of its rows only; see :mod:`flowengine.engine.rows`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never

from flowengine.definitions.model import Workflow
from flowengine.engine import places
from flowengine.engine.commands import Decision
from flowengine.engine.draft import EMPTY, LIMITS, Draft, Limits
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
    Halt,
    Hold,
    Lost,
    Message,
    Release,
    Resume,
    Start,
    Succeeded,
)
from flowengine.engine.rows import Question, Rows, RowsMissing
from flowengine.engine.rules import (
    agenda,
    approvals,
    attempts,
    children,
    control,
    halt,
    holding,
    hooks,
    resume,
    waits,
)
from flowengine.engine.run import Item, Place, Run
from flowengine.engine.states import FINAL_RUN_STATES, RunState

__all__ = ["EMPTY", "LIMITS", "Limits", "decide"]

_OF_QUEUED = (Cancel, Due, Arrived, Halt, Hold, Release)
"""What can happen to a run that has not begun."""


def decide(
    workflow: Workflow,
    run: Run,
    message: Message,
    now: datetime,
    *,
    config: Mapping[str, Any] = EMPTY,
    limits: Limits = LIMITS,
) -> Decision:
    """What follows from *message*, which arrived at *now*.

    The same arguments give the same decision. Folding its transitions over *run* with ``evolve`` at
    *now* gives its ``run``. *workflow* is the version the run is pinned to, bound to its tasks.
    *config* is what expressions see as ``config``.

    Raises:
        RowsMissing: *run* does not hold all rows that the decision needs. Nothing has happened.
    """
    draft = Draft(workflow=workflow, run=run, now=now, config=config, limits=limits)
    if run.state is None or run.state is RunState.QUEUED:
        _apply_before_start(draft, message)
    elif run.state not in FINAL_RUN_STATES or run.tail or isinstance(message, Resume):
        _apply(draft, message)
    agenda.work_off(draft)
    draft.rest()
    return draft.decision()


def _apply_before_start(draft: Draft, message: Message) -> None:
    """A run that has not begun starts, or ends without having been."""
    if isinstance(message, Start):
        agenda.start(draft)
    elif draft.run.state is RunState.QUEUED and isinstance(message, _OF_QUEUED):
        _apply(draft, message)


def _apply(draft: Draft, message: Message) -> None:  # noqa: C901, PLR0912 - one line each
    """One line for each message to a run; a new one joins here and in ``messages.py``."""
    match message:
        case Succeeded():
            attempts.succeeded(draft, message)
        case Began():
            attempts.began(draft, message)
        case Failed():
            attempts.failed(draft, message)
        case Lost():
            attempts.lost(draft, message)
        case GivenBack():
            attempts.given_back(draft, message)
        case Arrived():
            _arrived(draft, message)
        case Answered():
            approvals.answered(draft, message)
        case ChildEnded():
            children.child_ended(draft, message)
        case Due():
            _due(draft)
        case Cancel() if draft.run.tail:
            halt.cancel_hooks(draft, message)
        case Cancel():
            control.cancel(draft, message)
        case Resume():
            resume.resume(draft, message)
        case GiveUp():
            resume.give_up(draft, message)
        case Hold():
            holding.hold(draft, message)
        case Release():
            holding.release(draft, message)
        case Halt():
            halt.halt(draft, message)
        case Start():
            return
        case _:
            assert_never(message)


def _arrived(draft: Draft, message: Arrived) -> None:
    """An event for a step that waits, or for an entry of ``cancel_on``."""
    if message.cancel_on is None:
        waits.arrived(draft, message)
        return
    wanted = waits.cancel_wanted(draft, message)
    if wanted is not None:
        control.cancel(draft, wanted)


def _due(draft: Draft) -> None:
    """Do what the time has come for, in the order in which it came; the run's own time goes first."""
    if hooks.are_out_of_time(draft):
        halt.hooks_out_of_time(draft)
        return
    if control.run_is_due(draft):
        control.end_of_time(draft)
        return
    due = control.rows_due(draft)
    for place in due:
        try:
            _fire(draft, place)
        except RowsMissing as missing:
            raise RowsMissing(_wanted(draft, due, place, missing.question)) from None


def _fire(draft: Draft, place: Place) -> None:
    control.fire(draft, place)
    agenda.work_off(draft)


def _wanted(draft: Draft, due: list[Place], stopped: Place, question: Question) -> Question:
    """What the row *stopped* asks for, with what the other rows that are *due* will: read together.

    Those of its own step will ask for the same in their items. Of each other step one is tried by
    itself, and what comes of that is forgotten.
    """
    if not isinstance(question, Rows):
        return question
    items: dict[str, list[Item]] = {}
    for step, item in due:
        items.setdefault(step, []).append(item)
    wanted = places.alike(question.places, stopped[1], items.pop(stopped[0]))
    for step, those in items.items():
        try:
            _fire(draft.anew(), (step, those[0]))
        except RowsMissing as missing:
            if isinstance(missing.question, Rows):
                wanted |= places.alike(missing.question.places, those[0], those)
    return Rows(wanted)

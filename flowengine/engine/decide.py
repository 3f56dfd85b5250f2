"""What follows from what happened. Start reading here.

``decide`` holds every rule of a run and touches nothing: no database, no broker, no clock, no chance.
The shell locks the run, asks, writes the answer in the same transaction, and only then acts on the
commands.

What is authoritative: the run it is given, as the database has it. What may be lost: any command; the
row it speaks of says the same, and is found again when it is due. What may come twice, late or in any
order: every message. One that speaks of what is past is *stale*: no transition, no command.

The run holds the steps a message speaks of, every step that is ready, running or retrying, and those
that :func:`flowengine.engine.scope.needed_after` names; never all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never

from flowengine.definitions.model import Workflow
from flowengine.engine.commands import Decision
from flowengine.engine.draft import EMPTY, LIMITS, Draft, Limits
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
from flowengine.engine.rules import attempts, control, flow
from flowengine.engine.run import Run

__all__ = ["EMPTY", "LIMITS", "Limits", "decide"]


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
    """
    draft = Draft(workflow=workflow, run=run, now=now, config=config, limits=limits)
    if run.state is None:
        if isinstance(message, Start):
            flow.start(draft)
    elif not run.state.is_final:
        _apply(draft, message)
    return draft.decision()


def _apply(draft: Draft, message: Message) -> None:
    """One line for each message to an open run; a new one joins here and in ``messages.py``."""
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
        case Due():
            control.due(draft)
        case Cancel():
            control.cancel(draft, message)
        case Start():
            return
        case _:
            assert_never(message)

"""The public door: what an application calls. ``import flowengine`` gives all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flowengine.event_types import register_event
from flowengine.orchestration import control
from flowengine.orchestration import start as starting
from flowengine.orchestration.emit import Emitted, NewEvent, aemit, emit, emit_many
from flowengine.orchestration.sources import emit_on, emits
from flowengine.orchestration.telling import tell
from flowengine.store.clock import DatabaseClock

__all__ = [
    "Emitted",
    "NewEvent",
    "aemit",
    "answer",
    "cancel",
    "emit",
    "emit_many",
    "emit_on",
    "emits",
    "give_up",
    "register_event",
    "resume",
    "start",
]

_clock = DatabaseClock()


def start(
    workflow: str,
    inputs: Mapping[str, Any] | None = None,
    *,
    actor: Any = None,
    using: str | None = None,
) -> Emitted:
    """Start a workflow by hand, in the caller's transaction: an event for it alone is written.

    The caller has checked the permission (:func:`flowengine.access.start_workflow`). The gates of the
    workflow are asked when the event is routed: the run may have to wait, or be a duplicate.

    Args:
        workflow: its name; it takes new runs and has a ``manual`` trigger.
        inputs: by name; of a workflow that declares none, the data it works with.
        actor: who starts it: a user, or a user's key. May watch the run by default.
        using: the database alias to write to. None = the setting ``DATABASE``.

    Returns:
        The ids of the event and of the run.

    Raises:
        StartRefused: FE116, there is no such workflow or it cannot be started by hand; FE306, the
            inputs do not fit, with each name and problem. Nothing was written.
        EventRefused: FE304, FE308: the inputs are too large, or no JSON.
        LoopSuspected, WrongDatabase: as :func:`emit`.
    """
    return starting.start(workflow, inputs, actor=actor, using=using, now=_clock.now())


def cancel(run_id: UUID, *, by: Any = "", reason: str = "", hooks: bool = False) -> bool:
    """End a run early: what waits ends at once, an attempt that runs is told and awaited.

    The caller has checked the permission (:func:`flowengine.access.cancel_run`).

    Args:
        run_id: the run.
        by: who wants it: a user, or a user's key; empty for the system.
        reason: for the history.
        hooks: of a run that is final, end the hooks that are at work; nobody is awaited.

    Returns:
        False where nothing changed: the run is final, is being cancelled, or does not exist.
    """
    now = _clock.now()
    advanced = control.cancel(run_id, by=_key(by), reason=reason, hooks=hooks, now=now)
    tell(advanced.committed, now)
    return bool(advanced.committed.heads)


def resume(
    run_id: UUID,
    *,
    by: Any = "",
    reason: str = "",
    inputs: Mapping[str, Any] | None = None,
    output: Any = None,
    is_done: bool = False,
    skip: bool = False,
) -> None:
    """Go on with a failed or held run: what has failed begins anew, its tries count from one.

    The caller has checked the permission (:func:`flowengine.access.resume_run`).

    Args:
        run_id: the run.
        by: who wants it: a user, or a user's key; empty for the system.
        reason: for the history.
        inputs: corrected inputs of the failed steps, by name.
        output: with *is_done*, what the failed step left.
        is_done: the failed step was done by hand.
        skip: the failed step is skipped.

    Raises:
        RunRefused: FE501, there is no such run, it is not failed or held, or something was undone.
        EditRefused: FE502, what was given does not fit.
    """
    now = _clock.now()
    committed = control.resume(
        run_id,
        by=_key(by),
        reason=reason,
        inputs=inputs,
        output=output,
        is_done=is_done,
        skip=skip,
        now=now,
    )
    tell(committed, now)


def give_up(run_id: UUID, *, by: Any = "", reason: str = "") -> None:
    """Hold a held run no longer: what is to be undone is, and it fails.

    The caller has checked the permission (:func:`flowengine.access.resume_run`).

    Raises:
        RunRefused: FE501, there is no such run, or it is not held.
    """
    now = _clock.now()
    tell(control.give_up(run_id, by=_key(by), reason=reason, now=now), now)


def answer(
    run_id: UUID,
    step: str,
    *,
    item: str = "",
    user: Any,
    approved: bool,
    comment: str = "",
    form: Mapping[str, Any] | None = None,
) -> None:
    """Answer an approval as *user*, whose right to do so is checked here.

    Args:
        run_id: the run.
        step: the approval's id.
        item: in a loop, the number of the item from 0, as text; in a loop in a loop ``3.7``.
        user: the user object of one of the people whom it asks.
        approved: one rejection rejects.
        comment: a word to it.
        form: the values of its form, by name.

    Raises:
        AnswerRefused: FE504, nobody is asked this any more, the user has answered already, or the
            form does not fit, or is nothing that can be stored.
        NotPermitted: FE505, somebody else is asked.
        RunRefused: FE501, there is no such run.
    """
    now = _clock.now()
    committed = control.answer(
        run_id,
        step,
        item,
        user=user,
        approved=approved,
        comment=comment,
        form=form,
        now=now,
    )
    tell(committed, now)


def _key(user: Any) -> str:
    key = getattr(user, "pk", user)
    return "" if key is None else str(key)

"""The public door: what an application calls. ``import flowengine`` gives all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flowengine.event_types import register_event
from flowengine.orchestration import acts
from flowengine.orchestration import start as starting
from flowengine.orchestration.audit import By
from flowengine.orchestration.emit import Emitted, NewEvent, aemit, emit, emit_many
from flowengine.orchestration.sources import emit_on, emits
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


def cancel(
    run_id: UUID, *, by: Any = "", reason: str = "", address: str = "", hooks: bool = False
) -> bool:
    """End a run early: what waits ends at once, an attempt that runs is told and awaited.

    The caller has checked the permission (:func:`flowengine.access.cancel_run`).

    Args:
        run_id: the run.
        by: who wants it: a user, or a user's key, who is then in the audit; empty for your program itself.
        reason: why, for the history and the audit; somebody has one.
        address: where he is: an IP address, for the audit.
        hooks: of a run that is final, end the hooks that are at work; nobody is awaited.

    Returns:
        False where nothing changed: the run is final, is being cancelled, or does not exist.

    Raises:
        ReasonMissing: FE513, somebody is named, and no reason.
    """
    return acts.cancel(run_id, _by(by, reason, address), hooks=hooks)


def resume(
    run_id: UUID,
    *,
    by: Any = "",
    reason: str = "",
    address: str = "",
    inputs: Mapping[str, Any] | None = None,
    output: Any = None,
    is_done: bool = False,
    skip: bool = False,
) -> None:
    """Go on with a failed or held run: what has failed begins anew, its tries count from one.

    The caller has checked the permission (:func:`flowengine.access.resume_run`).

    Args:
        run_id: the run.
        by: who wants it: a user, or a user's key, who is then in the audit; empty for your program itself.
        reason: why, for the history and the audit; somebody has one.
        address: where he is: an IP address, for the audit.
        inputs: corrected inputs of the failed steps, by name.
        output: with *is_done*, what the failed step left.
        is_done: the failed step was done by hand.
        skip: the failed step is skipped.

    Raises:
        RunRefused: FE501, there is no such run, it is not failed or held, something was undone, or a replay or
            another run of its event does the same, or has done it since.
        EditRefused: FE502, what was given does not fit.
        NotPermitted: FE522, with ``REPLAY_FOUR_EYES`` nobody corrects a run alone: replay it.
        ReasonMissing: FE513, somebody is named, and no reason.
    """
    acts.resume(
        run_id,
        _by(by, reason, address),
        inputs=inputs,
        output=output,
        is_done=is_done,
        skip=skip,
    )


def give_up(run_id: UUID, *, by: Any = "", reason: str = "", address: str = "") -> None:
    """Hold a held run no longer: what is to be undone is, and it fails.

    The caller has checked the permission (:func:`flowengine.access.resume_run`). *by*, *reason* and
    *address* are as of :func:`resume`.

    Raises:
        RunRefused: FE501, there is no such run, or it is not held.
        ReasonMissing: FE513, somebody is named, and no reason.
    """
    acts.give_up(run_id, _by(by, reason, address))


def answer(
    run_id: UUID,
    step: str,
    *,
    item: str = "",
    user: Any,
    approved: bool,
    comment: str = "",
    form: Mapping[str, Any] | None = None,
    address: str = "",
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
        address: where the user is: an IP address, for the audit.

    Raises:
        AnswerRefused: FE504, nobody is asked this any more, the user has answered already, or the
            form does not fit, or is nothing that can be stored.
        NotPermitted: FE505, somebody else is asked.
        RunRefused: FE501, there is no such run.
    """
    acts.answer(
        run_id,
        step,
        item=item,
        user=user,
        approved=approved,
        comment=comment,
        form=form,
        by=_by(user, "", address),
    )


def _by(user: Any, reason: str, address: str) -> By:
    return By(who=_key(user), reason=reason, door="code", address=address)


def _key(user: Any) -> str:
    key = getattr(user, "pk", user)
    return "" if key is None else str(key)

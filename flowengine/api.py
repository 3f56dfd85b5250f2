"""The public door: what an application calls. ``import flowengine`` gives all of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from flowengine.conf import settings
from flowengine.event_types import register_event
from flowengine.orchestration import control
from flowengine.orchestration import start as starting
from flowengine.orchestration.emit import Emitted, NewEvent, aemit, emit, emit_many
from flowengine.orchestration.sources import emit_on, emits
from flowengine.signals import run_changed
from flowengine.store.clock import DatabaseClock

__all__ = [
    "Emitted",
    "NewEvent",
    "aemit",
    "cancel",
    "emit",
    "emit_many",
    "emit_on",
    "emits",
    "register_event",
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


def cancel(run_id: UUID, *, by: Any = "", reason: str = "") -> bool:
    """End a run early: what waits ends at once, an attempt that runs is told and awaited.

    The caller has checked the permission.

    Args:
        run_id: the run.
        by: who wants it: a user, or a user's key; empty for the system.
        reason: for the history.

    Returns:
        False where nothing changed: the run is final, is being cancelled, or does not exist.
    """
    who = getattr(by, "pk", by)
    advanced = control.cancel(
        run_id, by="" if who is None else str(who), reason=reason, now=_clock.now()
    )
    heads = advanced.committed.heads
    if heads:
        tell = partial(run_changed.send_robust, sender=None, heads=heads)
        transaction.on_commit(tell, using=settings().DATABASE, robust=True)
    return bool(heads)

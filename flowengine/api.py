"""The public door: what an application calls. ``import flowengine`` gives all of it."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from flowengine.conf import settings
from flowengine.event_types import register_event
from flowengine.orchestration import control
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
]

_clock = DatabaseClock()


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

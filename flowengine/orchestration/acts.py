"""What people do to runs, through whichever door: done, kept in the audit, and told to who watches.

What somebody has done before, under the same key, he has done: nothing happens, and nothing is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flowengine.orchestration import audit, control
from flowengine.orchestration.audit import By
from flowengine.orchestration.replay.alone import check_alone
from flowengine.orchestration.telling import tell
from flowengine.store import sql
from flowengine.store.clock import DatabaseClock

_clock = DatabaseClock()


def cancel(run_id: UUID, by: By, *, hooks: bool = False) -> bool:
    """As :func:`control.cancel`; False where nothing changed."""
    now = _clock.now()
    with sql.writing():
        if audit.is_done(by, "run.cancel", "run", run_id):
            return False
        advanced = control.cancel(run_id, by=by, hooks=hooks, now=now)
    tell(advanced.committed, now)
    return bool(advanced.committed.heads)


def resume(
    run_id: UUID,
    by: By,
    *,
    inputs: Mapping[str, Any] | None = None,
    output: Any = None,
    is_done: bool = False,
    skip: bool = False,
) -> None:
    """As :func:`control.resume`; refused, too, where a replay or another run does the same, or has done it."""
    now = _clock.now()
    given: dict[str, Any] = {"inputs": inputs, "output": output, "is_done": is_done, "skip": skip}
    with sql.writing():
        if audit.is_done(by, "run.resume", "run", run_id):
            return
        check_alone(run_id, now)
        committed = control.resume(run_id, by=by, **given, now=now)
    tell(committed, now)


def give_up(run_id: UUID, by: By) -> None:
    """As :func:`control.give_up`."""
    now = _clock.now()
    with sql.writing():
        if audit.is_done(by, "run.give_up", "run", run_id):
            return
        committed = control.give_up(run_id, by=by, now=now)
    tell(committed, now)


def hold(run_id: UUID, by: By) -> None:
    """As :func:`control.hold`."""
    now = _clock.now()
    with sql.writing():
        if audit.is_done(by, "run.hold", "run", run_id):
            return
        committed = control.hold(run_id, by=by, now=now)
    tell(committed, now)


def release(run_id: UUID, by: By) -> None:
    """As :func:`control.release`."""
    now = _clock.now()
    with sql.writing():
        if audit.is_done(by, "run.release", "run", run_id):
            return
        committed = control.release(run_id, by=by, now=now)
    tell(committed, now)


def answer(
    run_id: UUID,
    step: str,
    *,
    item: str = "",
    user: Any,
    approved: bool,
    comment: str = "",
    form: Mapping[str, Any] | None = None,
    by: By,
) -> None:
    """As :func:`control.answer`."""
    now = _clock.now()
    committed = control.answer(
        run_id,
        step,
        item,
        user=user,
        approved=approved,
        comment=comment,
        form=form,
        by=by,
        now=now,
    )
    tell(committed, now)

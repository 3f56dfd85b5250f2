"""Rescue: what a lost worker held goes back into the line, or fails by its crashes.

A begun attempt is reported lost; a reserved one, which no code has seen, is only released. Pages by
worker, bounded and idempotent: the fence makes a second rescue of the same attempt stale.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from flowengine.engine.messages import Lost
from flowengine.engine.states import StepState
from flowengine.orchestration.advance import Advanced, Told, Work, advance
from flowengine.orchestration.commit import Change, commit
from flowengine.store import runs, sql, steps, workers

PAGE = 500


def rescue(now: datetime) -> Advanced:
    """Take everything from workers whose lease ran out before *now*; ends them when empty."""
    expired = workers.expired(now)
    result = Advanced()
    if not expired:
        return result
    page = steps.held(expired, limit=PAGE)
    begun = [row for row in page if row[3] == StepState.RUNNING]
    reserved = [row for row in page if row[3] == StepState.READY]
    if begun:
        told = [
            Told(run_id=run, message=Lost(step=step, attempt=attempt))
            for run, step, attempt, _state, _worker in begun
        ]
        result = advance(Work(told=told), now)
    if reserved:
        release([(run, step, worker) for run, step, _a, _s, worker in reserved], now)
    if not page:
        workers.end(expired, now)
    return result


def release(held: Sequence[tuple[UUID, str, UUID]], now: datetime) -> int:
    """Let go of steps that these workers reserved and have not begun; the number let go.

    Whoever looks next may claim them: they are due at once.
    """
    with sql.writing():
        locked = runs.lock({run for run, _step, _worker in held})
        loaded = steps.load({(run, step) for run, step, _worker in held if run in locked})
        changes = []
        for run_id, name, worker in held:
            step = loaded.get(run_id, {}).get(name)
            if step is None or step.worker != worker or step.state is not StepState.READY:
                continue
            freed = replace(step, worker=None, due_at=now)
            changes.append(
                Change(after=replace(locked[run_id], steps={name: freed}), reserved=(name,))
            )
        commit(changes, now)
    return len(changes)

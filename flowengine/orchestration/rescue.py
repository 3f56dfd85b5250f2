"""Rescue: what a lost worker had begun goes back into the line, or fails by its crashes.

Bounded pages, idempotent: the fence makes a second rescue of the same attempt stale.
"""

from __future__ import annotations

from datetime import datetime

from flowengine.engine.messages import Lost
from flowengine.orchestration.save import save
from flowengine.orchestration.work import Advanced, Told, Work
from flowengine.store import due_steps, workers
from flowengine.store.due_steps import AttemptKey

PAGE = 500


def rescue(now: datetime) -> Advanced:
    """Report lost what workers hold whose lease ran out before *now*; end those who hold nothing."""
    result = Advanced()
    expired = workers.expired(now)
    if not expired:
        return result
    after: AttemptKey | None = None
    is_empty = True
    while page := due_steps.held(expired, limit=PAGE, after=after):
        is_empty = False
        told = tuple(
            Told(run_id=run, message=Lost(step=step, item=item, attempt=attempt))
            for run, step, item, attempt in page
        )
        result.add(save(Work(told=told), now))
        after = page[-1]
    if is_empty:
        workers.end(expired, now)
    return result

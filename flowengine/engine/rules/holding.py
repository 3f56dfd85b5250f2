"""Holding by hand: no further step of the run's line begins until somebody lets it go on.

What has begun goes on to its end, be it an attempt, a wait or a whole loop: nothing is stopped, and nothing
is given back. So a run that is held has nothing at work, and standing still is all that happens to it.
"""

from __future__ import annotations

from flowengine.definitions.graph import Line, Role
from flowengine.engine.draft import Draft
from flowengine.engine.messages import Hold, Release
from flowengine.engine.rules import blocks, resume
from flowengine.engine.run import Run
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunHeldByHand, RunHolding, RunResumed

MAY_BE_HELD = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.WAITING})


def is_held(run: Run) -> bool:
    """Somebody holds it; what is held for a failure is another matter."""
    return run.state is RunState.HELD and run.failure is None


def hold(draft: Draft, message: Hold) -> None:
    """The run shall be held; stale where it is to be already, stands still, or begins to end."""
    if draft.run.state in MAY_BE_HELD and not draft.run.holding:
        draft.record(RunHolding(by=message.by, reason=message.reason))


def release(draft: Draft, message: Release) -> None:
    """The run goes on, or is not to be held any more; stale where nobody holds it."""
    run = draft.run
    if is_held(run):
        due_at = resume.end_of_time(draft)
        draft.record(RunResumed(by=message.by, reason=message.reason, due_at=due_at))
        line = draft.graph.line(None, Role.LINE)
        draft.go(line, _next(draft, line), "")
    elif run.holding and run.state in MAY_BE_HELD:
        draft.record(RunHolding(by=message.by, reason=message.reason, is_off=True))


def holds_here(draft: Draft, line: Line) -> bool:
    """The line goes no further: the run is held now, where that is wanted."""
    if line.role is not Role.LINE or not draft.run.holding:
        return False
    draft.record(RunHeldByHand())
    return True


def _next(draft: Draft, line: Line) -> int:
    """The first step that is not decided: it was held before that one."""
    found = draft.rows((step.id, "") for step in line.steps)
    done = {place[0] for place, row in found.items() if row.state in blocks.GOOD}
    return next(at for at, step in enumerate(line.steps) if step.id not in done)

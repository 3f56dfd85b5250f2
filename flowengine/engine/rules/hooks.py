"""Hooks: what runs after the end of a run, ``on_failure`` first, then ``finally``. Language §2.3.

The final state stands when they begin, and stays whatever becomes of them: a hook that fails is kept as
a dead letter, and the next one begins. All of them together have as much time as the run itself: it
holds its concurrency place until they are done, and one that nobody can do would hold it for ever.
"""

from __future__ import annotations

from datetime import datetime

from flowengine.definitions.graph import Line, Role
from flowengine.engine import failures
from flowengine.engine.commands import Bury
from flowengine.engine.draft import Draft, Result
from flowengine.engine.run import Failure
from flowengine.engine.states import RunState
from flowengine.engine.transitions import HooksEnded, HooksStarted

FAILED_HOOK = "failed hook"
"""The kind of dead letter that keeps a failed hook. Language §4.11."""


def begin(draft: Draft) -> None:
    """The run has just become final: its first hook is reached, if it has any."""
    if draft.run.state is RunState.FAILED and draft.workflow.on_failure:
        _start(draft, Role.ON_FAILURE, _end(draft))
    elif draft.workflow.at_end:
        _start(draft, Role.FINALLY, _end(draft))


def are_out_of_time(draft: Draft) -> bool:
    """Whether the hooks at work have had as much time as the run itself."""
    return bool(draft.run.tail) and _end(draft) <= draft.now


def hook_ended(
    draft: Draft, line: Line, position: int, result: Result, failure: Failure | None
) -> None:
    """The hook at *position* is decided: the next one, or the next line of hooks, begins."""
    if result is not Result.DONE:
        assert failure is not None, "no hook is cancelled by itself: it has failed"
        hook = line.steps[position].id
        draft.commands.append(
            Bury(kind=FAILED_HOOK, failure=failures.hook_failed(hook, failure), step=hook)
        )
    if position + 1 < len(line.steps):
        draft.go(line, position + 1, "")
    elif line.role is Role.ON_FAILURE and draft.workflow.at_end:
        _start(draft, Role.FINALLY, None)
    else:
        draft.record(HooksEnded())


def _start(draft: Draft, role: Role, due_at: datetime | None) -> None:
    draft.record(HooksStarted(hooks=role.value, due_at=due_at))
    draft.go(draft.graph.line(None, role), 0, "")


def _end(draft: Draft) -> datetime:
    """When the time of the hooks is over. What is due of a final run may be something else."""
    assert draft.run.finished_at is not None, "hooks begin after the end"
    return draft.run.finished_at + draft.workflow.timeout

"""The final state of a run, and what comes after it: the hooks."""

from __future__ import annotations

from typing import Any

from flowengine.definitions.steps import WaitStep
from flowengine.engine.commands import Unlisten
from flowengine.engine.draft import Draft
from flowengine.engine.rules import hooks
from flowengine.engine.run import Failure
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunCancelled, RunFailed, RunSucceeded


def succeed(draft: Draft, output: Any) -> None:
    """The run has done what it was for."""
    draft.record(RunSucceeded(output=output))
    _close(draft)


def conclude(
    draft: Draft,
    outcome: RunState,
    failure: Failure | None = None,
    *,
    by: str = "",
    reason: str = "",
) -> None:
    """The run ends without: *outcome* is ``failed``, with a *failure*, or ``cancelled``.

    Whatever is to be undone has been. A queued run is cancelled like this, too: *by* whom and for
    what *reason* is said here, for no cancelling went before.
    """
    if outcome is RunState.FAILED:
        assert failure is not None, "a run that fails says why"
        draft.record(RunFailed(failure=failure))
    else:
        draft.record(RunCancelled(by=by, reason=reason))
    _close(draft)


def _close(draft: Draft) -> None:
    """Nothing can cancel it any more; hooks, which never wait for events, begin, or nothing follows.

    A failed run may be resumed: no other wait shall get what one has got already.
    """
    is_over = draft.run.state is not RunState.FAILED
    if draft.workflow.cancel_on or (is_over and _has_waits(draft)):
        draft.commands.append(Unlisten(is_over=is_over))
    hooks.begin(draft)


def _has_waits(draft: Draft) -> bool:
    return any(isinstance(spot.step, WaitStep) for spot in draft.graph.spots.values())

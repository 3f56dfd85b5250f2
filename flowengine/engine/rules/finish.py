"""How the work of a run ends: its line is done, has failed, or was stopped. Language §4.4.

From here a run is held, undone, or concluded. Every failure speaks once: its dead letter is written
where it is decided that the run will fail, before anything is undone.
"""

from __future__ import annotations

from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.graph import Role
from flowengine.engine import failures
from flowengine.engine.commands import Bury
from flowengine.engine.draft import Draft
from flowengine.engine.rules import compensation, conclusion, flow
from flowengine.engine.run import Failure
from flowengine.engine.scope import scope_at_large
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunHeld
from flowengine.errors import ExpressionError

FAILED_RUN = "failed run"
"""The kind of dead letter that keeps a failed run. Language §4.11."""


def line_done(draft: Draft) -> None:
    """The last step of the line is decided: the run is done, unless its output has no value."""
    workflow = draft.workflow
    if workflow.output is None:
        # Kept already: it is the output of a step.
        conclusion.succeed(draft, flow.last_output(draft, draft.graph.line(None, Role.LINE), ""))
        return
    try:
        output = render(workflow.output, scope_at_large(draft, [workflow.output]), draft.now)
    except ExpressionError as error:
        run_failed(draft, failures.no_value("output", error))
        return
    limit = draft.limits.payload_max_bytes
    refusal = failures.unstorable(f"the output of {workflow.name}", output, size_max_bytes=limit)
    if refusal is None:
        conclusion.succeed(draft, output)
    else:
        run_failed(draft, refusal)


def run_failed(draft: Draft, failure: Failure) -> None:
    """A step failed for good, and nothing rescued it: the run is held, or begins to end."""
    draft.commands.append(Bury(kind=FAILED_RUN, failure=failure, step=failure.step))
    hold = draft.workflow.hold_on_failure
    if hold is None:
        compensation.begin(draft, RunState.FAILED, failure)
    else:
        draft.record(RunHeld(failure=failure, due_at=draft.now + hold))


def settle(draft: Draft) -> None:
    """The run is cancelling, and nothing of it is active any more."""
    run = draft.run
    if run.outcome is RunState.FAILED:
        assert run.failure is not None, "a run that will fail says why"
        draft.commands.append(Bury(kind=FAILED_RUN, failure=run.failure))
        compensation.begin(draft, RunState.FAILED, run.failure)
    else:
        compensation.begin(draft, RunState.CANCELLED, None)

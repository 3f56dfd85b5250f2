"""How a run ends: done, failed, or cancelled once nothing of it runs any more."""

from __future__ import annotations

from typing import Any

import msgspec

from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.model import Workflow
from flowengine.engine import failures
from flowengine.engine.commands import Bury
from flowengine.engine.draft import Draft
from flowengine.engine.run import Failure, Run
from flowengine.engine.scope import scope_of
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import RunCancelled, RunFailed, RunSucceeded
from flowengine.errors import ExpressionError

FAILED_RUN = "failed run"
"""The kind of dead letter that keeps a failed run. Language §4.11."""


def succeed(draft: Draft) -> None:
    """The last step of the line is decided: the run is done, unless its output has no value."""
    workflow = draft.workflow
    if workflow.output is None:
        # Kept already: it is the output of a step.
        draft.record(RunSucceeded(output=_output_of_last(workflow, draft.run)))
        return
    try:
        output = render(workflow.output, scope_of(draft.run, draft.config), draft.now)
    except ExpressionError as error:
        fail(draft, failures.no_value("output", error), None)
        return
    limit = draft.limits.payload_max_bytes
    refusal = failures.unstorable(f"the output of {workflow.name}", output, size_max_bytes=limit)
    if refusal is None:
        draft.record(RunSucceeded(output=output))
    else:
        fail(draft, refusal, None)


def fail(draft: Draft, failure: Failure, step: str | None) -> None:
    """The run fails, and speaks: one dead letter, in the same transaction."""
    if step is not None:
        failure = msgspec.structs.replace(failure, step=step)
    draft.record(RunFailed(failure=failure))
    draft.commands.append(Bury(kind=FAILED_RUN, failure=failure, step=step))


def settle(draft: Draft) -> None:
    """End a run that is cancelling, as soon as no attempt of it runs."""
    run = draft.run
    if any(step.state is StepState.RUNNING for step in run.steps.values()):
        return
    if run.outcome is RunState.FAILED and run.failure is not None:
        fail(draft, run.failure, None)
    else:
        draft.record(RunCancelled())


def _output_of_last(workflow: Workflow, run: Run) -> Any:
    """The output of the last step that ran; None where none did."""
    for step in reversed(workflow.steps):
        done = run.steps.get(step.id)
        if done is not None and done.state is StepState.SUCCEEDED:
            return done.output
    return None

"""Attempts: they begin, and end in one of four ways; a step whose attempt failed may be tried again.

An attempt is the step's current one when its number is the row's and the step is in the state the
message speaks of. Anything else is the past, and is left alone.
"""

from __future__ import annotations

from flowengine.definitions.model import RetryPolicy
from flowengine.engine import backoff, failures
from flowengine.engine.commands import Dispatch
from flowengine.engine.draft import Draft
from flowengine.engine.messages import Began, Failed, GivenBack, Lost, Succeeded
from flowengine.engine.rules import finish, flow
from flowengine.engine.run import Failure, Step
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import (
    RunWaiting,
    StepCancelled,
    StepFailed,
    StepRetrying,
    StepReturned,
    StepStarted,
    StepSucceeded,
)


def began(draft: Draft, message: Began) -> None:
    """A worker is about to call the task of a ready step."""
    step = draft.run.steps.get(message.step)
    if step is None or step.state is not StepState.READY or not _may_begin(step, message):
        return
    draft.wake()
    draft.record(
        StepStarted(step=step.id, attempt=message.attempt, worker=message.worker, item=step.item)
    )


def _may_begin(step: Step, message: Began) -> bool:
    """It takes a row that nobody holds, or is the attempt that the row names already.

    The number alone would not do: a step that was given back is ready under the number of the attempt
    that ended.
    """
    if step.worker is None:
        return message.attempt == step.attempt + 1
    return message.attempt == step.attempt and message.worker == step.worker


def succeeded(draft: Draft, message: Succeeded) -> None:
    """The task returned: the line goes on."""
    step = _running(draft, message)
    if step is None:
        return
    limit = draft.limits.payload_max_bytes
    what = f"the output of {step.id!r}"
    refusal = failures.unstorable(what, message.output, size_max_bytes=limit)
    if refusal is not None:
        _end_in_failure(draft, step, refusal)
        return
    draft.record(
        StepSucceeded(step=step.id, attempt=step.attempt, output=message.output, item=step.item)
    )
    if draft.run.state is RunState.CANCELLING:
        finish.settle(draft)
    else:
        flow.onward(draft, draft.workflow.position(step.id) + 1)


def failed(draft: Draft, message: Failed) -> None:
    """The task raised or ran out of time: a try is used."""
    step = _running(draft, message)
    if step is not None:
        _end_in_failure(draft, step, message.failure)


def lost(draft: Draft, message: Lost) -> None:
    """The worker is gone: a crash is used; one too many, and the step fails."""
    step = _running(draft, message)
    if step is None:
        return
    crashes = step.crashes + 1
    if draft.run.state is RunState.CANCELLING:
        _cancel(draft, step)
    elif crashes < draft.limits.crashes_max:
        _return(draft, step, lost=True)
    else:
        _fail(draft, step, failures.worker_lost(crashes), tries=step.tries)


def given_back(draft: Draft, message: GivenBack) -> None:
    """The worker stops before the attempt is done: nothing is used."""
    step = _running(draft, message)
    if step is None:
        return
    if draft.run.state is RunState.CANCELLING:
        _cancel(draft, step)
    else:
        _return(draft, step, lost=False)


def _running(draft: Draft, message: Succeeded | Failed | Lost | GivenBack) -> Step | None:
    """The step, if *message* speaks of its current attempt and that one runs."""
    step = draft.run.steps.get(message.step)
    if step is None or step.state is not StepState.RUNNING or step.attempt != message.attempt:
        return None
    return step


def _end_in_failure(draft: Draft, step: Step, failure: Failure) -> None:
    if draft.run.state is RunState.CANCELLING:
        _cancel(draft, step)
        return
    tries = step.tries + 1
    policy = draft.workflow.step(step.id).retry
    due_at = None
    if may_try_again(policy, failure):
        due_at = backoff.next_try(policy, draft.run.id, step, failure.retry_after_s, draft.now)
    if due_at is None:
        _fail(draft, step, failure, tries=tries)
        return
    draft.record(
        StepRetrying(
            step=step.id,
            attempt=step.attempt,
            tries=tries,
            failure=failure,
            due_at=due_at,
            item=step.item,
        )
    )
    draft.record(RunWaiting(due_at=due_at))


def may_try_again(policy: RetryPolicy, failure: Failure) -> bool:
    """The kind of failure allows another try; how many there are is not asked."""
    if failure.permanent or failure.code in failures.NEVER_TRIED_AGAIN:
        return False
    names = {failure.code, *failure.bases}
    if not names.isdisjoint(policy.excluded):
        return False
    return policy.errors is None or not names.isdisjoint(policy.errors)


def _fail(draft: Draft, step: Step, failure: Failure, *, tries: int) -> None:
    draft.record(
        StepFailed(step=step.id, attempt=step.attempt, tries=tries, failure=failure, item=step.item)
    )
    finish.fail(draft, failure, step.id)


def _return(draft: Draft, step: Step, *, lost: bool) -> None:
    draft.record(StepReturned(step=step.id, attempt=step.attempt, lost=lost, item=step.item))
    draft.commands.append(
        Dispatch(step=step.id, station=step.station, attempt=step.attempt, item=step.item)
    )


def _cancel(draft: Draft, step: Step) -> None:
    draft.record(StepCancelled(step=step.id, attempt=step.attempt, item=step.item))
    finish.settle(draft)

"""Attempts: they begin, and end in one of four ways; work whose attempt failed may be tried again.

An attempt is the row's current one when its number is the row's and the row is in the state the
message speaks of. Anything else is the past, and is left alone. A step that calls a task and the undo
of a step are tried alike.
"""

from __future__ import annotations

from flowengine.definitions.graph import Spot
from flowengine.definitions.steps import RetryPolicy, TaskStep
from flowengine.engine import backoff, failures
from flowengine.engine.commands import Dispatch
from flowengine.engine.draft import Draft, Result
from flowengine.engine.fill import fill
from flowengine.engine.messages import Began, Failed, GivenBack, Lost, Succeeded
from flowengine.engine.rules import flow
from flowengine.engine.run import Failure, Item, Step
from flowengine.engine.states import StepState
from flowengine.engine.transitions import (
    StepFailed,
    StepReady,
    StepRetrying,
    StepReturned,
    StepStarted,
    StepSucceeded,
)
from flowengine.engine.tries import tried

UNDO = "undo"
"""The kind of a row that undoes a step."""


def begin_task(draft: Draft, spot: Spot, item: Item) -> None:
    """Its input is evaluated, once for all tries, and its station is told."""
    step = spot.step
    assert isinstance(step, TaskStep)
    place = (step.id, item)
    given = fill(draft, spot, item)
    if not isinstance(given, Failure):
        limit = draft.limits.payload_max_bytes
        what = f"the input of {step.id!r}"
        given = failures.unstorable(what, given, size_max_bytes=limit) or given
    if isinstance(given, Failure):
        flow.fail(draft, place, given)
        return
    row = draft.row(place)
    draft.record(
        StepReady(
            step=step.id,
            item=item,
            task=step.task,
            station=step.station,
            input=given,
            **flow.begun(draft, place, step),
        )
    )
    attempt = 0 if row is None else row.attempt
    draft.commands.append(Dispatch(step=step.id, item=item, station=step.station, attempt=attempt))


def began(draft: Draft, message: Began) -> None:
    """A worker is about to call the task of a ready row: under the number after the row's."""
    row = draft.row(message.place)
    if row is None or row.state is not StepState.READY or message.attempt != row.attempt + 1:
        return
    draft.record(
        StepStarted(
            step=row.id,
            attempt=message.attempt,
            worker=message.worker,
            item=row.item,
            handed=message.handed,
        )
    )


def succeeded(draft: Draft, message: Succeeded) -> None:
    """The task returned: the line goes on. What an undo returns is of no use to anybody."""
    row = _running(draft, message)
    if row is None:
        return
    if row.kind == UNDO:
        draft.record(StepSucceeded(step=row.id, attempt=row.attempt, item=row.item))
        draft.ended(row.place, Result.DONE)
    else:
        flow.succeed(draft, row.place, message.output, tries=row.tries + 1)


def failed(draft: Draft, message: Failed) -> None:
    """The task raised or ran out of time: a try is used."""
    row = _running(draft, message)
    if row is None:
        return
    how = _doubtful(draft, row, message.failure)
    if how:
        flow.doubt(draft, row, how)
    _end_in_failure(draft, row, message.failure)


def _doubtful(draft: Draft, row: Step, failure: Failure) -> str:
    """How the attempt ended, if it may have taken effect all the same; else empty.

    What a task did in a transaction is undone with it when it fails; what it did elsewhere may stay.
    """
    if failure.fe in failures.REFUSED_OUTPUT:
        was_undone = draft.graph.work(row.id).transaction
        return failure.code if was_undone else failures.RETURNED
    return failure.code if failure.code in failures.OF_UNKNOWN_OUTCOME else ""


def lost(draft: Draft, message: Lost) -> None:
    """The worker is gone: a crash is used; one too many, and the step fails."""
    row = _running(draft, message)
    if row is None:
        return
    crashes = row.crashes + 1
    flow.doubt(draft, row, failures.WORKER_LOST)
    if row.is_stopping:
        flow.cancel(draft, row.place)
    elif crashes < draft.limits.crashes_max:
        _return(draft, row, lost=True)
    else:
        _fail(draft, row, failures.worker_lost(crashes), tries=row.tries)


def given_back(draft: Draft, message: GivenBack) -> None:
    """The worker stops before the attempt is done, or its station was closed for what ails it."""
    row = _running(draft, message)
    if row is None:
        return
    failure = message.failure
    how = failures.WORKER_STOPPED if failure is None else _doubtful(draft, row, failure)
    if how:
        flow.doubt(draft, row, how)
    if row.is_stopping:
        flow.cancel(draft, row.place)
    else:
        _return(draft, row, lost=False)


def _running(draft: Draft, message: Succeeded | Failed | Lost | GivenBack) -> Step | None:
    """The row, if *message* speaks of its current attempt and that one runs."""
    row = draft.row(message.place)
    if row is None or row.state is not StepState.RUNNING or row.attempt != message.attempt:
        return None
    return row if row.worker is not None else None


def _end_in_failure(draft: Draft, row: Step, failure: Failure) -> None:
    if row.is_stopping:
        flow.cancel(draft, row.place)
        return
    tries = row.tries + 1
    policy = draft.graph.work(row.id).retry
    due_at = None
    if may_try_again(policy, failure):
        due_at = backoff.next_try(policy, draft.run.id, row, failure.retry_after_s, draft.now)
    if due_at is None:
        _fail(draft, row, failure, tries=tries)
        return
    draft.record(
        StepRetrying(
            step=row.id,
            attempt=row.attempt,
            tries=tries,
            failure=tried(failure, row, draft.now),
            due_at=due_at,
            item=row.item,
        )
    )


def may_try_again(policy: RetryPolicy, failure: Failure) -> bool:
    """The kind of failure allows another try; how many there are is not asked."""
    if failure.permanent or failure.code in failures.NEVER_TRIED_AGAIN:
        return False
    names = {failure.code, *failure.bases}
    if not names.isdisjoint(policy.excluded):
        return False
    return policy.errors is None or not names.isdisjoint(policy.errors)


def _fail(draft: Draft, row: Step, failure: Failure, *, tries: int) -> None:
    failure = tried(failure, row, draft.now)
    if row.kind != UNDO:
        flow.fail(draft, row.place, failure, tries=tries)
        return
    draft.record(
        StepFailed(step=row.id, attempt=row.attempt, tries=tries, failure=failure, item=row.item)
    )
    draft.ended(row.place, Result.FAILED)


def _return(draft: Draft, row: Step, *, lost: bool) -> None:
    draft.record(StepReturned(step=row.id, attempt=row.attempt, lost=lost, item=row.item))
    draft.commands.append(
        Dispatch(step=row.id, station=row.station, attempt=row.attempt, item=row.item)
    )

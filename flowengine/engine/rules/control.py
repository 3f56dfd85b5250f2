"""What comes from outside the line: time that is over, and somebody who wants the run to end."""

from __future__ import annotations

from flowengine.engine import failures
from flowengine.engine.commands import Dispatch
from flowengine.engine.draft import Draft
from flowengine.engine.messages import Cancel
from flowengine.engine.rules import finish
from flowengine.engine.run import Step
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import RunCancelling, StepCancelled, StepReady


def due(draft: Draft) -> None:
    """Do what the time has come for; the run's own time-out goes before a step's delay."""
    run = draft.run
    if run.due_at is not None and run.due_at <= draft.now:
        failure = failures.run_timeout(draft.workflow.timeout)
        _wind_down(draft, RunCancelling(outcome=RunState.FAILED, failure=failure))
        return
    for step in run.steps.values():
        if step.due_at is not None and step.due_at <= draft.now:
            _ready_again(draft, step)


def cancel(draft: Draft, message: Cancel) -> None:
    """The run shall end; one that already ends is left as it is."""
    if draft.run.state is not RunState.CANCELLING:
        _wind_down(draft, RunCancelling(by=message.by, reason=message.reason))


def _ready_again(draft: Draft, step: Step) -> None:
    if step.state is not StepState.RETRYING:
        return  # a ready row that is overdue is the worker's to claim
    draft.wake()
    draft.record(
        StepReady(step=step.id, item=step.item, task=step.task, station=step.station, again=True)
    )
    draft.commands.append(
        Dispatch(step=step.id, station=step.station, attempt=step.attempt, item=step.item)
    )


def _wind_down(draft: Draft, cancelling: RunCancelling) -> None:
    """What does not run ends now; what runs is told by its worker, and awaited."""
    draft.record(cancelling)
    for step in draft.run.steps.values():
        if step.state in (StepState.READY, StepState.RETRYING):
            draft.record(StepCancelled(step=step.id, attempt=step.attempt, item=step.item))
    finish.settle(draft)

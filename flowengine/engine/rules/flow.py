"""The line: what starts, and what comes after a step that is decided.

A step that is reached is skipped (its ``if`` is false), made ready (its input is evaluated once and
stored; every try sees the same), or fails because it has no input. After the last one the run is done.
"""

from __future__ import annotations

from typing import Any

from flowengine.definitions.expressions.evaluate import decide as holds
from flowengine.definitions.model import TaskStep
from flowengine.engine import failures
from flowengine.engine.commands import Dispatch
from flowengine.engine.draft import Draft
from flowengine.engine.rules import finish
from flowengine.engine.run import Failure
from flowengine.engine.scope import fill, scope_of
from flowengine.engine.transitions import RunStarted, StepFailed, StepReady, StepSkipped
from flowengine.errors import ExpressionError


def start(draft: Draft) -> None:
    """The run begins: its time counts from now, its first step is reached."""
    due_at = draft.now + draft.workflow.timeout
    draft.record(RunStarted(title=draft.run.title, due_at=due_at))
    onward(draft, 0)


def onward(draft: Draft, position: int) -> None:
    """Everything before *position* is decided: reach the steps from there on."""
    for step in draft.workflow.steps[position:]:
        if not _reach(draft, step):
            return
    finish.succeed(draft)


def _reach(draft: Draft, step: TaskStep) -> bool:
    """True where the line goes on at once: the step is skipped. A later kind of step joins here."""
    try:
        wanted = step.condition is None or holds(
            step.condition, scope_of(draft.run, draft.config), draft.now
        )
    except ExpressionError as error:
        _refuse(draft, step, failures.no_value("if", error))
        return False
    if not wanted:
        draft.record(StepSkipped(step=step.id, task=step.task, station=step.station))
        return True
    given = _input(draft, step)
    if isinstance(given, Failure):
        _refuse(draft, step, given)
    else:
        draft.record(StepReady(step=step.id, task=step.task, station=step.station, input=given))
        draft.commands.append(Dispatch(step=step.id, station=step.station, attempt=0))
    return False


def _input(draft: Draft, step: TaskStep) -> dict[str, Any] | Failure:
    given = fill(draft.workflow, step, draft.run, draft.now, draft.config)
    if isinstance(given, Failure):
        return given
    limit = draft.limits.payload_max_bytes
    return failures.unstorable(f"the input of {step.id!r}", given, size_max_bytes=limit) or given


def _refuse(draft: Draft, step: TaskStep, failure: Failure) -> None:
    """The step fails before its first try."""
    draft.record(
        StepFailed(
            step=step.id, attempt=0, tries=0, failure=failure, task=step.task, station=step.station
        )
    )
    finish.fail(draft, failure, step.id)

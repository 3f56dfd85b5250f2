"""What expressions see, how parameters are filled by name, and which steps' outputs that takes.

The three belong together: ``fill`` and ``scope_of`` may read only what ``needed_after`` names, or a
decision would depend on what the shell happened to load.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flowengine.definitions.expressions.evaluate import render, steps_used
from flowengine.definitions.model import TaskStep, Workflow
from flowengine.engine import failures
from flowengine.engine.event import Event
from flowengine.engine.run import Failure, Run, Step
from flowengine.engine.states import StepState
from flowengine.errors import ExpressionError


def scope_of(run: Run, config: Mapping[str, Any]) -> dict[str, Any]:
    """The names that a step's ``if`` and ``with``, and the workflow's ``output``, see."""
    return {
        **scope_before_steps(run, config),
        "steps": {name: _step(step) for name, step in run.steps.items()},
    }


def scope_before_steps(run: Run, config: Mapping[str, Any]) -> dict[str, Any]:
    """The names that ``title``, ``labels`` and ``notify`` see."""
    return {
        "event": event_scope(run.event),
        "inputs": _inputs(run),
        "run": {
            "id": str(run.id),
            "workflow": run.workflow,
            "digest": run.digest,
            "started_at": run.started_at,
            "replay": run.replay,
            "parent": None,
        },
        "config": config,
    }


def event_scope(event: Event) -> dict[str, Any]:
    """The event, as expressions see it."""
    return {
        "id": str(event.id),
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "time": event.time,
        "actor": event.actor,
        "data": event.data,
        "correlation_id": event.correlation_id or str(event.id),
        "causation_id": event.causation_id,
        "hops": event.hops,
    }


def fill(
    workflow: Workflow, step: TaskStep, run: Run, now: datetime, config: Mapping[str, Any]
) -> dict[str, Any] | Failure:
    """The input of *step*: its ``with``, and by name what its task requires besides. Language §2.5.

    The failure, instead, where an expression has no value or a parameter is found nowhere.
    """
    given = _rendered(step, run, now, config)
    if isinstance(given, Failure) or step.signature is None:
        return given
    missing = [name for name in step.signature.required if name not in given]
    if not missing:
        return given
    position = workflow.position(step.id)
    inputs = _inputs(run)
    unfound = []
    for name in missing:
        for place in _places(workflow, position, name):
            left = _left_by(run, place)
            if name in left:
                given[name] = left[name]
                break
        else:
            if isinstance(inputs, Mapping) and name in inputs:
                given[name] = inputs[name]
            else:
                unfound.append(name)
    if unfound:
        return failures.unfilled(step.task, unfound, _names_above(workflow, position, run))
    return given


def needed_after(workflow: Workflow, step_id: str) -> frozenset[str]:
    """The ids of earlier steps whose outputs a decision about *step_id* may read.

    A successor with an ``if`` may be skipped, so the one after it is asked too; past the last one it is
    the workflow's ``output``. Depends on the workflow only: may be kept beside it.
    """
    position = workflow.position(step_id)
    names: set[str] = set()
    for index in range(position + 1, len(workflow.steps)):
        step = workflow.steps[index]
        names |= _read_by(workflow, index, step)
        if step.condition is None:
            break
    else:
        if workflow.output is not None:
            names |= steps_used(workflow.output)
    return frozenset(step.id for step in workflow.steps[:position] if step.id in names)


def _read_by(workflow: Workflow, position: int, step: TaskStep) -> set[str]:
    names: set[str] = set()
    if step.condition is not None:
        names |= steps_used(step.condition)
    for template in step.arguments.values():
        if not template.is_constant:
            names |= steps_used(template)
    if step.signature is not None:
        for name in step.signature.required:
            if name not in step.arguments:
                names.update(_places(workflow, position, name))
    return names


def _places(workflow: Workflow, position: int, name: str) -> Iterator[str]:
    """The steps above *position* that may have left *name*, nearest first.

    A declared return type is the whole of what a task leaves.
    """
    for step in reversed(workflow.steps[:position]):
        signature = step.signature
        if signature is None or signature.returns is None or name in signature.returns:
            yield step.id


def _left_by(run: Run, step_id: str) -> Mapping[str, Any]:
    step = run.steps.get(step_id)
    if step is None or not isinstance(step.output, Mapping):
        return {}
    return step.output


def _names_above(workflow: Workflow, position: int, run: Run) -> Iterator[str]:
    """For people: what was there to be filled in, nearest first."""
    for step in reversed(workflow.steps[:position]):
        if step.signature is not None and step.signature.returns is not None:
            yield from step.signature.returns
        else:
            yield from _left_by(run, step.id)
    inputs = _inputs(run)
    if isinstance(inputs, Mapping):
        yield from inputs


def _rendered(
    step: TaskStep, run: Run, now: datetime, config: Mapping[str, Any]
) -> dict[str, Any] | Failure:
    scope: dict[str, Any] | None = None
    given: dict[str, Any] = {}
    for name, template in step.arguments.items():
        if template.is_constant:
            given[name] = render(template, {}, now)
            continue
        if scope is None:
            scope = scope_of(run, config)
        try:
            given[name] = render(template, scope, now)
        except ExpressionError as error:
            return failures.no_value(f"with.{name}", error)
    return given


def _inputs(run: Run) -> Any:
    """The run's inputs; where none are declared, it works with the event's data itself."""
    return run.event.data if run.inputs is None else run.inputs


def _step(step: Step) -> dict[str, Any]:
    return {
        "output": step.output,
        "status": step.state.value,
        "error": _error(step),
        "attempts": step.attempt,
        "started_at": step.started_at,
        "finished_at": step.finished_at,
    }


def _error(step: Step) -> dict[str, Any] | None:
    """Why the step failed; None unless it did (a failure before a later success is no error)."""
    if step.state is not StepState.FAILED or step.failure is None:
        return None
    return {
        "code": step.failure.code,
        "message": step.failure.message,
        "step": step.id,
        "attempts": step.attempt,
        "details": step.failure.details,
    }

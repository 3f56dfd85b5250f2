"""The values a run works with: filled from the trigger, the event and the defaults, then checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowengine.definitions import schema
from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.model import EventTrigger, ScheduleTrigger, Trigger, Workflow
from flowengine.engine.event import Event
from flowengine.engine.scope import event_scope
from flowengine.errors import ExpressionError


@dataclass(frozen=True, slots=True)
class Misfit:
    """The event does not give the inputs that the workflow declares."""

    message: str
    """FE306 without the workflow's name."""


def inputs_of(
    workflow: Workflow,
    trigger: Trigger,
    event: Event,
    now: datetime,
    config: Mapping[str, Any],
) -> dict[str, Any] | Misfit | None:
    """The inputs by name; None where the workflow declares none and works with the event's data.

    From the trigger's ``with``; what is missing, from the event's data by name; then the default. All
    that is wrong is told at once.
    """
    if not workflow.inputs:
        return None
    try:
        given = _rendered(trigger, event, now, config)
    except _NoValue as error:
        return Misfit(str(error))
    data = event.data if isinstance(event.data, Mapping) else {}
    return filled(workflow, given, data)


def filled(
    workflow: Workflow, given: Mapping[str, Any], data: Mapping[str, Any]
) -> dict[str, Any] | Misfit:
    """The inputs that *workflow* declares: from *given*, else from *data*, else the default; checked."""
    wrong: list[str] = []
    inputs: dict[str, Any] = {}
    for item in workflow.inputs:
        if item.name in given:
            inputs[item.name] = given[item.name]
        elif item.name in data:
            inputs[item.name] = data[item.name]
        elif item.required:
            wrong.append(f"input {item.name!r} is missing")
            continue
        else:
            inputs[item.name] = item.default
            continue
        for path, problem in schema.problems(inputs[item.name], item.schema):
            wrong.append(f"input {item.name + path[1:]!r} {problem}")
    return Misfit("; ".join(wrong)) if wrong else inputs


class _NoValue(Exception):
    """An expression of the trigger's ``with`` has no value."""


def _rendered(
    trigger: Trigger, event: Event, now: datetime, config: Mapping[str, Any]
) -> dict[str, Any]:
    if not isinstance(trigger, EventTrigger | ScheduleTrigger) or not trigger.arguments:
        return {}
    scope = {"event": event_scope(event), "config": config}
    given = {}
    for name, template in trigger.arguments.items():
        try:
            given[name] = render(template, scope, now)
        except ExpressionError as error:
            raise _NoValue(f"input {name!r} has no value: {error}") from error
    return given

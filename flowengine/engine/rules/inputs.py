"""The values a run works with: filled from the trigger, the event and the defaults, then checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.model import EventTrigger, Workflow
from flowengine.engine import schema
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
    trigger: EventTrigger,
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
    wrong: list[str] = []
    filled: dict[str, Any] = {}
    for item in workflow.inputs:
        if item.name in given:
            filled[item.name] = given[item.name]
        elif item.name in data:
            filled[item.name] = data[item.name]
        elif item.required:
            wrong.append(f"input {item.name!r} is missing")
            continue
        else:
            filled[item.name] = item.default
            continue
        for path, problem in schema.problems(filled[item.name], item.schema):
            wrong.append(f"input {item.name + path[1:]!r} {problem}")
    return Misfit("; ".join(wrong)) if wrong else filled


class _NoValue(Exception):
    """An expression of the trigger's ``with`` has no value."""


def _rendered(
    trigger: EventTrigger, event: Event, now: datetime, config: Mapping[str, Any]
) -> dict[str, Any]:
    if not trigger.arguments:
        return {}
    scope = {"event": event_scope(event), "config": config}
    given = {}
    for name, template in trigger.arguments.items():
        try:
            given[name] = render(template, scope, now)
        except ExpressionError as error:
            raise _NoValue(f"input {name!r} has no value: {error}") from error
    return given

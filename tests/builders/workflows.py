"""Workflows, as if parsed and bound."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.definitions.model import (
    EventTrigger,
    Input,
    Notify,
    RetryPolicy,
    TaskSignature,
    TaskStep,
    Workflow,
)


def a_signature(*required: str, **fields: Any) -> TaskSignature:
    """What a task takes."""
    return TaskSignature(required=required, **fields)


def retry(**fields: Any) -> RetryPolicy:
    """A retry policy; ``*_s`` gives a duration in seconds."""
    return RetryPolicy(**_durations(fields))


def step(
    name: str,
    *,
    if_: str | None = None,
    with_: Mapping[str, Any] | None = None,
    takes: tuple[str, ...] | None = (),
    returns: tuple[str, ...] | None = None,
    **fields: Any,
) -> TaskStep:
    """A step that calls the task ``shop.<name>``.

    *takes* are the required parameters; None = its task is not known. Other fields as in the model;
    ``*_s`` gives a duration in seconds.
    """
    signature = None if takes is None else TaskSignature(required=takes, returns=returns)
    values: dict[str, Any] = {
        "id": name,
        "task": f"shop.{name}",
        "condition": None if if_ is None else parse_expression(if_),
        "arguments": {key: parse_template(value) for key, value in (with_ or {}).items()},
        "signature": signature,
    }
    return TaskStep(**{**values, **_durations(fields)})


def a_trigger(
    *patterns: str, if_: str | None = None, with_: Mapping[str, Any] | None = None
) -> EventTrigger:
    """A trigger on ``order.placed`` unless told otherwise."""
    return EventTrigger(
        patterns=patterns or ("order.placed",),
        condition=None if if_ is None else parse_expression(if_),
        arguments={key: parse_template(value) for key, value in (with_ or {}).items()},
    )


def a_workflow(
    *steps: TaskStep | str,
    on: EventTrigger | tuple[EventTrigger, ...] | None = None,
    inputs: Mapping[str, Any] | None = None,
    title: str | None = None,
    labels: Mapping[str, Any] | None = None,
    notify: Mapping[str, Any] | None = None,
    output: Any = None,
    **fields: Any,
) -> Workflow:
    """A workflow ``fulfil-order`` of these steps (a name is short for ``step(name)``).

    *inputs* are JSON Schemas by name; one with a ``default`` is not required.
    """
    triggers = on if isinstance(on, tuple) else (on or a_trigger(),)
    values: dict[str, Any] = {
        "name": "fulfil-order",
        "digest": "d" * 64,
        "path": "workflows/fulfil-order.yaml",
        "triggers": triggers,
        "steps": tuple(step(each) if isinstance(each, str) else each for each in steps),
        "title": None if title is None else parse_template(title),
        "labels": {key: parse_template(value) for key, value in (labels or {}).items()},
        "inputs": tuple(_input(name, schema) for name, schema in (inputs or {}).items()),
        "notify": None if notify is None else _notify(notify),
        "output": None if output is None else parse_template(output),
    }
    return Workflow(**{**values, **_durations(fields)})


def _input(name: str, schema: Mapping[str, Any]) -> Input:
    return Input(
        name=name,
        schema=schema,
        required="default" not in schema,
        default=schema.get("default"),
    )


def _notify(given: Mapping[str, Any]) -> Notify:
    users = None if "users" not in given else parse_template(given["users"])
    return Notify(users=users, groups=tuple(given.get("groups", ())))


def _durations(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key.removesuffix("_s"): timedelta(seconds=value) if key.endswith("_s") else value
        for key, value in fields.items()
    }

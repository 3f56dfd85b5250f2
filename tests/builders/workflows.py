"""Workflows, as if parsed and bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.definitions.model import EventTrigger, Notify, Trigger, Workflow
from flowengine.definitions.steps import Input, Step
from tests.builders.steps import durations, steps_of


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
    *steps: Step | str,
    on: Trigger | tuple[Trigger, ...] | None = None,
    inputs: Mapping[str, Any] | None = None,
    title: str | None = None,
    labels: Mapping[str, Any] | None = None,
    notify: Mapping[str, Any] | None = None,
    output: Any = None,
    on_failure: tuple[Step | str, ...] = (),
    at_end: tuple[Step | str, ...] = (),
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
        "steps": steps_of(steps),
        "title": None if title is None else parse_template(title),
        "labels": {key: parse_template(value) for key, value in (labels or {}).items()},
        "inputs": tuple(an_input(name, schema) for name, schema in (inputs or {}).items()),
        "notify": None if notify is None else _notify(notify),
        "output": None if output is None else parse_template(output),
        "on_failure": steps_of(on_failure),
        "at_end": steps_of(at_end),
    }
    return Workflow(**{**values, **durations(fields)})


def an_input(name: str, schema: Mapping[str, Any]) -> Input:
    """One input, or one field of a form; with a ``default`` it is not required."""
    return Input(
        name=name,
        schema=schema,
        required="default" not in schema,
        default=schema.get("default"),
    )


def _notify(given: Mapping[str, Any]) -> Notify:
    users = None if "users" not in given else parse_template(given["users"])
    return Notify(users=users, groups=tuple(given.get("groups", ())))

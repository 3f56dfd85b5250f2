"""The values a run works with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowengine.definitions.expressions.parse import parse_template
from flowengine.definitions.model import CallTrigger, ManualTrigger, ScheduleTrigger, Workflow
from flowengine.engine.rules.inputs import Misfit, filled, inputs_of
from tests.builders import NOON, a_trigger, a_workflow, an_event


def inputs(workflow: Workflow, data: Any = None) -> dict[str, Any] | Misfit | None:
    [trigger] = workflow.triggers
    return inputs_of(workflow, trigger, an_event(data=data), NOON, {})


def test_workflow_without_inputs_has_none() -> None:
    assert inputs(a_workflow("charge")) is None


def test_inputs_come_from_the_trigger_then_the_data_then_the_default() -> None:
    workflow = a_workflow(
        "charge",
        on=a_trigger(with_={"a": "${{ event.data.a + 1 }}"}),
        inputs={"a": {"default": 0}, "b": {"default": 0}, "c": {"default": 0}},
    )

    assert inputs(workflow, {"a": 1, "b": 2}) == {"a": 2, "b": 2, "c": 0}


def test_null_in_the_data_is_a_value() -> None:
    workflow = a_workflow("charge", inputs={"a": {"default": 0}})

    assert inputs(workflow, {"a": None}) == {"a": None}


def test_all_that_is_wrong_is_told_at_once() -> None:
    schemas: Mapping[str, Any] = {
        "a": {"type": "integer"},
        "b": {},
        "c": {"type": "object", "properties": {"d": {"type": "string"}}},
    }
    workflow = a_workflow("charge", inputs=schemas)

    assert inputs(workflow, {"a": "1", "c": {"d": 1}}) == Misfit(
        "input 'a' must be integer, not string; input 'b' is missing; "
        "input 'c.d' must be string, not integer"
    )


@pytest.mark.parametrize("data", [[1, 2], "text", 5])
def test_data_that_is_no_mapping_fills_nothing(data: Any) -> None:
    workflow = a_workflow("charge", inputs={"a": {}})

    assert inputs(workflow, data) == Misfit("input 'a' is missing")


def test_expression_of_the_trigger_without_a_value_is_a_misfit() -> None:
    workflow = a_workflow(
        "charge", on=a_trigger(with_={"a": "${{ event.data.b }}"}), inputs={"a": {}}
    )

    misfit = inputs(workflow, {"c": 1})

    assert isinstance(misfit, Misfit)
    assert misfit.message.startswith("input 'a' has no value: no field 'b'")


@pytest.mark.parametrize("trigger", [ManualTrigger(), CallTrigger()])
def test_event_of_a_start_by_hand_or_a_call_brings_the_inputs_themselves(trigger: Any) -> None:
    workflow = a_workflow("charge", on=trigger, inputs={"a": {}, "b": {"default": 2}})

    assert inputs(workflow, {"a": 1, "c": 3}) == {"a": 1, "b": 2}


def test_schedule_brings_what_its_with_says() -> None:
    trigger = ScheduleTrigger(
        cron="0 1 * * *", arguments={"at": parse_template("${{ event.time }}")}
    )
    workflow = a_workflow("charge", on=trigger, inputs={"at": {"type": "string"}})

    assert inputs(workflow, {"schedule": 0}) == {"at": "2026-03-02T12:00:00Z"}


def test_what_is_given_goes_before_what_is_there_by_name() -> None:
    workflow = a_workflow("charge", inputs={"a": {"type": "integer"}, "b": {}})

    assert filled(workflow, {"a": 1}, {"a": "one", "b": 2}) == {"a": 1, "b": 2}


def test_default_is_taken_as_it_is_written() -> None:
    workflow = a_workflow("charge", inputs={"a": {"type": ["integer", "null"], "default": None}})

    assert filled(workflow, {}, {}) == {"a": None}

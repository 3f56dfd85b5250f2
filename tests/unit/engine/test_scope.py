"""What expressions see, how parameters are filled, and which steps that takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from flowengine.definitions.model import TaskStep, Workflow
from flowengine.engine.run import Failure, Run
from flowengine.engine.scope import event_scope, fill, needed_after, scope_of
from tests.builders import (
    NOON,
    a_run,
    a_signature,
    a_workflow,
    an_event,
    failed,
    skipped,
    step,
    succeeded,
)


def filled(workflow: Workflow, run: Run, name: str = "ship") -> dict[str, Any] | Failure:
    return fill(workflow, workflow.step(name), run, NOON, {})


def test_event_is_seen_with_its_attributes() -> None:
    event = an_event(subject="order/42", correlation_id="c1", causation_id="e0", hops=2)

    assert event_scope(event) == {
        "id": "01930000-0000-7000-8000-000000000001",
        "type": "order.placed",
        "source": None,
        "subject": "order/42",
        "time": NOON,
        "actor": "7",
        "data": {"order_id": 42},
        "correlation_id": "c1",
        "causation_id": "e0",
        "hops": 2,
    }


def test_first_event_is_its_own_correlation() -> None:
    assert event_scope(an_event())["correlation_id"] == "01930000-0000-7000-8000-000000000001"


def test_steps_are_seen_with_output_status_and_error() -> None:
    workflow = a_workflow("reserve", "charge", "ship")
    late = succeeded({"a": 1}, attempt=2, failure=Failure(code="Timeout", message="slow"))
    run = a_run(workflow, reserve=late, charge=skipped(), ship=failed())

    steps = scope_of(run, {})["steps"]

    assert (steps["reserve"]["output"], steps["reserve"]["status"]) == ({"a": 1}, "succeeded")
    assert (steps["reserve"]["attempts"], steps["reserve"]["error"]) == (2, None)
    assert (steps["charge"]["output"], steps["charge"]["status"]) == (None, "skipped")
    assert steps["ship"]["error"] == {
        "code": "CardDeclined",
        "message": "no",
        "step": "ship",
        "attempts": 1,
        "details": None,
    }


def test_inputs_are_the_data_where_none_are_declared() -> None:
    run = a_run(a_workflow("ship"))

    assert scope_of(run, {})["inputs"] == {"order_id": 42}
    assert scope_of(structs.replace(run, inputs={"a": 1}), {})["inputs"] == {"a": 1}


def test_parameter_is_filled_from_the_nearest_step_above() -> None:
    workflow = a_workflow("reserve", "charge", step("ship", takes=("box", "order_id")))
    run = a_run(workflow, reserve=succeeded({"box": "b1"}), charge=succeeded({"box": "b2"}))

    assert filled(workflow, run) == {"box": "b2", "order_id": 42}


def test_null_that_a_step_returned_is_a_value() -> None:
    workflow = a_workflow("reserve", "charge", step("ship", takes=("box",)))
    run = a_run(workflow, reserve=succeeded({"box": "b1"}), charge=succeeded({"box": None}))

    assert filled(workflow, run) == {"box": None}


def test_step_that_returned_no_mapping_or_was_skipped_leaves_nothing() -> None:
    workflow = a_workflow("reserve", "charge", "weigh", step("ship", takes=("box",)))
    run = a_run(
        workflow, reserve=succeeded({"box": "b1"}), charge=succeeded(["box"]), weigh=skipped()
    )

    assert filled(workflow, run) == {"box": "b1"}


def test_argument_goes_before_what_is_above() -> None:
    workflow = a_workflow("reserve", step("ship", takes=("box",), with_={"box": "mine"}))

    assert filled(workflow, a_run(workflow, reserve=succeeded({"box": "b1"}))) == {"box": "mine"}


def test_parameter_with_a_default_is_never_filled_by_name() -> None:
    ship = replace(step("ship"), signature=a_signature(optional=("box",)))
    workflow = a_workflow("reserve", ship)

    assert filled(workflow, a_run(workflow, reserve=succeeded({"box": "b1"}))) == {}


def test_unknown_task_gets_its_arguments_only() -> None:
    workflow = a_workflow("reserve", step("ship", takes=None, with_={"to": "x"}))

    assert filled(workflow, a_run(workflow, reserve=succeeded({"box": "b1"}))) == {"to": "x"}


def test_declared_return_type_is_the_whole_of_what_a_task_leaves() -> None:
    workflow = a_workflow(
        step("reserve", returns=("box",)),
        step("charge", returns=("id",)),
        step("ship", takes=("box",)),
    )
    run = a_run(workflow, reserve=succeeded({"box": "b1"}), charge=succeeded({"box": "b2"}))

    assert filled(workflow, run) == {"box": "b1"}


def test_declared_inputs_hide_the_data() -> None:
    workflow = a_workflow(step("ship", takes=("order_id",)), inputs={"number": {}})
    run = structs.replace(a_run(workflow), inputs={"number": 42})

    failure = filled(workflow, run)

    assert isinstance(failure, Failure)
    assert failure.message == (
        "shop.ship needs 'order_id'; nothing above returns it (there are: number)"
    )


def test_all_that_is_missing_is_named_with_what_was_there() -> None:
    many = {f"n{index}": index for index in range(25)}
    workflow = a_workflow(
        "reserve", step("weigh", returns=("kg",)), step("ship", takes=("box", "label"))
    )
    run = a_run(workflow, event=an_event(data=[1]), reserve=succeeded(many), weigh=succeeded())

    failure = filled(workflow, run)

    assert isinstance(failure, Failure)
    assert failure.message.startswith("shop.ship needs 'box' and 'label'; nothing above returns it")
    assert "(there are: kg, n0, n1, " in failure.message
    assert failure.message.endswith("n18 and 6 more)")


def test_nothing_at_all_to_fill_from_is_said() -> None:
    workflow = a_workflow(step("ship", takes=("box",)))

    failure = filled(workflow, a_run(workflow, event=an_event(data="text")))

    assert isinstance(failure, Failure)
    assert failure.message.endswith("(there are: nothing)")


LINES: list[tuple[str, tuple[TaskStep | str, ...], set[str]]] = [
    ("nothing is asked for", ("a", "b", "spoken", "next"), set()),
    ("no step comes after", ("a", "spoken"), set()),
    ("an argument", ("a", "b", "spoken", step("n", with_={"x": "${{ steps.a.output }}"})), {"a"}),
    ("a constant", ("a", "spoken", step("n", with_={"x": "steps.a"})), set()),
    (
        "a condition, and the step behind it",
        ("a", "b", "c", "spoken", step("m", if_="steps.a.output == 1"),
         step("n", with_={"x": "${{ steps.b.output }}"}),
         step("o", with_={"x": "${{ steps.c.output }}"})),
        {"a", "b"},
    ),
    ("a name that any step may have left", ("a", "b", "spoken", step("n", takes=("x",))), {"a", "b"}),
    (
        "a name that is given",
        ("a", "spoken", step("n", takes=("x",), with_={"x": 1})),
        set(),
    ),
    (
        "a name that one declares",
        (step("a", returns=("x",)), step("b", returns=("y",)), "spoken", step("n", takes=("x",))),
        {"a"},
    ),
    ("a task that is not known", ("a", "spoken", step("n", takes=None)), set()),
    (
        "the spoken step itself is not named",
        ("a", "spoken", step("n", with_={"x": "${{ steps.spoken.output }}"})),
        set(),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "needed"), [line[1:] for line in LINES], ids=[x[0] for x in LINES]
)
def test_steps_needed_are_those_the_successors_read(
    steps: tuple[TaskStep | str, ...], needed: set[str]
) -> None:
    assert needed_after(a_workflow(*steps), "spoken") == needed


def test_output_of_the_workflow_is_needed_where_the_line_may_end() -> None:
    out = {"a": "${{ steps.a.output }}", "n": "${{ steps.n.output }}"}
    ends = a_workflow("a", "spoken", step("n", if_="false"), output=out)
    goes_on = a_workflow("a", "spoken", "n", output=out)

    assert needed_after(ends, "spoken") == {"a"}
    assert needed_after(goes_on, "spoken") == set()


def test_unknown_step_has_no_needs() -> None:
    with pytest.raises(KeyError):
        needed_after(a_workflow("a"), "b")

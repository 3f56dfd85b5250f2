"""What a resumed step and an undo are given, and what is read for filling."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from flowengine.definitions.model import Workflow
from flowengine.engine import rows
from flowengine.engine.fill import fill, fill_undo
from flowengine.engine.rows import Known, RowsMissing
from flowengine.engine.run import Failure, Run
from flowengine.engine.states import StepState
from tests.builders import NOON, a_run, a_workflow
from tests.builders.steps import emit, group, step, undo
from tests.unit.engine.drafts import a_draft, a_row, with_rows

SHIP = step("ship", takes=("box",))


def filled(
    workflow: Workflow, run: Run, name: str = "ship", item: str = ""
) -> dict[str, Any] | Failure:
    return fill(a_draft(workflow, run), workflow.graph.spots[name], item)


# Resumed


def test_step_that_begins_anew_keeps_the_input_it_had() -> None:
    workflow = a_workflow("a", step("ship", takes=("box",), with_={"to": "${{ event.data.to }}"}))
    before = a_row("ship", state=StepState.PENDING, ready_at=NOON, input={"box": 1, "to": "x"})

    run = with_rows(a_run(workflow), before, a_row("a", output={"box": 2}))

    assert filled(workflow, run) == {"box": 1, "to": "x"}


def test_value_given_by_hand_stands_for_an_argument_or_a_parameter() -> None:
    ship = step("ship", takes=("box",), with_={"to": "${{ event.data.to }}", "n": 1})
    workflow = a_workflow(ship)
    never = a_row("ship", state=StepState.PENDING, input={"box": 5, "to": "hand"})

    assert filled(workflow, with_rows(a_run(workflow), never)) == {"box": 5, "to": "hand", "n": 1}


# Undo


def undone(workflow: Workflow, run: Run, name: str = "charge", item: str = "") -> Any:
    return fill_undo(a_draft(workflow, run), workflow.graph.spots[name], item)


def test_undo_is_filled_from_output_then_input_then_above_then_inputs() -> None:
    takes = ("charge_id", "amount", "box", "order_id")
    workflow = a_workflow("top", step("charge", compensate=undo("refund", takes=takes)))
    top = a_row("top", output=dict.fromkeys(takes[:3], "above"))
    row = a_row("charge", output={"charge_id": "out"}, input={"charge_id": "in", "amount": "in"})

    assert undone(workflow, with_rows(a_run(workflow), top, row)) == {
        "charge_id": "out",
        "amount": "in",
        "box": "above",
        "order_id": 42,
    }


def test_with_of_an_undo_sees_the_output_of_the_step() -> None:
    arguments = {"id": "${{ output.id }}", "tries": "${{ steps.charge.attempts }}"}
    compensate = undo("refund", takes=("id",), with_=arguments)
    workflow = a_workflow(step("charge", compensate=compensate))
    row = a_row("charge", output={"id": 5}, attempt=3)

    assert undone(workflow, with_rows(a_run(workflow), row)) == {"id": 5, "tries": 3}


def test_undo_of_a_step_of_unknown_outcome_sees_null() -> None:
    compensate = undo("refund", with_={"id": "${{ default(output.id, 'none') }}"})
    workflow = a_workflow(step("charge", compensate=compensate))
    row = a_row("charge", state=StepState.FAILED, output={"id": 5})

    assert undone(workflow, with_rows(a_run(workflow), row)) == {"id": "none"}


def test_undo_of_an_item_sees_that_item() -> None:
    arguments = {"x": "${{ [item, index, output, steps.charge.output] }}"}
    charge = step("charge", each=["a", "b"], compensate=undo("refund", with_=arguments))
    workflow = a_workflow(charge)
    made = [a_row("charge", item=str(n), value="ab"[n], output=n) for n in range(2)]

    run = with_rows(a_run(workflow), a_row("charge", output=[0, 1]), *made)

    assert undone(workflow, run, item="1") == {"x": ["b", 1, 1, 1]}


def test_undo_without_an_input_says_why() -> None:
    missing = a_workflow(step("charge", compensate=undo("refund", takes=("box",))))
    broken = a_workflow(step("charge", compensate=undo("refund", with_={"x": "${{ output.id }}"})))

    unfilled = undone(missing, with_rows(a_run(missing), a_row("charge")))
    no_value = undone(broken, with_rows(a_run(broken), a_row("charge", output={})))

    assert unfilled.message.startswith("shop.refund needs 'box'; nothing above returns it")
    assert no_value.message.startswith("in `compensate.with.x`: no field 'id'")


# What is read


def a_question(workflow: Workflow, name: str, item: str = "") -> Any:
    run = structs.replace(a_run(workflow), known=Known())
    with pytest.raises(RowsMissing) as missing:
        filled(workflow, run, name, item)
    assert isinstance(missing.value.question, rows.Rows)
    return set(missing.value.question.places)


def test_places_that_may_have_the_name_are_asked_for_at_once() -> None:
    above = (
        step("declares", returns=("box",)),
        step("other", returns=("id",)),
        "unknown",
        emit("e", with_={}),
        group("g", "inside", step("late", if_="true")),
    )
    workflow = a_workflow(*above, SHIP)

    asked = {name for name, _ in a_question(workflow, "ship")}

    assert asked == {"ship", "declares", "unknown", "g", "inside", "late"}


def test_nothing_above_is_asked_for_where_nothing_is_missing() -> None:
    workflow = a_workflow("a", step("ship", takes=("box",), with_={"box": 1}))

    assert a_question(workflow, "ship") == {("ship", "")}


def test_step_without_a_way_to_undo_it_has_no_reading_for_it() -> None:
    workflow = a_workflow("a")

    with pytest.raises(AssertionError):
        undone(workflow, with_rows(a_run(workflow), a_row("a")), "a")

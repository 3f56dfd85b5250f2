"""How parameters are filled by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import Step
from flowengine.engine.fill import fill
from flowengine.engine.run import Failure, Run
from flowengine.engine.run import Step as Row
from flowengine.engine.states import StepState
from tests.builders import a_run, a_workflow, an_event, skipped, succeeded
from tests.builders.steps import (
    a_signature,
    approval,
    child,
    emit,
    group,
    otherwise,
    parallel,
    rescue,
    sleep,
    step,
    switch,
    wait,
    when,
)
from tests.unit.engine.drafts import a_draft, a_row, with_rows

SHIP = step("ship", takes=("box",))
NO_BOX = "shop.ship needs 'box'; nothing above returns it (there are: order_id)"


def filled(
    workflow: Workflow, run: Run, name: str = "ship", item: str = ""
) -> dict[str, Any] | Failure:
    return fill(a_draft(workflow, run), workflow.graph.spots[name], item)


def left_by(above: Step, *made: Row) -> Any:
    """What ``ship`` is given as its box where *above* stands above it; else why it is not."""
    workflow = a_workflow(above, SHIP)
    given = filled(workflow, with_rows(a_run(workflow), *made))
    return given.message if isinstance(given, Failure) else given["box"]


# A line


def test_parameter_is_filled_from_the_nearest_step_above() -> None:
    workflow = a_workflow("reserve", "charge", step("ship", takes=("box", "order_id")))
    run = a_run(workflow, reserve=succeeded({"box": "b1"}), charge=succeeded({"box": "b2"}))

    assert filled(workflow, run) == {"box": "b2", "order_id": 42}


def test_null_that_a_step_returned_is_a_value() -> None:
    workflow = a_workflow("reserve", "charge", SHIP)
    run = a_run(workflow, reserve=succeeded({"box": "b1"}), charge=succeeded({"box": None}))

    assert filled(workflow, run) == {"box": None}


def test_step_that_returned_no_mapping_or_was_skipped_leaves_nothing() -> None:
    workflow = a_workflow("reserve", "charge", "weigh", SHIP)
    run = a_run(
        workflow, reserve=succeeded({"box": "b1"}), charge=succeeded(["box"]), weigh=skipped()
    )

    assert filled(workflow, run) == {"box": "b1"}


def test_argument_goes_before_what_is_above() -> None:
    workflow = a_workflow("reserve", step("ship", takes=("box",), with_={"box": "mine"}))

    assert filled(workflow, a_run(workflow, reserve=succeeded({"box": "b1"}))) == {"box": "mine"}


def test_parameter_with_a_default_is_never_filled_by_name() -> None:
    ship = replace(SHIP, signature=a_signature(optional=("box",)))
    workflow = a_workflow("reserve", ship)

    assert filled(workflow, a_run(workflow, reserve=succeeded({"box": "b1"}))) == {}


def test_unknown_task_gets_its_arguments_only() -> None:
    workflow = a_workflow("reserve", step("ship", takes=None, with_={"to": "x"}))

    assert filled(workflow, a_run(workflow, reserve=succeeded({"box": "b1"}))) == {"to": "x"}


def test_declared_return_type_is_the_whole_of_what_a_task_leaves() -> None:
    workflow = a_workflow(
        step("reserve", returns=("box",)), step("charge", returns=("id",), if_="true"), SHIP
    )
    run = a_run(workflow, reserve=succeeded({"box": "b1"}), charge=succeeded({"box": "b2"}))

    assert filled(workflow, run) == {"box": "b1"}


def test_declared_inputs_hide_the_data() -> None:
    workflow = a_workflow(step("ship", takes=("order_id",)), inputs={"number": {}})
    run = structs.replace(a_run(workflow), inputs={"number": 42})

    failure = filled(workflow, run)

    assert isinstance(failure, Failure)
    assert (failure.code, failure.fe) == ("InvalidInput", "FE127")
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
    workflow = a_workflow(SHIP)

    failure = filled(workflow, a_run(workflow, event=an_event(data="text")))

    assert isinstance(failure, Failure)
    assert failure.message.endswith("(there are: nothing)")


def test_argument_without_a_value_is_named() -> None:
    workflow = a_workflow(step("ship", with_={"to": "${{ event.data.to }}"}))

    failure = filled(workflow, a_run(workflow))

    assert isinstance(failure, Failure)
    assert failure.message.startswith("in `with.to`: no field 'to'")


# What each kind leaves


def test_child_leaves_its_output_and_a_detached_one_nothing() -> None:
    assert left_by(child("sub"), a_row("sub", output={"box": 1})) == 1
    assert left_by(child("sub", detach=True), a_row("sub", output={"box": 1})) == NO_BOX


def test_wait_leaves_the_data_of_the_event() -> None:
    above = wait("paid", "order.paid", match={"id": 1})

    assert left_by(above, a_row("paid", output={"box": 1, "data": {"box": 2}})) == 2
    assert left_by(above, a_row("paid", output={"data": None})) == NO_BOX


def test_wait_that_was_done_by_hand_leaves_what_fits() -> None:
    above = wait("paid", "order.paid", match={"id": 1})

    assert left_by(above, a_row("paid", output="by hand")) == NO_BOX


def test_approval_leaves_its_form() -> None:
    assert left_by(approval("ok"), a_row("ok", output={"by": "3", "form": {"box": 1}})) == 1


def test_emit_and_sleep_leave_nothing() -> None:
    published = emit("e", with_={}, id_="told")

    assert left_by(published, a_row("told", output={"box": 1})) == NO_BOX
    assert left_by(sleep("nap"), a_row("nap", output={"box": 1})) == NO_BOX


def test_group_leaves_what_its_last_step_left() -> None:
    above = group("g", "a", "b")

    assert left_by(above, a_row("g"), a_row("a", output={"box": 1}), a_row("b")) == NO_BOX
    assert left_by(above, a_row("g"), a_row("a"), a_row("b", output={"box": 2})) == 2


def test_group_whose_last_step_was_skipped_leaves_what_the_one_before_left() -> None:
    above = group("g", "a", step("b", if_="false"), step("c", if_="false", returns=()))
    none = (a_row("b", state=StepState.SKIPPED), a_row("c", state=StepState.SKIPPED))

    assert left_by(above, a_row("g"), a_row("a", output={"box": 1}), *none) == 1
    assert left_by(above, a_row("g"), a_row("a", output={"box": 1}), none[0], a_row("c")) == NO_BOX


def test_group_all_of_whose_steps_were_skipped_leaves_nothing() -> None:
    above = group("g", step("a", if_="false"))

    assert left_by(above, a_row("g"), a_row("a", state=StepState.SKIPPED)) == NO_BOX


def test_skipped_group_leaves_nothing() -> None:
    assert left_by(group("g", "a"), a_row("g", state=StepState.SKIPPED)) == NO_BOX


def test_switch_leaves_what_the_chosen_clause_left() -> None:
    above = switch("s", when("true", "a"), when("true"), otherwise("b"))
    rows_ = (a_row("a", output={"box": 1}), a_row("b", output={"box": 2}))

    assert left_by(above, a_row("s", clause=0), rows_[0]) == 1
    assert left_by(above, a_row("s", clause=2), rows_[1]) == 2
    assert left_by(above, a_row("s", clause=1)) == NO_BOX


def test_loop_leaves_nothing() -> None:
    above = step("pack", each=[1])

    assert left_by(above, a_row("pack", output=[{"box": 1}])) == NO_BOX


def test_rescued_step_leaves_what_the_last_step_of_its_clause_left() -> None:
    above = step("charge", rescue=(rescue("a", errors=("X",)), rescue("b")), returns=("id",))
    rescued = a_row("charge", state=StepState.RESCUED, clause=1, output={"box": 0})

    assert left_by(above, rescued, a_row("b", output={"box": 2})) == 2
    assert left_by(above, a_row("charge", output={"id": 1})) == NO_BOX.replace(
        "order_id", "id, order_id"
    )


def test_rescued_loop_leaves_what_its_clause_left() -> None:
    above = step("pack", each=[1], rescue=rescue("a"))
    rescued = a_row("pack", state=StepState.RESCUED, clause=0)

    assert left_by(above, rescued, a_row("a", output={"box": 3})) == 3


@pytest.mark.parametrize(
    "state", [StepState.FAILED, StepState.CANCELLED, StepState.RUNNING, StepState.PENDING]
)
def test_step_that_is_not_done_well_leaves_nothing(state: StepState) -> None:
    assert left_by(step("pack"), a_row("pack", state=state, output={"box": 1})) == NO_BOX


# Side by side


def test_parallel_block_leaves_what_its_branches_left() -> None:
    above = parallel("p", "a", group("b", "c"))

    assert left_by(above, a_row("p"), a_row("a"), a_row("b"), a_row("c", output={"box": 1})) == 1


def test_name_that_two_branches_of_the_nearest_block_left_is_ambiguous() -> None:
    above = parallel("p", "a", parallel("q", "b", "c"))
    made = [a_row(name, output={"box": 1}) for name in ("p", "a", "q", "c")]
    workflow = a_workflow(above, SHIP)

    failure = filled(workflow, with_rows(a_run(workflow), *made, a_row("b")))

    assert isinstance(failure, Failure)
    assert (failure.code, failure.fe, failure.permanent) == ("AmbiguousInput", "FE127", True)
    assert failure.message == (
        "shop.ship needs 'box'; both a and c return it: write `with: {box: ${{ … }}}`"
    )


def test_three_branches_that_left_the_name_are_all_named() -> None:
    made = [a_row(name, output={"box": 1}) for name in ("p", "a", "b", "c")]

    message = left_by(parallel("p", "a", "b", "c"), *made)

    assert "needs 'box'; a, b and c return it" in message


def test_ambiguity_farther_up_does_not_matter() -> None:
    made = [a_row(name, output={"box": 1}) for name in ("p", "a", "b")]
    workflow = a_workflow(parallel("p", "a", "b"), "near", SHIP)
    run = with_rows(a_run(workflow), *made, a_row("near", output={"box": 2}))

    assert filled(workflow, run) == {"box": 2}


def test_branch_is_filled_from_those_it_needs_then_from_those_that_they_need() -> None:
    block = parallel("p", "a", "b", "other", SHIP, needs={"ship": ("b",), "b": ("a",)})
    workflow = a_workflow("top", block)
    far = a_row("a", output={"box": 1})
    top, other = a_row("top", output={"box": 9}), a_row("other", output={"box": 8})

    near = with_rows(a_run(workflow), top, far, other, a_row("b", output={"box": 2}))
    farther = with_rows(a_run(workflow), top, far, other, a_row("b"))
    above = with_rows(a_run(workflow), top, a_row("a"), other, a_row("b"))

    assert filled(workflow, near) == {"box": 2}
    assert filled(workflow, farther) == {"box": 1}
    assert filled(workflow, above) == {"box": 9}


def test_two_needed_branches_that_left_the_name_are_ambiguous() -> None:
    workflow = a_workflow(parallel("p", "a", "b", SHIP, needs={"ship": ("a", "b")}))
    made = [a_row(name, output={"box": 1}) for name in ("a", "b")]

    failure = filled(workflow, with_rows(a_run(workflow), *made))

    assert isinstance(failure, Failure)
    assert failure.code == "AmbiguousInput"


def test_branches_that_need_one_another_through_two_ways_are_asked_once() -> None:
    needs = {"ship": ("b", "c"), "b": ("a",), "c": ("a", "b")}
    workflow = a_workflow(parallel("p", "a", "b", "c", SHIP, needs=needs))

    run = with_rows(a_run(workflow), a_row("a", output={"box": 1}), a_row("b"), a_row("c"))

    assert filled(workflow, run) == {"box": 1}


# Inside of blocks


@pytest.mark.parametrize(
    "inside",
    [
        group("g", "first", SHIP),
        switch("g", otherwise("first", SHIP)),
        parallel("g", group("h", "first", SHIP)),
        step("g", rescue=rescue("first", SHIP)),
    ],
    ids=["group", "switch", "branch", "rescue"],
)
def test_step_in_a_block_is_filled_from_its_line_then_from_above_the_block(inside: Step) -> None:
    workflow = a_workflow("top", inside)
    top = a_row("top", output={"box": 1})

    line = with_rows(a_run(workflow), top, a_row("first", output={"box": 2}))
    above = with_rows(a_run(workflow), top, a_row("first", output={}))

    assert filled(workflow, line) == {"box": 2}
    assert filled(workflow, above) == {"box": 1}


def test_item_is_filled_from_its_own_iteration_then_from_above_the_loop() -> None:
    loop = group("g", "first", replace(SHIP), each=[1, 2])
    workflow = a_workflow("top", loop)
    top, other = a_row("top", output={"box": 1}), a_row("first", item="0", output={"box": 5})

    own = with_rows(a_run(workflow), top, other, a_row("first", item="1", output={"box": 6}))
    none = with_rows(a_run(workflow), top, other, a_row("first", item="1"))

    assert filled(workflow, own, item="1") == {"box": 6}
    assert filled(workflow, none, item="1") == {"box": 1}


def test_item_of_a_loop_sees_its_item_in_with() -> None:
    workflow = a_workflow(step("ship", each=[7], as_="no", with_={"x": "${{ no }}"}))

    given = filled(workflow, with_rows(a_run(workflow), a_row("ship", item="0", value=7)), item="0")

    assert given == {"x": 7}


def test_hook_is_filled_from_the_hooks_above_it_then_from_the_inputs() -> None:
    hooks = (step("first"), step("ship", takes=("box", "order_id")))
    workflow = a_workflow("top", on_failure=hooks)
    run = with_rows(
        a_run(workflow), a_row("top", output={"box": 1}), a_row("first", output={"box": 2})
    )

    assert filled(workflow, run) == {"box": 2, "order_id": 42}
    failure = filled(workflow, with_rows(a_run(workflow), a_row("top", output={"box": 1})))
    assert isinstance(failure, Failure)
    assert failure.message == NO_BOX


@pytest.mark.parametrize("last", [child("ship"), emit("e", id_="ship")])
def test_child_and_event_get_what_with_says_only(last: Any) -> None:
    last = replace(last, arguments=step("x", with_={"n": "${{ event.data.order_id }}"}).arguments)
    workflow = a_workflow("top", last)

    assert filled(workflow, with_rows(a_run(workflow), a_row("top", output={"box": 1}))) == {
        "n": 42
    }

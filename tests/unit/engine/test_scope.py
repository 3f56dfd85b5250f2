"""What expressions see."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from flowengine.definitions.model import Workflow
from flowengine.engine.event import Parent
from flowengine.engine.run import Failure, Run
from flowengine.engine.scope import event_scope, scope_at_large, scope_before_steps, scope_of
from flowengine.engine.states import RunState, StepState
from tests.builders import NOON, RUN_ID, a_run, a_workflow, an_event, failed, skipped, succeeded
from tests.builders.steps import (
    group,
    otherwise,
    parallel,
    rescue,
    step,
    switch,
    undo,
    when,
)
from tests.unit.engine.drafts import a_draft, a_row, with_rows

ALL = "${{ [steps.a, steps.b, steps.c, steps.d] }}"
"""An expression that names four steps."""


def seen(workflow: Workflow, run: Run, at: str, item: str = "", **extra: Any) -> dict[str, Any]:
    return scope_of(a_draft(workflow, run, limit=3), workflow.graph.spots[at], item, **extra)


def statuses(scope: dict[str, Any]) -> dict[str, str]:
    return {name: each["status"] for name, each in scope["steps"].items()}


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


def test_run_is_seen_with_its_parent_and_without_a_status() -> None:
    caller = Parent(run=UUID(int=5), step="call", item="", depth=1)
    run = a_run(a_workflow("a"), event=an_event(parent=caller))

    assert scope_before_steps(run, {})["run"] == {
        "id": str(RUN_ID),
        "workflow": "fulfil-order",
        "digest": "d" * 64,
        "started_at": NOON,
        "replay": 0,
        "parent": "00000000-0000-0000-0000-000000000005",
    }
    assert scope_before_steps(a_run(a_workflow("a")), {})["run"]["parent"] is None


def test_inputs_are_the_data_where_none_are_declared() -> None:
    run = a_run(a_workflow("ship"))

    assert scope_before_steps(run, {})["inputs"] == {"order_id": 42}
    assert scope_before_steps(structs.replace(run, inputs={"a": 1}), {})["inputs"] == {"a": 1}


def test_step_sees_config_and_what_is_given_besides() -> None:
    workflow = a_workflow("a")

    scope = seen(workflow, a_run(workflow), "a", incoming={"type": "x"})

    assert scope["config"] == {"limit": 3}
    assert scope["incoming"] == {"type": "x"}
    assert "error" not in scope


def test_steps_are_seen_with_output_status_attempts_and_times() -> None:
    workflow = a_workflow("a", step("b", with_={"x": "${{ steps.a }}"}))
    late = Failure(code="Timeout", message="slow")
    run = a_run(workflow, a=succeeded({"n": 1}, attempt=2, failure=late, started_at=NOON))

    assert seen(workflow, run, "b")["steps"] == {
        "a": {
            "output": {"n": 1},
            "status": "succeeded",
            "error": None,
            "attempts": 2,
            "started_at": NOON,
            "finished_at": NOON,
        }
    }


def test_skipped_step_has_no_output_and_a_failed_one_has_an_error() -> None:
    workflow = a_workflow("a", "b", step("c", with_={"x": "${{ [steps.a, steps.b] }}"}))
    run = a_run(workflow, a=skipped(), b=failed())

    steps = seen(workflow, run, "c")["steps"]

    assert (steps["a"]["output"], steps["a"]["status"]) == (None, "skipped")
    assert steps["b"]["output"] is None
    assert steps["b"]["error"] == {
        "code": "CardDeclined",
        "message": "no",
        "step": "b",
        "attempts": 1,
        "details": None,
    }


def test_rescued_step_has_the_output_of_its_clause_and_no_error() -> None:
    workflow = a_workflow("a", step("b", with_={"x": "${{ steps.a }}"}))
    rescued = a_row("a", StepState.RESCUED, output={"n": 2}, failure=Failure(code="X", message="x"))

    a = seen(workflow, with_rows(a_run(workflow), rescued), "b")["steps"]["a"]

    assert (a["output"], a["status"], a["error"]) == ({"n": 2}, "rescued", None)


def test_cancelled_step_has_neither_output_nor_error() -> None:
    workflow = a_workflow("a", step("b", with_={"x": "${{ steps.a }}"}))
    row = a_row("a", StepState.CANCELLED, failure=Failure(code="X", message="x"), output=1)

    a = seen(workflow, with_rows(a_run(workflow), row), "b")["steps"]["a"]

    assert (a["output"], a["status"], a["error"]) == (None, "cancelled", None)


def test_only_what_is_named_is_seen_of_the_steps() -> None:
    workflow = a_workflow("a", "b", step("c", if_="steps.a.status == 'x'"))
    run = a_run(workflow, a=succeeded(), b=succeeded())

    assert list(seen(workflow, run, "c")["steps"]) == ["a"]


def test_name_that_is_no_step_is_left_to_the_expression() -> None:
    workflow = a_workflow(step("a", with_={"x": "${{ steps.nowhere.output }}"}))

    assert seen(workflow, a_run(workflow), "a")["steps"] == {}


# Loops


def a_loop_in_a_loop() -> Workflow:
    inner = step(
        "inner",
        each="${{ order.lines }}",
        as_="line",
        with_={"x": "${{ [order.id, line, index, steps.before.output, steps.top.output] }}"},
    )
    outer = group("outer", "before", inner, each="${{ event.data.orders }}", as_="order")
    return a_workflow("top", outer)


def test_item_sees_its_loops_and_the_rows_of_its_own_iteration() -> None:
    workflow = a_loop_in_a_loop()
    run = with_rows(
        a_run(workflow, top=succeeded("t")),
        a_row("outer", StepState.RUNNING, "1", value={"id": 11}),
        a_row("before", StepState.SUCCEEDED, "0", output="wrong"),
        a_row("before", StepState.SUCCEEDED, "1", output="right"),
        a_row("inner", StepState.PENDING, "1.2", value="l2"),
    )

    scope = seen(workflow, run, "inner", "1.2")

    assert (scope["order"], scope["line"], scope["index"]) == ({"id": 11}, "l2", 2)
    assert scope["steps"]["before"]["output"] == "right"
    assert scope["steps"]["top"]["output"] == "t"


def test_loop_as_a_whole_sees_the_outer_item_and_not_its_own() -> None:
    workflow = a_loop_in_a_loop()
    run = with_rows(a_run(workflow), a_row("outer", StepState.RUNNING, "1", value={"id": 11}))

    scope = seen(workflow, run, "inner", "1")

    assert (scope["order"], scope["index"]) == ({"id": 11}, 1)
    assert "line" not in scope


def test_step_in_another_loop_is_not_in_sight() -> None:
    reader = step("z", with_={"x": "${{ steps.a.status }}"})
    workflow = a_workflow(group("g", "a", each=[1]), group("h", reader, each=[1]))
    run = with_rows(a_run(workflow), a_row("a", StepState.SUCCEEDED, "0", output=1))

    assert statuses(seen(workflow, run, "z", "0")) == {"a": "pending"}


def test_step_outside_of_loops_has_no_index() -> None:
    workflow = a_workflow("a")

    assert "index" not in seen(workflow, a_run(workflow), "a")


def test_inner_name_hides_the_outer_one() -> None:
    inner = step("inner", each=[1, 2], with_={"x": "${{ item }}"})
    workflow = a_workflow(group("outer", inner, each=["a", "b"]))
    run = with_rows(
        a_run(workflow),
        a_row("outer", StepState.RUNNING, "1", value="b"),
        a_row("inner", StepState.PENDING, "1.0", value=1),
    )

    assert seen(workflow, run, "inner", "1.0")["item"] == 1
    assert seen(workflow, run, "inner", "1")["item"] == "b"


def test_rescue_of_a_loop_sees_the_loop_as_a_whole() -> None:
    clause = rescue(step("r", with_={"x": "${{ [steps.l.status, steps.l.error.code] }}"}))
    workflow = a_workflow(step("l", each=[1], rescue=clause))
    why = Failure(code="ForEachFailed", message="no", step="l")
    run = with_rows(
        a_run(workflow),
        a_row("l", StepState.RESCUING, failure=why, kind="for_each", clause=0),
        a_row("l", StepState.FAILED, "0"),
    )

    steps = seen(workflow, run, "r")["steps"]

    assert (steps["l"]["status"], steps["l"]["error"]["code"]) == ("rescuing", "ForEachFailed")


# error, status


def test_rescue_clause_sees_the_error_at_any_depth() -> None:
    inside = step("r", with_={"x": "${{ error.code }}"})
    clause = rescue(group("g", parallel("p", inside)))
    workflow = a_workflow(step("charge", rescue=clause))
    why = Failure(code="Declined", message="no", step="charge", attempts=3, details={"by": "x"})
    run = with_rows(a_run(workflow), a_row("charge", StepState.RESCUING, failure=why))

    assert seen(workflow, run, "r")["error"] == {
        "code": "Declined",
        "message": "no",
        "step": "charge",
        "attempts": 3,
        "details": {"by": "x"},
    }


def test_error_of_an_inner_clause_hides_that_of_the_outer_one() -> None:
    inner = step("b", rescue=rescue(step("r", with_={"x": "${{ error.code }}"})))
    workflow = a_workflow(step("a", rescue=rescue(inner)))
    run = with_rows(
        a_run(workflow),
        a_row("a", StepState.RESCUING, failure=Failure(code="Outer", message="")),
        a_row("b", StepState.RESCUING, failure=Failure(code="Inner", message=""), attempt=2),
    )

    error = seen(workflow, run, "r")["error"]

    assert (error["code"], error["step"], error["attempts"]) == ("Inner", "b", 2)


def test_body_of_a_block_with_a_rescue_has_no_error() -> None:
    body = step("a", if_="default(error.code, 'none') == 'none'")
    workflow = a_workflow(group("g", body, rescue=rescue("r")))

    assert "error" not in seen(workflow, a_run(workflow), "a")


@pytest.mark.parametrize("hooks", ["on_failure", "at_end"])
def test_hooks_see_the_error_and_the_status_of_the_run(hooks: str) -> None:
    inside = switch("s", otherwise(step("h", with_={"x": "${{ error.code }}"})))
    fields: Any = {hooks: (inside,)}
    workflow = a_workflow("a", **fields)
    why = Failure(code="RunTimeout", message="late")
    run = a_run(workflow, RunState.FAILED, fields={"failure": why})

    scope = seen(workflow, run, "h")

    assert scope["run"]["status"] == "failed"
    assert scope["error"] == {
        "code": "RunTimeout",
        "message": "late",
        "step": None,
        "attempts": 0,
        "details": None,
    }


def test_finally_of_a_run_without_a_failure_sees_no_error() -> None:
    workflow = a_workflow("a", at_end=(step("h", with_={"x": "${{ error }}"}),))

    scope = seen(workflow, a_run(workflow, RunState.SUCCEEDED), "h")

    assert (scope["run"]["status"], scope["error"]) == ("succeeded", None)


# Outside of every line


def test_output_of_the_workflow_sees_all_steps_that_it_names() -> None:
    workflow = a_workflow(
        "a", switch("s", when("true", "b"), otherwise("c")),
        output={"x": "${{ [steps.a, steps.b, steps.c] }}"},
    )  # fmt: skip
    assert workflow.output is not None
    run = with_rows(
        a_run(workflow, a=succeeded(1), b=succeeded(2)),
        a_row("s", StepState.SUCCEEDED, clause=0),
    )

    scope = scope_at_large(a_draft(workflow, run, limit=3), [workflow.output], incoming=5)

    assert statuses(scope) == {"a": "succeeded", "b": "succeeded", "c": "skipped"}
    assert (scope["incoming"], scope["inputs"]) == (5, {"order_id": 42})


def test_undo_is_no_step_that_begins() -> None:
    reader = step("a", compensate=undo("refund", with_={"x": "${{ steps.b.output }}"}))
    workflow = a_workflow("b", reader)

    assert seen(workflow, a_run(workflow), "a")["steps"] == {}

"""What is seen of steps that never began. Language §4.5, §4.6."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.expressions.parse import parse_expression
from flowengine.definitions.model import Workflow
from flowengine.engine.run import Failure, Run
from flowengine.engine.scope import scope_at_large, scope_of
from flowengine.engine.states import RunState, StepState
from tests.builders import a_run, a_workflow, failed, succeeded
from tests.builders.steps import group, otherwise, rescue, step, switch, when
from tests.unit.engine.drafts import a_draft, a_row, with_rows


def seen(workflow: Workflow, run: Run, at: str, item: str = "", **extra: Any) -> dict[str, Any]:
    return scope_of(a_draft(workflow, run, limit=3), workflow.graph.spots[at], item, **extra)


def statuses(scope: dict[str, Any]) -> dict[str, str]:
    return {name: each["status"] for name, each in scope["steps"].items()}


def test_step_of_a_clause_that_was_not_chosen_is_skipped() -> None:
    workflow = a_workflow(
        switch("s", when("true", "a"), otherwise("b", group("g", "c"))),
        step("z", with_={"x": "${{ [steps.a, steps.b, steps.c] }}"}),
    )
    chosen = a_row("s", StepState.SUCCEEDED, clause=0, kind="switch")
    run = with_rows(a_run(workflow, a=succeeded(1)), chosen)

    scope = seen(workflow, run, "z")

    assert statuses(scope) == {"a": "succeeded", "b": "skipped", "c": "skipped"}
    assert scope["steps"]["b"]["output"] is None


def test_step_inside_a_skipped_group_is_skipped() -> None:
    workflow = a_workflow(
        group("g", "a", switch("s", otherwise("b"))),
        step("z", with_={"x": "${{ [steps.a, steps.b] }}"}),
    )
    run = with_rows(a_run(workflow), a_row("g", StepState.SKIPPED))

    assert statuses(seen(workflow, run, "z")) == {"a": "skipped", "b": "skipped"}


def test_step_of_a_rescue_that_was_not_needed_is_skipped() -> None:
    charge = step("charge", rescue=(rescue("a", errors=("X",)), rescue("b")))
    workflow = a_workflow(charge, step("z", with_={"x": "${{ [steps.a, steps.b] }}"}))
    never = a_run(workflow, charge=succeeded())
    second = with_rows(a_run(workflow, b=succeeded()), a_row("charge", StepState.RESCUED, clause=1))

    assert statuses(seen(workflow, never, "z")) == {"a": "skipped", "b": "skipped"}
    assert statuses(seen(workflow, second, "z")) == {"a": "skipped", "b": "succeeded"}


def test_step_behind_a_failed_one_in_a_rescued_block_was_not_reached() -> None:
    block = group("g", "a", "b", rescue=rescue(step("r", with_={"x": "${{ steps.b.status }}"})))
    workflow = a_workflow(block, step("z", with_={"x": "${{ steps.b.status }}"}))
    inside = with_rows(
        a_run(workflow, a=failed()),
        a_row("g", StepState.RESCUING, clause=0, failure=Failure(code="X", message="x")),
    )
    after = with_rows(inside, a_row("g", StepState.RESCUED, clause=0))

    assert statuses(seen(workflow, inside, "r")) == {"b": "not_reached"}
    assert statuses(seen(workflow, after, "z")) == {"b": "not_reached"}


def test_step_of_the_own_block_that_has_not_begun_is_pending() -> None:
    workflow = a_workflow(group("g", "a", step("z", with_={"x": "${{ steps.a.status }}"})))
    block = a_row("g", StepState.RUNNING)

    assert statuses(seen(workflow, with_rows(a_run(workflow), block), "z")) == {"a": "pending"}


def test_row_that_a_resume_made_pending_is_pending() -> None:
    workflow = a_workflow("a", step("z", with_={"x": "${{ steps.a.status }}"}))
    run = with_rows(a_run(workflow), a_row("a", StepState.PENDING, attempt=2))

    assert statuses(seen(workflow, run, "z")) == {"a": "pending"}


@pytest.mark.parametrize(
    "state", [RunState.FAILED, RunState.CANCELLED, RunState.COMPENSATING, RunState.CANCELLING]
)
def test_step_that_a_run_at_its_end_did_not_reach_is_not_reached(state: RunState) -> None:
    hook = step("h", with_={"x": "${{ steps.b.status }}"})
    workflow = a_workflow("a", "b", at_end=(hook,))
    run = a_run(workflow, state, a=failed())

    assert statuses(seen(workflow, run, "h")) == {"b": "not_reached"}


def test_step_inside_a_running_block_that_has_not_begun_is_pending() -> None:
    workflow = a_workflow(group("g", "a"))
    run = with_rows(a_run(workflow), a_row("g", StepState.RUNNING))

    scope = scope_at_large(a_draft(workflow, run), [parse_expression("steps.a.status == 'x'")])

    assert statuses(scope) == {"a": "pending"}

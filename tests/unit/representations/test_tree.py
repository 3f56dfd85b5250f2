"""Steps as a tree: what is inside what, and what is shown of it when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from flowengine.definitions.model import Workflow
from flowengine.representations.children import called_run_id, calls
from tests.builders.runs import RUN_ID
from tests.builders.steps import (
    approval,
    child,
    group,
    otherwise,
    parallel,
    rescue,
    sleep,
    step,
    switch,
    undo,
    when,
)
from tests.builders.workflows import a_workflow
from tests.unit.representations.looks import outline, row, view_of

CHILD = UUID("01930000-0000-5000-8000-00000000000c")


def shape(workflow: Workflow, *rows: Any, **fields: Any) -> list[Any]:
    return outline(view_of(workflow, *rows, **fields)["steps"])


def test_branches_of_a_block_are_shown_before_it_begins() -> None:
    workflow = a_workflow("reserve", parallel("both", "label", "invoice"))

    assert shape(workflow, row("reserve")) == [
        "reserve running",
        "both pending",
        {"branch": ["label pending"]},
        {"branch": ["invoice pending"]},
    ]


def test_branch_that_is_a_line_shows_its_steps() -> None:
    workflow = a_workflow(parallel("both", group("papers", "label", "stamp"), "pack"))
    rows = [row("both"), row("papers"), row("label", "succeeded"), row("stamp", "ready")]

    assert shape(workflow, *rows) == [
        "both running",
        {"branch": ["papers running", {"body": ["label succeeded", "stamp ready"]}]},
        {"branch": ["pack pending"]},
    ]


@pytest.mark.parametrize("state", ["skipped", "not_reached"])
def test_block_that_was_never_at_work_shows_nothing_inside(state: str) -> None:
    workflow = a_workflow(group("papers", "label", "stamp"))

    assert shape(workflow, row("papers", state), state="succeeded") == [f"papers {state}"]


def test_steps_that_a_failed_block_has_not_begun_are_not_reached() -> None:
    workflow = a_workflow(group("papers", "label", "stamp"), "ship")
    rows = [row("papers", "failed"), row("label", "failed")]

    assert shape(workflow, *rows, state="failed") == [
        "papers failed",
        {"body": ["label failed", "stamp not_reached"]},
        "ship not_reached",
    ]


def test_switch_shows_the_clause_that_was_chosen_and_no_other() -> None:
    workflow = a_workflow(switch("how", when("true", "express"), otherwise("post", "stamp")))

    assert shape(workflow) == ["how pending"]
    assert shape(workflow, row("how", clause=1), row("post")) == [
        "how running",
        {"clause": ["post running", "stamp pending"]},
    ]


def test_rescue_is_shown_once_it_is_at_work() -> None:
    clause = rescue("ask_other_card", "charge_again")
    workflow = a_workflow(step("charge", rescue=(rescue("x", errors=("Other",)), clause)))

    assert shape(workflow, row("charge")) == ["charge running"]
    assert shape(workflow, row("charge", "rescuing", clause=1), row("ask_other_card")) == [
        "charge rescuing",
        {"rescue": ["ask_other_card running", "charge_again pending"]},
    ]


def test_rescued_block_shows_what_went_wrong_and_what_was_done_instead() -> None:
    workflow = a_workflow(group("papers", "label", "stamp", rescue=rescue("write_by_hand")))
    rows = [
        row("papers", "rescued", clause=0),
        row("label", "failed"),
        row("write_by_hand", "succeeded"),
    ]

    assert shape(workflow, *rows) == [
        "papers rescued",
        {"body": ["label failed", "stamp not_reached"]},
        {"rescue": ["write_by_hand succeeded"]},
    ]


def test_nameless_steps_are_called_by_kind_and_number() -> None:
    [shown] = view_of(a_workflow(sleep("sleep 2", seconds=5)))["steps"]

    assert (shown["title"], shown["kind"]) == ("Sleep 2", "sleep")


def test_title_of_the_row_is_shown_before_that_of_the_file() -> None:
    workflow = a_workflow(step("ship", title="Ship with ${{ steps.pick.output.carrier }}"))

    [before] = view_of(workflow)["steps"]
    [after] = view_of(workflow, row("ship", title="Ship with Swallow"))["steps"]

    assert [before["title"], after["title"]] == ["Ship", "Ship with Swallow"]


@pytest.mark.parametrize(("state", "is_told"), [("waiting", True), ("running", False)])
def test_end_of_a_wait_is_told_and_the_time_of_a_block_is_not(state: str, *, is_told: bool) -> None:
    workflow = a_workflow(sleep("nap", seconds=5))
    from tests.builders.events import NOON

    [shown] = view_of(workflow, row("nap", state, due_at=NOON))["steps"]

    assert (shown["due_at"] is not None) is is_told


def test_approval_tells_how_many_have_answered_and_how_many_are_wanted() -> None:
    workflow = a_workflow(approval("boss", quorum=3))

    [shown] = view_of(workflow, row("boss", "waiting", answers=2))["steps"]

    assert shown["answers"] == {"given": 2, "wanted": 3}


def test_step_being_undone_says_what_its_undo_says() -> None:
    workflow = a_workflow(step("charge", compensate=undo("refund")))
    rows = [row("charge", "undoing"), row("undo charge", progress=0.5, note="Asking the bank")]

    [shown] = view_of(workflow, *rows, state="compensating")["steps"]

    assert (shown["state"], shown["progress"], shown["note"]) == ("undoing", 0.5, "Asking the bank")


def test_child_is_named_with_how_far_it_is() -> None:
    workflow = a_workflow(child("employee-setup"))
    children = {("employee_setup", ""): (CHILD, 40)}

    [shown] = view_of(workflow, row("employee_setup", "waiting"), children=children)["steps"]

    assert (shown["child"], shown["progress"]) == (str(CHILD), 0.4)


def test_run_of_a_call_follows_from_the_step_and_its_attempt() -> None:
    workflow = a_workflow(child("employee-setup"), "tell")
    called = row("employee_setup", "waiting", attempt=1)
    again = row("employee_setup", "waiting", attempt=2)

    [(found, name)] = calls(workflow, [called, row("tell")])

    assert (found, name) == (called, "employee-setup")
    assert called_run_id(RUN_ID, called, name) != called_run_id(RUN_ID, again, name)


@pytest.mark.parametrize("state", ["pending", "skipped", "not_reached"])
def test_step_that_never_began_has_called_nobody(state: str) -> None:
    workflow = a_workflow(child("employee-setup"))

    assert list(calls(workflow, [row("employee_setup", state)])) == []


def test_hooks_are_shown_once_they_have_begun() -> None:
    workflow = a_workflow("ship", on_failure=("reopen", "inform"), at_end=("heartbeat",))
    rows = [row("ship", "failed"), row("reopen", "succeeded"), row("inform")]

    view = view_of(workflow, *rows, state="failed")

    assert outline(view["hooks"]) == ["reopen succeeded", "inform running"]
    assert "hooks" not in view_of(workflow, row("ship"))

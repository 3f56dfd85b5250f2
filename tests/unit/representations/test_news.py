"""What of a view is told again."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.model import Workflow
from flowengine.representations.news import news
from flowengine.representations.rows import Fact, StepRow
from tests.builders.events import NOON
from tests.builders.steps import group, parallel, step, undo
from tests.builders.workflows import a_workflow
from tests.unit.representations.looks import loop, row, view_of

EACH = "${{ event.data.orders }}"
SECRET = "card 4111"


def told(
    workflow: Workflow, rows: list[StepRow], *facts: dict[str, Any], state: str = "running"
) -> list[str]:
    """The entries, each by its kind and what it speaks of."""
    view = view_of(workflow, *rows, state=state)
    entries = news(workflow, view, [Fact(n=1, at=NOON, transition=each) for each in facts], rows)
    assert SECRET not in str(entries)
    return [f"{each['t']} {each['id']}" if each["t"] != "run" else "run" for each in entries]


def test_step_that_moved_is_told_and_the_run_last() -> None:
    rows = [row("reserve", "succeeded"), row("ship", "ready")]
    moved = [{"t": "step.succeeded", "step": "reserve"}, {"t": "step.ready", "step": "ship"}]

    assert told(a_workflow("reserve", "ship", "tell"), rows, *moved) == [
        "step reserve",
        "step ship",
        "run",
    ]


def test_branch_that_moved_is_told_without_its_block() -> None:
    workflow = a_workflow(parallel("both", "label", "invoice"))
    rows = [row("both"), row("label"), row("invoice")]

    assert told(workflow, rows, {"t": "step.started", "step": "label"}) == ["step label", "run"]


def test_block_that_moved_is_told_with_all_that_is_inside_it() -> None:
    workflow = a_workflow(parallel("both", "label", "invoice"))
    rows = [row("both", "failed"), row("label", "failed"), row("invoice", "cancelled")]
    moved = [{"t": "step.failed", "step": "label"}, {"t": "step.failed", "step": "both"}]

    assert told(workflow, rows, *moved) == ["step both", "run"]


def test_items_of_a_loop_are_told_as_the_loop() -> None:
    workflow = a_workflow(step("deliver", each=EACH))
    rows = [loop("deliver", total=9000, begun=9000, done=8000)]
    moved = [{"t": "step.started", "step": "deliver", "item": str(n)} for n in range(1000)]

    assert told(workflow, rows, *moved) == ["step deliver", "run"]


def test_steps_inside_a_loop_are_told_as_the_outermost_loop() -> None:
    inner = step("grant", each="${{ item.roles }}")
    workflow = a_workflow(group("people", "create", inner, each=EACH))
    rows = [loop("people", total=2, begun=2)]

    assert told(workflow, rows, {"t": "step.started", "step": "grant", "item": "1.4"}) == [
        "step people",
        "run",
    ]


def test_undo_is_told_as_the_step_that_it_undoes() -> None:
    workflow = a_workflow(step("charge", compensate=undo("refund")), "ship")
    rows = [row("charge", "undoing"), row("undo charge"), row("ship", "failed")]
    moved = {"t": "step.started", "step": "undo charge"}

    assert told(workflow, rows, moved, state="compensating") == ["step charge", "run"]


def test_step_that_speaks_is_told_though_nothing_is_in_the_history() -> None:
    rows = [row("reserve", progress=0.5), row("ship", "succeeded")]

    assert told(a_workflow("reserve", "ship"), rows) == ["step reserve", "run"]


@pytest.mark.parametrize("end", ["run.failed", "run.cancelled", "run.succeeded", "run.expired"])
def test_steps_that_are_not_reached_any_more_are_told_with_the_end(end: str) -> None:
    workflow = a_workflow("reserve", "charge", "ship")
    rows = [row("reserve", "succeeded"), row("charge", "failed")]
    facts = [{"t": "step.failed", "step": "charge"}, {"t": end}]

    state = end.removeprefix("run.")
    assert told(workflow, rows, *facts, state=state) == ["step charge", "step ship", "run"]


def test_steps_that_may_be_reached_again_are_told_with_a_resume() -> None:
    rows = [row("reserve", "succeeded"), row("charge", "ready")]
    facts = [{"t": "run.resumed"}, {"t": "step.reset", "step": "charge"}]

    assert told(a_workflow("reserve", "charge", "ship"), rows, *facts) == [
        "step charge",
        "step ship",
        "run",
    ]


def test_hooks_are_told_apart_from_the_line() -> None:
    workflow = a_workflow("ship", at_end=("heartbeat",))
    rows = [row("ship", "succeeded"), row("heartbeat")]
    moved = {"t": "step.ready", "step": "heartbeat"}

    assert told(workflow, rows, moved, state="succeeded") == ["hook heartbeat", "run"]


def test_run_is_told_without_its_steps() -> None:
    workflow = a_workflow("ship", at_end=("heartbeat",))
    view = view_of(workflow, row("ship"), row("heartbeat"))

    [*_, run] = news(workflow, view, [], [])

    assert not {"steps", "hooks"} & run.keys()
    assert (run["state"], run["percent"]) == ("running", 0)


def test_reasons_and_failures_of_the_history_are_not_told() -> None:
    facts: list[dict[str, Any]] = [
        {"t": "run.cancelling", "by": SECRET, "reason": SECRET},
        {"t": "step.failed", "step": "ship", "failure": {"code": "X", "message": SECRET}},
    ]

    assert told(a_workflow("ship"), [row("ship", "failed")], *facts) == ["step ship", "run"]

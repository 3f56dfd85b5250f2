"""How much of a run is done. Language §4.14."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.steps import Step
from tests.builders.steps import group, otherwise, parallel, rescue, step, switch, wait, when
from tests.builders.workflows import a_workflow
from tests.unit.representations.looks import loop, row, view_of

EACH = "${{ event.data.orders }}"
TWO = (step("a"), step("b"))


def percent(*steps: Step | str, rows: list[Any], state: str = "running") -> int:
    found: int = view_of(a_workflow(*steps), *rows, state=state)["percent"]
    return found


@pytest.mark.parametrize(
    ("state", "part"),
    [
        *[(each, 100) for each in ("succeeded", "rescued", "skipped")],
        *[(each, 100) for each in ("undoing", "undone", "undo_failed")],
        *[(each, 0) for each in ("ready", "running", "waiting", "retrying", "failed")],
        *[(each, 0) for each in ("cancelled", "not_reached", "pending")],
    ],
)
def test_part_of_a_step_follows_from_its_state(state: str, part: int) -> None:
    assert percent(*TWO, rows=[row("a", state)]) == part / 2


def test_step_counts_by_its_weight() -> None:
    steps = (step("a", weight=3.0), step("b"))

    assert percent(*steps, rows=[row("a", "succeeded")]) == 75


@pytest.mark.parametrize(("said", "counted"), [(0.4, 40), (-1.0, 0), (7.0, 99), (None, 0)])
def test_task_is_as_far_as_it_last_said(said: float | None, counted: int) -> None:
    assert percent("a", rows=[row("a", progress=said)]) == counted


def test_block_is_the_mean_of_its_branches_by_weight() -> None:
    block = parallel("both", step("a", weight=3.0), step("b"))
    rows = [row("both"), row("a", "succeeded"), row("b", progress=0.5)]

    assert percent(block, "c", rows=rows) == int(100 * (3.5 / 4) / 2)


def test_block_counts_once_in_its_line_however_many_branches_it_has() -> None:
    block = parallel("all", *(step(f"s{n}") for n in range(9)))

    assert percent(block, "c", rows=[row("all", "succeeded")]) == 50


def test_group_inside_a_branch_is_the_mean_of_its_line() -> None:
    block = parallel("both", group("papers", "a", "b"), "c")
    rows = [row("both"), row("papers"), row("a", "succeeded")]

    assert percent(block, rows=rows) == 25


def test_switch_is_the_clause_that_was_chosen() -> None:
    chosen = switch("how", when("true", "a", "b"), otherwise("c"))

    assert percent(chosen, rows=[row("how", clause=0), row("a", "succeeded")]) == 50
    assert percent(chosen, rows=[row("how", clause=1), row("c", progress=0.3)]) == 30


def test_step_that_is_rescued_is_the_line_that_rescues_it() -> None:
    charge = step("charge", rescue=rescue("ask", "again"))
    rows = [row("charge", "rescuing", clause=0, progress=0.9), row("ask", "succeeded")]

    assert percent(charge, "ship", rows=rows) == 25


@pytest.mark.parametrize(
    ("counts", "counted"),
    [
        ({"total": 4, "begun": 0}, 0),
        ({"total": 4, "begun": 2, "done": 1}, 25),
        ({"total": 4, "begun": 4, "done": 3, "failed": 3}, 75),
        ({"total": 0}, 0),
    ],
)
def test_loop_is_the_mean_of_its_items_however_they_ended(
    counts: dict[str, int], counted: int
) -> None:
    rows = [loop("a", state="running", **counts)]

    assert percent(step("a", each=EACH), rows=rows) == counted


def test_items_at_work_count_as_far_as_they_say() -> None:
    rows = [
        loop("a", total=4, begun=3, done=1),
        row("a.0", "succeeded"),
        row("a.1", progress=0.6),
        row("a.2", "waiting", progress=0.2),
    ]

    assert percent(step("a", each=EACH), rows=rows) == 45


def test_item_never_counts_less_once_it_is_decided() -> None:
    each = step("a", each=EACH)
    before = [loop("a", total=2, begun=1), row("a.0", progress=0.9)]
    after = [loop("a", total=2, begun=1, done=1, failed=1), row("a.0", "failed")]

    assert percent(each, rows=before) < percent(each, rows=after)


def test_three_of_three_thirds_are_one() -> None:
    rows = [row(name, progress=1.0) for name in ("a", "b", "c")]

    assert percent("a", "b", "c", rows=rows) == 99


@pytest.mark.parametrize(("state", "counted"), [("succeeded", 100), ("failed", 99)])
def test_hundred_is_for_runs_that_have_succeeded(state: str, counted: int) -> None:
    assert percent("a", rows=[row("a", "succeeded")], state=state) == counted


def test_waiting_is_no_progress() -> None:
    waits = wait("paid", "card.paid", match={"n": 1})

    assert percent(waits, "b", rows=[row("paid", "waiting")]) == 0

"""Loops: counts, and at most a few items, however many there are."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flowengine.representations.loops import ITEMS_MAX
from tests.builders.steps import child, group, step
from tests.builders.workflows import a_workflow
from tests.unit.representations.looks import loop, row, view_of

ORDERS = "${{ event.data.orders }}"


def shown(*rows: Any, **fields: Any) -> dict[str, Any]:
    workflow = a_workflow(step("deliver", each=ORDERS))
    [found] = view_of(workflow, *rows, **fields)["steps"]
    return dict(found)


def test_loop_is_one_entry_with_counts() -> None:
    found = shown(loop("deliver", total=480, begun=22, done=12, failed=2))

    assert (found["kind"], found["items"]) == ("for_each", [])
    assert found["counts"] == {"total": 480, "begun": 22, "done": 12, "failed": 2}


def test_items_at_work_and_failed_ones_are_shown_and_others_are_not() -> None:
    found = shown(
        loop("deliver", total=5, begun=4, done=2, failed=1),
        row("deliver.0", "succeeded"),
        row("deliver.1", "failed", title="ann@example.com"),
        row("deliver.2", "running", progress=0.5, note="line 3"),
        row("deliver.3", "pending"),
    )

    items = [(each["index"], each["state"], each["title"]) for each in found["items"]]
    assert items == [(1, "failed", "ann@example.com"), (2, "running", "")]
    assert (found["items"][1]["progress"], found["items"][1]["note"]) == (0.5, "line 3")


def test_ten_thousand_items_fit_in_a_frame() -> None:
    rows = [row(f"deliver.{n}", "running", note="x" * 40) for n in range(1000)]
    rows += [row(f"deliver.{n}", "failed") for n in range(1000, 10_000)]

    found = shown(loop("deliver", total=10_000, begun=10_000, done=9000, failed=9000), *rows)

    assert [each["index"] for each in found["items"]] == list(range(ITEMS_MAX))
    assert len(json.dumps(found)) < 8_000


def test_items_stand_in_the_order_of_their_numbers() -> None:
    rows = [row(f"deliver.{n}", "running") for n in (10, 9, 100, 2)]

    found = shown(loop("deliver", total=200, begun=101, done=97), *rows)

    assert [each["index"] for each in found["items"]] == [2, 9, 10, 100]


def test_item_of_several_steps_says_which_of_them_is_at_work_and_how_far_it_is() -> None:
    workflow = a_workflow(group("people", "create", step("invite", title="Inviting"), each=ORDERS))
    rows = [
        loop("people", total=2, begun=1),
        row("people.0", kind="steps"),
        row("create.0", "succeeded"),
        row("invite.0", "running", progress=0.5),
    ]

    [found] = view_of(workflow, *rows)["steps"]
    [item] = found["items"]

    assert (item["note"], item["progress"]) == ("Inviting", 0.75)
    assert "lines" not in found


def test_item_that_has_started_a_run_names_it() -> None:
    workflow = a_workflow(child("employee-setup", each=ORDERS))
    run_id = UUID("01930000-0000-5000-8000-00000000000c")
    rows = [loop("employee_setup", total=2, begun=1), row("employee_setup.0", "waiting")]
    children = {("employee_setup", "0"): (run_id, 25)}

    [found] = view_of(workflow, *rows, children=children)["steps"]
    [item] = found["items"]

    assert (item["child"], item["progress"]) == (str(run_id), 0.25)


def test_item_that_is_tried_again_says_when() -> None:
    from tests.builders.events import NOON

    found = shown(
        loop("deliver", total=2, begun=1), row("deliver.0", "retrying", tries=2, due_at=NOON)
    )

    [item] = found["items"]
    assert (item["tries"], item["due_at"]) == (2, "2026-03-02T12:00:00.000Z")


def test_loop_that_has_not_begun_has_no_counts() -> None:
    found = shown()

    assert "counts" not in found
    assert found["state"] == "pending"

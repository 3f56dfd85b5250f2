"""What one step's end does to the others, row by row of the language's table (§4.6)."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.steps import Step
from flowengine.engine.states import RunState
from flowengine.engine.transitions import StepStopping
from tests.builders import a_workflow, retry, step
from tests.builders.driver import Driver
from tests.builders.steps import child, group, parallel, rescue, sleep, wait

NO_RETRY = retry(attempts=1)


def a_driver(*steps: Step | str, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


# The next in the line


def test_after_a_success_the_next_in_the_line_starts() -> None:
    driver = a_driver("a", "b").succeed("a", {"n": 1})

    assert driver.states() == {"a": "succeeded", "b": "ready"}
    assert driver.output("a") == {"n": 1}


def test_after_a_rescue_the_next_in_the_line_starts_with_the_output_of_the_clause() -> None:
    driver = a_driver(
        step("a", rescue=rescue("repair")), step("b", with_={"of": "${{ steps.a.output }}"})
    )

    driver.fail("a").succeed("repair", "mended")

    assert driver.states() == {"a": "rescued", "repair": "succeeded", "b": "ready"}
    assert driver.row("b").input == {"of": "mended"}


def test_after_a_skipped_step_the_next_in_the_line_starts_and_sees_null() -> None:
    driver = a_driver(
        step("a", if_="false"),
        step("b", with_={"of": "${{ steps.a.output }}", "was": "${{ steps.a.status }}"}),
    )

    assert driver.states() == {"a": "skipped", "b": "ready"}
    assert driver.row("b").input == {"of": None, "was": "skipped"}


def test_after_a_failure_the_next_in_the_line_is_not_reached() -> None:
    driver = a_driver("a", "b").fail("a")

    assert driver.states() == {"a": "failed"}
    assert driver.state is RunState.FAILED


def test_after_a_cancel_the_next_in_the_line_is_not_reached() -> None:
    driver = a_driver("a", "b").cancel()

    assert driver.states() == {"a": "cancelled"}
    assert driver.state is RunState.CANCELLED


# A sibling that needs it


@pytest.mark.parametrize("how", ["succeeded", "rescued", "skipped"])
def test_branch_may_start_once_what_it_needs_is_done(how: str) -> None:
    first = {
        "succeeded": step("first"),
        "rescued": step("first", rescue=rescue("repair")),
        "skipped": step("first", if_="false"),
    }[how]
    driver = a_driver(parallel("both", "other", first, "second", needs={"second": ("first",)}))

    if how == "succeeded":
        assert "second" not in driver.states()
        driver.succeed("first")
    elif how == "rescued":
        driver.fail("first")
        assert "second" not in driver.states()
        driver.succeed("repair")

    assert driver.states()["first"] == how
    assert driver.states()["second"] == "ready"


def test_branch_is_not_reached_where_what_it_needs_has_failed() -> None:
    driver = a_driver(
        parallel("both", "first", "second", needs={"second": ("first",)}, fail_fast=False)
    )

    driver.fail("first")

    assert driver.states() == {"both": "failed", "first": "failed"}


def test_branch_is_not_reached_where_what_it_needs_was_cancelled() -> None:
    driver = a_driver(parallel("both", "first", "second", needs={"second": ("first",)}))

    driver.cancel()

    assert driver.states() == {"both": "cancelled", "first": "cancelled"}


def test_branch_waits_for_all_that_it_needs() -> None:
    driver = a_driver(parallel("all", "a", "b", "c", needs={"c": ("a", "b")}))

    driver.succeed("b")
    assert "c" not in driver.states()
    driver.succeed("a")

    assert driver.states()["c"] == "ready"


# The block around it


def test_group_goes_on_after_a_good_end_and_leaves_the_output_of_its_last_step() -> None:
    driver = a_driver(group("pack", "wrap", "seal"), "ship")

    driver.succeed("wrap", 1)
    assert driver.states() == {"pack": "running", "wrap": "succeeded", "seal": "ready"}
    driver.succeed("seal", 2)

    assert driver.states()["pack"] == "succeeded"
    assert driver.output("pack") == 2
    assert driver.states()["ship"] == "ready"


def test_group_whose_last_step_is_skipped_leaves_what_the_one_above_left() -> None:
    driver = a_driver(group("pack", "wrap", step("seal", if_="false")))

    driver.succeed("wrap", {"n": 1})

    assert driver.output("pack") == {"n": 1}


def test_group_of_skipped_steps_leaves_nothing() -> None:
    driver = a_driver(group("pack", step("wrap", if_="false"), step("seal", if_="false")))

    assert driver.states() == {"pack": "succeeded", "wrap": "skipped", "seal": "skipped"}
    assert driver.output("pack") is None


def test_block_fails_with_the_error_of_the_step_inside_and_says_which_it_was() -> None:
    driver = a_driver(group("outer", group("inner", "deep")), "ship")

    driver.fail("deep", "Refused")

    assert driver.states() == {"outer": "failed", "inner": "failed", "deep": "failed"}
    for place in ("outer", "inner", "deep"):
        failure = driver.row(place).failure
        assert failure is not None
        assert (failure.code, failure.step, failure.attempts) == ("Refused", "deep", 1)


def test_block_around_a_cancelled_step_is_cancelled() -> None:
    driver = a_driver(group("outer", group("inner", "deep")))

    driver.cancel()

    assert set(driver.states().values()) == {"cancelled"}


# How what is active ends


@pytest.mark.parametrize(
    ("sleeper", "state"),
    [
        (wait("other", "card.provided", match={"n": 1}), "waiting"),
        (sleep("other", seconds=60), "waiting"),
        (child("other"), "waiting"),
        (step("other"), "ready"),
    ],
    ids=["wait", "sleep", "child", "ready"],
)
def test_what_nobody_is_at_work_on_ends_at_once_with_its_block(sleeper: Step, state: str) -> None:
    driver = a_driver(parallel("both", "first", sleeper))
    assert driver.states()["other"] == state

    driver.fail("first")

    assert driver.states() == {"both": "failed", "first": "failed", "other": "cancelled"}


def test_try_that_waits_for_its_delay_ends_at_once_with_its_block() -> None:
    driver = a_driver(parallel("both", "first", "other")).fail("other", permanent=False)
    assert driver.states()["other"] == "retrying"

    driver.fail("first")

    assert driver.states() == {"both": "failed", "first": "failed", "other": "cancelled"}


def test_task_that_runs_is_told_that_its_block_ends_and_is_awaited() -> None:
    driver = a_driver(parallel("both", "first", "other"), "after").begin("other")

    driver.fail("first")

    assert driver.history(StepStopping) == [StepStopping(step="other")]
    assert driver.row("other").is_stopping
    assert driver.states() == {"both": "running", "first": "failed", "other": "running"}
    assert driver.state is RunState.RUNNING


def test_success_of_a_task_that_was_told_to_stop_is_kept_for_it_may_have_to_be_undone() -> None:
    driver = a_driver(parallel("both", "first", "other"), "after").begin("other").fail("first")

    driver.succeed("other", 1)

    assert driver.states() == {"both": "failed", "first": "failed", "other": "succeeded"}
    assert driver.state is RunState.FAILED


@pytest.mark.parametrize("how", ["fail", "lose", "give_back"])
def test_any_other_end_of_a_task_that_was_told_to_stop_is_its_cancel(how: str) -> None:
    driver = a_driver(parallel("both", "first", "other")).begin("other").fail("first")

    getattr(driver, how)("other")

    assert driver.states() == {"both": "failed", "first": "failed", "other": "cancelled"}


def test_line_inside_a_block_that_ends_does_not_go_on() -> None:
    driver = a_driver(parallel("both", "first", group("other", "x", "y"))).begin("x").fail("first")

    driver.succeed("x")

    assert driver.states() == {
        "both": "failed",
        "first": "failed",
        "other": "cancelled",
        "x": "succeeded",
    }


def test_step_that_is_told_to_stop_is_not_rescued() -> None:
    driver = a_driver(parallel("both", "first", step("other", rescue=rescue("repair"))))
    driver.begin("other").fail("first")

    driver.fail("other")

    assert driver.states() == {"both": "failed", "first": "failed", "other": "cancelled"}

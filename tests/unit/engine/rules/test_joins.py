"""How parallel blocks and loops join, sentence by sentence of the language (§4.7)."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.steps import Step
from flowengine.engine.decide import Limits
from flowengine.engine.transitions import StepFailing, StepStopping, StepSucceeded
from tests.builders import a_workflow, retry, step
from tests.builders.driver import Driver
from tests.builders.steps import group, parallel, rescue

NO_RETRY = retry(attempts=1)


def a_driver(*steps: Step | str, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


# parallel


def test_parallel_block_is_decided_when_all_its_branches_are() -> None:
    driver = a_driver(parallel("both", "a", "b"), "after")

    driver.succeed("a", 1)
    assert driver.states() == {"both": "running", "a": "succeeded", "b": "ready"}
    driver.succeed("b", {"n": 2})

    assert driver.states()["both"] == "succeeded"
    assert driver.output("both") == {"a": 1, "b": {"n": 2}}
    assert driver.states()["after"] == "ready"


def test_output_of_a_branch_that_was_skipped_is_null_and_of_a_rescued_one_its_clause() -> None:
    driver = a_driver(
        parallel("all", "a", step("b", if_="false"), step("c", rescue=rescue("repair")))
    )

    driver.fail("c").succeed("repair", 3).succeed("a", 1)

    assert driver.output("all") == {"a": 1, "b": None, "c": 3}


def test_first_failure_stops_the_others_and_what_has_not_started_is_not_reached() -> None:
    driver = a_driver(
        parallel("all", "a", "b", "c", "d", needs={"d": ("a",)}, max_parallel=2), "after"
    )
    driver.begin("b")

    driver.fail("a", "Refused")
    assert driver.states() == {"all": "running", "a": "failed", "b": "running"}
    assert [type(each) for each in driver.history(StepFailing, StepStopping)] == [
        StepFailing,
        StepStopping,
    ]
    driver.give_back("b")

    assert driver.states() == {"all": "failed", "a": "failed", "b": "cancelled"}
    failure = driver.run.failure
    assert failure is not None
    assert (failure.code, failure.step) == ("Refused", "a")
    assert [each["branch"] for each in failure.details["errors"]] == ["a"]


def test_without_fail_fast_the_others_go_on_and_the_block_fails_in_the_end_with_all() -> None:
    driver = a_driver(parallel("all", "a", group("b", "b1", "b2"), "c", fail_fast=False), "after")

    driver.fail("a", "First", details={"why": "so"}).succeed("b1")
    assert driver.states()["b2"] == "ready"
    driver.fail("b2", "Second")
    assert driver.states()["all"] == "running"
    driver.succeed("c")

    assert driver.states()["all"] == "failed"
    failure = driver.row("all").failure
    assert failure is not None
    assert (failure.code, failure.step) == ("First", "a")
    assert failure.details == {
        "errors": [
            {
                "branch": "a",
                "step": "a",
                "code": "First",
                "message": "no",
                "details": {"why": "so"},
            },
            {"branch": "b", "step": "b2", "code": "Second", "message": "no", "details": None},
        ]
    }


def test_branches_that_need_nothing_failed_still_start_without_fail_fast() -> None:
    driver = a_driver(
        parallel(
            "all", "a", "b", "of_a", "of_b", needs={"of_a": ("a",), "of_b": ("b",)}, fail_fast=False
        )
    )

    driver.fail("a").succeed("b")
    assert driver.states() == {"all": "running", "a": "failed", "b": "succeeded", "of_b": "ready"}
    driver.succeed("of_b")

    assert driver.states()["all"] == "failed"
    assert "of_a" not in driver.states()


def test_branch_that_fails_before_it_begins_stops_those_that_were_about_to() -> None:
    driver = a_driver(
        parallel("all", "a", step("b", with_={"x": "${{ event.data.nothing }}"}), "c")
    )

    assert driver.states() == {"all": "failed", "a": "cancelled", "b": "failed"}


def test_join_is_decided_once_however_many_branches_end_in_one_decision() -> None:
    driver = a_driver(parallel("all", *(step(f"s{n}", if_="false") for n in range(50))), "after")

    succeeded = [each for each in driver.history(StepSucceeded) if each.step == "all"]
    assert len(succeeded) == 1
    assert driver.states()["after"] == "ready"


def test_output_of_a_block_over_the_limit_fails_the_block() -> None:
    workflow = a_workflow(parallel("both", "a", "b"))
    driver = Driver(workflow, limits=Limits(outputs_max_bytes=1024)).start()

    driver.succeed("a", "x" * 500).succeed("b", "x" * 520)

    assert driver.states() == {"both": "failed", "a": "succeeded", "b": "succeeded"}
    assert driver.run.failure is not None
    assert (driver.run.failure.code, driver.run.failure.step) == ("PayloadTooLarge", "both")


# for_each


def test_at_most_so_many_items_are_at_work_at_a_time() -> None:
    driver = a_driver(step("post", each=[1, 2, 3, 4], max_parallel=2))

    assert driver.states() == {
        "post": "running",
        "post.0": "ready",
        "post.1": "ready",
        "post.2": "pending",
        "post.3": "pending",
    }
    driver.succeed("post.1")

    assert driver.states()["post.2"] == "ready"
    assert driver.states()["post.3"] == "pending"


def test_output_of_a_loop_is_in_the_order_of_its_items() -> None:
    driver = a_driver(step("post", each=[1, 2, 3]), "after")

    driver.succeed("post.2", "c").succeed("post.0", "a").succeed("post.1", "b")

    assert driver.output("post") == ["a", "b", "c"]
    assert driver.states()["after"] == "ready"


@pytest.mark.parametrize(("may_fail", "total"), [(1, 3), ("50%", 3), ("99%", 1)])
def test_failed_items_up_to_the_bound_leave_null(may_fail: int | str, total: int) -> None:
    bound = {1: 1, "50%": 1, "99%": 0}[may_fail]
    driver = a_driver(step("post", each=list(range(total)), max_failures=may_fail))

    for index in range(total):
        place = f"post.{index}"
        driver = driver.fail(place) if index < bound else driver.succeed(place, index)

    assert driver.states()["post"] == "succeeded"
    assert driver.output("post") == [None] * bound + list(range(bound, total))


def test_one_more_failed_item_stops_the_others_and_fails_the_loop_with_all_of_them() -> None:
    driver = a_driver(step("post", each=[1, 2, 3, 4, 5], max_parallel=3, max_failures=1), "after")
    driver.fail("post.1", "Gone").begin("post.0")
    assert driver.states()["post.3"] == "ready"

    driver.fail("post.2", "BadEndpoint")

    assert driver.states() == {
        "post": "running",
        "post.0": "running",
        "post.1": "failed",
        "post.2": "failed",
        "post.3": "cancelled",
        "post.4": "pending",
    }
    assert driver.row("post.0").is_stopping
    driver.succeed("post.0", "in time")

    assert driver.states()["post"] == "failed"
    assert driver.states()["post.0"] == "succeeded"
    failure = driver.run.failure
    assert failure is not None
    assert (failure.code, failure.step) == ("ForEachFailed", "post")
    assert failure.details == {
        "failed": [
            {"index": 1, "error": {"code": "Gone", "message": "no"}},
            {"index": 2, "error": {"code": "BadEndpoint", "message": "no"}},
        ]
    }


def test_empty_list_has_succeeded_with_an_empty_list() -> None:
    driver = a_driver(step("post", each=[]), step("after", with_={"n": "${{ steps.post.output }}"}))

    assert driver.states() == {"post": "succeeded", "after": "ready"}
    assert driver.row("post").kind == "for_each"
    assert driver.row("after").input == {"n": []}

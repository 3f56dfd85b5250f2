"""Groups, switches and parallel blocks: what begins, and what ends with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flowengine.definitions.steps import Step
from flowengine.engine.states import RunState
from flowengine.engine.transitions import StepOpened, StepStopping
from tests.builders import NOON, a_workflow, an_event, step
from tests.builders.driver import Driver
from tests.builders.steps import (
    child,
    fail,
    group,
    otherwise,
    parallel,
    rescue,
    sleep,
    switch,
    wait,
    when,
)


def a_driver(*steps: Step | str, data: Any = None, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields), an_event(data=data)).start()


# switch


def a_choice() -> Step:
    return switch(
        "how",
        when("event.data.n == 1", "one", "after_one"),
        when("event.data.n == 2", "two"),
        otherwise("many"),
    )


@pytest.mark.parametrize(("n", "first", "clause"), [(1, "one", 0), (2, "two", 1), (3, "many", 2)])
def test_first_clause_that_holds_begins(n: int, first: str, clause: int) -> None:
    driver = a_driver(a_choice(), data={"n": n})

    assert driver.states() == {"how": "running", first: "ready"}
    assert driver.row("how").clause == clause


def test_switch_leaves_the_output_of_its_clause() -> None:
    driver = a_driver(a_choice(), "after", data={"n": 1})

    driver.succeed("one", 1).succeed("after_one", 2)

    assert driver.output("how") == 2
    assert driver.states()["after"] == "ready"


def test_clauses_below_the_one_that_holds_are_not_asked() -> None:
    driver = a_driver(
        switch("how", when("true", "one"), when("event.data.nothing", "two")), data={}
    )

    assert driver.states() == {"how": "running", "one": "ready"}


def test_switch_of_which_nothing_fits_fails_with_no_match() -> None:
    driver = a_driver(switch("how", when("false", "one"), when("false", "two")), "after")

    assert driver.states() == {"how": "failed"}
    assert driver.run.failure is not None
    assert driver.run.failure.code == "NoMatch"
    assert driver.run.failure.message == "none of the 2 clauses holds, and none is without `if`"


def test_switch_of_which_nothing_fits_may_be_rescued_by_the_group_around_it() -> None:
    driver = a_driver(
        group("pick", switch("how", when("false", "one")), rescue=rescue("repair")), "after"
    )

    driver.succeed("repair", 1)

    assert driver.states() == {
        "pick": "rescued",
        "how": "failed",
        "repair": "succeeded",
        "after": "ready",
    }


def test_condition_of_a_clause_without_a_value_fails_the_switch_and_says_which() -> None:
    driver = a_driver(switch("how", when("false", "one"), when("event.data.nothing", "two")))

    assert driver.run.failure is not None
    assert driver.run.failure.code == "ExpressionError"
    assert driver.run.failure.message.startswith("in `switch[1].if`: ")


def test_clause_without_steps_does_nothing() -> None:
    driver = a_driver(switch("how", when("true"), otherwise("many")), "after")

    assert driver.states() == {"how": "succeeded", "after": "ready"}
    assert driver.output("how") is None


def test_switch_of_skipped_steps_has_succeeded_without_an_output() -> None:
    driver = a_driver(switch("how", otherwise(step("one", if_="false"))), "after")

    assert driver.states() == {"how": "succeeded", "one": "skipped", "after": "ready"}


# group


def test_group_that_is_skipped_reaches_nothing_inside() -> None:
    driver = a_driver(group("pack", "wrap", "seal", if_="false"), "ship")

    assert driver.states() == {"pack": "skipped", "ship": "ready"}


def test_line_of_nested_blocks_that_have_nothing_to_do_is_one_decision() -> None:
    inner: Step = group("g0", step("s0", if_="false"))
    for depth in range(1, 8):
        inner = group(f"g{depth}", inner, step(f"s{depth}", if_="false"))

    driver = a_driver(inner, "after")

    assert driver.states()["after"] == "ready"


# parallel


def test_branches_start_side_by_side_in_the_order_of_the_file() -> None:
    driver = a_driver(parallel("all", "b", "a", "c"))

    assert [each.step for each in driver.dispatched] == ["b", "a", "c"]


def test_at_most_so_many_branches_are_at_work_at_a_time() -> None:
    driver = a_driver(parallel("all", "a", "b", "c", max_parallel=2))
    assert driver.states() == {"all": "running", "a": "ready", "b": "ready"}

    driver.succeed("b")

    assert driver.states()["c"] == "ready"


def test_branch_that_is_done_at_once_makes_room_for_the_next() -> None:
    driver = a_driver(parallel("all", step("a", if_="false"), "b", "c", max_parallel=1))

    assert driver.states() == {"all": "running", "a": "skipped", "b": "ready"}


def test_branch_that_is_free_goes_before_one_that_is_not_whatever_the_order() -> None:
    driver = a_driver(parallel("all", "late", "early", needs={"late": ("early",)}, max_parallel=1))
    assert driver.states() == {"all": "running", "early": "ready"}

    driver.succeed("early")

    assert driver.states()["late"] == "ready"


def test_branch_may_be_a_line_a_block_or_a_loop() -> None:
    driver = a_driver(
        parallel(
            "all",
            group("line", "x", "y"),
            switch("how", otherwise("z")),
            step("posts", each=[1]),
        ),
        "after",
    )
    driver.succeed("x").succeed("y", 1).succeed("z", 2).succeed("posts.0", 3)

    assert driver.output("all") == {"line": 1, "how": 2, "posts": [3]}
    assert driver.states()["after"] == "ready"


# timeout


@pytest.mark.parametrize(
    "block",
    [
        group("block", "slow", timeout_s=60),
        parallel("block", "slow", timeout_s=60),
        parallel("block", "slow", fail_fast=False, timeout_s=60),
    ],
    ids=["group", "parallel", "parallel without fail_fast"],
)
def test_block_whose_time_is_over_stops_what_is_inside_and_fails(block: Step) -> None:
    driver = a_driver(block, "after").begin("slow").advance(seconds=60)

    assert driver.states() == {"block": "running", "slow": "running"}
    assert driver.history(StepStopping) == [StepStopping(step="slow")]
    driver.give_back("slow")

    assert driver.states() == {"block": "failed", "slow": "cancelled"}
    failure = driver.run.failure
    assert failure is not None
    assert (failure.code, failure.step) == ("Timeout", "block")
    assert failure.message == "'block' was not done within 1m"


def test_time_of_a_block_counts_from_its_begin() -> None:
    driver = a_driver("first", group("block", "slow", timeout_s=60))
    driver.advance(seconds=50).succeed("first")

    opened = driver.history(StepOpened)[0]
    assert opened.due_at == NOON + timedelta(seconds=110)


def test_block_that_is_done_in_time_has_no_timer_any_more() -> None:
    driver = a_driver(group("block", "quick", timeout_s=60), "after").succeed("quick")

    driver.advance(seconds=60)

    assert driver.states() == {"block": "succeeded", "quick": "succeeded", "after": "ready"}
    assert driver.row("block").due_at is None


def test_success_that_comes_after_the_time_of_its_block_is_kept_but_the_block_fails() -> None:
    driver = a_driver(group("block", "slow", "more", timeout_s=60)).begin("slow")

    driver.advance(seconds=60).succeed("slow")

    assert driver.states() == {"block": "failed", "slow": "succeeded"}


def test_block_whose_time_is_over_may_be_rescued() -> None:
    driver = a_driver(
        group("block", sleep(seconds=90), timeout_s=60, rescue=rescue("x", errors=("Timeout",)))
    )

    driver.advance(seconds=60)

    assert driver.states() == {"block": "rescuing", "sleep 1": "cancelled", "x": "ready"}


def test_timers_that_fire_late_fire_in_their_order() -> None:
    inner = group("inner", sleep(seconds=90), timeout_s=30, rescue=rescue("repair"))
    driver = a_driver(group("outer", inner, timeout_s=60))

    driver.now = NOON + timedelta(hours=1)
    driver.advance(seconds=0)

    assert driver.states() == {
        "outer": "failed",
        "inner": "cancelled",
        "sleep 1": "cancelled",
        "repair": "cancelled",
    }


def test_everything_inside_a_block_that_fails_ends_whatever_it_is() -> None:
    driver = a_driver(
        parallel(
            "all",
            "bad",
            group(
                "deep",
                parallel(
                    "inner",
                    wait("told", "card.provided", match={"n": 1}),
                    step("posts", each=[1, 2, 3], max_parallel=2),
                    switch("how", otherwise(child("other"))),
                    step("broken", rescue=rescue("mend", sleep(seconds=5))),
                ),
            ),
        ),
        "after",
    )
    driver.fail("broken").succeed("posts.0").begin("posts.1")

    driver.fail("bad")
    assert {each.step for each in driver.history(StepStopping)} == {
        "broken",
        "deep",
        "how",
        "inner",
        "posts",
    }
    assert driver.state is RunState.RUNNING
    driver = driver.give_back("posts.1")

    assert driver.state is RunState.FAILED
    assert driver.states() == {
        "all": "failed",
        "bad": "failed",
        "deep": "cancelled",
        "inner": "cancelled",
        "told": "cancelled",
        "posts": "cancelled",
        "posts.0": "succeeded",
        "posts.1": "cancelled",
        "posts.2": "cancelled",
        "how": "cancelled",
        "other": "cancelled",
        "broken": "cancelled",
        "mend": "cancelled",
    }


def test_failure_inside_a_block_that_fails_already_changes_nothing() -> None:
    driver = a_driver(parallel("all", "bad", group("other", "x", fail("Later")), "late"), "after")
    driver.begin("x").begin("late").fail("bad", "First")

    driver.succeed("x").give_back("late")

    assert driver.run.failure is not None
    assert driver.run.failure.code == "First"

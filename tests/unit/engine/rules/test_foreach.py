"""Loops: which items begin, when, and what they see. How they join is in ``test_joins.py``."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from flowengine.definitions.steps import Step
from flowengine.engine.decide import decide
from flowengine.engine.messages import Succeeded
from flowengine.engine.rows import Known
from flowengine.engine.run import Counts
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import StepFailing, StepOpened, StepSucceeded
from tests.builders import a_workflow, an_event, step
from tests.builders.driver import Driver
from tests.builders.steps import child, emit, group, parallel, rescue, sleep


def a_driver(*steps: Step | str, data: Any = None, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields), an_event(data=data)).start()


# The list


def test_list_is_evaluated_once_and_every_item_gets_a_row_with_its_value() -> None:
    driver = a_driver(
        "find", step("post", each="${{ steps.find.output.hooks }}", max_parallel=1)
    ).succeed("find", {"hooks": ["a", "b"]})

    [opened] = driver.history(StepOpened)
    assert (opened.total, opened.values, opened.kind) == (2, ("a", "b"), "task")
    assert [driver.row(f"post.{n}").value for n in range(2)] == ["a", "b"]
    assert [driver.row(f"post.{n}").kind for n in range(2)] == ["task", "task"]
    assert driver.row("post").counts == Counts(total=2, begun=1)


def test_item_sees_itself_and_its_index_by_name() -> None:
    told = {"who": "${{ hook.name }}", "n": "${{ index }}"}
    driver = a_driver(step("post", each=[{"name": "a"}, {"name": "b"}], as_="hook", with_=told))

    assert driver.row("post.0").input == {"who": "a", "n": 0}
    assert driver.row("post.1").input == {"who": "b", "n": 1}


def test_title_of_an_item_may_speak_of_the_item_and_that_of_the_loop_falls_back() -> None:
    driver = a_driver(step("post", each=["a", "b"], title="To ${{ item }}"))

    assert [driver.row(place).title for place in ("post", "post.0", "post.1")] == [
        "",
        "To a",
        "To b",
    ]


def test_condition_is_decided_once_before_the_items() -> None:
    driver = a_driver(step("post", each="${{ event.data.nothing }}", if_="false"), "after")

    assert driver.states() == {"post": "skipped", "after": "ready"}
    assert driver.row("post").kind == "for_each"


def test_list_without_a_value_fails_the_step() -> None:
    driver = a_driver(step("post", each="${{ event.data.nothing }}"))

    assert driver.states() == {"post": "failed"}
    assert driver.run.failure is not None
    assert driver.run.failure.message.startswith("in `for_each`: ")


@pytest.mark.parametrize(("value", "name"), [("text", "string"), ({"a": 1}, "map"), (7, "int")])
def test_what_is_no_list_fails_the_step(value: Any, name: str) -> None:
    driver = a_driver(step("post", each="${{ event.data.it }}"), data={"it": value})

    assert driver.run.failure is not None
    assert (driver.run.failure.code, driver.run.failure.fe) == ("ExpressionError", "FE402")
    assert driver.run.failure.message == f"in `for_each`: a list is wanted, not a {name}"


@pytest.mark.parametrize(
    ("count", "state"), [(9_999, "running"), (10_000, "running"), (10_001, "failed")]
)
def test_loop_over_more_items_than_the_limit_fails(count: int, state: str) -> None:
    driver = a_driver(
        step("post", each="${{ event.data.items }}"), data={"items": list(range(count))}
    )

    assert driver.states()["post"] == state
    failure = driver.run.failure
    if state == "failed":
        assert failure is not None
        assert (failure.code, failure.fe) == ("PayloadTooLarge", "FE424")
        assert failure.message == "'post' has 10001 items; the limit is 10000"


# How they go on


def test_items_are_tried_again_each_by_itself() -> None:
    driver = a_driver(step("post", each=[1, 2]))

    driver.fail("post.0", permanent=False).succeed("post.1")
    assert driver.states() == {"post": "running", "post.0": "retrying", "post.1": "succeeded"}
    assert driver.state is RunState.WAITING
    driver.advance(minutes=1).succeed("post.0")

    assert driver.states()["post"] == "succeeded"


def test_item_that_fails_before_it_begins_counts_like_any_other() -> None:
    driver = a_driver(
        step(
            "post",
            each=[{"a": 1}, {}],
            with_={"a": "${{ item.a }}"},
            max_failures=1,
            max_parallel=1,
        )
    )

    driver.succeed("post.0", "done")

    assert driver.states() == {"post": "succeeded", "post.0": "succeeded", "post.1": "failed"}
    assert driver.output("post") == ["done", None]


def test_first_item_that_fails_at_once_keeps_the_others_from_beginning() -> None:
    driver = a_driver(step("post", each=[{}, {"a": 1}], with_={"a": "${{ item.a }}"}))

    assert driver.states() == {"post": "failed", "post.0": "failed", "post.1": "pending"}
    assert driver.dispatched == []


def test_items_that_are_done_at_once_are_one_decision() -> None:
    driver = a_driver(
        emit(
            "stock.low",
            id_="tell",
            each="${{ range(500) }}",
            with_={"n": "${{ item }}"},
            max_parallel=3,
        ),
        "after",
    )

    assert driver.states()["tell"] == "succeeded"
    assert driver.states()["after"] == "ready"
    assert len(driver.emitted) == 500
    assert len({each.id for each in driver.emitted}) == 500
    assert driver.row("tell").counts == Counts(total=500, begun=500, done=500)
    assert len([each for each in driver.history(StepSucceeded) if each.item == ""]) == 1


def test_children_in_a_loop_are_other_runs_each() -> None:
    driver = a_driver(child("setup", each=["a", "b"], with_={"who": "${{ item }}"}))

    assert driver.states() == {"setup": "running", "setup.0": "waiting", "setup.1": "waiting"}
    assert len({each.id for each in driver.emitted}) == 2
    assert [each.data for each in driver.emitted] == [{"who": "a"}, {"who": "b"}]


# Groups that loop, and loops inside loops


def test_group_runs_its_line_once_for_each_item() -> None:
    driver = a_driver(
        group("order", step("pick", with_={"n": "${{ item }}"}), "pack", each=[7, 8]), "after"
    )

    driver.succeed("pick.1").succeed("pack.1", "b")
    assert driver.states() == {
        "order": "running",
        "order.0": "running",
        "order.1": "succeeded",
        "pick.0": "ready",
        "pick.1": "succeeded",
        "pack.1": "succeeded",
    }
    assert driver.row("pick.0").input == {"n": 7}
    driver.succeed("pick.0").succeed("pack.0", "a")

    assert driver.output("order") == ["a", "b"]
    assert driver.states()["after"] == "ready"


def test_loop_inside_a_loop_has_a_row_of_its_own_in_every_item() -> None:
    driver = a_driver(
        group(
            "order",
            step("pick", each="${{ item.parts }}", as_="part", with_={"p": "${{ part }}"}),
            each=[{"parts": [1]}, {"parts": []}, {"parts": [2, 3]}],
        )
    )

    assert driver.states() == {
        "order": "running",
        "order.0": "running",
        "order.1": "succeeded",
        "order.2": "running",
        "pick.0": "running",
        "pick.0.0": "ready",
        "pick.1": "succeeded",
        "pick.2": "running",
        "pick.2.0": "ready",
        "pick.2.1": "ready",
    }
    assert driver.row("pick.2.1").input == {"p": 3}

    driver.succeed("pick.2.1", "c").succeed("pick.2.0", "b").succeed("pick.0.0", "a")

    assert driver.output("order") == [["a"], [], ["b", "c"]]


def test_failure_in_an_inner_loop_stops_only_what_is_in_that_item() -> None:
    driver = a_driver(group("order", step("pick", each=[1, 2]), each=["x", "y"], max_failures=1))

    driver.fail("pick.0.1", "Missing")

    assert driver.states() == {
        "order": "running",
        "order.0": "failed",
        "order.1": "running",
        "pick.0": "failed",
        "pick.0.0": "cancelled",
        "pick.0.1": "failed",
        "pick.1": "running",
        "pick.1.0": "ready",
        "pick.1.1": "ready",
    }


def test_failure_of_the_outer_loop_stops_all_that_is_in_its_other_items() -> None:
    driver = a_driver(
        group("order", step("pick", each=[1]), sleep(seconds=5), each=["x", "y"]), "after"
    )
    driver.succeed("pick.1.0").begin("pick.0.0")

    driver.fail("pick.0.0", "Missing")

    assert driver.state is RunState.FAILED
    assert driver.states()["sleep 1.1"] == "cancelled"
    assert driver.states()["order.1"] == "cancelled"
    assert [each.step for each in driver.history(StepFailing)] == ["pick", "order"]


def test_time_of_a_looped_group_is_that_of_each_item() -> None:
    driver = a_driver(
        group("order", "pick", each=[1, 2], max_parallel=1, max_failures=1, timeout_s=60)
    )

    driver.advance(seconds=60)
    assert driver.states()["order.0"] == "failed"
    assert driver.states()["order.1"] == "running"
    driver.advance(seconds=59).succeed("pick.1", "ok")

    assert driver.output("order") == [None, "ok"]


def test_time_of_one_item_stops_nothing_of_the_others() -> None:
    driver = a_driver(
        group("order", "pick", step("pack", each=[1]), each=[1, 2], max_failures=1, timeout_s=60)
    )
    driver.succeed("pick.0")
    late = replace(driver.row("order.1"), due_at=None)
    driver.run = replace(driver.run, steps={**driver.run.steps, late.place: late})

    driver.advance(seconds=60)

    assert driver.states() == {
        "order": "running",
        "order.0": "failed",
        "pick.0": "succeeded",
        "pack.0": "cancelled",
        "pack.0.0": "cancelled",
        "order.1": "running",
        "pick.1": "ready",
    }


def test_step_that_is_rescued_inside_an_item_is_not_a_failure_of_the_loop() -> None:
    driver = a_driver(group("order", step("pick", rescue=rescue("by_hand")), each=[1, 2]), "after")

    driver.fail("pick.0").succeed("by_hand.0", "a").succeed("pick.1", "b")

    assert driver.output("order") == ["a", "b"]


def test_loop_in_a_branch_fails_its_block() -> None:
    driver = a_driver(parallel("all", step("post", each=[1]), "other"))

    driver.fail("post.0")

    assert driver.states() == {
        "all": "failed",
        "post": "failed",
        "post.0": "failed",
        "other": "cancelled",
    }
    assert driver.run.failure is not None
    assert driver.run.failure.code == "ForEachFailed"


# What an end costs


def test_end_of_an_item_reads_three_rows_of_a_loop_of_ten_thousand() -> None:
    driver = a_driver(
        step("post", each="${{ range(10000) }}", with_={"n": "${{ item }}"}), "after"
    ).begin("post.3")
    read = {
        place: driver.run.steps[place] for place in (("post", "3"), ("post", ""), ("post", "10"))
    }
    known = replace(driver.run, steps=read, known=Known(places=frozenset(read)))

    decision = decide(
        driver.workflow, known, Succeeded(step="post", item="3", attempt=1, output=1), driver.now
    )

    assert [type(each).__name__ for each in decision.transitions] == ["StepSucceeded", "StepReady"]
    assert decision.run.steps.keys() == read.keys()
    assert decision.run.steps["post", "10"].input == {"n": 10}
    assert decision.run.steps["post", ""].counts == Counts(total=10_000, begun=11, done=1)


def test_items_that_remain_after_a_resume_begin_in_their_order() -> None:
    driver = a_driver(step("post", each=[0, 1, 2, 3], max_parallel=2))
    driver.begin("post.1").fail("post.0").succeed("post.1", "b")
    assert driver.states()["post"] == "failed"

    driver.resume()
    assert driver.states() == {
        "post": "running",
        "post.0": "ready",
        "post.1": "succeeded",
        "post.2": "ready",
        "post.3": "pending",
    }
    driver.succeed("post.2", "c").succeed("post.3", "d").succeed("post.0", "a")

    assert driver.output("post") == ["a", "b", "c", "d"]
    assert driver.row("post.0").state is StepState.SUCCEEDED


def test_resumed_loop_looks_for_its_next_item_where_the_first_pending_one_may_be() -> None:
    driver = a_driver(step("post", each=[0, 1, 2, 3, 4], max_parallel=2, max_failures=1))
    driver.succeed("post.0").fail("post.1").succeed("post.2").fail("post.3")
    assert driver.states()["post"] == "failed"

    driver.resume()

    counts = driver.row("post").counts
    assert counts is not None
    assert [n for n in range(5) if driver.row(f"post.{n}").state is StepState.READY] == [1, 3]
    assert (counts.begun, counts.next) == (4, 4)


def test_items_that_were_skipped_by_hand_are_behind_the_next_item() -> None:
    """What was cancelled with them is pending, and begins."""
    driver = a_driver(step("post", each=[0, 1, 2, 3], max_parallel=3))
    driver.succeed("post.0").fail("post.2")
    assert driver.states()["post.1"] == driver.states()["post.3"] == "cancelled"

    driver.resume(skip=True)

    states = driver.states()
    assert [states[f"post.{n}"] for n in range(4)] == ["succeeded", "ready", "skipped", "ready"]

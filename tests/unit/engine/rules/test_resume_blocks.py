"""Going on after a failure inside of blocks, loops and rescues. Language §4.11."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flowengine.engine.states import RunState
from tests.builders import NOON, a_workflow
from tests.builders.driver import Driver
from tests.builders.steps import (
    fail,
    group,
    otherwise,
    parallel,
    rescue,
    step,
    switch,
    when,
)

HOLD = timedelta(hours=12)


def a_driver(*steps: Any, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


def is_stale(driver: Driver) -> bool:
    assert driver.decision is not None
    return driver.decision.stale


# Blocks


def test_group_goes_on_at_the_step_that_failed() -> None:
    driver = a_driver(group("g", "a", group("h", "b", "c")), "d", hold_on_failure=HOLD)
    driver.succeed("a").succeed("b").fail("c")

    driver.resume()

    assert driver.states() == {
        "g": "running",
        "a": "succeeded",
        "h": "running",
        "b": "succeeded",
        "c": "ready",
    }
    assert driver.succeed("c", 3).output("g") == 3
    assert driver.states()["d"] == "ready"


def test_switch_goes_on_in_the_clause_it_had_chosen() -> None:
    early = "now() < timestamp('2026-03-02T12:01:00Z')"
    choice = switch("s", when(early, "a", "b"), otherwise("c"))
    driver = a_driver(choice, hold_on_failure=HOLD).succeed("a").fail("b").advance(hours=1)

    driver.resume()

    assert driver.states() == {"s": "running", "a": "succeeded", "b": "ready"}
    assert driver.succeed("b").state is RunState.SUCCEEDED


def test_switch_that_found_no_clause_chooses_again() -> None:
    late = "now() > timestamp('2026-03-02T12:01:00Z')"
    driver = a_driver(switch("s", when(late, "a")), hold_on_failure=HOLD).advance(hours=1)
    assert driver.states() == {"s": "failed"}

    assert driver.resume().states() == {"s": "running", "a": "ready"}


def test_branches_that_were_cancelled_or_not_reached_begin_too() -> None:
    needs = {"d": ("a",)}
    block = parallel("p", "a", "b", "c", "d", needs=needs, max_parallel=3)
    driver = a_driver(block, hold_on_failure=HOLD).succeed("b", 2).fail("a")
    assert driver.states() == {"p": "failed", "a": "failed", "b": "succeeded", "c": "cancelled"}

    driver.resume()

    assert driver.states() == {"p": "running", "a": "ready", "b": "succeeded", "c": "ready"}
    driver.succeed("a", 1).succeed("d", 4).succeed("c", 3)
    assert driver.output("p") == {"a": 1, "b": 2, "c": 3, "d": 4}


def test_branches_begin_as_many_at_a_time_as_ever() -> None:
    block = parallel("p", "a", "b", "c", max_parallel=1, fail_fast=False)
    driver = a_driver(block, hold_on_failure=HOLD).fail("a").fail("b").fail("c")

    driver.resume()

    assert driver.states() == {"p": "running", "a": "ready", "b": "pending", "c": "pending"}
    driver.succeed("a").succeed("b").succeed("c")
    assert driver.state is RunState.SUCCEEDED


def test_block_that_was_timed_out_has_its_whole_time_again() -> None:
    block = group("g", parallel("p", "a", timeout_s=9000), timeout_s=3600)
    driver = a_driver(block, hold_on_failure=HOLD).advance(hours=1)
    assert driver.run.failure is not None
    assert driver.run.failure.code == "Timeout"

    driver.advance(hours=1).resume()

    assert driver.row("g").due_at == NOON + timedelta(hours=3)
    assert driver.row("p").due_at == NOON + timedelta(hours=4, minutes=30)
    assert driver.advance(minutes=59).state is RunState.RUNNING
    assert driver.advance(minutes=1).state is RunState.HELD


# Loops: only the failed items


def test_loop_begins_its_failed_items_only() -> None:
    driver = a_driver(step("a", each=["x", "y", "z"], max_parallel=1), hold_on_failure=HOLD)
    driver.succeed("a.0", 0).fail("a.1")
    assert driver.states() == {
        "a": "failed",
        "a.0": "succeeded",
        "a.1": "failed",
        "a.2": "pending",
    }

    driver.resume()

    assert driver.states()["a.1"] == "ready"
    assert driver.states()["a.2"] == "pending"
    driver.succeed("a.1", 1).succeed("a.2", 2)
    assert driver.output("a") == [0, 1, 2]


def test_loop_begins_as_many_items_at_a_time_as_ever() -> None:
    loop = step("a", each=[0, 1, 2, 3, 4, 5], max_parallel=2, max_failures=3)
    driver = a_driver(loop, hold_on_failure=HOLD)
    driver.fail("a.0").fail("a.1").succeed("a.2").fail("a.3")
    assert driver.fail("a.4").state is RunState.HELD

    driver.resume()

    active = [row.item for row in driver.active() if row.item]
    assert len(active) == 2
    while driver.state is RunState.RUNNING:
        active = [row.item for row in driver.active() if row.item]
        assert len(active) <= 2
        driver.succeed(f"a.{active[0]}", active[0])
    assert driver.output("a") == ["0", "1", None, "3", "4", "5"]


def test_items_of_a_loop_that_was_good_enough_stay_failed() -> None:
    driver = a_driver(step("a", each=[0, 1], max_failures=1), "b", hold_on_failure=HOLD)
    driver.fail("a.0").succeed("a.1").fail("b").resume()

    assert driver.states() == {"a": "succeeded", "a.0": "failed", "a.1": "succeeded", "b": "ready"}


def test_item_that_is_a_group_goes_on_where_it_was() -> None:
    loop = group("g", "a", "b", each=[0, 1, 2], max_parallel=1, max_failures="100%")
    tail = step("z", if_="steps.g.output.exists(x, x == null)")
    body = group("outer", loop, fail("Incomplete"), if_="true")
    driver = a_driver(body, tail, hold_on_failure=HOLD)
    driver.succeed("a.0").fail("b.0").fail("a.1").succeed("a.2").succeed("b.2")

    assert driver.state is RunState.HELD  # the loop was good enough; the step after it failed
    assert driver.resume(skip=True).states()["b.0"] == "failed"


def test_failed_items_that_are_groups_go_on_one_after_another() -> None:
    loop = group("g", "a", step("l", each=[7, 8]), each=[0, 1], max_parallel=1, max_failures=0)
    driver = a_driver(loop, hold_on_failure=HOLD)
    driver.succeed("a.0").succeed("l.0.0", "x").fail("l.0.1")
    assert driver.states()["g.1"] == "pending"

    driver.resume()

    states = driver.states()
    assert (states["g"], states["g.0"], states["g.1"]) == ("running", "running", "pending")
    assert (states["a.0"], states["l.0"], states["l.0.0"]) == ("succeeded", "running", "succeeded")
    assert states["l.0.1"] == "ready"
    driver.succeed("l.0.1", "y").succeed("a.1").succeed("l.1.0").succeed("l.1.1")
    assert driver.output("g") == [["x", "y"], [None, None]]


def test_groups_of_a_loop_begin_as_many_at_a_time_as_ever() -> None:
    loop = group("g", "a", "b", each=[0, 1, 2], max_parallel=2, max_failures=1)
    driver = a_driver(loop, hold_on_failure=HOLD)
    driver.succeed("a.0").succeed("a.1").fail("b.0").fail("b.1")
    assert (driver.state, driver.states()["g.2"]) == (RunState.HELD, "cancelled")

    driver.resume()

    states = driver.states()
    assert [states[f"g.{n}"] for n in range(3)] == ["running", "running", "pending"]
    assert (states["b.0"], states["b.1"], states["a.2"]) == ("ready", "ready", "pending")
    driver.succeed("b.0").succeed("b.1").succeed("a.2").succeed("b.2")
    assert driver.state is RunState.SUCCEEDED


def test_loop_whose_list_had_no_value_is_evaluated_again() -> None:
    loop = step(
        "a", each="${{ [now().format('%H')].filter(h, fromJson(h) > 12) + [event.data.x] }}"
    )
    driver = a_driver(loop, hold_on_failure=HOLD)
    assert driver.states() == {"a": "failed"}

    assert driver.resume(output=[], is_done=True).state is RunState.SUCCEEDED


# Rescues


def test_rescue_clause_that_failed_goes_on_where_it_was() -> None:
    clause = rescue("ask", step("again", with_={"c": "${{ error.code }}"}), "note")
    driver = a_driver(step("charge", rescue=clause), "ship", hold_on_failure=HOLD)
    driver.fail("charge", "Declined").succeed("ask").succeed("again").fail("note", "Broken")
    assert driver.state is RunState.HELD

    driver.resume()

    assert driver.states() == {
        "charge": "rescuing",
        "ask": "succeeded",
        "again": "succeeded",
        "note": "ready",
    }
    assert driver.succeed("note").states()["charge"] == "rescued"
    assert driver.states()["ship"] == "ready"


def test_resumed_clause_sees_the_error_it_began_with() -> None:
    clause = rescue("ask", step("again", with_={"e": "${{ error }}"}))
    driver = a_driver(step("charge", rescue=clause), hold_on_failure=HOLD)
    driver.fail("charge", "Declined", details={"by": "bank"}).fail("ask", "Broken")

    driver.resume().succeed("ask")

    assert driver.row("again").input["e"] == {
        "code": "Declined",
        "message": "no",
        "step": "charge",
        "attempts": 1,
        "details": {"by": "bank"},
    }


def test_clause_that_was_cancelled_with_its_run_goes_on() -> None:
    clause = rescue("ask", step("again", with_={"c": "${{ error.code }}"}))
    driver = a_driver(step("charge", rescue=clause), timeout_s=60)
    driver.fail("charge", "Declined").succeed("ask").advance(seconds=60)
    assert driver.states() == {"charge": "cancelled", "ask": "succeeded", "again": "cancelled"}

    driver.resume()

    assert driver.states() == {"charge": "rescuing", "ask": "succeeded", "again": "ready"}


def test_body_of_a_block_whose_clause_failed_stays_as_it_is() -> None:
    block = parallel("p", "a", group("g", "b"), rescue=rescue(group("r", "c")))
    driver = a_driver(block, hold_on_failure=HOLD).fail("b").fail("c")

    driver.resume()

    assert driver.states() == {
        "p": "rescuing",
        "a": "cancelled",
        "g": "failed",
        "b": "failed",
        "r": "running",
        "c": "ready",
    }
    assert driver.succeed("c", 5).output("p") == 5


def test_block_that_was_rescued_keeps_its_failed_steps() -> None:
    driver = a_driver(group("g", "a", rescue=rescue("r")), "b", hold_on_failure=HOLD)
    driver.fail("a").succeed("r").fail("b").resume()

    assert driver.states() == {"g": "rescued", "a": "failed", "r": "succeeded", "b": "ready"}


def test_loop_in_a_clause_that_failed_begins_its_failed_items_only() -> None:
    clause = rescue(step("l", each=[1, 2]))
    driver = a_driver(step("charge", rescue=clause), hold_on_failure=HOLD)
    driver.fail("charge").succeed("l.0").fail("l.1").resume()

    assert (driver.states()["l.0"], driver.states()["l.1"]) == ("succeeded", "ready")


def test_step_that_failed_before_it_began_and_was_rescued_in_vain_goes_on_in_its_clause() -> None:
    driver = a_driver(step("charge", takes=("box",), rescue=rescue("r")), hold_on_failure=HOLD)

    driver.fail("r").resume()

    assert driver.states() == {"charge": "rescuing", "r": "ready"}

"""Undoing. Language §4.10."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flowengine.engine.commands import Dispatch
from flowengine.engine.decide import Limits
from flowengine.engine.states import RunState
from flowengine.engine.transitions import (
    RunCompensating,
    StepReady,
    StepUndoFailed,
    StepUndoing,
    StepUndone,
)
from tests.builders import a_workflow
from tests.builders.driver import Driver
from tests.builders.steps import child, group, parallel, rescue, step, undo


def undoable(name: str, **fields: Any) -> Any:
    return step(name, compensate=undo(f"un{name}"), **fields)


def a_driver(*steps: Any, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


def undoing(driver: Driver) -> list[tuple[str, str]]:
    """What was undone, in order."""
    return [(each.step, each.item) for each in driver.history(StepUndoing)]


def undo_all(driver: Driver) -> Driver:
    """Every undo succeeds."""
    while driver.state is RunState.COMPENSATING:
        [row] = driver.active()
        driver.succeed(f"{row.id}.{row.item}" if row.item else row.id)
    return driver


# Which, and in what order


def test_what_succeeded_is_undone_latest_end_first_one_at_a_time() -> None:
    driver = a_driver(undoable("a"), undoable("b"), "c", undoable("d"), "e")
    for name in "abcd":
        driver.succeed(name)

    driver.fail("e")
    assert len(driver.active()) == 1
    undo_all(driver)

    assert undoing(driver) == [("d", ""), ("b", ""), ("a", "")]
    assert driver.state is RunState.FAILED
    assert driver.states() == {
        "a": "undone",
        "b": "undone",
        "c": "succeeded",
        "d": "undone",
        "e": "failed",
        "undo a": "succeeded",
        "undo b": "succeeded",
        "undo d": "succeeded",
    }


def test_branches_are_undone_in_the_order_of_their_ends() -> None:
    driver = a_driver(parallel("p", undoable("a"), undoable("b"), undoable("c")), "d")
    for name in "bca":
        driver.succeed(name)

    undo_all(driver.fail("d"))

    assert [name for name, _ in undoing(driver)] == ["a", "c", "b"]


def test_items_of_a_loop_are_undone_each() -> None:
    driver = a_driver(undoable("a", each=["x", "y", "z"], with_={"v": "${{ item }}"}), "b")
    for item in "201":
        driver.succeed(f"a.{item}", {"n": item})

    undo_all(driver.fail("b"))

    assert undoing(driver) == [("a", "1"), ("a", "0"), ("a", "2")]
    assert driver.states()["a"] == "succeeded"


def test_steps_in_items_of_a_loop_are_undone_each() -> None:
    driver = a_driver(group("g", undoable("a"), "c", each=[1, 2]), "b")
    driver.succeed("a.0").succeed("a.1").succeed("c.0").succeed("c.1")

    undo_all(driver.fail("b"))

    assert undoing(driver) == [("a", "1"), ("a", "0")]


def test_cancelled_run_is_undone_too_and_ends_cancelled() -> None:
    driver = a_driver(undoable("a"), "b").succeed("a").cancel()

    [compensating] = driver.history(RunCompensating)
    assert (compensating.outcome, compensating.failure) == ("cancelled", None)
    assert undo_all(driver).state is RunState.CANCELLED
    assert driver.buried == []


def test_step_that_was_cancelled_or_skipped_or_failed_is_not_undone() -> None:
    block = parallel("p", undoable("a"), undoable("b"), undoable("s", if_="false"))
    driver = a_driver(block).fail("a")

    assert driver.states() == {"p": "failed", "a": "failed", "b": "cancelled", "s": "skipped"}
    assert driver.state is RunState.FAILED
    assert not driver.run.has_undone


def test_rescued_step_is_not_undone_but_the_steps_of_its_clause_are() -> None:
    driver = a_driver(undoable("a", rescue=rescue(undoable("other"))), "b")
    driver.fail("a").succeed("other").fail("b")

    assert undoing(undo_all(driver)) == [("other", "")]
    assert driver.states()["a"] == "rescued"


def test_child_is_undone_by_a_task() -> None:
    driver = a_driver(child("setup", compensate=undo("remove", takes=("user",))), "b")
    driver.end_child("setup", output={"user": 5}).fail("b")

    assert driver.row("undo setup").input == {"user": 5}
    assert undo_all(driver).states()["setup"] == "undone"


def test_run_that_succeeds_undoes_nothing() -> None:
    driver = a_driver(undoable("a")).succeed("a")

    assert driver.state is RunState.SUCCEEDED
    assert undoing(driver) == []


# The undo is work like any other


def test_undo_is_work_with_a_row_and_a_station_of_its_own() -> None:
    compensate = undo("refund", takes=("charge_id", "amount"), station="payments")
    charge = step("charge", compensate=compensate, with_={"amount": 5}, each=[0])
    driver = a_driver(charge, "b").succeed("charge.0", {"charge_id": "c1"}).fail("b")

    assert driver.transitions[-2:] == [
        StepUndoing(step="charge", item="0"),
        StepReady(
            step="undo charge",
            item="0",
            kind="undo",
            task="shop.refund",
            station="payments",
            input={"charge_id": "c1", "amount": 5},
        ),
    ]
    assert driver.commands[-1] == Dispatch(
        step="undo charge", item="0", station="payments", attempt=0
    )


def test_undo_is_tried_again_ten_times() -> None:
    driver = a_driver(undoable("a"), "b").succeed("a").fail("b")
    for _ in range(9):
        driver.fail("undo a", permanent=False)
        assert driver.states()["undo a"] == "retrying"
        driver.advance(minutes=10)

    driver.fail("undo a", permanent=False)

    assert driver.states()["undo a"] == "failed"
    assert driver.row("undo a").tries == 10


def test_lost_worker_of_an_undo_uses_a_crash() -> None:
    driver = a_driver(undoable("a"), "b").succeed("a").fail("b").lose("undo a")

    assert driver.states()["undo a"] == "ready"
    assert driver.give_back("undo a").states()["undo a"] == "ready"


def test_undo_that_fails_is_buried_and_the_others_still_run() -> None:
    driver = a_driver(undoable("a"), undoable("b"), "c").succeed("a").succeed("b").fail("c")

    driver.fail("undo b", "Refused")

    bury = driver.buried[-1]
    assert (bury.kind, bury.step, bury.failure.fe) == ("failed undo", "b", "FE431")
    assert bury.failure.code == "Refused"
    assert bury.failure.message == "undoing 'b' failed after 1 try: Refused no"
    assert driver.row("b").failure == driver.row("undo b").failure
    assert driver.states()["b"] == "undo_failed"
    undo_all(driver)
    assert undoing(driver) == [("b", ""), ("a", "")]
    assert driver.history(StepUndone) == [StepUndone(step="a")]
    assert driver.state is RunState.FAILED
    assert driver.run.failure is not None
    assert driver.run.failure.step == "c"


def test_undo_without_an_input_has_failed_and_the_next_one_begins() -> None:
    broken = step("b", compensate=undo("unb", with_={"x": "${{ output.id }}"}))
    driver = a_driver(undoable("a"), broken, "c").succeed("a").succeed("b", {}).fail("c")

    assert [each.step for each in driver.history(StepUndoFailed)] == ["b"]
    assert driver.buried[-1].failure.fe == "FE431"
    assert driver.buried[-1].failure.step == "b"
    assert driver.states()["undo a"] == "ready"
    assert "undo b" not in driver.states()


def test_last_undo_without_an_input_ends_the_run() -> None:
    driver = a_driver(step("a", compensate=undo("una", takes=("box",))), "c").succeed("a")

    driver.fail("c")

    assert (driver.state, driver.states()["a"]) == (RunState.FAILED, "undo_failed")
    assert driver.run.has_undone


def test_input_of_an_undo_over_the_limit_fails_it() -> None:
    big = step("a", compensate=undo("una", with_={"x": "${{ [output, output] }}"}))
    driver = Driver(a_workflow(big, "c"), limits=Limits(payload_max_bytes=1000)).start()

    driver.succeed("a", "x" * 900).fail("c")

    assert driver.buried[-1].failure.code == "PayloadTooLarge"
    assert driver.buried[-1].failure.message == (
        "undoing 'a' failed after 0 tries: PayloadTooLarge "
        "the input of the undo of 'a' is 2 KiB; the limit is 1 KiB"
    )


# Unknown outcome


@pytest.mark.parametrize("code", ["Timeout", "Cancelled"])
def test_step_of_unknown_outcome_is_undone_where_its_author_says_so(code: str) -> None:
    compensate = undo(
        "refund", on_unknown=True, with_={"id": "${{ default(output.id, 'unknown') }}"}
    )
    driver = a_driver(undoable("a"), step("charge", compensate=compensate)).succeed("a")

    driver.fail("charge", code)

    assert undoing(driver) == [("charge", "")]
    assert driver.row("undo charge").input == {"id": "unknown"}
    assert undo_all(driver).states()["charge"] == "undone"
    assert undoing(driver) == [("charge", ""), ("a", "")]
    assert [bury.kind for bury in driver.buried] == ["failed run"]


@pytest.mark.parametrize("code", ["Timeout", "Cancelled"])
def test_step_of_unknown_outcome_needs_review_otherwise(code: str) -> None:
    driver = a_driver(undoable("a"), undoable("charge")).succeed("a").fail("charge", code)

    bury = driver.buried[-1]
    assert (bury.kind, bury.step, bury.failure.fe) == ("needs review", "charge", "FE433")
    assert bury.failure.code == code
    assert bury.failure.message == (
        f"an attempt of 'charge' ended in {code}; nobody knows if it took effect. "
        "Look, and undo it by hand if it did"
    )
    assert undoing(undo_all(driver)) == [("a", "")]
    assert driver.states()["charge"] == "failed"
    assert [bury.kind for bury in driver.buried] == ["failed run", "needs review"]


def test_run_with_nothing_but_a_review_ends_at_once_and_may_be_resumed() -> None:
    driver = a_driver(undoable("charge")).fail("charge", "Timeout")

    assert driver.state is RunState.FAILED
    assert not driver.run.has_undone
    assert driver.history(RunCompensating) == []


def test_step_that_failed_with_a_known_outcome_needs_no_review() -> None:
    driver = a_driver(undoable("charge")).fail("charge", "Declined")

    assert [bury.kind for bury in driver.buried] == ["failed run"]


def test_step_that_cannot_be_undone_needs_no_review() -> None:
    driver = a_driver(undoable("a"), "charge").succeed("a").fail("charge", "Timeout")

    assert [bury.kind for bury in driver.buried] == ["failed run"]


# What else comes meanwhile


def test_run_that_is_undone_is_not_cancelled_resumed_or_timed_out() -> None:
    driver = a_driver(undoable("a"), "b", timeout_s=3600).succeed("a").fail("b")

    for tell in (driver.cancel, driver.resume, driver.give_up):
        tell()
        assert driver.decision is not None
        assert driver.decision.stale
    assert driver.advance(timedelta(days=1)).state is RunState.COMPENSATING


def test_after_any_undo_a_failed_run_cannot_be_resumed() -> None:
    driver = undo_all(a_driver(undoable("a"), "b").succeed("a").fail("b"))

    driver.resume()

    assert driver.decision is not None
    assert driver.decision.stale

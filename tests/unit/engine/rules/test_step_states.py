"""The states of a step, row by row of the language's table (§4.5)."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.steps import Step
from flowengine.engine.states import StepState
from tests.builders import a_workflow, an_event, retry, step
from tests.builders.driver import Driver
from tests.builders.steps import (
    approval,
    child,
    group,
    otherwise,
    parallel,
    rescue,
    sleep,
    switch,
    undo,
    wait,
    when,
)


def a_driver(*steps: Step | str, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


def test_pending_step_whose_turn_it_is_becomes_ready_with_its_input_stored() -> None:
    driver = a_driver("a", step("b", with_={"n": "${{ steps.a.output }}"}))
    assert "b" not in driver.states()

    driver.succeed("a", 7)

    assert driver.row("b").state is StepState.READY
    assert driver.row("b").input == {"n": 7}


def test_pending_step_whose_if_is_false_is_skipped() -> None:
    assert a_driver("a", step("b", if_="false")).succeed("a").states()["b"] == "skipped"


def test_steps_of_a_clause_that_was_not_chosen_are_seen_as_skipped() -> None:
    told = {"one": "${{ steps.one.status }}", "output": "${{ steps.one.output }}"}
    driver = a_driver(
        switch("how", when("false", "one"), otherwise("two")), step("after", with_=told)
    )

    driver.succeed("two")

    assert driver.row("after").input == {"one": "skipped", "output": None}


@pytest.mark.parametrize("how", ["fail", "cancel"])
def test_pending_step_of_a_block_that_failed_or_was_cancelled_is_seen_as_not_reached(
    how: str,
) -> None:
    driver = a_driver(
        group("pack", "wrap", "seal"),
        at_end=(step("tell", with_={"seal": "${{ steps.seal.status }}"}),),
    )

    if how == "fail":
        driver.fail("wrap")
    else:
        driver.cancel()

    assert driver.row("tell").input == {"seal": "not_reached"}


def test_ready_step_that_a_worker_takes_is_running() -> None:
    assert a_driver("a").begin("a").states() == {"a": "running"}


@pytest.mark.parametrize(
    "waiting",
    [
        wait("it", "card.provided", match={"n": 1}),
        sleep("it", seconds=60),
        approval("it"),
        child("it"),
    ],
    ids=["wait_for", "sleep", "approval", "child"],
)
def test_step_that_needs_no_worker_is_waiting(waiting: Step) -> None:
    assert a_driver(waiting).states() == {"it": "waiting"}


def test_running_step_that_is_done_has_succeeded() -> None:
    assert a_driver("a").succeed("a").states() == {"a": "succeeded"}


@pytest.mark.parametrize("kind", ["wait_for", "sleep", "approval", "child"])
def test_waiting_step_that_is_done_has_succeeded(kind: str) -> None:
    waiting: dict[str, Step] = {
        "wait_for": wait("it", "card.provided", match={"n": 1}),
        "sleep": sleep("it", seconds=60),
        "approval": approval("it"),
        "child": child("it"),
    }
    driver = a_driver(waiting[kind])

    match kind:
        case "wait_for":
            driver.arrive(an_event("card.provided", {"n": 1}))
        case "sleep":
            driver.advance(seconds=60)
        case "approval":
            driver.answer("it")
        case _:
            driver.end_child("it")

    assert driver.states() == {"it": "succeeded"}


@pytest.mark.parametrize("code", ["CardDeclined", "Timeout"])
def test_running_step_with_an_error_and_tries_left_retries(code: str) -> None:
    driver = a_driver("a").fail("a", code, permanent=False)

    assert driver.states() == {"a": "retrying"}
    assert driver.row("a").worker is None


def test_retrying_step_whose_delay_is_over_is_ready_for_its_next_try() -> None:
    driver = a_driver("a").fail("a", permanent=False).advance(minutes=1)

    assert driver.states() == {"a": "ready"}
    assert driver.row("a").tries == 1


@pytest.mark.parametrize(
    ("fields", "state"), [({"rescue": rescue("mend")}, "rescuing"), ({}, "failed")]
)
def test_running_step_with_an_error_and_no_try_left_is_rescued_or_fails(
    fields: dict[str, Any], state: str
) -> None:
    driver = a_driver(step("a", retry=retry(attempts=1), **fields)).fail("a", permanent=False)

    assert driver.states()["a"] == state


@pytest.mark.parametrize(
    ("fields", "state"),
    [({"rescue": rescue("mend", errors=("Timeout",))}, "rescuing"), ({}, "failed")],
)
def test_waiting_step_for_which_nothing_came_is_rescued_or_fails(
    fields: dict[str, Any], state: str
) -> None:
    driver = a_driver(wait("a", "card.provided", match={"n": 1}, timeout_s=60, **fields))

    driver.advance(seconds=60)

    assert driver.states()["a"] == state


def test_rescuing_step_whose_clause_ended_well_is_rescued() -> None:
    driver = a_driver(step("a", rescue=rescue("mend"))).fail("a").succeed("mend")

    assert driver.states() == {"a": "rescued", "mend": "succeeded"}


def test_rescuing_step_whose_clause_failed_has_failed_with_the_error_of_the_clause() -> None:
    driver = a_driver(step("a", rescue=rescue("mend"))).fail("a", "First").fail("mend", "Second")

    failure = driver.row("a").failure
    assert driver.states()["a"] == "failed"
    assert failure is not None
    assert failure.code == "Second"
    assert failure.details["original"]["code"] == "First"


def test_retrying_step_is_cancelled() -> None:
    assert a_driver("a").fail("a", permanent=False).cancel().states() == {"a": "cancelled"}


def test_waiting_step_is_cancelled() -> None:
    assert a_driver(sleep("a", seconds=60)).cancel().states() == {"a": "cancelled"}


def test_ready_step_is_cancelled() -> None:
    assert a_driver("a").cancel().states() == {"a": "cancelled"}


def test_rescuing_step_is_cancelled_with_what_is_at_work_in_its_clause() -> None:
    driver = a_driver(step("a", rescue=rescue("mend"))).fail("a").cancel()

    assert driver.states() == {"a": "cancelled", "mend": "cancelled"}


def test_running_step_is_told_and_cancelled_when_its_attempt_ends() -> None:
    driver = a_driver("a").begin("a").cancel()
    assert driver.states() == {"a": "running"}

    assert driver.give_back("a").states() == {"a": "cancelled"}


@pytest.mark.parametrize(("ends", "state"), [("succeed", "undone"), ("fail", "undo_failed")])
def test_step_that_succeeded_is_undone_with_its_run_or_that_fails(ends: str, state: str) -> None:
    driver = a_driver(step("a", compensate=undo("un_a")), "b").succeed("a").fail("b")
    assert driver.states()["a"] == "undoing"

    getattr(driver, ends)("undo a")

    assert driver.states()["a"] == state


def test_failed_step_that_is_resumed_is_ready_and_its_tries_start_at_one_again() -> None:
    driver = a_driver(step("a", retry=retry(attempts=1))).fail("a", permanent=False)
    assert driver.row("a").tries == 1

    driver.resume()

    assert (driver.row("a").state, driver.row("a").tries) == (StepState.READY, 0)
    assert driver.begin("a").row("a").attempt == 2


def test_lost_or_returned_attempt_is_ready_again() -> None:
    assert a_driver("a").lose("a").states() == {"a": "ready"}
    assert a_driver("a").give_back("a").states() == {"a": "ready"}


def test_block_is_running_as_long_as_anything_inside_it_is_active() -> None:
    driver = a_driver(parallel("all", "a", sleep("b", seconds=60)))
    assert driver.succeed("a").states()["all"] == "running"

    assert driver.advance(seconds=60).states()["all"] == "succeeded"

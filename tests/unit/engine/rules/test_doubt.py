"""Steps that did not succeed and may have taken effect: undone, or put up for review. Language §4.10."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flowengine.engine.draft import Limits
from flowengine.engine.states import RunState
from flowengine.engine.transitions import StepInDoubt, StepUndoing
from tests.builders import a_workflow
from tests.builders.driver import Driver
from tests.builders.steps import child, emit, group, parallel, rescue, retry, step, undo

KIB = 1024
SMALL = Limits(payload_max_bytes=KIB, outputs_max_bytes=2 * KIB, crashes_max=3)
REFUND = undo("refund", on_unknown=True)
THREE = retry(attempts=3, delay_s=5)
Ending = Callable[[Driver], Any]


def a_charge(**fields: Any) -> Any:
    return step("charge", **{"compensate": REFUND, "retry": THREE, **fields})


def a_driver(*steps: Any, **fields: Any) -> Driver:
    return Driver(a_workflow(*(steps or (a_charge(),)), **fields), limits=SMALL).start()


def undone(driver: Driver) -> list[tuple[str, str]]:
    return [(each.step, each.item) for each in driver.history(StepUndoing)]


def letters(driver: Driver) -> list[tuple[str, str]]:
    return [(each.kind, each.failure.code) for each in driver.buried if each.kind != "failed run"]


def lost(driver: Driver) -> None:
    driver.begin("charge").cancel().lose("charge")


def fenced(driver: Driver) -> None:
    driver.begin("charge").cancel().fail("charge", "Timeout")


def stopped(driver: Driver) -> None:
    driver.begin("charge").cancel().fail("charge", "Cancelled")


def handed_back(driver: Driver) -> None:
    driver.begin("charge").cancel().give_back("charge")


def timed_out_and_to_be_tried_again(driver: Driver) -> None:
    driver.fail("charge", "Timeout", permanent=False).cancel()


def lost_and_ready_again(driver: Driver) -> None:
    driver.lose("charge").cancel()


def handed_back_and_ready_again(driver: Driver) -> None:
    driver.give_back("charge").cancel()


def timed_out_then_declined(driver: Driver) -> None:
    driver.fail("charge", "Timeout", permanent=False).advance(minutes=1).fail("charge", "Declined")


def lost_then_declined(driver: Driver) -> None:
    driver.lose("charge").fail("charge", "Declined")


ENDINGS: list[tuple[Ending, str, RunState]] = [
    (lost, "WorkerLost", RunState.CANCELLED),
    (fenced, "Timeout", RunState.CANCELLED),
    (stopped, "Cancelled", RunState.CANCELLED),
    (handed_back, "WorkerStopped", RunState.CANCELLED),
    (timed_out_and_to_be_tried_again, "Timeout", RunState.CANCELLED),
    (lost_and_ready_again, "WorkerLost", RunState.CANCELLED),
    (handed_back_and_ready_again, "WorkerStopped", RunState.CANCELLED),
    (timed_out_then_declined, "Timeout", RunState.FAILED),
    (lost_then_declined, "WorkerLost", RunState.FAILED),
]
BY_NAME: Any = {"ids": lambda each: getattr(each, "__name__", "")}


@pytest.mark.parametrize(("end", "how", "outcome"), ENDINGS, **BY_NAME)
def test_step_that_may_have_taken_effect_is_undone_where_its_author_says_so(
    end: Ending, how: str, outcome: RunState
) -> None:
    driver = a_driver()

    end(driver)

    assert driver.state is RunState.COMPENSATING
    assert driver.row("charge").doubt == how
    assert undone(driver) == [("charge", "")]
    driver.succeed("undo charge")
    assert (driver.state, driver.states()["charge"]) == (outcome, "undone")
    assert letters(driver) == []


@pytest.mark.parametrize(("end", "how", "outcome"), ENDINGS, **BY_NAME)
def test_step_that_may_have_taken_effect_needs_review_otherwise(
    end: Ending, how: str, outcome: RunState
) -> None:
    driver = a_driver(a_charge(compensate=undo("refund")))

    end(driver)

    assert driver.state is outcome
    assert undone(driver) == []
    assert letters(driver) == [("needs review", how)]
    letter = driver.buried[-1]
    assert (letter.step, letter.failure.fe) == ("charge", "FE433")
    assert letter.failure.attempts == driver.row("charge").attempt
    assert letter.failure.message == (
        f"an attempt of 'charge' ended in {how}; nobody knows if it took effect. "
        "Look, and undo it by hand if it did"
    )


@pytest.mark.parametrize(
    "end",
    [
        lambda driver: driver.cancel(),
        lambda driver: driver.fail("charge", "Declined"),
        lambda driver: driver.fail("charge", "Declined", permanent=False).cancel(),
        lambda driver: driver.begin("charge").cancel().fail("charge", "Declined"),
        lambda driver: driver.fail("charge", "InvalidInput", fe="FE127"),
    ],
    ids=["never begun", "failed", "to be tried again", "failed while stopping", "not called"],
)
def test_step_of_which_the_outcome_is_known_is_in_no_doubt(end: Ending) -> None:
    driver = a_driver()

    end(driver)

    assert driver.run.state in (RunState.CANCELLED, RunState.FAILED)
    assert driver.history(StepInDoubt, StepUndoing) == []
    assert letters(driver) == []


def test_doubt_of_what_cannot_be_undone_is_not_noted() -> None:
    driver = a_driver(step("charge"))

    driver.begin("charge").cancel().lose("charge")

    assert driver.state is RunState.CANCELLED
    assert driver.history(StepInDoubt) == []


def test_doubt_is_noted_once() -> None:
    driver = a_driver().lose("charge").lose("charge").fail("charge", "Timeout", permanent=False)

    assert driver.history(StepInDoubt) == [StepInDoubt(step="charge", how="WorkerLost")]


def test_step_that_succeeds_in_the_end_is_undone_like_any_other() -> None:
    driver = a_driver(a_charge(compensate=undo("refund", with_={"n": "${{ output.n }}"})), "b")

    driver.lose("charge").succeed("charge", {"n": 7}).fail("b")

    assert driver.row("undo charge").input == {"n": 7}
    assert letters(driver) == []


def test_doubt_outlives_a_resume() -> None:
    driver = a_driver(a_charge(compensate=undo("refund")), hold_on_failure_s=60)
    driver.fail("charge", "Timeout").resume().fail("charge", "Declined").give_up()

    assert letters(driver) == [("needs review", "Timeout")]


def test_branch_that_is_stopped_because_of_another_is_undone() -> None:
    driver = a_driver(parallel("both", a_charge(), "b")).begin("charge")

    driver.fail("b").lose("charge")

    assert driver.states()["charge"] == "undoing"


def test_item_that_was_lost_is_undone_for_itself() -> None:
    driver = a_driver(a_charge(each=[1, 2, 3], max_parallel=3)).succeed("charge.0")

    driver.begin("charge.1").cancel().lose("charge.1")

    assert undone(driver) == [("charge", "1")]
    assert undone(driver.succeed("undo charge.1")) == [("charge", "1"), ("charge", "0")]
    assert driver.succeed("undo charge.0").state is RunState.CANCELLED


def test_step_whose_rescue_fails_is_undone() -> None:
    driver = a_driver(a_charge(rescue=rescue("other"))).fail("charge", "Timeout")

    driver.fail("other")

    assert undone(driver) == [("charge", "")]


def test_rescued_step_is_not_undone() -> None:
    driver = a_driver(a_charge(rescue=rescue("other")), "b").fail("charge", "Timeout")

    driver.succeed("other").fail("b")

    assert undone(driver) == []


# What returned


def too_large(driver: Driver) -> Driver:
    return driver.succeed("charge", "x" * 2 * KIB)


def not_json(driver: Driver) -> Driver:
    return driver.fail("charge", "InvalidOutput", fe="FE422")


def too_large_for_the_worker(driver: Driver) -> Driver:
    return driver.fail("charge", "PayloadTooLarge", fe="FE423")


@pytest.mark.parametrize("end", [too_large, not_json, too_large_for_the_worker], **BY_NAME)
def test_step_whose_output_cannot_be_kept_took_effect_and_is_undone(end: Ending) -> None:
    compensate = undo("refund", with_={"id": "${{ default(output.id, 'none') }}"})
    driver = a_driver(a_charge(compensate=compensate))

    end(driver)

    assert undone(driver) == [("charge", "")]
    assert driver.row("undo charge").input == {"id": "none"}
    driver.succeed("undo charge")
    assert (driver.state, letters(driver)) == (RunState.FAILED, [])


def test_step_whose_output_is_too_much_for_the_run_is_undone() -> None:
    driver = a_driver("a", "b", a_charge(compensate=undo("refund")))
    driver.succeed("a", "x" * 1000).succeed("b", "x" * 1000)

    driver.succeed("charge", "x" * 100)

    assert undone(driver) == [("charge", "")]


def test_undo_that_needs_the_lost_output_fails_and_says_so() -> None:
    compensate = undo("refund", with_={"id": "${{ output.id }}"})

    driver = too_large(a_driver(a_charge(compensate=compensate)))

    assert letters(driver) == [("failed undo", "ExpressionError")]
    assert driver.states()["charge"] == "undo_failed"


def test_what_is_sure_counts_more_than_what_is_not() -> None:
    driver = a_driver(a_charge(compensate=undo("refund")))

    too_large(driver.fail("charge", "Timeout", permanent=False).advance(minutes=1))

    assert driver.row("charge").doubt == "Returned"
    assert undone(driver) == [("charge", "")]


def test_what_is_sure_is_not_forgotten() -> None:
    driver = a_driver(a_charge(compensate=undo("refund")), hold_on_failure_s=60)

    too_large(driver).resume().fail("charge", "Timeout").give_up()

    assert undone(driver) == [("charge", "")]


@pytest.mark.parametrize("end", [not_json, too_large_for_the_worker], **BY_NAME)
def test_task_in_a_transaction_that_was_taken_back_is_in_doubt_only(end: Ending) -> None:
    """What it wrote is gone; what it did elsewhere may not be."""
    driver = a_driver(a_charge(compensate=undo("refund"), transaction=True))

    end(driver)

    assert undone(driver) == []
    assert [kind for kind, _ in letters(driver)] == ["needs review"]


def test_task_in_a_transaction_whose_end_is_saved_with_it_is_undone() -> None:
    driver = a_driver(a_charge(compensate=undo("refund"), transaction=True))

    assert undone(too_large(driver)) == [("charge", "")]


# Children


def a_booking(**fields: Any) -> Any:
    return child("book", compensate=REFUND, **fields)


def test_child_that_is_cancelled_undoes_itself() -> None:
    driver = a_driver(a_booking()).cancel()

    assert len(driver.cancelled_children) == 1
    assert (driver.state, undone(driver)) == (RunState.CANCELLED, [])


def test_child_that_ran_out_of_time_may_be_done_by_then() -> None:
    driver = a_driver(a_booking(timeout_s=60)).advance(minutes=2)

    assert driver.row("book").doubt == "Timeout"
    assert undone(driver) == [("book", "")]


def test_child_whose_output_cannot_be_kept_is_undone() -> None:
    driver = a_driver(child("book", compensate=undo("refund")))

    driver.end_child("book", output="x" * 2 * KIB)

    assert undone(driver) == [("book", "")]


def test_child_that_failed_is_in_no_doubt() -> None:
    driver = a_driver(a_booking()).end_child("book", RunState.FAILED)

    assert (driver.state, undone(driver)) == (RunState.FAILED, [])


@pytest.mark.parametrize(
    "last", [child("book", detach=True), emit("it.was", id_="book", with_={})], ids=["call", "emit"]
)
def test_event_of_which_no_trace_can_be_kept_is_not_published(last: Any) -> None:
    limits = Limits(payload_max_bytes=KIB, outputs_max_bytes=KIB)
    driver = Driver(a_workflow("a", last), limits=limits).start()

    driver.succeed("a", "x" * 1000)

    assert driver.states()["book"] == "failed"
    assert driver.emitted == []


def test_loop_itself_is_never_in_doubt() -> None:
    limits = Limits(payload_max_bytes=KIB, outputs_max_bytes=KIB)
    looped = a_charge(each=[1, 2], compensate=undo("refund"))
    driver = Driver(a_workflow(group("all", looped)), limits=limits).start()

    driver.succeed("charge.0", "x" * 510).succeed("charge.1", "x" * 510)

    assert driver.states()["charge"] == "failed"
    assert driver.row("charge").doubt == ""
    assert undone(driver) == [("charge", "1")]

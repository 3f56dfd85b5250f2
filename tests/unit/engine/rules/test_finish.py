"""How the work of a run ends. The rows of language §4.4 that have to do with its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flowengine.engine.commands import Bury
from flowengine.engine.decide import Limits
from flowengine.engine.messages import Cancel, Due
from flowengine.engine.run import Failure
from flowengine.engine.states import RunState
from flowengine.engine.transitions import (
    RunCancelled,
    RunCancelling,
    RunCompensating,
    RunFailed,
    RunHeld,
    RunSucceeded,
    StepSucceeded,
)
from tests.builders import NOON, a_run, a_workflow
from tests.builders.driver import Driver
from tests.builders.steps import group, parallel, rescue, sleep, step, undo

HOUR = timedelta(hours=1)


def a_driver(*steps: Any, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


# running, waiting -> succeeded


def test_last_step_ends_the_run_with_its_output() -> None:
    driver = a_driver("charge", "ship").succeed("charge", {"id": 1}).begin("ship")

    driver.succeed("ship", {"id": 2})

    assert driver.decision is not None
    assert driver.decision.transitions == (
        StepSucceeded(step="ship", attempt=1, output={"id": 2}),
        RunSucceeded(output={"id": 2}),
    )
    assert driver.state is RunState.SUCCEEDED
    assert (driver.run.output, driver.run.finished_at) == ({"id": 2}, NOON)
    assert driver.run.due_at is None


def test_output_is_that_of_the_last_step_that_was_not_skipped() -> None:
    driver = a_driver("charge", step("ship", if_="false"), step("note", if_="false"))

    assert driver.succeed("charge", 5).run.output == 5


def test_run_all_of_whose_steps_were_skipped_has_no_output() -> None:
    driver = a_driver(step("ship", if_="false"))

    assert (driver.state, driver.run.output) == (RunState.SUCCEEDED, None)


def test_output_of_a_rescued_step_is_that_of_its_clause() -> None:
    driver = a_driver(step("charge", rescue=rescue("ask"))).fail("charge").succeed("ask", 7)

    assert driver.run.output == 7


def test_waiting_run_is_done_when_its_last_wait_is_over() -> None:
    driver = a_driver(sleep(seconds=5))
    assert driver.state is RunState.WAITING

    assert driver.advance(seconds=5).state is RunState.SUCCEEDED


def test_output_of_the_workflow_is_evaluated_over_the_steps() -> None:
    driver = a_driver("charge", "ship", output={"paid": "${{ steps.charge.output.id }}"})

    driver.succeed("charge", {"id": 1}).succeed("ship")

    assert driver.run.output == {"paid": 1}


def test_output_without_a_value_fails_the_run() -> None:
    driver = a_driver("ship", output="${{ steps.ship.output.parcel }}").succeed("ship", {"box": 1})

    failure = driver.run.failure
    assert driver.state is RunState.FAILED
    assert failure is not None
    assert (failure.fe, failure.step) == ("FE401", None)
    assert failure.message.startswith("in `output`: ")
    assert driver.buried == [Bury(kind="failed run", failure=failure)]


def test_output_over_the_limit_fails_the_run() -> None:
    workflow = a_workflow("ship", output=["${{ event.type }}", "x" * 2048])
    driver = Driver(workflow, limits=Limits(payload_max_bytes=1024)).start().succeed("ship")

    assert driver.run.failure is not None
    assert driver.run.failure.message == "the output of fulfil-order is 2 KiB; the limit is 1 KiB"


# running, waiting -> failed, compensating, held


def test_step_that_failed_for_good_fails_the_run_where_nothing_is_to_be_undone() -> None:
    driver = a_driver("charge", "ship").fail("charge", "Declined")

    failure = driver.run.failure
    assert failure is not None
    assert driver.state is RunState.FAILED
    assert (failure.code, failure.message, failure.step) == ("Declined", "no", "charge")
    assert (failure.attempts, [each.attempt for each in failure.tries]) == (1, [1])
    assert driver.buried == [Bury(kind="failed run", failure=failure, step="charge")]
    assert driver.states() == {"charge": "failed"}


def test_dead_letter_names_the_innermost_step() -> None:
    driver = a_driver(group("g", parallel("p", "a", "b"))).fail("b")

    assert [bury.step for bury in driver.buried] == ["b"]


def test_waiting_run_fails_when_a_retry_is_used_up() -> None:
    driver = a_driver("charge")
    for _ in range(3):
        driver.fail("charge", permanent=False).advance(minutes=10)

    assert driver.state is RunState.FAILED
    assert len(driver.buried) == 1


def test_step_that_failed_begins_to_undo_where_something_is_to_be_undone() -> None:
    driver = a_driver(step("reserve", compensate=undo("release")), "charge")

    driver.succeed("reserve").fail("charge")

    assert driver.state is RunState.COMPENSATING
    assert [bury.kind for bury in driver.buried] == ["failed run"]
    [compensating] = driver.history(RunCompensating)
    assert (compensating.outcome, compensating.failure) == ("failed", driver.run.failure)


def test_failed_step_holds_the_run_where_it_may_be_repaired() -> None:
    driver = a_driver("charge", hold_on_failure=HOUR).advance(minutes=1).fail("charge")

    [held] = driver.history(RunHeld)
    assert driver.state is RunState.HELD
    assert (driver.run.due_at, driver.run.held_at) == (
        NOON + HOUR + timedelta(minutes=1),
        NOON + timedelta(minutes=1),
    )
    assert driver.buried == [Bury(kind="failed run", failure=held.failure, step="charge")]


def test_branch_that_goes_on_is_let_to_end_before_the_run_is_held() -> None:
    block = parallel("p", "a", "b", fail_fast=False)
    driver = a_driver(block, hold_on_failure=HOUR).begin("b").fail("a")

    assert driver.state is RunState.RUNNING
    assert driver.succeed("b").state is RunState.HELD
    assert driver.states() == {"p": "failed", "a": "failed", "b": "succeeded"}


# held -> compensating, failed, cancelling


def test_held_run_that_is_given_up_fails_without_a_second_dead_letter() -> None:
    driver = a_driver("charge", hold_on_failure=HOUR).fail("charge").give_up()

    assert driver.state is RunState.FAILED
    assert driver.run.failure is not None
    assert driver.run.failure.step == "charge"
    assert len(driver.buried) == 1


def test_held_run_whose_time_is_over_fails() -> None:
    driver = a_driver("charge", hold_on_failure=HOUR).fail("charge")

    assert driver.advance(minutes=59).state is RunState.HELD
    assert driver.advance(minutes=1).state is RunState.FAILED
    assert len(driver.buried) == 1


def test_held_run_that_is_given_up_undoes_what_succeeded() -> None:
    driver = a_driver(step("reserve", compensate=undo("release")), "charge", hold_on_failure=HOUR)
    driver.succeed("reserve").fail("charge").give_up()

    assert driver.state is RunState.COMPENSATING
    assert driver.succeed("undo reserve").state is RunState.FAILED


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.FAILED])
def test_run_that_is_not_held_cannot_be_given_up(state: RunState) -> None:
    driver = a_driver("charge")
    if state is RunState.FAILED:
        driver.fail("charge")

    driver.give_up()

    assert driver.decision is not None
    assert driver.decision.stale


def test_held_run_that_is_cancelled_ends_cancelled() -> None:
    driver = a_driver("charge", hold_on_failure=HOUR).fail("charge").cancel(by="7")

    assert driver.state is RunState.CANCELLED
    assert [type(each) for each in driver.transitions[-2:]] == [RunCancelling, RunCancelled]


# cancelling -> compensating, or the outcome


def test_cancelled_run_awaits_what_runs_and_is_then_cancelled() -> None:
    driver = a_driver("charge", "ship").begin("charge")
    assert driver.cancel().state is RunState.CANCELLING

    assert driver.fail("charge").state is RunState.CANCELLED
    assert driver.states() == {"charge": "cancelled"}
    assert driver.buried == []


def test_step_that_succeeds_while_the_run_is_cancelled_may_have_to_be_undone() -> None:
    driver = a_driver(step("charge", compensate=undo("refund")), "ship").begin("charge").cancel()

    driver.succeed("charge", {"id": 1})

    assert driver.states() == {"charge": "undoing", "undo charge": "ready"}
    assert driver.state is RunState.COMPENSATING
    assert driver.succeed("undo charge").state is RunState.CANCELLED


def test_run_whose_time_is_over_ends_failed_with_a_dead_letter() -> None:
    driver = a_driver("charge", timeout_s=60).begin("charge").advance(seconds=60)
    assert driver.state is RunState.CANCELLING
    assert driver.buried == []

    driver.give_back("charge")

    failure = Failure(code="RunTimeout", message="the run was not done within 1m", permanent=True)
    assert (driver.state, driver.run.failure) == (RunState.FAILED, failure)
    assert driver.buried == [Bury(kind="failed run", failure=failure)]


def test_waiting_run_whose_time_is_over_fails_at_once() -> None:
    driver = a_driver(sleep(seconds=3600), timeout_s=60).advance(seconds=60)

    assert driver.state is RunState.FAILED
    assert [type(each) for each in driver.transitions[-1:]] == [RunFailed]


# queued


def test_queued_run_that_is_cancelled_runs_its_finally() -> None:
    workflow = a_workflow("charge", at_end=("bye",), on_failure=("sorry",))
    driver = Driver(workflow)
    driver.run = a_run(workflow, RunState.QUEUED, fields={"started_at": None, "due_at": None})

    driver.tell(Cancel())

    assert driver.state is RunState.CANCELLED
    assert driver.states() == {"bye": "ready"}


def test_queued_run_that_expires_runs_no_hooks() -> None:
    workflow = a_workflow("charge", at_end=("bye",), start_within_s=60)
    driver = Driver(workflow, now=NOON + HOUR)
    driver.run = a_run(
        workflow, RunState.QUEUED, fields={"started_at": None, "due_at": NOON + HOUR}
    )

    driver.tell(Due())

    assert (driver.state, driver.states()) == (RunState.EXPIRED, {})

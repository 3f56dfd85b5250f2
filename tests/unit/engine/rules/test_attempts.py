"""Attempts begin, end, and are tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowengine.engine.commands import Bury, Dispatch
from flowengine.engine.decide import Limits, decide
from flowengine.engine.messages import Began, Failed, GivenBack, Lost, Message, Succeeded
from flowengine.engine.run import Failure, Step
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import (
    RunFailed,
    RunWaiting,
    StepFailed,
    StepRetrying,
    StepReturned,
    StepStarted,
    StepSucceeded,
)
from flowengine.engine.tries import tried
from tests.builders import (
    NOON,
    WORKER,
    a_run,
    a_workflow,
    begun,
    ready,
    retry,
    retrying,
    running,
    step,
    succeeded,
)
from tests.builders.driver import Driver
from tests.builders.steps import group, undo

DECLINED = Failure(code="CardDeclined", message="no", bases=("PaymentError",))


def tried_here(*, attempt: int) -> Failure:
    return tried(DECLINED, Step(id="charge", attempt=attempt, worker=WORKER, started_at=NOON), NOON)


def test_ready_step_that_begins_is_running_under_the_next_number() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=ready(attempt=1))

    decision = decide(workflow, run, Began(step="charge", attempt=2, worker=WORKER), NOON)

    assert decision.transitions == (StepStarted(step="charge", attempt=2, worker=WORKER),)
    assert decision.commands == ()
    after = decision.run.steps["charge", ""]
    assert (after.state, after.attempt, after.worker) == (StepState.RUNNING, 2, WORKER)
    assert after.started_at == after.first_started_at == NOON


@pytest.mark.parametrize("attempt", [0, 1, 3])
def test_begin_under_another_number_than_the_next_is_stale(attempt: int) -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=ready(attempt=1))

    decision = decide(workflow, run, Began(step="charge", attempt=attempt, worker=WORKER), NOON)

    assert decision.stale
    assert decision.run is run


def test_begin_that_comes_again_after_its_attempt_was_lost_is_stale() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=running())
    given_back = decide(workflow, run, Lost(step="charge", attempt=1), NOON).run

    decision = decide(workflow, given_back, Began(step="charge", attempt=1, worker=WORKER), NOON)

    assert decision.stale


@pytest.mark.parametrize("name", ["charge", "ship"], ids=["already running", "not reached"])
def test_begin_of_a_step_that_is_not_ready_is_stale(name: str) -> None:
    workflow = a_workflow("charge", "ship")
    run = a_run(workflow, charge=running())

    decision = decide(workflow, run, Began(step=name, attempt=1, worker=WORKER), NOON)

    assert decision.stale


def test_success_is_recorded_with_its_output() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=running())

    decision = decide(workflow, run, Succeeded(step="charge", attempt=1, output={"a": 1}), NOON)

    assert decision.transitions[0] == StepSucceeded(step="charge", attempt=1, output={"a": 1})
    after = decision.run.steps["charge", ""]
    assert (after.state, after.output, after.worker) == (StepState.SUCCEEDED, {"a": 1}, None)
    assert after.finished_at == NOON


def test_output_over_the_limit_fails_the_step_at_once() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=running())
    message = Succeeded(step="charge", attempt=1, output="x" * 2048)

    decision = decide(workflow, run, message, NOON, limits=Limits(payload_max_bytes=1024))

    failure = decision.run.steps["charge", ""].failure
    assert failure is not None
    assert (failure.code, failure.fe) == ("PayloadTooLarge", "FE423")
    assert failure.message == "the output of 'charge' is 2 KiB; the limit is 1 KiB"
    assert decision.run.state is RunState.FAILED


def test_output_that_is_not_json_fails_the_step_at_once() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=running())

    decision = decide(
        workflow, run, Succeeded(step="charge", attempt=1, output={"a": object()}), NOON
    )

    failure = decision.run.steps["charge", ""].failure
    assert failure is not None
    assert (failure.code, failure.fe) == ("InvalidOutput", "FE422")


def test_failed_try_within_the_budget_is_tried_again_after_its_delay() -> None:
    workflow = a_workflow(step("charge", retry=retry(attempts=2, delay_s=10)))
    run = a_run(workflow, charge=running())

    decision = decide(workflow, run, Failed(step="charge", attempt=1, failure=DECLINED), NOON)

    retrying_, waiting = decision.transitions
    assert isinstance(retrying_, StepRetrying)
    assert (retrying_.tries, retrying_.failure) == (1, tried_here(attempt=1))
    assert timedelta(seconds=5) <= retrying_.due_at - NOON <= timedelta(seconds=10)
    assert waiting == RunWaiting()
    assert decision.run.state is RunState.WAITING
    assert decision.run.steps["charge", ""].due_at == retrying_.due_at
    assert decision.commands == ()


def test_last_failed_try_fails_the_step_and_the_run_and_buries_it_once() -> None:
    workflow = a_workflow(step("charge", retry=retry(attempts=2)), "ship")
    run = a_run(workflow, charge=running(attempt=2, tries=1))

    decision = decide(workflow, run, Failed(step="charge", attempt=2, failure=DECLINED), NOON)

    of_step, of_run = decision.transitions
    failure = tried_here(attempt=2)
    assert of_step == StepFailed(step="charge", attempt=2, tries=2, failure=failure)
    assert isinstance(of_run, RunFailed)
    assert of_run.failure.step == "charge"
    assert of_run.failure.code == "CardDeclined"
    assert decision.commands == (Bury(kind="failed run", failure=of_run.failure, step="charge"),)
    assert decision.run.state is RunState.FAILED
    assert decision.run.steps["charge", ""].task == "shop.charge"


def test_permanent_failure_is_not_tried_again() -> None:
    workflow = a_workflow(step("charge", retry=retry(attempts=9)))
    run = a_run(workflow, charge=running())
    failure = Failure(code="NoSuchCard", message="gone", permanent=True)

    decision = decide(workflow, run, Failed(step="charge", attempt=1, failure=failure), NOON)

    assert decision.run.state is RunState.FAILED


@pytest.mark.parametrize("code", ["InvalidInput", "PayloadTooLarge", "ExpressionError"])
def test_failure_that_can_only_repeat_itself_is_not_tried_again(code: str) -> None:
    workflow = a_workflow(step("charge", retry=retry(attempts=9)))
    run = a_run(workflow, charge=running())
    failure = Failure(code=code, message="")

    decision = decide(workflow, run, Failed(step="charge", attempt=1, failure=failure), NOON)

    assert decision.run.state is RunState.FAILED


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        ({"errors": ("CardDeclined",)}, RunState.WAITING),
        ({"errors": ("PaymentError",)}, RunState.WAITING),
        ({"errors": ("Timeout",)}, RunState.FAILED),
        ({"excluded": ("CardDeclined",)}, RunState.FAILED),
        ({"excluded": ("PaymentError",)}, RunState.FAILED),
        ({"excluded": ("Timeout",)}, RunState.WAITING),
        ({"errors": ("PaymentError",), "excluded": ("CardDeclined",)}, RunState.FAILED),
    ],
)
def test_codes_of_the_policy_name_the_class_or_one_of_its_bases(
    policy: dict[str, tuple[str, ...]], state: RunState
) -> None:
    workflow = a_workflow(step("charge", retry=retry(attempts=3, **policy)))
    run = a_run(workflow, charge=running())

    decision = decide(workflow, run, Failed(step="charge", attempt=1, failure=DECLINED), NOON)

    assert decision.run.state is state


def test_task_that_asks_for_a_wait_gets_it() -> None:
    workflow = a_workflow(step("charge", retry=retry(delay_s=1, max_delay_s=60)))
    run = a_run(workflow, charge=running())
    failure = Failure(code="RetryAfter", message="", retry_after_s=30)

    decision = decide(workflow, run, Failed(step="charge", attempt=1, failure=failure), NOON)

    assert decision.run.steps["charge", ""].due_at == NOON + timedelta(seconds=30)


def test_lost_attempt_is_ready_again_and_uses_a_crash_but_no_try() -> None:
    workflow = a_workflow(step("charge", station="money"))
    run = a_run(workflow, charge=running(attempt=3, tries=1))

    decision = decide(workflow, run, Lost(step="charge", attempt=3), NOON)

    assert decision.transitions == (StepReturned(step="charge", attempt=3, lost=True),)
    assert decision.commands == (Dispatch(step="charge", station="money", attempt=3),)
    after = decision.run.steps["charge", ""]
    assert (after.state, after.crashes, after.tries) == (StepState.READY, 1, 1)
    assert (after.worker, after.started_at) == (None, None)


def test_step_that_lost_its_worker_too_often_fails() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=running(attempt=3, crashes=2))

    decision = decide(workflow, run, Lost(step="charge", attempt=3), NOON)

    after = decision.run.steps["charge", ""]
    assert (after.state, after.crashes, after.tries) == (StepState.FAILED, 3, 0)
    assert after.failure is not None
    assert after.failure.code == "WorkerLost"
    assert after.failure.message == "its worker was lost 3 times while it ran"
    assert decision.run.state is RunState.FAILED
    assert [type(each) for each in decision.commands] == [Bury]


def test_number_of_crashes_allowed_is_a_limit_of_the_shell() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=running())

    decision = decide(
        workflow, run, Lost(step="charge", attempt=1), NOON, limits=Limits(crashes_max=1)
    )

    assert decision.run.state is RunState.FAILED


def test_attempt_that_is_given_back_is_ready_again_and_uses_nothing() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=running(attempt=2))

    decision = decide(workflow, run, GivenBack(step="charge", attempt=2), NOON)

    assert decision.transitions == (StepReturned(step="charge", attempt=2),)
    assert decision.commands == (Dispatch(step="charge", station="default", attempt=2),)
    after = decision.run.steps["charge", ""]
    assert (after.crashes, after.tries) == (0, 0)


def test_attempt_that_is_parked_with_its_failure_uses_nothing_and_leaves_no_doubt() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=running(attempt=2))
    parked = GivenBack(step="charge", attempt=2, failure=DECLINED)

    decision = decide(workflow, run, parked, NOON)

    assert decision.transitions == (StepReturned(step="charge", attempt=2),)
    after = decision.run.steps["charge", ""]
    assert (after.crashes, after.tries, after.doubt) == (0, 0, "")


ENDS: list[Message] = [
    Succeeded(step="charge", attempt=1, output=None),
    Failed(step="charge", attempt=1, failure=DECLINED),
    Lost(step="charge", attempt=1),
    GivenBack(step="charge", attempt=1),
]


@pytest.mark.parametrize("message", ENDS, ids=lambda each: type(each).__name__)
def test_end_of_an_attempt_that_was_overtaken_is_stale(message: Message) -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=running(attempt=2))

    decision = decide(workflow, run, message, NOON)

    assert decision.stale
    assert decision.run is run
    assert decision.transitions == ()
    assert decision.commands == ()


@pytest.mark.parametrize("message", ENDS, ids=lambda each: type(each).__name__)
def test_end_of_an_attempt_that_has_ended_is_stale(message: Message) -> None:
    workflow = a_workflow("charge", "ship")
    done = a_run(workflow, charge=succeeded(), ship=ready())
    again = a_run(workflow, RunState.WAITING, charge=retrying())
    back = a_run(workflow, charge=ready(attempt=1))

    decisions = [decide(workflow, run, message, NOON) for run in (done, again, back)]

    assert all(decision.stale for decision in decisions)


@pytest.mark.parametrize("message", ENDS, ids=lambda each: type(each).__name__)
def test_end_of_an_attempt_of_an_unknown_step_is_stale(message: Message) -> None:
    workflow = a_workflow("charge")

    decision = decide(workflow, a_run(workflow), message, NOON)

    assert decision.stale


def test_second_start_keeps_the_time_of_the_first() -> None:
    workflow = a_workflow("charge")
    late = NOON + timedelta(minutes=1)
    run = begun(a_run(workflow, charge=running()), "charge")
    back = decide(workflow, run, GivenBack(step="charge", attempt=1), NOON).run

    decision = decide(workflow, back, Began(step="charge", attempt=2, worker=WORKER), late)

    after = decision.run.steps["charge", ""]
    assert (after.first_started_at, after.started_at) == (NOON, late)


def test_work_whose_delay_is_over_is_offered_under_its_old_number() -> None:
    driver = Driver(a_workflow("charge")).start().fail("charge", permanent=False)

    driver.advance(minutes=1)

    assert driver.states() == {"charge": "ready"}
    assert [each.attempt for each in driver.dispatched] == [0, 1]


def test_end_that_speaks_of_a_block_is_stale() -> None:
    driver = Driver(a_workflow(group("pack", "wrap"))).start()

    driver.tell(Succeeded(step="pack", attempt=0, output=None))

    assert driver.decision is not None
    assert driver.decision.stale


UNDONE = (
    step("book", compensate=undo("cancel", takes=("n",))),
    step("ship", retry=retry(attempts=1)),
)


def a_driver_that_undoes() -> Driver:
    driver = Driver(a_workflow(*UNDONE)).start().succeed("book", {"n": 7})
    return driver.fail("ship").begin("undo book")


def test_undo_that_returns_has_succeeded_whatever_it_returns() -> None:
    driver = a_driver_that_undoes()

    driver.succeed("undo book", object())

    assert driver.states() == {"book": "undone", "ship": "failed", "undo book": "succeeded"}
    assert driver.state is RunState.FAILED


def test_undo_is_tried_again_by_its_own_policy() -> None:
    driver = a_driver_that_undoes()

    driver.fail("undo book", permanent=False)
    assert driver.states()["undo book"] == "retrying"
    assert driver.states()["book"] == "undoing"
    for _ in range(9):
        driver.advance(minutes=11).fail("undo book", permanent=False)

    assert driver.states()["undo book"] == "failed"
    assert driver.states()["book"] == "undo_failed"
    failure = driver.row("book").failure
    assert failure is not None
    assert (failure.code, failure.attempts) == ("CardDeclined", 10)


def test_undo_that_lost_its_worker_too_often_has_failed() -> None:
    driver = a_driver_that_undoes()

    driver.lose("undo book").lose("undo book").lose("undo book")

    assert driver.states()["book"] == "undo_failed"
    assert driver.row("undo book").crashes == 3

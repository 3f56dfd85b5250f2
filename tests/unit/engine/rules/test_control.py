"""Time that is over, and somebody who wants the run to end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowengine.engine.commands import Bury, Dispatch
from flowengine.engine.decide import decide
from flowengine.engine.messages import Cancel, Due, Failed, GivenBack, Lost, Message, Succeeded
from flowengine.engine.run import Failure, Step
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import (
    RunCancelled,
    RunCancelling,
    RunContinued,
    RunFailed,
    StepCancelled,
    StepReady,
    StepSucceeded,
)
from tests.builders import (
    NOON,
    WORKER,
    a_run,
    a_workflow,
    ready,
    retrying,
    running,
    skipped,
    succeeded,
)

LATER = NOON + timedelta(days=31)


def test_step_whose_delay_is_over_is_ready_again_with_its_stored_input() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, RunState.WAITING, charge=retrying(attempt=2, input={"total": 9}))

    decision = decide(workflow, run, Due(), NOON + timedelta(seconds=5))

    assert decision.transitions == (
        RunContinued(),
        StepReady(step="charge", task="shop.charge", station="default", again=True),
    )
    assert decision.commands == (Dispatch(step="charge", station="default", attempt=2),)
    after = decision.run.steps["charge"]
    assert (after.state, after.input, after.due_at) == (StepState.READY, {"total": 9}, None)
    assert after.tries == 1


def test_steps_whose_delays_end_together_wake_the_run_once() -> None:
    workflow = a_workflow("charge", "ship")
    run = a_run(workflow, RunState.WAITING, charge=retrying(), ship=retrying())

    decision = decide(workflow, run, Due(), NOON + timedelta(seconds=5))

    kinds = [type(each) for each in decision.transitions]
    assert kinds == [RunContinued, StepReady, StepReady]


@pytest.mark.parametrize(
    "charge",
    [retrying(delay_s=5), ready(due_at=NOON), running(), succeeded()],
    ids=["delay not over", "overdue", "running", "done"],
)
def test_nothing_is_due_before_its_time(charge: Step) -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=charge)

    decision = decide(workflow, run, Due(), NOON + timedelta(seconds=4))

    assert decision.stale


def test_run_whose_time_is_over_fails_at_once_where_nothing_runs() -> None:
    workflow = a_workflow("charge", "ship")
    run = a_run(workflow, RunState.WAITING, charge=retrying())

    decision = decide(workflow, run, Due(), LATER)

    cancelling, of_step, of_run = decision.transitions
    assert isinstance(cancelling, RunCancelling)
    assert cancelling.outcome == "failed"
    assert of_step == StepCancelled(step="charge", attempt=1)
    assert isinstance(of_run, RunFailed)
    assert of_run.failure.code == "RunTimeout"
    assert of_run.failure.message == "the run was not done within 30d"
    assert decision.commands == (Bury(kind="failed run", failure=of_run.failure),)
    assert (decision.run.state, decision.run.outcome) == (RunState.FAILED, None)


def test_run_whose_time_is_over_waits_for_the_attempt_that_runs() -> None:
    workflow = a_workflow("charge", "ship")
    run = a_run(workflow, charge=running())

    over = decide(workflow, run, Due(), LATER).run
    decision = decide(workflow, over, Succeeded(step="charge", attempt=1, output=1), LATER)

    assert (over.state, over.outcome, over.due_at) == (RunState.CANCELLING, RunState.FAILED, None)
    assert [type(each) for each in decision.transitions] == [StepSucceeded, RunFailed]
    assert decision.run.state is RunState.FAILED
    assert [type(each) for each in decision.commands] == [Bury]


def test_cancelled_run_ends_at_once_where_nothing_runs() -> None:
    workflow = a_workflow("charge", "ship")
    run = a_run(workflow, charge=ready(attempt=1, worker=WORKER))

    decision = decide(workflow, run, Cancel(by="7", reason="changed my mind"), NOON)

    assert decision.transitions == (
        RunCancelling(by="7", reason="changed my mind"),
        StepCancelled(step="charge", attempt=1),
        RunCancelled(),
    )
    assert decision.commands == ()
    assert decision.run.state is RunState.CANCELLED
    assert (decision.run.due_at, decision.run.finished_at) == (None, NOON)


def test_cancelled_run_leaves_what_is_done_as_it_is() -> None:
    workflow = a_workflow("reserve", "charge", "ship")
    run = a_run(workflow, reserve=succeeded(), charge=skipped(), ship=ready())

    decision = decide(workflow, run, Cancel(), NOON)

    states = [each.state for each in decision.run.steps.values()]
    assert states == [StepState.SUCCEEDED, StepState.SKIPPED, StepState.CANCELLED]


def test_cancelled_run_awaits_the_attempt_that_runs_and_keeps_its_success() -> None:
    workflow = a_workflow("charge", "ship")
    run = a_run(workflow, charge=running())

    cancelling = decide(workflow, run, Cancel(), NOON)
    decision = decide(workflow, cancelling.run, Succeeded(step="charge", attempt=1, output=1), NOON)

    assert cancelling.run.state is RunState.CANCELLING
    assert cancelling.transitions == (RunCancelling(),)
    assert decision.transitions == (
        StepSucceeded(step="charge", attempt=1, output=1),
        RunCancelled(),
    )
    assert "ship" not in decision.run.steps


@pytest.mark.parametrize(
    "message",
    [
        Failed(step="charge", attempt=1, failure=Failure(code="CardDeclined", message="no")),
        Lost(step="charge", attempt=1),
        GivenBack(step="charge", attempt=1),
        Succeeded(step="charge", attempt=1, output=object()),
    ],
    ids=["failed", "lost", "given back", "refused output"],
)
def test_attempt_that_ends_without_success_while_cancelling_is_cancelled(message: Message) -> None:
    workflow = a_workflow("charge", "ship")
    run = decide(workflow, a_run(workflow, charge=running()), Cancel(), NOON).run

    decision = decide(workflow, run, message, NOON)

    assert decision.transitions == (StepCancelled(step="charge", attempt=1), RunCancelled())
    assert decision.commands == ()


def test_second_cancel_is_stale() -> None:
    workflow = a_workflow("charge")
    run = decide(workflow, a_run(workflow, charge=running()), Cancel(), NOON).run

    assert decide(workflow, run, Cancel(), NOON).stale
    assert decide(workflow, run, Due(), LATER).stale

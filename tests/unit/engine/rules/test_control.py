"""Time that is over, and somebody who wants the run to end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from flowengine.definitions.expressions.parse import parse_template
from flowengine.definitions.model import CancelOn
from flowengine.engine.commands import Bury, Dispatch, Unlisten
from flowengine.engine.decide import decide
from flowengine.engine.evolve import evolve
from flowengine.engine.messages import (
    Answered,
    Arrived,
    Cancel,
    Due,
    Failed,
    GivenBack,
    GiveUp,
    Lost,
    Message,
    Resume,
    Succeeded,
)
from flowengine.engine.run import Failure, Step
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import (
    RunCancelled,
    RunCancelling,
    RunContinued,
    RunExpired,
    RunFailed,
    RunQueued,
    StepCancelled,
    StepReady,
    StepStopping,
    StepSucceeded,
)
from tests.builders import (
    NOON,
    WORKER,
    a_run,
    a_workflow,
    an_event,
    ready,
    retrying,
    running,
    skipped,
    step,
    succeeded,
)
from tests.builders.driver import Driver
from tests.builders.steps import child, parallel, sleep, undo, wait

LATER = NOON + timedelta(days=31)
A_CANCEL_ON = CancelOn(
    patterns=("order.cancelled",), match={"id": parse_template("${{ event.data.order_id }}")}
)


def test_step_whose_delay_is_over_is_ready_again_with_its_stored_input() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, RunState.WAITING, charge=retrying(attempt=2, input={"total": 9}))

    decision = decide(workflow, run, Due(), NOON + timedelta(seconds=5))

    assert decision.transitions == (
        StepReady(step="charge", task="shop.charge", station="default", again=True),
        RunContinued(),
    )
    assert decision.commands == (Dispatch(step="charge", station="default", attempt=2),)
    after = decision.run.steps["charge", ""]
    assert (after.state, after.input, after.due_at) == (StepState.READY, {"total": 9}, None)
    assert after.tries == 1


def test_steps_whose_delays_end_together_wake_the_run_once() -> None:
    workflow = a_workflow("charge", "ship")
    run = a_run(workflow, RunState.WAITING, charge=retrying(), ship=retrying())

    decision = decide(workflow, run, Due(), NOON + timedelta(seconds=5))

    kinds = [type(each) for each in decision.transitions]
    assert kinds == [StepReady, StepReady, RunContinued]


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
    assert cancelling.transitions == (RunCancelling(), StepStopping(step="charge"))
    assert decision.transitions == (
        StepSucceeded(step="charge", attempt=1, output=1),
        RunCancelled(),
    )
    assert ("ship", "") not in decision.run.steps


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


# A run that has not begun


def a_queued_run(**fields: Any) -> Driver:
    """Queued since noon."""
    driver = Driver(a_workflow("charge", **fields))
    queued = RunQueued(title="Order 42", due_at=NOON + timedelta(minutes=5))
    driver.run = evolve(driver.run, queued, NOON)
    return driver


def test_queued_run_starts_when_there_is_a_place_for_it() -> None:
    driver = a_queued_run()

    driver.advance(seconds=10).start()

    assert driver.states() == {"charge": "ready"}
    assert (driver.run.created_at, driver.run.title) == (NOON, "Order 42")
    assert driver.run.started_at == NOON + timedelta(seconds=10)


def test_queued_run_that_could_not_start_in_time_expires_without_hooks() -> None:
    driver = a_queued_run(start_within_s=300, at_end=("tidy",), cancel_on=(A_CANCEL_ON,))

    driver.advance(minutes=5)

    assert driver.state is RunState.EXPIRED
    assert driver.transitions == [RunExpired()]
    assert driver.commands == [Unlisten()]


@pytest.mark.parametrize(
    ("fields", "minutes"),
    [({"start_within_s": 301}, 5), ({}, 5), ({"start_within_s": 300}, 4)],
    ids=["it is only its slot", "it may wait for ever", "not yet"],
)
def test_queued_run_does_not_expire_before_its_time(fields: dict[str, Any], minutes: int) -> None:
    driver = a_queued_run(**fields).advance(minutes=minutes)

    assert driver.state is RunState.QUEUED
    assert driver.transitions == []


def test_expired_run_without_listeners_has_nobody_to_tell() -> None:
    driver = a_queued_run(start_within_s=300).advance(minutes=5)

    assert driver.commands == []


def test_queued_run_that_is_cancelled_runs_its_hooks() -> None:
    driver = a_queued_run(at_end=("tidy",), on_failure=("inform",))

    driver.cancel(by="7", reason="changed my mind")

    assert driver.state is RunState.CANCELLED
    assert driver.transitions[0] == RunCancelled(by="7", reason="changed my mind")
    assert driver.states() == {"tidy": "ready"}


def test_event_that_cancels_ends_a_queued_run_too() -> None:
    driver = a_queued_run(cancel_on=(A_CANCEL_ON,))

    driver.tell(Arrived(step="", event=an_event("order.cancelled", {"id": 42}), cancel_on=0))

    assert driver.state is RunState.CANCELLED


@pytest.mark.parametrize(
    "message",
    [
        Succeeded(step="charge", attempt=1, output=None),
        Resume(),
        GiveUp(),
        Answered(step="charge", user="3", approved=True),
    ],
    ids=lambda each: type(each).__name__,
)
def test_queued_run_is_moved_by_nothing_else(message: Message) -> None:
    driver = a_queued_run().tell(message)

    assert driver.decision is not None
    assert driver.decision.stale


# A run that is held


def a_held_run(**fields: Any) -> Driver:
    """Held for an hour since its step failed, at noon."""
    workflow = a_workflow("charge", "ship", hold_on_failure_s=3600, **fields)
    return Driver(workflow).start().fail("charge")


def test_run_that_nobody_resumed_in_time_fails() -> None:
    driver = a_held_run()
    assert driver.state is RunState.HELD

    driver = driver.advance(hours=1)

    assert driver.state is RunState.FAILED
    assert [each.kind for each in driver.buried] == ["failed run"]


def test_held_run_that_is_cancelled_ends_at_once_for_nothing_of_it_is_at_work() -> None:
    driver = a_held_run().cancel(by="7")

    assert driver.state is RunState.CANCELLED
    assert [type(each) for each in driver.transitions[-2:]] == [RunCancelling, RunCancelled]


def test_held_run_has_no_time_out_of_its_own() -> None:
    driver = a_held_run(timeout_s=60).advance(minutes=59)

    assert driver.state is RunState.HELD


# Everything of a run ends with it


def test_run_whose_time_is_over_stops_its_blocks_and_awaits_what_runs() -> None:
    driver = Driver(
        a_workflow(
            parallel("all", "a", wait("told", "card.provided", match={"n": 1}), child("other")),
            "after",
            timeout_s=60,
        )
    ).start()
    driver.begin("a").advance(seconds=60)

    assert driver.state is RunState.CANCELLING
    assert driver.states() == {
        "all": "running",
        "a": "running",
        "told": "cancelled",
        "other": "cancelled",
    }
    assert driver.history(StepStopping) == [StepStopping(step="a"), StepStopping(step="all")]
    assert [each.workflow for each in driver.cancelled_children] == ["other"]
    assert Unlisten(step="told") in driver.commands
    driver = driver.succeed("a")

    assert driver.states()["all"] == "cancelled"
    assert driver.run.failure is not None
    assert driver.run.failure.code == "RunTimeout"
    assert driver.state is RunState.FAILED


def test_time_of_the_run_goes_before_that_of_its_steps() -> None:
    driver = Driver(a_workflow(sleep(seconds=60), "after", timeout_s=60)).start()

    driver.advance(seconds=60)

    assert driver.state is RunState.FAILED
    assert driver.states() == {"sleep 1": "cancelled"}


def test_cancel_of_a_run_that_undoes_already_changes_nothing() -> None:
    workflow = a_workflow(step("book", compensate=undo("cancel")), "ship")
    driver = Driver(workflow).start().succeed("book").fail("ship")
    assert driver.state is RunState.COMPENSATING

    driver.cancel()

    assert driver.decision is not None
    assert driver.decision.stale


def test_event_of_cancel_on_ends_the_run() -> None:
    driver = Driver(a_workflow("charge", cancel_on=(A_CANCEL_ON,))).start()

    driver.arrive(an_event("order.cancelled", {"id": 41}))
    assert driver.state is RunState.RUNNING
    driver = driver.arrive(an_event("order.cancelled", {"id": 42}))

    assert driver.state is RunState.CANCELLED


def test_stopping_a_block_twice_tells_nobody_twice() -> None:
    driver = Driver(a_workflow(parallel("all", "bad", "slow"))).start()
    driver.begin("slow").fail("bad").cancel()

    assert driver.history(StepStopping) == [StepStopping(step="slow"), StepStopping(step="all")]


def test_hooks_of_a_final_run_are_tried_again_and_nothing_cancels_them() -> None:
    driver = Driver(a_workflow("charge", at_end=("tidy",))).start().succeed("charge")

    driver.fail("tidy", permanent=False).cancel()
    assert driver.states()["tidy"] == "retrying"
    assert driver.run.due_at == NOON + timedelta(days=30)
    driver.run = replace(driver.run, due_at=driver.now)  # the shell has something left to do
    driver.advance(minutes=1).succeed("tidy")

    assert driver.state is RunState.SUCCEEDED
    assert driver.run.tail == ""

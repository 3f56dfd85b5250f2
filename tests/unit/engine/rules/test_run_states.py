"""The states of a run, row by row of the language's table (§4.4). Admission and queue: elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flowengine.definitions.expressions.parse import parse_template
from flowengine.definitions.model import CancelOn, Concurrency
from flowengine.definitions.steps import Step
from flowengine.engine.evolve import evolve
from flowengine.engine.messages import Arrived
from flowengine.engine.rules.gates import Member
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunCancelled, RunQueued
from tests.builders import NOON, a_workflow, an_event, step
from tests.builders.driver import Driver
from tests.builders.gate import Door, run_of
from tests.builders.steps import approval, child, parallel, sleep, undo, wait


def a_driver(*steps: Step | str, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


def a_queued_one(**fields: Any) -> Driver:
    driver = Driver(a_workflow("a", **fields))
    driver.run = evolve(driver.run, RunQueued(due_at=NOON + timedelta(minutes=1)), NOON)
    return driver


UNDONE = step("a", compensate=undo("un_a"))


def test_admitted_run_with_a_place_is_running_and_its_first_steps_are_ready() -> None:
    driver = a_driver("a")

    assert (driver.state, driver.states()) == (RunState.RUNNING, {"a": "ready"})


def test_admitted_run_without_a_place_is_queued_and_begins_nothing() -> None:
    driver = a_queued_one()

    assert (driver.state, driver.states()) == (RunState.QUEUED, {})


def test_queued_run_with_a_place_is_running() -> None:
    assert a_queued_one().start().state is RunState.RUNNING


def test_queued_run_whose_start_within_is_over_is_expired_without_hooks() -> None:
    driver = a_queued_one(start_within_s=60, at_end=("tidy",)).advance(minutes=1)

    assert (driver.state, driver.states()) == (RunState.EXPIRED, {})


def test_queued_run_that_is_cancelled_runs_finally() -> None:
    driver = a_queued_one(at_end=("tidy",)).cancel()

    assert (driver.state, driver.states()) == (RunState.CANCELLED, {"tidy": "ready"})


def test_queued_run_that_is_replaced_by_a_newer_one_is_cancelled() -> None:
    door = Door(concurrency=Concurrency(on_conflict="replace"))
    door.knock(1)
    assert door.knock(2).outcome == "queued"
    driver = a_queued_one(concurrency=door.workflow.concurrency)

    replaced = door.knock(3).replaced
    assert replaced == Member(run=run_of(2), is_queued=True)
    driver.cancel(reason=f"run {run_of(3)} takes its place")

    assert (driver.state, driver.states()) == (RunState.CANCELLED, {})
    [cancelled] = driver.history(RunCancelled)
    assert cancelled.reason == f"run {run_of(3)} takes its place"
    assert driver.dispatched == []


@pytest.mark.parametrize(
    "waiting",
    [
        wait("it", "card.provided", match={"n": 1}),
        sleep("it", seconds=60),
        approval("it"),
        child("it"),
        parallel("all", sleep("x", seconds=60), child("y")),
    ],
    ids=["event", "sleep", "approval", "child", "several"],
)
def test_run_of_which_every_active_step_waits_is_waiting(waiting: Step) -> None:
    assert a_driver(waiting).state is RunState.WAITING


def test_run_of_which_every_active_step_is_in_its_delay_is_waiting() -> None:
    assert a_driver("a").fail("a", permanent=False).state is RunState.WAITING


def test_run_of_which_one_step_needs_a_worker_is_not_waiting() -> None:
    assert a_driver(parallel("all", "a", sleep("b", seconds=60))).state is RunState.RUNNING


def test_waiting_run_of_which_one_step_goes_on_is_running() -> None:
    driver = a_driver(sleep(seconds=60), "a").advance(seconds=60)

    assert (driver.state, driver.states()["a"]) == (RunState.RUNNING, "ready")


@pytest.mark.parametrize("last", ["a", sleep("a", seconds=60)], ids=["running", "waiting"])
def test_run_whose_last_step_is_decided_has_succeeded_then_finally(last: Step | str) -> None:
    driver = a_driver(last, at_end=("tidy",), output="done")

    driver = driver.succeed("a") if isinstance(last, str) else driver.advance(seconds=60)

    assert (driver.state, driver.run.output) == (RunState.SUCCEEDED, "done")
    assert driver.states()["tidy"] == "ready"


def test_run_with_a_failed_step_is_held_where_it_says_so_and_its_dead_letter_is_open() -> None:
    driver = a_driver(UNDONE, "b", hold_on_failure_s=3600).succeed("a").fail("b")

    assert (driver.state, driver.states()["a"]) == (RunState.HELD, "succeeded")
    assert [(each.kind, each.failure.fe) for each in driver.buried] == [("failed run", "FE421")]


@pytest.mark.parametrize(
    ("first", "state"), [(UNDONE, RunState.COMPENSATING), ("a", RunState.FAILED)]
)
def test_run_with_a_failed_step_undoes_what_is_to_be_undone_or_has_failed(
    first: Step | str, state: RunState
) -> None:
    driver = a_driver(first, "b").succeed("a").fail("b")

    assert driver.state is state
    assert [each.kind for each in driver.buried] == ["failed run"]


def test_held_run_that_is_resumed_is_running_the_failed_step_anew() -> None:
    driver = a_driver("a", hold_on_failure_s=3600).fail("a").resume()

    assert (driver.state, driver.states()) == (RunState.RUNNING, {"a": "ready"})


@pytest.mark.parametrize("how", ["give up", "time"])
@pytest.mark.parametrize(
    ("first", "state"), [(UNDONE, RunState.COMPENSATING), ("a", RunState.FAILED)]
)
def test_held_run_that_is_given_up_or_held_too_long_is_undone_or_has_failed(
    first: Step | str, state: RunState, how: str
) -> None:
    driver = a_driver(first, "b", hold_on_failure_s=3600).succeed("a").fail("b")

    driver = driver.give_up() if how == "give up" else driver.advance(hours=1)

    assert driver.state is state
    assert [each.kind for each in driver.buried] == ["failed run"]


def test_running_run_that_is_cancelled_is_cancelling_as_long_as_a_step_is_at_work() -> None:
    driver = a_driver("a").begin("a").cancel()
    assert driver.state is RunState.CANCELLING

    driver = driver.give_back("a")
    assert driver.state is RunState.CANCELLED


CANCELS: dict[str, Any] = {
    "cancel_on": (CancelOn(patterns=("order.cancelled",), match={"n": parse_template(1)}),)
}


@pytest.mark.parametrize("before", ["queued", "running", "waiting", "held"])
def test_run_that_an_event_of_cancel_on_ends_is_cancelled_or_cancelling(before: str) -> None:
    last: Step | str = sleep("a", seconds=60) if before == "waiting" else "a"
    driver = Driver(a_workflow(last, hold_on_failure_s=60, **CANCELS))
    if before == "queued":
        driver.run = evolve(driver.run, RunQueued(), NOON)
    else:
        driver.start()
    if before == "running":
        driver.begin("a")
    elif before == "held":
        driver.fail("a")
    assert driver.state == before

    driver.tell(Arrived(step="", event=an_event("order.cancelled", {"n": 1}), cancel_on=0))

    is_at_work = before == "running"
    assert driver.state is (RunState.CANCELLING if is_at_work else RunState.CANCELLED)


@pytest.mark.parametrize("is_detached", [False, True])
def test_child_whose_parent_is_cancelled_is_cancelling_unless_it_is_detached(
    *, is_detached: bool
) -> None:
    called = child("ship", detach=is_detached)
    parent = a_driver(parallel("both", called, sleep("b", seconds=60)))
    called_run = a_driver("pack").begin("pack")

    parent.cancel(reason="the customer withdrew")
    for unwanted in parent.cancelled_children:
        assert unwanted.event_id == parent.emitted[0].id
        called_run.cancel(reason=unwanted.reason)

    assert parent.state is RunState.CANCELLED
    assert called_run.state is (RunState.RUNNING if is_detached else RunState.CANCELLING)


@pytest.mark.parametrize("outcome", [RunState.FAILED, RunState.CANCELLED])
def test_cancelling_run_has_its_outcome_when_all_is_settled_and_nothing_is_to_be_undone(
    outcome: RunState,
) -> None:
    driver = a_driver("a", timeout_s=60).begin("a")
    driver = driver.cancel() if outcome is RunState.CANCELLED else driver.advance(seconds=60)
    assert (driver.state, driver.run.outcome) == (RunState.CANCELLING, outcome)

    assert driver.give_back("a").state is outcome


def test_waiting_run_that_is_cancelled_is_cancelled_at_once() -> None:
    assert a_driver(sleep(seconds=60)).cancel().state is RunState.CANCELLED


def test_held_run_that_is_cancelled_is_cancelled_at_once() -> None:
    assert a_driver("a", hold_on_failure_s=60).fail("a").cancel().state is RunState.CANCELLED


@pytest.mark.parametrize("is_waiting", [False, True])
def test_run_whose_time_is_over_will_have_failed_with_run_timeout(*, is_waiting: bool) -> None:
    first: Step = sleep("a", seconds=3600) if is_waiting else step("a")
    driver = a_driver(first, timeout_s=60)
    if not is_waiting:
        driver.begin("a")

    driver = driver.advance(seconds=60)

    assert driver.run.failure is not None
    assert driver.run.failure.code == "RunTimeout"
    if is_waiting:
        assert driver.state is RunState.FAILED
    else:
        assert (driver.state, driver.run.outcome) == (RunState.CANCELLING, RunState.FAILED)
        assert driver.lose("a").state is RunState.FAILED


def test_cancelling_run_undoes_when_all_active_steps_are_settled() -> None:
    driver = a_driver(UNDONE, "b").succeed("a").begin("b").cancel()

    driver.succeed("b")

    assert (driver.state, driver.run.outcome) == (RunState.COMPENSATING, RunState.CANCELLED)


@pytest.mark.parametrize("ends", ["succeed", "fail"])
@pytest.mark.parametrize("outcome", [RunState.FAILED, RunState.CANCELLED])
def test_compensating_run_that_has_undone_all_or_given_up_has_its_outcome_then_the_hooks(
    outcome: RunState, ends: str
) -> None:
    driver = a_driver(UNDONE, "b", on_failure=("inform",), at_end=("tidy",)).succeed("a")
    driver = driver.fail("b") if outcome is RunState.FAILED else driver.cancel()
    assert driver.state is RunState.COMPENSATING

    driver = getattr(driver, ends)("undo a")

    assert driver.state is outcome
    hooks = {each for each in ("inform", "tidy") if each in driver.states()}
    assert hooks == ({"inform"} if outcome is RunState.FAILED else {"tidy"})


def test_failed_run_of_which_nothing_was_undone_may_be_resumed_and_is_a_replay() -> None:
    driver = a_driver("a").fail("a").resume()

    assert (driver.state, driver.run.replay) == (RunState.RUNNING, 1)


def test_failed_run_of_which_something_was_undone_may_not_be_resumed() -> None:
    driver = a_driver(UNDONE, "b").succeed("a").fail("b").succeed("undo a").resume()

    assert driver.state is RunState.FAILED

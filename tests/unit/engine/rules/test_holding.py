"""Somebody holds a run before its next step, and lets it go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flowengine.engine.evolve import evolve
from flowengine.engine.messages import Halt
from flowengine.engine.rules.resume import refusal
from flowengine.engine.run import Failure
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunHolding, RunQueued, RunResumed
from tests.builders import NOON, a_workflow, an_event
from tests.builders.driver import Driver
from tests.builders.steps import parallel, step, undo, wait

HOUR = timedelta(hours=1)


def a_driver(*steps: Any, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


def a_held_run(**fields: Any) -> Driver:
    """Held between ``a`` and ``b``."""
    return a_driver("a", "b", **fields).hold(by="7", reason="INC-812").succeed("a", 1)


def is_stale(driver: Driver) -> bool:
    assert driver.decision is not None
    return driver.decision.stale


def test_what_is_at_work_ends_and_the_next_step_does_not_begin() -> None:
    driver = a_driver("a", "b").begin("a").hold(by="7", reason="INC-812")
    before = (driver.state, driver.run.holding)

    driver.advance(minutes=1).succeed("a", 1)

    assert before == (RunState.RUNNING, True)
    assert driver.history(RunHolding) == [RunHolding(by="7", reason="INC-812")]
    assert driver.states() == {"a": "succeeded"}
    run = driver.run
    assert (run.state, run.failure, run.holding) == (RunState.HELD, None, False)
    assert (run.held_at, run.due_at) == (NOON + timedelta(minutes=1), None)


def test_held_run_goes_on_where_it_stood_and_has_the_time_it_had() -> None:
    driver = a_held_run()

    driver.advance(hours=2).release(by="8", reason="repaired")

    assert driver.states() == {"a": "succeeded", "b": "ready"}
    [resumed] = driver.history(RunResumed)
    assert (resumed.by, resumed.reason) == ("8", "repaired")
    assert driver.run.due_at == NOON + driver.workflow.timeout + 2 * HOUR
    assert driver.succeed("b").state is RunState.SUCCEEDED


def test_last_step_is_followed_by_the_end_and_nothing_is_held() -> None:
    driver = a_driver("a").hold().succeed("a", 1)

    assert driver.state is RunState.SUCCEEDED


@pytest.mark.parametrize(
    "driver",
    [
        a_driver("a").hold().succeed("a", 1),
        a_driver("a", "b").hold().fail("a"),
        a_driver("a", hold_on_failure=HOUR).hold().fail("a"),
        a_driver(step("a", compensate=undo("give_back")), "b").succeed("a").hold().fail("b"),
        a_driver("a", "b").begin("a").hold().cancel(),
    ],
    ids=["succeeded", "failed", "held for its failure", "compensating", "cancelling"],
)
def test_run_without_a_next_step_is_not_to_be_held_any_more(driver: Driver) -> None:
    assert not driver.run.holding


def test_wait_is_let_to_end_before_the_run_is_held() -> None:
    driver = a_driver(wait("pay", "order.paid", match={}), "b").hold()
    before = driver.state

    driver.arrive(an_event("order.paid"))

    assert (before, driver.state) == (RunState.WAITING, RunState.HELD)


def test_block_is_let_to_end_with_all_its_branches() -> None:
    driver = a_driver(parallel("p", "a", "b"), "c").begin("a").begin("b").hold()
    driver.succeed("a")
    before = driver.state

    driver.succeed("b")

    assert (before, driver.state) == (RunState.RUNNING, RunState.HELD)


def test_release_before_the_next_step_calls_it_off() -> None:
    driver = a_driver("a", "b").hold().release(by="8", reason="not needed")

    assert driver.history(RunHolding)[-1] == RunHolding(by="8", reason="not needed", is_off=True)
    assert driver.succeed("a").states() == {"a": "succeeded", "b": "ready"}


@pytest.mark.parametrize(
    "driver",
    [
        a_driver("a", "b").hold().hold(),
        a_held_run().hold(),
        a_driver("a", "b").release(),
        a_driver("a").succeed("a").hold(),
        a_driver("a").succeed("a").release(),
        a_driver("a", hold_on_failure=HOUR).fail("a").hold(),
        a_driver("a", hold_on_failure=HOUR).fail("a").release(),
        a_driver("a").hold().cancel().release(),
        a_held_run().give_up(),
        a_held_run().resume(),
    ],
    ids=[
        *("held twice", "held already", "released unheld", "hold of an end", "release of an end"),
        *("hold of a failure", "release of a failure", "release of a cancelled one"),
        *("given up", "resumed"),
    ],
)
def test_what_does_not_fit_changes_nothing(driver: Driver) -> None:
    assert is_stale(driver)


def test_resume_says_that_it_is_held_by_hand() -> None:
    assert refusal(a_held_run().run) == "it is held by hand: release it"


def test_queued_run_is_held_when_its_place_comes_and_begins_nothing() -> None:
    driver = Driver(a_workflow("a", "b"))
    driver.run = evolve(driver.run, RunQueued(), NOON)

    driver.hold().start()

    assert (driver.state, driver.states()) == (RunState.HELD, {})
    assert driver.release().states() == {"a": "ready"}


def test_held_run_is_cancelled_and_what_was_done_is_undone() -> None:
    driver = a_driver(step("a", compensate=undo("give_back")), "b").hold().succeed("a")

    driver.cancel()

    assert driver.state is RunState.COMPENSATING
    assert driver.succeed("undo a").state is RunState.CANCELLED


def test_held_run_that_cannot_be_stored_fails_with_why() -> None:
    failure = Failure(code="Unstorable", message="no")

    driver = a_held_run().tell(Halt(failure=failure))

    assert driver.state is RunState.FAILED
    assert driver.run.failure == failure
    assert len(driver.buried) == 1


def test_run_that_fails_while_it_is_to_be_held_fails_and_a_resume_holds_it_no_longer() -> None:
    driver = a_driver("a", "b").hold().fail("a")

    driver.resume()

    assert not driver.run.holding
    assert driver.succeed("a").states() == {"a": "succeeded", "b": "ready"}

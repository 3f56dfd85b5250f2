"""What each time-out counts, and what happens at its end, row by row of the language's table (§4.9).

How a task that does not heed its own is fenced is the worker's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flowengine.definitions.steps import Step
from flowengine.engine.evolve import evolve
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunQueued
from tests.builders import NOON, a_workflow, an_event, retry, step
from tests.builders.driver import Driver
from tests.builders.steps import approval, child, group, parallel, sleep, wait

HOUR_S = 3600


def a_driver(*steps: Step | str, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


def code_of(driver: Driver, place: str) -> str:
    failure = driver.row(place).failure
    assert failure is not None
    return failure.code


def test_start_within_counts_while_the_run_is_queued_and_it_expires() -> None:
    for seconds, state in ((HOUR_S - 1, RunState.QUEUED), (HOUR_S, RunState.EXPIRED)):
        driver = Driver(a_workflow("a", start_within_s=HOUR_S))
        queued = RunQueued(due_at=NOON + timedelta(seconds=HOUR_S))
        driver.run = evolve(driver.run, queued, NOON)

        assert driver.advance(seconds=seconds).state is state


def test_start_within_counts_no_longer_once_the_run_has_started() -> None:
    driver = Driver(a_workflow("a", start_within_s=HOUR_S))
    queued = RunQueued(due_at=NOON + timedelta(seconds=HOUR_S))
    driver.run = evolve(driver.run, queued, NOON)

    assert driver.start().advance(hours=2).state is RunState.RUNNING


def test_timeout_of_the_workflow_counts_from_the_start_and_the_run_fails_with_run_timeout() -> None:
    driver = Driver(a_workflow("a", timeout_s=HOUR_S))
    driver.run = evolve(driver.run, RunQueued(), NOON)
    driver.now += timedelta(hours=5)

    driver.start().advance(seconds=HOUR_S - 1)
    assert driver.state is RunState.RUNNING
    driver = driver.advance(seconds=1)

    assert driver.state is RunState.FAILED
    assert driver.run.failure is not None
    assert driver.run.failure.code == "RunTimeout"
    assert driver.run.failure.message == "the run was not done within 1h"


def test_timeout_of_the_workflow_counts_over_retries_and_waits() -> None:
    driver = a_driver("a", sleep("b", seconds=HOUR_S), timeout_s=HOUR_S)

    driver.fail("a", permanent=False).advance(minutes=1).succeed("a").advance(minutes=58)
    assert driver.state is RunState.WAITING
    driver = driver.advance(minutes=1)

    assert driver.state is RunState.FAILED


def test_timeout_of_the_workflow_does_not_count_while_the_run_is_held() -> None:
    driver = a_driver("a", timeout_s=HOUR_S, hold_on_failure_s=100 * HOUR_S)
    driver.advance(minutes=30).fail("a").advance(hours=50).resume()

    driver.advance(minutes=29)
    assert driver.state is RunState.RUNNING
    driver = driver.advance(minutes=1)

    assert driver.state is RunState.FAILED


def test_timeout_of_the_workflow_counts_no_longer_once_the_run_is_final() -> None:
    driver = a_driver("a", timeout_s=HOUR_S, at_end=("tidy",)).advance(minutes=30).succeed("a")

    driver.advance(minutes=59)

    assert (driver.state, driver.states()["tidy"]) == (RunState.SUCCEEDED, "ready")


def test_timeout_of_a_task_fails_one_try_and_the_next_has_its_time_again() -> None:
    driver = a_driver(step("a", retry=retry(attempts=2)))

    driver.fail("a", "Timeout", permanent=False)
    assert driver.states()["a"] == "retrying"
    driver.advance(minutes=1).fail("a", "Timeout", permanent=False)

    assert driver.states()["a"] == "failed"
    assert code_of(driver, "a") == "Timeout"


def test_give_up_after_counts_over_all_tries_and_the_step_fails_with_its_last_error() -> None:
    policy = retry(attempts=100, delay_s=60, factor=1.0, jitter=0.0, give_up_after_s=150)
    driver = a_driver(step("a", retry=policy)).fail("a", "First", permanent=False)

    driver.advance(minutes=1).fail("a", "Second", permanent=False)
    assert driver.states()["a"] == "retrying"
    driver.advance(minutes=1).fail("a", "Third", permanent=False)

    assert driver.states()["a"] == "failed"
    assert code_of(driver, "a") == "Third"


@pytest.mark.parametrize(
    "block",
    [
        group("it", "a", "b", timeout_s=HOUR_S),
        parallel("it", "a", "b", timeout_s=HOUR_S),
    ],
    ids=["group", "parallel"],
)
def test_timeout_of_a_block_counts_the_whole_of_it(block: Step) -> None:
    driver = a_driver(block).advance(minutes=40).succeed("a").advance(minutes=19)
    assert driver.states()["it"] == "running"

    driver.advance(minutes=1)

    assert driver.states() == {"it": "failed", "a": "succeeded", "b": "cancelled"}
    assert code_of(driver, "it") == "Timeout"


def test_timeout_of_a_child_counts_the_whole_of_it_and_it_is_cancelled() -> None:
    driver = a_driver(child("it", timeout=timedelta(hours=1))).advance(minutes=59)
    assert driver.states()["it"] == "waiting"

    driver.advance(minutes=1)

    assert (driver.states()["it"], code_of(driver, "it")) == ("failed", "Timeout")
    assert len(driver.cancelled_children) == 1


@pytest.mark.parametrize(
    "waiting",
    [
        wait("it", "card.provided", match={"n": 1}, timeout_s=HOUR_S),
        approval("it", timeout_s=HOUR_S),
    ],
    ids=["wait_for", "approval"],
)
def test_timeout_of_a_wait_counts_from_its_start(waiting: Step) -> None:
    driver = a_driver("a", waiting).advance(hours=5).succeed("a").advance(minutes=59)
    assert driver.states()["it"] == "waiting"

    driver.advance(minutes=1)

    assert (driver.states()["it"], code_of(driver, "it")) == ("failed", "Timeout")


def test_timers_that_fire_late_fire_once_in_their_order() -> None:
    driver = a_driver(
        parallel("all", sleep("long", seconds=20), sleep("short", seconds=10), fail_fast=False),
        wait("it", "card.provided", match={"n": 1}, timeout_s=HOUR_S),
    )
    driver.now += timedelta(hours=3)
    driver.advance()

    ended = [driver.row(name).ended for name in ("short", "long", "all")]
    assert ended == sorted(each for each in ended if each is not None)
    assert driver.states()["it"] == "waiting"
    assert driver.row("it").due_at == driver.now + timedelta(hours=1)
    driver.arrive(an_event("card.provided", {"n": 1}))
    assert driver.state is RunState.SUCCEEDED

"""The end of a run of which something that would follow cannot be stored."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.engine import failures
from flowengine.engine.commands import CancelChild, Unlisten
from flowengine.engine.decide import decide
from flowengine.engine.evolve import evolve
from flowengine.engine.messages import Halt, Succeeded
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunQueued
from tests.builders import NOON, a_run, a_workflow
from tests.builders.driver import Driver
from tests.builders.steps import child, parallel, sleep, step, undo, wait

WHY = failures.unwritable("DataError")
HALT = Halt(failure=WHY)
AT_ONCE = Halt(failure=WHY, at_once=True)


def a_driver(*steps: Any, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


def test_run_that_halts_fails_with_why_and_a_dead_letter() -> None:
    driver = a_driver(sleep("z", seconds=60), "b").tell(HALT)

    assert driver.state is RunState.FAILED
    assert driver.run.failure == WHY
    assert driver.states() == {"z": "cancelled"}
    assert [(each.kind, each.failure) for each in driver.buried] == [("failed run", WHY)]


def test_what_has_been_done_by_then_stays_done_and_is_undone() -> None:
    driver = a_driver(step("a", compensate=undo("shop.undo")), "b").begin("a").tell(HALT)
    assert driver.states() == {"a": "running"}

    driver.succeed("a", {"id": 1})

    assert driver.states() == {"a": "undoing", "undo a": "ready"}
    assert driver.output("a") == {"id": 1}
    driver.succeed("undo a")
    assert driver.state is RunState.FAILED
    assert driver.run.failure == WHY


def test_held_run_that_halts_is_given_up() -> None:
    driver = a_driver("a", hold_on_failure_s=60).fail("a", "Declined").tell(HALT)

    assert driver.state is RunState.FAILED
    assert driver.run.failure is not None
    assert driver.run.failure.code == "Declined"


@pytest.mark.parametrize(("message", "tail"), [(HALT, "finally"), (AT_ONCE, "")])
def test_queued_run_that_halts_fails(message: Halt, tail: str) -> None:
    driver = Driver(a_workflow("a", at_end=("bye",)))
    driver.run = evolve(driver.run, RunQueued(), NOON)

    driver.tell(message)

    assert (driver.state, driver.run.failure, driver.run.tail) == (RunState.FAILED, WHY, tail)
    assert [each.kind for each in driver.buried] == ["failed run"]


def test_run_whose_end_cannot_be_stored_ends_without_what_is_left() -> None:
    driver = (
        a_driver(step("a", compensate=undo("shop.undo")), "b", at_end=("bye",))
        .succeed("a")
        .fail("b")
    )
    assert driver.tell(HALT).states()["undo a"] == "ready"

    driver.tell(AT_ONCE)

    assert (driver.state, driver.run.failure, driver.run.tail) == (RunState.FAILED, WHY, "")
    assert driver.states() == {"a": "undo_failed", "b": "failed", "undo a": "cancelled"}


def test_run_that_ends_at_once_awaits_nothing() -> None:
    called = child("called", with_={})
    driver = a_driver(
        parallel("all", "a", wait("w", "e", match={"n": 1}), called), at_end=("bye",)
    ).begin("a")

    driver.tell(AT_ONCE)

    assert driver.state is RunState.FAILED
    assert driver.active() == []
    assert driver.decision is not None
    said = driver.decision.commands
    assert Unlisten() in said
    assert [each.workflow for each in said if isinstance(each, CancelChild)] == ["called"]
    late = decide(driver.workflow, driver.run, Succeeded(step="a", attempt=1, output=1), NOON)
    assert late.stale


def test_hooks_that_cannot_be_stored_end_and_the_state_stays() -> None:
    driver = a_driver("a", at_end=("bye", "end")).succeed("a")
    assert driver.tell(HALT).run.tail == "finally"

    driver.tell(AT_ONCE)

    assert (driver.state, driver.run.tail) == (RunState.SUCCEEDED, "")
    assert driver.active() == []
    [letter] = driver.buried
    assert (letter.kind, letter.failure.fe) == ("failed hook", "FE432")


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED, None])
def test_run_that_has_ended_or_not_begun_is_not_halted(state: RunState | None) -> None:
    workflow = a_workflow("a")

    assert decide(workflow, a_run(workflow, state), AT_ONCE, NOON).stale

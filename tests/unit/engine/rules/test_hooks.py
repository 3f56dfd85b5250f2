"""Hooks: what runs after the end. Language §2.3, §4.4."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from flowengine.engine.commands import Bury
from flowengine.engine.messages import Due
from flowengine.engine.states import RunState
from flowengine.engine.transitions import HooksEnded, HooksStarted, RunFailed
from tests.builders import NOON, a_workflow
from tests.builders.driver import Driver
from tests.builders.steps import child, emit, otherwise, step, switch, undo, when

ERROR = {"e": "${{ error }}", "s": "${{ run.status }}"}


def a_driver(*steps: Any, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


def test_run_without_hooks_has_nothing_after_its_end() -> None:
    driver = a_driver("a").succeed("a")

    assert driver.run.tail == ""
    assert driver.history(HooksStarted, HooksEnded) == []


def test_finally_runs_after_a_success_with_the_status() -> None:
    driver = a_driver("a", at_end=(step("bye", with_=ERROR), "end"), on_failure=("sorry",))

    driver.succeed("a")
    assert driver.state is RunState.SUCCEEDED
    assert driver.run.tail == "finally"
    assert driver.row("bye").input == {"e": None, "s": "succeeded"}
    driver.succeed("bye")
    assert driver.states() == {"a": "succeeded", "bye": "succeeded", "end": "ready"}
    driver.succeed("end")

    assert driver.run.tail == ""
    assert driver.history(HooksStarted, HooksEnded) == [
        HooksStarted(hooks="finally", due_at=NOON + timedelta(days=30)),
        HooksEnded(),
    ]


def test_on_failure_runs_before_finally_and_sees_the_error() -> None:
    driver = a_driver("a", on_failure=(step("sorry", with_=ERROR),), at_end=("bye",))

    driver.fail("a", "Declined", details={"x": 1})

    assert driver.run.tail == "on_failure"
    assert driver.row("sorry").input == {
        "e": {
            "code": "Declined",
            "message": "no",
            "step": "a",
            "attempts": 1,
            "details": {"x": 1},
        },
        "s": "failed",
    }
    driver.succeed("sorry")
    assert driver.run.tail == "finally"
    assert driver.succeed("bye").run.tail == ""


def test_cancelled_run_runs_finally_only() -> None:
    driver = a_driver("a", on_failure=("sorry",), at_end=(step("bye", with_=ERROR),)).cancel()

    assert driver.states() == {"a": "cancelled", "bye": "ready"}
    assert driver.row("bye").input == {"e": None, "s": "cancelled"}


def test_failed_run_without_on_failure_runs_finally() -> None:
    assert a_driver("a", at_end=("bye",)).fail("a").run.tail == "finally"


def test_cancelled_run_without_finally_runs_nothing() -> None:
    assert a_driver("a", on_failure=("sorry",)).cancel().run.tail == ""


def test_hooks_begin_after_everything_is_undone() -> None:
    driver = a_driver(step("a", compensate=undo("back")), "b", on_failure=("sorry",))

    driver.succeed("a").fail("b")
    assert driver.run.tail == ""
    driver.succeed("undo a")

    assert driver.states()["sorry"] == "ready"
    kinds = [type(each) for each in driver.transitions]
    assert kinds.index(RunFailed) < kinds.index(HooksStarted)


def test_hooks_of_a_held_run_wait_for_its_end() -> None:
    driver = a_driver("a", on_failure=("sorry",), hold_on_failure=timedelta(hours=1)).fail("a")

    assert driver.states() == {"a": "failed"}
    assert driver.give_up().states() == {"a": "failed", "sorry": "ready"}


@pytest.mark.parametrize("hooks", ["on_failure", "at_end"])
def test_failed_hook_is_buried_and_the_next_one_goes_on(hooks: str) -> None:
    fields: Any = {hooks: ("one", "two")}
    driver = a_driver("a", **fields).fail("a").fail("one", "Broken")

    assert driver.states() == {"a": "failed", "one": "failed", "two": "ready"}
    assert driver.state is RunState.FAILED
    bury = driver.buried[-1]
    assert (bury.kind, bury.step, bury.failure.fe) == ("failed hook", "one", "FE432")
    assert bury.failure.code == "Broken"
    assert bury.failure.message == "hook 'one' failed: Broken no"
    assert driver.succeed("two").run.tail == ""


def test_last_hook_that_fails_ends_the_hooks() -> None:
    driver = a_driver("a", at_end=("bye",)).succeed("a").fail("bye")

    assert (driver.state, driver.run.tail) == (RunState.SUCCEEDED, "")
    assert driver.run.failure is None


def test_hook_is_tried_again_like_any_task() -> None:
    driver = a_driver("a", at_end=("bye",)).succeed("a").fail("bye", permanent=False)

    assert driver.states()["bye"] == "retrying"
    driver.advance(minutes=1)
    assert driver.succeed("bye").run.tail == ""


def test_hook_may_be_skipped() -> None:
    driver = a_driver("a", at_end=(step("bye", if_="run.status == 'failed'"), "end")).succeed("a")

    assert driver.states() == {"a": "succeeded", "bye": "skipped", "end": "ready"}
    last = a_driver("a", at_end=(step("bye", if_="false"),)).succeed("a")
    assert (last.run.tail, last.states()["bye"]) == ("", "skipped")


def test_switch_in_a_hook_that_fails_is_buried_by_its_own_name() -> None:
    choice = switch("which", when("run.status == 'failed'", "sorry"), otherwise("fine"))
    driver = a_driver("a", at_end=(choice, emit("done", with_={}))).fail("a")

    driver.fail("sorry")

    bury = driver.buried[-1]
    assert (bury.step, bury.failure.step) == ("which", "sorry")
    assert driver.states()["emit 1"] == "succeeded"
    assert driver.run.tail == ""


def test_hook_that_cannot_begin_is_buried() -> None:
    broken = step("sorry", with_={"x": "${{ error.details.nothing }}"})
    driver = a_driver("a", on_failure=(broken,)).fail("a")

    assert driver.buried[-1] == Bury(
        kind="failed hook", step="sorry", failure=driver.buried[-1].failure
    )
    assert driver.run.tail == ""


# Their end before they are done


def test_cancel_does_not_reach_the_hooks_of_a_final_run() -> None:
    driver = a_driver("a", at_end=("bye",)).succeed("a").cancel()

    assert driver.decision is not None
    assert driver.decision.stale
    assert driver.states()["bye"] == "ready"


@pytest.mark.parametrize("is_begun", [False, True])
def test_cancel_that_says_so_ends_the_hooks_at_once(*, is_begun: bool) -> None:
    driver = a_driver("a", at_end=("bye", "end")).succeed("a")
    if is_begun:
        driver.begin("bye")

    driver.cancel(hooks=True, by="7", reason="nobody can do it")

    assert (driver.state, driver.run.tail) == (RunState.SUCCEEDED, "")
    assert driver.states() == {"a": "succeeded", "bye": "cancelled"}
    assert driver.history(HooksEnded) == [HooksEnded(by="7", reason="nobody can do it")]
    assert driver.buried == []
    assert driver.run.due_at is None


def test_child_of_a_hook_that_is_ended_is_cancelled() -> None:
    driver = a_driver("a", at_end=(child("tidy"),)).succeed("a").cancel(hooks=True)

    assert [each.workflow for each in driver.cancelled_children] == ["tidy"]


def test_cancel_that_means_hooks_too_cancels_a_run_like_any_other() -> None:
    driver = a_driver("a", at_end=("bye",)).cancel(hooks=True)

    assert (driver.state, driver.run.tail) == (RunState.CANCELLED, "finally")
    assert driver.cancel(hooks=True).run.tail == ""


def test_hooks_have_as_much_time_as_the_run() -> None:
    driver = a_driver("a", timeout_s=3600, on_failure=("sorry",), at_end=("bye", "end"))
    driver.advance(minutes=30).fail("a").advance(minutes=20).succeed("sorry")

    driver.advance(minutes=39)
    assert driver.states()["bye"] == "ready"
    driver.advance(minutes=1)

    assert (driver.state, driver.run.tail, driver.run.due_at) == (RunState.FAILED, "", None)
    assert driver.states() == {"a": "failed", "sorry": "succeeded", "bye": "cancelled"}
    letter = driver.buried[-1]
    assert (letter.kind, letter.step, letter.failure.fe) == ("failed hook", "bye", "FE432")
    assert letter.failure.code == "HooksTimeout"
    assert letter.failure.message == (
        "hook 'bye' failed: HooksTimeout the hooks were not done within 1h"
    )


def test_attempt_of_a_hook_that_is_out_of_time_is_not_awaited() -> None:
    driver = a_driver("a", timeout_s=3600, at_end=("bye", "end")).succeed("a").begin("bye")

    driver.advance(hours=1).succeed("bye")

    assert driver.decision is not None
    assert driver.decision.stale
    assert driver.states() == {"a": "succeeded", "bye": "cancelled"}


def test_switch_that_is_out_of_time_is_buried_by_its_own_name() -> None:
    choice = switch("which", otherwise("fine"))
    driver = a_driver("a", timeout_s=3600, at_end=("bye", choice)).succeed("a").succeed("bye")

    driver.advance(hours=1)

    assert driver.buried[-1].step == "which"
    assert driver.run.tail == ""


def test_time_of_hooks_begins_anew_with_the_next_end() -> None:
    driver = a_driver("a", timeout_s=3600, at_end=("bye",)).fail("a").succeed("bye")

    driver.advance(minutes=50).resume().advance(minutes=30).succeed("a")

    assert driver.run.due_at == driver.now + timedelta(hours=1)


def test_what_is_due_of_a_final_run_for_another_reason_ends_no_hooks() -> None:
    driver = a_driver("a", at_end=("bye",)).succeed("a")
    driver.run = replace(driver.run, due_at=driver.now)

    assert driver.tell(Due()).states()["bye"] == "ready"

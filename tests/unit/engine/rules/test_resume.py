"""Going on after a failure. Language §4.4, §4.5, §4.11."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flowengine.engine.commands import Listen
from flowengine.engine.rules.resume import refusal
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunResumed, StepReset
from tests.builders import NOON, a_run, a_workflow
from tests.builders.driver import Driver
from tests.builders.steps import (
    approval,
    otherwise,
    parallel,
    sleep,
    step,
    switch,
    undo,
    wait,
    when,
)
from tests.unit.engine.rules.test_cancel_on import abandonable

HOLD = timedelta(hours=12)


def a_driver(*steps: Any, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


def is_stale(driver: Driver) -> bool:
    assert driver.decision is not None
    return driver.decision.stale


# 4.4: held -> running; failed -> running, replay + 1


def test_held_run_goes_on_with_the_failed_step_anew() -> None:
    driver = a_driver("a", "b", "c", hold_on_failure=HOLD).succeed("a", 1).fail("b")

    driver.resume(by="7", reason="repaired")

    assert driver.state is RunState.RUNNING
    assert driver.states() == {"a": "succeeded", "b": "ready"}
    assert driver.output("a") == 1
    [resumed] = driver.history(RunResumed)
    assert (resumed.by, resumed.reason, resumed.edited) == ("7", "repaired", ())
    assert (driver.run.failure, driver.run.replay) == (None, 0)
    assert driver.succeed("b").succeed("c").state is RunState.SUCCEEDED


def test_failed_run_of_which_nothing_was_undone_goes_on() -> None:
    driver = a_driver("a", "b").succeed("a").fail("b").resume()

    assert (driver.state, driver.run.replay) == (RunState.RUNNING, 1)
    assert driver.run.finished_at is None
    assert driver.succeed("b").state is RunState.SUCCEEDED


def test_run_that_fails_again_is_buried_again() -> None:
    driver = a_driver("a").fail("a").resume().fail("a")

    assert (driver.state, len(driver.buried)) == (RunState.FAILED, 2)
    assert driver.resume().run.replay == 2


@pytest.mark.parametrize(
    ("state", "fields", "why"),
    [
        (RunState.RUNNING, {}, "it is not failed or held"),
        (RunState.WAITING, {}, "it is not failed or held"),
        (RunState.SUCCEEDED, {}, "it is not failed or held"),
        (RunState.CANCELLED, {}, "it is not failed or held"),
        (RunState.FAILED, {"has_undone": True}, "a step was undone; use restart"),
        (RunState.FAILED, {"tail": "finally"}, "its hooks still run"),
    ],
)
def test_run_that_cannot_be_resumed_says_why(
    state: RunState, fields: dict[str, Any], why: str
) -> None:
    driver = a_driver("a")
    driver.run = a_run(driver.workflow, state, fields=fields)

    assert refusal(driver.run) == why
    assert is_stale(driver.resume())


def test_resume_waits_for_the_hooks_to_be_done() -> None:
    driver = a_driver("a", on_failure=("sorry",)).fail("a")

    assert is_stale(driver.resume())
    driver.succeed("sorry")
    assert not is_stale(driver.resume())


def test_run_that_failed_of_its_output_is_judged_again() -> None:
    driver = a_driver("a", output="${{ steps.a.output.id }}").succeed("a", {})
    assert driver.state is RunState.FAILED

    assert driver.resume().state is RunState.FAILED
    assert (driver.run.replay, len(driver.buried)) == (1, 2)


# 4.5: failed -> ready, tries start at 1 again


def test_tries_begin_anew_and_attempts_count_on() -> None:
    driver = a_driver("a", hold_on_failure=HOLD)
    for _ in range(3):
        driver.fail("a", permanent=False).advance(minutes=10)
    assert (driver.row("a").tries, driver.row("a").attempt) == (3, 3)

    driver.resume()

    row = driver.row("a")
    assert (row.tries, row.attempt, row.crashes) == (0, 3, 0)
    assert driver.dispatched[-1].attempt == 3
    driver.fail("a", permanent=False)
    assert (driver.row("a").tries, driver.row("a").attempt) == (1, 4)


def test_step_keeps_the_input_it_had() -> None:
    driver = a_driver(
        step("a", with_={"n": "${{ now() }}"}, if_="now() < timestamp('2026-03-02T12:01:00Z')"),
        hold_on_failure=HOLD,
    )
    driver.advance(seconds=0).fail("a").advance(minutes=5).resume()

    assert driver.row("a").input == {"n": "2026-03-02T12:00:00Z"}
    assert driver.states() == {"a": "ready"}


def test_step_that_had_no_input_is_evaluated_again() -> None:
    driver = a_driver(step("a", takes=("box",)), hold_on_failure=HOLD)
    assert driver.states() == {"a": "failed"}

    assert driver.resume().state is RunState.HELD
    driver.resume(inputs={"box": 1})
    assert driver.row("a").input == {"box": 1}


def test_wait_begins_anew_with_its_whole_time() -> None:
    driver = a_driver(wait("w", "x", match={"id": 1}), hold_on_failure=HOLD).advance(hours=1)

    driver.advance(hours=1).resume()

    assert driver.states() == {"w": "waiting"}
    assert driver.row("w").due_at == NOON + timedelta(hours=3)
    assert [type(each) for each in driver.listening] == [Listen]


# Edits


def test_corrected_input_replaces_the_stored_one_by_name() -> None:
    driver = a_driver(step("a", with_={"iban": "DE1", "n": 1}), hold_on_failure=HOLD).fail("a")

    driver.resume(inputs={"iban": "DE2"})

    assert driver.row("a").input == {"iban": "DE2", "n": 1}
    assert driver.history(RunResumed)[0].edited == ("with.iban",)


def test_output_by_hand_counts_as_done() -> None:
    driver = a_driver("a", step("b", takes=("entry",)), hold_on_failure=HOLD).fail("a")

    driver.resume(output={"entry": 7}, is_done=True)

    assert driver.states() == {"a": "succeeded", "b": "ready"}
    assert driver.row("b").input == {"entry": 7}
    assert driver.history(RunResumed)[0].edited == ("output",)


def test_failed_step_may_be_skipped() -> None:
    driver = a_driver("a", "b", hold_on_failure=HOLD).fail("a").resume(skip=True)

    assert driver.states() == {"a": "skipped", "b": "ready"}
    assert driver.history(RunResumed)[0].edited == ("skip",)


def test_last_step_done_by_hand_ends_the_run() -> None:
    driver = a_driver("a", hold_on_failure=HOLD).fail("a").resume(output=5, is_done=True)

    assert (driver.state, driver.run.output) == (RunState.SUCCEEDED, 5)


def test_output_that_cannot_be_kept_resumes_nothing() -> None:
    driver = a_driver("a", hold_on_failure=HOLD).fail("a")

    assert is_stale(driver.resume(output="x" * 300_000, is_done=True))
    assert is_stale(driver.resume(inputs={"x": "x" * 300_000}))


def test_edit_is_of_the_failed_steps_and_not_of_those_cancelled_with_them() -> None:
    driver = a_driver(parallel("p", "a", "b", "c"), hold_on_failure=HOLD).succeed("c").fail("a")
    assert driver.states() == {"p": "failed", "a": "failed", "b": "cancelled", "c": "succeeded"}

    driver.resume(skip=True)

    assert driver.states() == {"p": "running", "a": "skipped", "b": "ready", "c": "succeeded"}
    assert driver.succeed("b", 2).output("p") == {"a": None, "b": 2, "c": None}


def test_edit_after_a_timeout_of_the_run_is_of_the_cancelled_step() -> None:
    driver = a_driver(sleep("nap", seconds=3600), "a", timeout_s=60).advance(seconds=60)
    assert driver.state is RunState.FAILED

    driver.resume(skip=True)

    assert driver.states() == {"nap": "skipped", "a": "ready"}


def test_input_is_given_to_steps_that_have_one_only() -> None:
    driver = a_driver(approval("ok"), hold_on_failure=HOLD).answer("ok", approved=False)

    driver.resume(inputs={"ask": "hand"})

    assert driver.row("ok").input["ask"] == "May it be?"


# Time


def test_time_of_the_run_moves_by_the_time_it_was_held() -> None:
    driver = a_driver("a", hold_on_failure=HOLD, timeout_s=36_000)
    end = NOON + timedelta(hours=10)

    driver.advance(hours=1).fail("a").advance(hours=2).resume()
    assert driver.run.due_at == end + timedelta(hours=2)
    driver.advance(hours=1).fail("a").advance(hours=3).resume()
    assert driver.run.due_at == end + timedelta(hours=5)
    assert driver.run.held_at is None


def test_time_of_the_run_moves_by_the_time_it_had_failed() -> None:
    driver = a_driver("a", timeout_s=3600).fail("a").advance(days=2).resume()

    assert driver.run.due_at == NOON + timedelta(days=2, hours=1)
    assert driver.state is RunState.RUNNING


def test_run_whose_time_was_over_has_the_whole_once_more() -> None:
    driver = a_driver(sleep("nap", seconds=7200), "a", timeout_s=3600).advance(hours=1)
    assert driver.state is RunState.FAILED

    driver.advance(days=1).resume()

    assert driver.run.due_at == NOON + timedelta(days=1, hours=2)
    assert driver.advance(minutes=59).states()["nap"] == "waiting"


def test_run_that_has_a_moment_left_has_that() -> None:
    driver = a_driver("a", timeout_s=3600).advance(seconds=3599).fail("a").advance(days=1).resume()

    assert driver.run.due_at == NOON + timedelta(days=1, hours=1)


# Hooks, cancel_on


def test_hooks_run_once_more_after_the_next_end() -> None:
    choice = switch("which", when("run.status == 'failed'", "sorry"), otherwise("fine"))
    driver = a_driver("a", at_end=(choice, step("bye", with_={"s": "${{ run.status }}"})))
    driver.fail("a").succeed("sorry").fail("bye")
    assert driver.row("bye").input == {"s": "failed"}

    driver.resume()
    assert driver.states() == {
        "a": "ready",
        "which": "pending",
        "sorry": "pending",
        "bye": "pending",
    }
    driver.succeed("a")

    assert driver.states()["fine"] == "ready"
    driver.succeed("fine").succeed("bye")
    assert driver.row("bye").input == {"s": "succeeded"}
    assert (driver.row("bye").attempt, driver.run.tail) == (2, "")


def test_hook_that_was_not_chosen_the_last_time_may_be_the_next_time() -> None:
    choice = switch("which", when("error.code == 'One'", "one"), otherwise("two"))
    driver = a_driver("a", on_failure=(choice,))

    driver.fail("a", "One").succeed("one").resume().fail("a", "Two").succeed("two").resume()

    assert driver.fail("a", "One").states()["one"] == "ready"


def test_loop_in_a_hook_is_evaluated_once_more() -> None:
    hook = step("tell", each="${{ if(run.status == 'failed', [1, 2], [3]) }}")
    driver = a_driver("a", at_end=(hook,)).fail("a").succeed("tell.0").succeed("tell.1")

    driver.resume().succeed("a").succeed("tell.0", "x")

    assert driver.output("tell") == ["x"]
    assert driver.run.tail == ""


def test_hooks_that_were_not_reached_are_left_alone() -> None:
    driver = a_driver("a", at_end=("bye",), hold_on_failure=HOLD).fail("a").resume()

    assert [each.step for each in driver.history(StepReset)] == ["a"]


def test_run_listens_again_for_what_cancels_it() -> None:
    driver = Driver(abandonable("a")).start().fail("a")
    assert driver.listening == []

    assert [each.cancel_on for each in driver.resume().listening] == [0]


def test_held_run_listens_all_the_time() -> None:
    driver = Driver(abandonable("a", hold_on_failure=HOLD)).start().fail("a").resume()

    assert len(driver.listening) == 1


# What is undone after a resume


def test_what_succeeded_before_and_after_a_resume_is_undone() -> None:
    driver = a_driver(
        step("a", compensate=undo("una")), step("b", compensate=undo("unb")), "c",
        hold_on_failure=HOLD,
    )  # fmt: skip
    driver.succeed("a").fail("b").resume().succeed("b").fail("c").give_up()

    assert driver.states()["b"] == "undoing"
    driver.succeed("undo b").succeed("undo a")
    assert driver.state is RunState.FAILED


def test_resume_told_twice_is_stale() -> None:
    driver = a_driver("a", hold_on_failure=HOLD).fail("a").resume()

    assert is_stale(driver.resume())

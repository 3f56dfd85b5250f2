"""What is done instead where a step has failed: its rescue clauses."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.steps import Step
from flowengine.engine.states import RunState
from flowengine.engine.transitions import StepRescuing
from tests.builders import a_workflow, an_event, retry, step
from tests.builders.driver import Driver
from tests.builders.steps import (
    parallel,
    rescue,
)


def a_driver(*steps: Step | str, data: Any = None, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields), an_event(data=data)).start()


def test_first_clause_that_names_the_code_or_none_takes_the_error() -> None:
    driver = a_driver(
        step("pay", rescue=(rescue("x", errors=("Timeout",)), rescue("y"), rescue("z")))
    )

    driver.fail("pay", "CardDeclined")

    assert driver.states() == {"pay": "rescuing", "y": "ready"}
    assert driver.row("pay").clause == 1


def test_clause_may_name_a_base_of_the_error() -> None:
    driver = a_driver(step("pay", rescue=rescue("repair", errors=("PaymentError",))))

    driver.fail("pay", "CardDeclined", bases=("PaymentError",))

    assert driver.states()["pay"] == "rescuing"


def test_error_that_no_clause_names_is_not_rescued() -> None:
    driver = a_driver(step("pay", rescue=rescue("repair", errors=("Timeout",))))

    driver.fail("pay", "CardDeclined")

    assert driver.states() == {"pay": "failed"}


def test_error_is_rescued_only_when_no_try_is_left() -> None:
    driver = a_driver(step("pay", retry=retry(attempts=2), rescue=rescue("repair")))

    driver.fail("pay", permanent=False)
    assert driver.states() == {"pay": "retrying"}
    driver.advance(minutes=1).fail("pay", permanent=False)

    assert driver.states() == {"pay": "rescuing", "repair": "ready"}
    assert driver.row("pay").tries == 2


def test_step_that_cannot_begin_may_be_rescued() -> None:
    driver = a_driver(
        step("pay", if_="event.data.nothing", rescue=rescue("repair", errors=("ExpressionError",)))
    )

    assert driver.states() == {"pay": "rescuing", "repair": "ready"}
    assert driver.history(StepRescuing)[0].kind == "task"


def test_clause_that_fails_fails_the_step_with_its_error_and_keeps_the_first() -> None:
    driver = a_driver(step("pay", rescue=rescue("x", "repair")), "after")

    driver.fail("pay", "CardDeclined", details={"card": 1}).succeed("x").fail("repair", "Broken")

    assert driver.states() == {"pay": "failed", "x": "succeeded", "repair": "failed"}
    failure = driver.row("pay").failure
    assert failure is not None
    assert (failure.code, failure.step) == ("Broken", "repair")
    assert failure.details == {
        "original": {
            "code": "CardDeclined",
            "message": "no",
            "step": "pay",
            "attempts": 1,
            "details": {"card": 1},
        }
    }


@pytest.mark.parametrize(
    ("details", "kept"),
    [({"a": 1}, {"a": 1}), ([1], {"details": [1]}), (None, {})],
    ids=["mapping", "list", "none"],
)
def test_details_of_an_error_in_a_clause_stay_beside_the_first(
    details: Any, kept: dict[str, Any]
) -> None:
    driver = a_driver(step("pay", rescue=rescue("repair")))

    driver.fail("pay").fail("repair", details=details)

    failure = driver.row("pay").failure
    assert failure is not None
    assert {key: value for key, value in failure.details.items() if key != "original"} == kept


def test_error_of_a_clause_is_not_rescued_by_the_clauses_of_the_same_step() -> None:
    driver = a_driver(step("pay", rescue=(rescue("x", errors=("A",)), rescue("y"))))

    driver.fail("pay", "A").fail("x", "B")

    assert driver.states() == {"pay": "failed", "x": "failed"}


def test_clauses_may_be_inside_one_another() -> None:
    driver = a_driver(step("pay", rescue=rescue(step("again", rescue=rescue("by_hand")))), "after")

    driver.fail("pay").fail("again").succeed("by_hand", 1)

    assert driver.states() == {
        "pay": "rescued",
        "again": "rescued",
        "by_hand": "succeeded",
        "after": "ready",
    }
    assert driver.output("pay") == 1


def test_clause_of_skipped_steps_rescues_without_an_output() -> None:
    driver = a_driver(step("pay", rescue=rescue(step("x", if_="false"))), "after")

    driver.fail("pay")

    assert driver.states() == {"pay": "rescued", "x": "skipped", "after": "ready"}
    assert driver.output("pay") is None


def test_clause_sees_the_error_and_the_step_it_rescues() -> None:
    told = {
        "code": "${{ error.code }}",
        "in": "${{ error.step }}",
        "tries": "${{ error.attempts }}",
        "was": "${{ steps.pay.status }}",
    }
    driver = a_driver(step("pay", rescue=rescue(step("repair", with_=told))))

    driver.fail("pay", "CardDeclined")

    given = driver.row("repair").input
    assert given == {"code": "CardDeclined", "in": "pay", "tries": 1, "was": "rescuing"}


def test_parallel_block_may_be_rescued_by_the_error_of_its_branch() -> None:
    driver = a_driver(
        parallel("both", "a", "b", rescue=rescue("repair", errors=("Refused",))), "after"
    )

    driver.fail("a", "Refused")
    assert driver.states() == {
        "both": "rescuing",
        "a": "failed",
        "b": "cancelled",
        "repair": "ready",
    }
    driver.succeed("repair", 1)

    assert driver.states()["both"] == "rescued"
    assert driver.states()["after"] == "ready"


def test_loop_as_a_whole_may_be_rescued() -> None:
    driver = a_driver(
        step("post", each=[1, 2], rescue=rescue("repair", errors=("ForEachFailed",))), "after"
    )

    driver.fail("post.0", "Refused")
    assert driver.states()["post"] == "rescuing"
    driver.succeed("repair", "by hand")

    assert driver.output("post") == "by hand"
    assert driver.states()["after"] == "ready"


def test_rescue_that_is_at_work_ends_with_the_run() -> None:
    driver = a_driver(step("pay", rescue=rescue("repair", "more"))).fail("pay").begin("repair")

    driver.cancel()
    assert driver.states() == {"pay": "rescuing", "repair": "running"}
    driver.succeed("repair")

    assert driver.states() == {"pay": "cancelled", "repair": "succeeded"}
    assert driver.state is RunState.CANCELLED

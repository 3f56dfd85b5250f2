"""The line: a step is skipped, begins, or fails because it cannot; the next one follows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowengine.engine.commands import Bury, Dispatch
from flowengine.engine.decide import Limits, decide
from flowengine.engine.messages import Start, Succeeded
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import (
    RunFailed,
    RunStarted,
    RunSucceeded,
    StepFailed,
    StepReady,
    StepSkipped,
    StepSucceeded,
)
from tests.builders import NOON, a_run, a_workflow, an_event, running, step, succeeded
from tests.builders.driver import Driver
from tests.builders.steps import fail, group, parallel


def test_run_that_starts_makes_its_first_step_ready() -> None:
    workflow = a_workflow(step("reserve", takes=("order_id",), station="stock"), "charge")
    run = a_run(workflow, None, fields={"title": "Order 42"})

    decision = decide(workflow, run, Start(), NOON)

    assert decision.transitions == (
        RunStarted(title="Order 42", due_at=NOON + timedelta(days=30)),
        StepReady(step="reserve", task="shop.reserve", station="stock", input={"order_id": 42}),
    )
    assert decision.commands == (Dispatch(step="reserve", station="stock", attempt=0),)
    assert decision.run.state is RunState.RUNNING
    assert decision.run.started_at == NOON
    assert decision.run.seq == 2


def test_timeout_of_the_workflow_is_when_the_run_is_due() -> None:
    workflow = a_workflow("reserve", timeout_s=60)

    decision = decide(workflow, a_run(workflow, None), Start(), NOON)

    assert decision.run.due_at == NOON + timedelta(seconds=60)


def test_step_that_succeeds_makes_the_next_one_ready() -> None:
    workflow = a_workflow("reserve", step("charge", with_={"total": 9.5}))
    run = a_run(workflow, reserve=running())

    decision = decide(workflow, run, Succeeded(step="reserve", attempt=1, output=None), NOON)

    assert [type(each) for each in decision.transitions] == [StepSucceeded, StepReady]
    after = decision.run.steps["charge", ""]
    assert (after.state, after.input, after.task) == (
        StepState.READY,
        {"total": 9.5},
        "shop.charge",
    )
    assert decision.commands == (Dispatch(step="charge", station="default", attempt=0),)


def test_step_whose_condition_is_false_is_skipped_and_the_line_goes_on() -> None:
    workflow = a_workflow(
        "reserve",
        step("charge", if_="steps.reserve.output.total > 0", station="money"),
        step("thank", if_="steps.charge.status == 'skipped'"),
    )
    run = a_run(workflow, reserve=running())

    decision = decide(
        workflow, run, Succeeded(step="reserve", attempt=1, output={"total": 0}), NOON
    )

    assert decision.transitions[1] == StepSkipped(
        step="charge", task="shop.charge", station="money"
    )
    assert decision.run.steps["charge", ""].state is StepState.SKIPPED
    assert decision.run.steps["thank", ""].state is StepState.READY


def test_run_is_done_when_all_that_is_left_is_skipped() -> None:
    workflow = a_workflow("reserve", step("charge", if_="false"), step("ship", if_="false"))
    run = a_run(workflow, reserve=running())

    decision = decide(workflow, run, Succeeded(step="reserve", attempt=1, output=[1]), NOON)

    assert decision.transitions[-1] == RunSucceeded(output=[1])
    assert decision.commands == ()


def test_condition_without_a_value_fails_the_step_before_its_first_try() -> None:
    workflow = a_workflow(step("charge", if_="event.data.totl > 0"))
    run = a_run(workflow, None)

    decision = decide(workflow, run, Start(), NOON)

    of_step, of_run = decision.transitions[1:]
    assert isinstance(of_step, StepFailed)
    assert (of_step.attempt, of_step.tries, of_step.task) == (0, 0, "shop.charge")
    assert (of_step.failure.code, of_step.failure.fe) == ("ExpressionError", "FE401")
    assert of_step.failure.message.startswith("in `if`: ")
    assert isinstance(of_run, RunFailed)
    assert [type(each) for each in decision.commands] == [Bury]


def test_condition_that_is_no_bool_fails_the_step() -> None:
    workflow = a_workflow(step("charge", if_="event.data.order_id"))

    decision = decide(workflow, a_run(workflow, None), Start(), NOON)

    failure = decision.run.steps["charge", ""].failure
    assert failure is not None
    assert failure.fe == "FE402"


def test_argument_without_a_value_fails_the_step_and_names_the_argument() -> None:
    workflow = a_workflow(step("charge", with_={"total": "${{ event.data.total }}"}))

    decision = decide(workflow, a_run(workflow, None), Start(), NOON)

    failure = decision.run.steps["charge", ""].failure
    assert failure is not None
    assert failure.message.startswith("in `with.total`: ")
    assert failure.details["key"] == "with.total"
    assert decision.run.state is RunState.FAILED


def test_parameter_that_nothing_gives_fails_the_step_and_says_what_was_there() -> None:
    workflow = a_workflow("reserve", step("charge", takes=("card",)))
    run = a_run(workflow, reserve=running())

    decision = decide(
        workflow, run, Succeeded(step="reserve", attempt=1, output={"reservation": "r1"}), NOON
    )

    failure = decision.run.steps["charge", ""].failure
    assert failure is not None
    assert (failure.code, failure.fe) == ("InvalidInput", "FE127")
    assert failure.message == (
        "shop.charge needs 'card'; nothing above returns it (there are: reservation, order_id)"
    )
    assert decision.run.failure is not None
    assert decision.run.failure.step == "charge"


def test_input_over_the_limit_fails_the_step() -> None:
    workflow = a_workflow(step("charge", with_={"note": "x" * 2048}))

    decision = decide(
        workflow, a_run(workflow, None), Start(), NOON, limits=Limits(payload_max_bytes=1024)
    )

    failure = decision.run.steps["charge", ""].failure
    assert failure is not None
    assert failure.code == "PayloadTooLarge"
    assert failure.message == "the input of 'charge' is 2 KiB; the limit is 1 KiB"


def test_expressions_see_the_event_the_run_the_steps_and_the_configuration() -> None:
    workflow = a_workflow(
        "reserve",
        step(
            "charge",
            with_={
                "who": "${{ event.actor }} of ${{ run.workflow }}",
                "size": "${{ steps.reserve.output.size }}",
                "shop": "${{ config.shop }}",
                "at": "${{ now() }}",
            },
        ),
    )
    run = a_run(workflow, reserve=running())
    message = Succeeded(step="reserve", attempt=1, output={"size": 3})

    decision = decide(workflow, run, message, NOON, config={"shop": "Main"})

    given = decision.run.steps["charge", ""].input
    assert given["who"] == "7 of fulfil-order"
    assert (given["size"], given["shop"]) == (3, "Main")
    assert given["at"].startswith("2026-03-02T12:00:00")


def test_line_of_skipped_steps_ends_without_an_output_and_without_recursion() -> None:
    workflow = a_workflow(*(step(f"s{n}", if_="false") for n in range(200)))

    decision = decide(workflow, a_run(workflow, None), Start(), NOON)

    assert decision.transitions[-1] == RunSucceeded(output=None)
    assert decision.run.seq == 202


def test_earlier_outputs_are_read_where_a_parameter_wants_them() -> None:
    workflow = a_workflow("reserve", "charge", step("ship", takes=("box",)))
    run = a_run(workflow, reserve=succeeded({"box": "b1"}), charge=running())

    decision = decide(workflow, run, Succeeded(step="charge", attempt=1, output=None), NOON)

    assert decision.run.steps["ship", ""].input == {"box": "b1"}


# Titles


def test_title_of_a_step_is_evaluated_when_it_begins() -> None:
    driver = Driver(
        a_workflow("reserve", step("ship", title="Parcel ${{ steps.reserve.output.n }}"))
    ).start()

    driver.succeed("reserve", {"n": 3})

    assert driver.row("ship").title == "Parcel 3"


@pytest.mark.parametrize(
    "title",
    ["${{ event.data.nothing }}", "${{ event.data }}", "${{ null }}", "of ${{ event.data }}"],
)
def test_title_without_a_value_is_left_out_and_fails_nothing(title: str) -> None:
    driver = Driver(a_workflow(step("ship", title=title))).start()

    assert driver.states() == {"ship": "ready"}
    assert driver.row("ship").title == ""


def test_text_for_people_is_such_that_a_database_takes_it() -> None:
    broken = "no ${{ event.data.note }}"
    workflow = a_workflow(group("all", fail("Bad", broken), title=broken))

    driver = Driver(workflow, an_event(data={"note": "\x00"})).start()

    shown = "no \N{REPLACEMENT CHARACTER}"
    assert driver.row("all").title == shown
    assert driver.run.failure is not None
    assert driver.run.failure.message == shown


@pytest.mark.parametrize(
    ("title", "shown"), [("${{ event.data.order_id }}", "42"), ("plain", "plain")]
)
def test_title_that_is_one_value_is_shown_as_text(title: str, shown: str) -> None:
    driver = Driver(a_workflow(step("ship", title=title))).start()

    assert driver.row("ship").title == shown


def test_blocks_and_skipped_steps_have_titles_too() -> None:
    driver = Driver(
        a_workflow(
            group("pack", step("wrap", if_="false", title="Wrap"), "seal", title="Packing"),
        )
    ).start()

    assert (driver.row("pack").title, driver.row("wrap").title) == ("Packing", "Wrap")


# The kind fail


def test_step_that_fails_by_itself_gives_its_code_and_its_text() -> None:
    driver = Driver(a_workflow(fail("OutOfStock", "order ${{ event.data.order_id }}"))).start()

    failure = driver.run.failure
    assert failure is not None
    assert (failure.code, failure.message) == ("OutOfStock", "order 42")
    assert (failure.step, failure.attempts, failure.fe) == ("fail 1", 0, "FE421")
    assert driver.row("fail 1").kind == "fail"


def test_text_of_a_failure_may_be_one_value() -> None:
    driver = Driver(a_workflow(fail("OutOfStock", "${{ event.data.order_id }}"))).start()

    assert driver.run.failure is not None
    assert driver.run.failure.message == "42"


def test_failure_whose_text_has_no_value_says_so_instead() -> None:
    driver = Driver(a_workflow(fail("OutOfStock", "${{ event.data.nothing }}"))).start()

    assert driver.run.failure is not None
    assert driver.run.failure.code == "ExpressionError"
    assert driver.run.failure.message.startswith("in `fail.message`: ")


# Every kind of row is told what it is


def test_every_row_knows_its_kind_and_only_branches_and_items_who_counts_them() -> None:
    driver = Driver(
        a_workflow(
            parallel("both", group("left", "a"), step("right", each=[1, 2])),
            "after",
        ),
        an_event(),
    ).start()

    kinds = {place[0] + place[1]: (row.kind, row.block) for place, row in driver.run.steps.items()}
    assert kinds == {
        "both": ("parallel", None),
        "left": ("steps", "both"),
        "right": ("for_each", "both"),
        "right0": ("task", "right"),
        "right1": ("task", "right"),
        "a": ("task", None),
    }

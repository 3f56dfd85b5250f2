"""What ``decide`` promises whatever the rule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowengine.engine import rows
from flowengine.engine.decide import decide
from flowengine.engine.messages import (
    Answered,
    Arrived,
    Began,
    Cancel,
    ChildEnded,
    Due,
    Failed,
    GivenBack,
    GiveUp,
    Halt,
    Hold,
    Lost,
    Message,
    Release,
    Resume,
    Start,
    Succeeded,
)
from flowengine.engine.rows import Active, Items, Known, Question, Rows, RowsMissing
from flowengine.engine.run import Failure, Run
from flowengine.engine.states import FINAL_RUN_STATES, RunState
from tests.builders import NOON, WORKER, a_run, a_workflow, an_event, ready, running
from tests.builders.driver import Driver
from tests.builders.runs import known
from tests.builders.steps import group, parallel, sleep, step

DECLINED = Failure(code="CardDeclined", message="no")
MESSAGES: list[Message] = [
    Began(step="charge", attempt=1, worker=WORKER),
    Succeeded(step="charge", attempt=1, output=None),
    Failed(step="charge", attempt=1, failure=DECLINED),
    Lost(step="charge", attempt=1),
    GivenBack(step="charge", attempt=1),
    Arrived(step="charge", event=an_event()),
    Arrived(step="", event=an_event(), cancel_on=0),
    Answered(step="charge", user="3", approved=True),
    ChildEnded(step="charge", run=WORKER, state=RunState.SUCCEEDED),
    Due(),
    Cancel(),
    GiveUp(),
    Hold(),
    Release(),
    Halt(failure=DECLINED),
    Resume(),
    Start(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("state", sorted(FINAL_RUN_STATES))
def test_final_run_is_changed_by_no_message_but_that_a_failed_one_is_resumed(
    state: RunState, message: Message
) -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, state, fields={"finished_at": NOON}, charge=running())

    decision = decide(workflow, run, message, NOON)

    assert decision.stale is not (state is RunState.FAILED and isinstance(message, Resume))
    if decision.stale:
        assert decision.run is run


@pytest.mark.parametrize("message", MESSAGES[:-1], ids=lambda each: type(each).__name__)
def test_run_that_has_not_started_is_changed_by_its_start_only(message: Message) -> None:
    workflow = a_workflow("charge")

    decision = decide(workflow, a_run(workflow, None), message, NOON)

    assert decision.stale


def test_run_starts_once() -> None:
    workflow = a_workflow("charge")
    started = decide(workflow, a_run(workflow, None), Start(), NOON).run

    assert decide(workflow, started, Start(), NOON).stale


def test_transitions_are_numbered_up_to_the_head_of_the_run() -> None:
    workflow = a_workflow("charge", "ship")
    run = a_run(workflow, charge=running(), fields={"seq": 17})

    decision = decide(workflow, run, Succeeded(step="charge", attempt=1, output=None), NOON)

    assert decision.run.seq == 17 + len(decision.transitions)


def test_run_that_was_given_is_never_changed_in_place() -> None:
    workflow = a_workflow("charge", "ship")
    run = a_run(workflow, charge=ready(attempt=1, worker=WORKER))
    before = repr(run)

    decide(workflow, run, Began(step="charge", attempt=1, worker=WORKER), NOON)

    assert repr(run) == before


def test_what_is_no_message_is_refused() -> None:
    workflow = a_workflow("charge")

    with pytest.raises(AssertionError):
        decide(workflow, a_run(workflow), "charge it", NOON)  # type: ignore[arg-type]


# Whether the run waits


def test_run_waits_while_nothing_of_it_needs_a_worker() -> None:
    driver = Driver(a_workflow("charge")).start()
    assert driver.state is RunState.RUNNING

    driver = driver.fail("charge", permanent=False)
    assert driver.state is RunState.WAITING
    driver = driver.advance(minutes=1)

    assert driver.state is RunState.RUNNING


def test_message_that_changes_nothing_does_not_even_say_that_the_run_waits() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, RunState.RUNNING, fields={"asleep": 1})

    assert decide(workflow, run, Due(), NOON).stale


# What has not been read


def test_rows_that_have_not_been_read_are_asked_for_and_nothing_has_happened() -> None:
    workflow = a_workflow("charge", "ship")
    run = known(a_run(workflow, charge=running()), ("charge", ""))

    with pytest.raises(RowsMissing) as missing:
        decide(workflow, run, Succeeded(step="charge", attempt=1, output=None), NOON)

    assert missing.value.question == Rows(frozenset({("ship", "")}))


def test_message_about_a_row_that_was_not_read_asks_for_it() -> None:
    workflow = a_workflow("charge", "ship")
    run = known(a_run(workflow, charge=running()))
    assert run.known == Known()

    with pytest.raises(RowsMissing) as missing:
        decide(workflow, run, Lost(step="charge", attempt=1), NOON)

    assert missing.value.question == Rows(frozenset({("charge", "")}))


def of_what_sleeps(driver: Driver) -> Run:
    """Its run, of which only the active rows have been read."""
    active = (each.place for each in rows.active(driver.run))
    return known(driver.run, *active, answered=[Active()])


def test_rows_that_are_due_together_ask_together() -> None:
    each = group("each", sleep("nap", seconds=5), step("x", if_="false"), "y", each=[1, 2, 3])
    other = group("other", sleep("rest", seconds=5), "z")
    driver = Driver(a_workflow(parallel("all", each, other, sleep("alone", seconds=5)))).start()

    with pytest.raises(RowsMissing) as missing:
        decide(driver.workflow, of_what_sleeps(driver), Due(), NOON + timedelta(hours=1))

    inside = {(step, item) for step in "xy" for item in "012"}
    assert missing.value.question == Rows(frozenset({("z", ""), *inside}))


@pytest.mark.parametrize(
    ("other", "asked"),
    [("z", Items("naps", "")), ("a", Rows(frozenset({("then", "")})))],
    ids=["first", "later"],
)
def test_only_places_are_asked_for_together(other: str, asked: Question) -> None:
    naps = sleep("naps", seconds=5, each=[1])
    branch = group("rest", sleep(other, seconds=5), "then")
    driver = Driver(a_workflow(parallel("all", naps, branch))).start()

    with pytest.raises(RowsMissing) as missing:
        decide(driver.workflow, of_what_sleeps(driver), Due(), NOON + timedelta(hours=1))

    assert missing.value.question == asked

"""What ``decide`` promises whatever the rule."""

from __future__ import annotations

import pytest

from flowengine.engine.decide import decide
from flowengine.engine.messages import (
    Began,
    Cancel,
    Due,
    Failed,
    GivenBack,
    Lost,
    Message,
    Start,
    Succeeded,
)
from flowengine.engine.run import Failure
from flowengine.engine.states import FINAL_RUN_STATES, RunState
from tests.builders import NOON, WORKER, a_run, a_workflow, ready, running

MESSAGES: list[Message] = [
    Began(step="charge", attempt=1, worker=WORKER),
    Succeeded(step="charge", attempt=1, output=None),
    Failed(step="charge", attempt=1, failure=Failure(code="CardDeclined", message="no")),
    Lost(step="charge", attempt=1),
    GivenBack(step="charge", attempt=1),
    Due(),
    Cancel(),
    Start(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("state", sorted(FINAL_RUN_STATES))
def test_final_run_is_changed_by_no_message(state: RunState, message: Message) -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, state, charge=running())

    decision = decide(workflow, run, message, NOON)

    assert decision.stale
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

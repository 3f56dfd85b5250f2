"""What a workflow answers to an event."""

from __future__ import annotations

from flowengine.definitions.model import Workflow
from flowengine.engine.decide import Limits
from flowengine.engine.event import Event
from flowengine.engine.rules.admission import Admitted, Declined, admit
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import RunStarted, StepReady
from tests.builders import NOON, RUN_ID, a_trigger, a_workflow, an_event, step


def answer(workflow: Workflow, event: Event | None = None) -> Admitted | Declined:
    return admit(workflow, event or an_event(), run_id=RUN_ID, now=NOON, config={"vip": [42]})


def test_event_without_a_filter_starts_a_run_at_its_first_step() -> None:
    workflow = a_workflow(
        step("reserve", takes=("order_id",)), title="Order ${{ event.data.order_id }}"
    )

    admitted = answer(workflow, an_event(replay=2))

    assert isinstance(admitted, Admitted)
    started, ready = admitted.decision.transitions
    assert isinstance(started, RunStarted)
    assert started.title == "Order 42"
    assert isinstance(ready, StepReady)
    run = admitted.decision.run
    assert (run.id, run.workflow, run.digest, run.replay) == (
        RUN_ID,
        workflow.name,
        workflow.digest,
        2,
    )
    assert (run.created_at, run.started_at, run.inputs) == (NOON, NOON, None)
    assert run.steps["reserve"].state is StepState.READY


def test_same_event_is_answered_alike_twice() -> None:
    workflow = a_workflow("reserve")

    assert answer(workflow) == answer(workflow)


def test_filter_that_is_false_is_no_match() -> None:
    workflow = a_workflow("reserve", on=a_trigger(if_="event.data.order_id in config.vip && false"))

    assert answer(workflow) == Declined(outcome="no_match")


def test_filter_that_is_true_starts_a_run() -> None:
    workflow = a_workflow("reserve", on=a_trigger(if_="event.data.order_id in config.vip"))

    assert isinstance(answer(workflow), Admitted)


def test_type_that_no_trigger_speaks_of_is_no_match() -> None:
    workflow = a_workflow("reserve")

    assert answer(workflow, an_event("order.paid")) == Declined(outcome="no_match")


def test_filter_without_an_answer_is_told_with_its_reason() -> None:
    workflow = a_workflow("reserve", on=a_trigger(if_="event.data.total > 1"))

    declined = answer(workflow)

    assert isinstance(declined, Declined)
    assert (declined.outcome, declined.code) == ("filter_error", "FE310")
    assert declined.detail.startswith("fulfil-order: the filter gave no answer: no field 'total'")


def test_filter_that_is_no_bool_gave_no_answer() -> None:
    workflow = a_workflow("reserve", on=a_trigger(if_="event.data.order_id"))

    declined = answer(workflow)

    assert isinstance(declined, Declined)
    assert declined.outcome == "filter_error"


def test_trigger_after_a_broken_one_still_counts() -> None:
    broken, good = a_trigger(if_="event.data.total > 1"), a_trigger("order.*")
    workflow = a_workflow("reserve", on=(broken, good))

    assert isinstance(answer(workflow), Admitted)


def test_inputs_that_do_not_fit_decline_the_event_and_say_why() -> None:
    workflow = a_workflow("reserve", inputs={"total": {"type": "number"}})

    declined = answer(workflow)

    assert declined == Declined(
        outcome="bad_input", code="FE306", detail="fulfil-order: input 'total' is missing"
    )


def test_inputs_of_the_run_are_those_of_the_trigger_that_matched() -> None:
    first = a_trigger("order.paid", with_={"number": 1})
    second = a_trigger("order.placed", with_={"number": "${{ event.data.order_id }}"})
    workflow = a_workflow(
        step("reserve", takes=("number",)), on=(first, second), inputs={"number": {}}
    )

    admitted = answer(workflow)

    assert isinstance(admitted, Admitted)
    assert admitted.decision.run.inputs == {"number": 42}
    assert admitted.decision.run.steps["reserve"].input == {"number": 42}


def test_people_and_labels_come_with_the_answer() -> None:
    workflow = a_workflow(
        "reserve",
        labels={"order": "${{ event.data.order_id }}"},
        notify={"users": ["${{ event.actor }}", 9], "groups": ["sales"]},
    )

    admitted = answer(workflow)

    assert isinstance(admitted, Admitted)
    assert (admitted.watchers, admitted.groups) == (("7", "9"), ("sales",))
    assert admitted.labels == {"order": 42}
    assert admitted.remarks == ()


def test_run_whose_first_step_cannot_start_is_admitted_and_failed() -> None:
    workflow = a_workflow(step("reserve", takes=("stock",)))

    admitted = answer(workflow)

    assert isinstance(admitted, Admitted)
    assert admitted.decision.run.state is RunState.FAILED


def test_limits_of_the_shell_hold_for_the_first_step() -> None:
    workflow = a_workflow(step("reserve", with_={"note": "x" * 2000}))

    admitted = admit(
        workflow,
        an_event(),
        run_id=RUN_ID,
        now=NOON,
        limits=Limits(payload_max_bytes=1000),
    )

    assert isinstance(admitted, Admitted)
    assert admitted.decision.run.state is RunState.FAILED

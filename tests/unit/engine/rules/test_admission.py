"""What a workflow answers to an event, before the gates and behind them."""

from __future__ import annotations

from hashlib import sha256

import pytest

from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.definitions.model import (
    CancelOn,
    Concurrency,
    Debounce,
    Idempotency,
    ManualTrigger,
    Throttle,
)
from flowengine.engine.commands import Listen
from flowengine.engine.draft import Limits
from flowengine.engine.rules.admission import (
    Declined,
    Look,
    begin,
)
from flowengine.engine.rules.gates import KEY_MAX, Gate, Verdict
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import RunQueued, RunStarted, StepReady
from tests.builders import NOON, RUN_ID, a_trigger, a_workflow, an_event, step
from tests.builders.admission import MINUTE, STARTED, admitted, answer, candidate, said

# stage 4: match


def test_event_without_a_filter_starts_a_run_at_its_first_step() -> None:
    workflow = a_workflow(
        step("reserve", takes=("order_id",)), title="Order ${{ event.data.order_id }}"
    )

    outcome = admitted(workflow, an_event(replay=2))

    started, ready = outcome.decision.transitions
    assert isinstance(started, RunStarted)
    assert started.title == "Order 42"
    assert isinstance(ready, StepReady)
    run = outcome.decision.run
    assert (run.id, run.workflow, run.digest, run.replay) == (
        RUN_ID,
        workflow.name,
        workflow.digest,
        2,
    )
    assert (run.created_at, run.started_at, run.inputs) == (NOON, NOON, None)
    assert run.steps["reserve", ""].state is StepState.READY


def test_same_event_is_answered_alike_twice() -> None:
    workflow = a_workflow("reserve", concurrency=Concurrency())

    assert answer(workflow) == answer(workflow)
    assert admitted(workflow) == admitted(workflow)


def test_filter_that_is_true_matches() -> None:
    workflow = a_workflow("reserve", on=a_trigger(if_="event.data.order_id in config.vip"))

    assert candidate(workflow).trigger == 0
    assert said(workflow) == [Look(trigger=0, answer="match")]


@pytest.mark.parametrize(
    ("condition", "clause"),
    [
        ("event.data.order_id > 100", "event.data.order_id > 100"),
        ("event.data.order_id in config.vip && false", "false"),
        ("true && event.data.order_id > 100 && size('&&') == 0", "event.data.order_id > 100"),
        ("size('&&') == 2 && (false || 1 > 2) && true", "(false || 1 > 2)"),
        ("[1, 2].all(x, x > 0 && x < 2) && true", "[1, 2].all(x, x > 0 && x < 2)"),
        ("true && false || false", "true && false || false"),
        ("(true && false)", "(true && false)"),
    ],
)
def test_part_of_the_filter_that_said_no_is_named(condition: str, clause: str) -> None:
    workflow = a_workflow("reserve", on=a_trigger(if_=condition))

    assert answer(workflow) == Declined(outcome="no_match", detail=f"{clause} is false")


def test_type_that_no_trigger_speaks_of_is_no_match() -> None:
    workflow = a_workflow("reserve")

    declined = answer(workflow, an_event("order.paid"))

    assert declined == Declined(outcome="no_match", detail="no trigger for order.paid")
    assert said(workflow, an_event("order.paid")) == []


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

    assert candidate(workflow).trigger == 1


def test_each_trigger_that_speaks_of_the_event_says_what_it_thinks() -> None:
    workflow = a_workflow(
        "reserve",
        on=(
            a_trigger(if_="event.data.order_id > 100"),
            ManualTrigger(),
            a_trigger("order.paid"),
            a_trigger(if_="event.data.total > 1"),
            a_trigger("order.**"),
        ),
    )

    first, second, third = said(workflow)

    assert first == Look(trigger=0, answer="no_match", detail="event.data.order_id > 100 is false")
    assert (second.trigger, second.answer) == (3, "filter_error")
    assert second.detail.startswith("no field 'total'")
    assert third == Look(trigger=4, answer="match")


# stage 5: inputs


def test_inputs_that_do_not_fit_decline_the_event_and_say_why() -> None:
    workflow = a_workflow("reserve", inputs={"total": {"type": "number"}})

    assert answer(workflow) == Declined(
        outcome="bad_input", code="FE306", detail="fulfil-order: input 'total' is missing"
    )


def test_inputs_of_the_run_are_those_of_the_trigger_that_matched() -> None:
    first = a_trigger("order.paid", with_={"number": 1})
    second = a_trigger("order.placed", with_={"number": "${{ event.data.order_id }}"})
    workflow = a_workflow(
        step("reserve", takes=("number",)), on=(first, second), inputs={"number": {}}
    )

    run = admitted(workflow).decision.run

    assert run.inputs == {"number": 42}
    assert run.steps["reserve", ""].input == {"number": 42}


# keys


def test_keys_are_those_of_the_gates_that_the_workflow_has() -> None:
    order = parse_expression("event.data.order_id")
    workflow = a_workflow(
        "reserve",
        idempotency=Idempotency(key=parse_expression("'order ' + string(event.data.order_id)")),
        debounce=Debounce(period=MINUTE, key=order),
        throttle=Throttle(limit=1, per=MINUTE),
        concurrency=Concurrency(key=parse_expression("inputs.customer")),
        inputs={"customer": {"default": "ann"}},
    )

    keys = candidate(workflow, an_event(replay=1)).keys

    assert {gate: key.text for gate, key in keys.items()} == {
        Gate.IDEMPOTENCY: "order 42#replay-1",
        Gate.DEBOUNCE: "42",
        Gate.THROTTLE: "",
        Gate.CONCURRENCY: "ann",
    }
    assert candidate(a_workflow("reserve")).keys == {}


def test_long_key_is_its_sha256() -> None:
    workflow = a_workflow(
        "reserve", concurrency=Concurrency(key=parse_expression("event.data.name"))
    )
    name = "x" * (KEY_MAX + 1)

    keys = candidate(workflow, an_event(data={"name": name})).keys

    assert keys[Gate.CONCURRENCY].text == sha256(name.encode()).hexdigest()


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("event.data.name", "no field 'name'"),
        ("event.data", "a map cannot be put into text"),
        ("event.subject", "a null cannot be put into text"),
    ],
)
def test_key_without_a_value_declines_the_event_and_says_which(key: str, problem: str) -> None:
    workflow = a_workflow(
        "reserve", throttle=Throttle(limit=1, per=MINUTE, key=parse_expression(key))
    )

    declined = answer(workflow)

    assert isinstance(declined, Declined)
    assert (declined.outcome, declined.code) == ("bad_input", "FE306")
    assert declined.detail.startswith(f"fulfil-order: throttle.key has no value: {problem}")


# stage 10: start, or queue


def test_people_labels_and_priority_come_with_the_answer() -> None:
    workflow = a_workflow(
        "reserve",
        labels={"order": "${{ event.data.order_id }}"},
        notify={"users": ["${{ event.actor }}", 9], "groups": ["sales"]},
        priority=parse_template("${{ if(event.data.order_id in config.vip, 'high', 'low') }}"),
    )

    outcome = admitted(workflow)

    assert (outcome.watchers, outcome.groups) == (("7", "9"), ("sales",))
    assert outcome.labels == {"order": 42}
    assert outcome.decision.run.priority == 2
    assert (outcome.outcome, outcome.remarks) == ("started", ())


def test_queued_run_is_there_with_its_title_and_begins_nothing() -> None:
    workflow = a_workflow("reserve", title="Order ${{ event.data.order_id }}")
    slot_at = NOON + MINUTE

    outcome = admitted(workflow, verdict=Verdict(outcome="queued", due_at=slot_at))

    assert outcome.outcome == "queued"
    assert outcome.decision.transitions == (RunQueued(title="Order 42", due_at=slot_at),)
    run = outcome.decision.run
    assert (run.state, run.due_at, run.started_at, run.title) == (
        RunState.QUEUED,
        slot_at,
        None,
        "Order 42",
    )
    assert outcome.decision.commands == ()


def test_queued_run_listens_already_for_what_cancels_it() -> None:
    cancel = CancelOn(
        patterns=("order.revoked",), match={"id": parse_template("${{ event.data.order_id }}")}
    )
    workflow = a_workflow("reserve", cancel_on=(cancel,))

    outcome = admitted(workflow, verdict=Verdict(outcome="queued"))

    assert outcome.decision.commands == (
        Listen(patterns=("order.revoked",), match={"id": "42"}, cancel_on=0),
    )


def test_run_whose_first_step_cannot_start_is_admitted_and_failed() -> None:
    workflow = a_workflow(step("reserve", takes=("stock",)))

    assert admitted(workflow).decision.run.state is RunState.FAILED


def test_limits_of_the_shell_hold_for_the_first_step() -> None:
    workflow = a_workflow(step("reserve", with_={"note": "x" * 2000}))

    outcome = begin(candidate(workflow), STARTED, now=NOON, limits=Limits(payload_max_bytes=1000))

    assert outcome.decision.run.state is RunState.FAILED

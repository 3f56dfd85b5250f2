"""The public form of transitions."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from flowengine.engine.run import Failure
from flowengine.engine.transitions import (
    RunStarted,
    RunSucceeded,
    StepReady,
    StepRetrying,
    StepSucceeded,
    from_history,
    from_public,
    public,
)
from tests.builders import NOON


def test_public_form_has_no_input_and_no_output() -> None:
    assert public(StepReady(step="charge", task="shop.charge", input={"card": "4242"})) == {
        "t": "step.ready",
        "step": "charge",
        "task": "shop.charge",
    }
    assert public(StepSucceeded(step="charge", attempt=1, output={"id": 1})) == {
        "t": "step.succeeded",
        "step": "charge",
        "attempt": 1,
    }
    assert public(RunSucceeded(output=1)) == {"t": "run.succeeded"}


def test_public_form_of_a_failure_has_no_traceback_and_no_details() -> None:
    failure = Failure(
        code="CardDeclined",
        message="no",
        traceback="Traceback …",
        details={"card": "4242"},
        bases=("PaymentError",),
    )

    value = public(StepRetrying(step="charge", attempt=1, tries=1, failure=failure, due_at=NOON))

    assert value["failure"] == {"code": "CardDeclined", "message": "no", "bases": ("PaymentError",)}
    assert value["due_at"] == "2026-03-02T12:00:00Z"


def test_public_form_is_read_back_without_what_it_left_out() -> None:
    started = RunStarted(title="Order 42", due_at=NOON + timedelta(days=1))
    ready = StepReady(step="charge", task="shop.charge", input={"card": "4242"})

    assert from_public(public(started)) == started
    assert from_public(public(ready)) == StepReady(step="charge", task="shop.charge")


def test_row_of_the_history_is_read_in_order() -> None:
    transitions = (RunStarted(title="Order 42"), StepReady(step="charge"))
    body = msgspec.json.encode([public(each) for each in transitions])

    assert from_history(body) == transitions


def test_unknown_transition_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        from_public({"t": "run.exploded"})
    with pytest.raises(msgspec.DecodeError):
        from_history(b"[{")

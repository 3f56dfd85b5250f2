"""The public form of transitions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest

from flowengine.engine.run import Answer, Failure
from flowengine.engine.transitions import (
    RunStarted,
    RunSucceeded,
    StepAnswered,
    StepOpened,
    StepReady,
    StepRetrying,
    StepSucceeded,
    Transition,
    from_history,
    from_public,
    public,
)
from tests.builders import NOON, WORKER

VALUES: dict[str, Any] = {
    "afresh": True,
    "again": True,
    "answer": Answer(user="3", approved=True, at=NOON),
    "attempt": 2,
    "block": "all",
    "by": "7",
    "clause": 1,
    "due_at": NOON,
    "edited": ("skip",),
    "failure": Failure(code="CardDeclined", message="no", step="charge", attempts=2),
    "handed": True,
    "hooks": "finally",
    "how": "Timeout",
    "is_off": True,
    "item": "3.7",
    "kind": "parallel",
    "lost": True,
    "outcome": "failed",
    "reason": "changed my mind",
    "replay_of": UUID(int=1),
    "reopened": True,
    "station": "money",
    "step": "charge",
    "task": "shop.charge",
    "title": "Order 42",
    "total": 3,
    "tries": 1,
    "worker": WORKER,
}
"""A value of each member that differs from its default."""


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
        log="12:00 INFO shop: paying",
        details={"card": "4242"},
        bases=("PaymentError",),
    )

    value = public(StepRetrying(step="charge", attempt=1, tries=1, failure=failure, due_at=NOON))

    assert value["failure"] == {"code": "CardDeclined", "message": "no", "bases": ("PaymentError",)}
    assert value["due_at"] == "2026-03-02T12:00:00Z"


def test_public_form_has_no_items_of_a_loop() -> None:
    opened = StepOpened(step="post", total=2, values=({"iban": "DE02"}, {"iban": "DE03"}))

    assert public(opened) == {"t": "step.opened", "step": "post", "total": 2}


def test_public_form_of_an_answer_has_nothing_that_was_written() -> None:
    answer = Answer(user="3", approved=False, at=NOON, comment="never", form={"limit": 9})

    assert public(StepAnswered(step="ask", answer=answer)) == {
        "t": "step.answered",
        "step": "ask",
        "answer": {"user": "3", "approved": False, "at": "2026-03-02T12:00:00Z"},
    }


@pytest.mark.parametrize("kind", get_args(Transition), ids=lambda each: each.__name__)
def test_every_transition_is_read_back_from_its_public_form(kind: Any) -> None:
    given = {
        field.name: VALUES[field.name]
        for field in msgspec.structs.fields(kind)
        if field.name not in ("input", "output", "values")
    }
    transition = kind(**given)

    assert from_public(msgspec.json.decode(msgspec.json.encode(public(transition)))) == transition


def test_tags_of_transitions_are_unique() -> None:
    tags = [kind.__struct_config__.tag for kind in get_args(Transition)]

    assert len(set(tags)) == len(tags)


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

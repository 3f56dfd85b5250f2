"""Who sends events of a type, and who listens, by all that a project declares."""

from __future__ import annotations

from typing import Any

import pytest
from django.dispatch import Signal

from flowengine import emit_on, emits
from flowengine.definitions.parse import parse
from flowengine.orchestration import sources, vocabulary
from flowengine.orchestration.explain import Known
from flowengine.orchestration.vocabulary import Consumer, Producer

LISTENER = parse("""
workflow: listener
on:
  - event: [vocab.sent, vocab.**]
    if: event.data.n > 1
  - manual: true
cancel_on:
  - event: vocab.stopped
    match: {id: "${{ event.data.id }}"}
steps:
  - wait_for: {event: vocab.paid, match: {id: "${{ event.data.id }}"}, if: incoming.data.ok}
    timeout: 1d
    id: paid
  - emit: vocab.done
    id: told
    with: {}
""")
NOBODY = Known(active={})
KNOWN = Known(active={"listener": LISTENER})


@pytest.fixture(autouse=True)
def nothing_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test declares is forgotten after it."""
    monkeypatch.setattr(sources, "_sources", [])
    monkeypatch.setattr(sources, "_signals", [])


def test_model_and_signal_are_producers() -> None:
    emits("vocab.user_{action}", model="nowhere.Absent", on=("created", "deleted"))(lambda *_: {})

    @emit_on(Signal(), "vocab.heard")
    def said(**_arguments: Any) -> dict[str, Any]:
        return {}

    assert vocabulary.producers("vocab.user_deleted", NOBODY) == [
        Producer(kind="model", name="nowhere.Absent", detail="deleted")
    ]
    [heard] = vocabulary.producers("vocab.heard", NOBODY)
    assert (heard.kind, heard.name) == ("signal", f"{__name__}.{said.__qualname__}")
    assert vocabulary.names(NOBODY) >= {
        "vocab.user_created",
        "vocab.user_deleted",
        "vocab.heard",
    }


def test_steps_webhooks_and_the_engine_are_producers(settings: Any) -> None:
    settings.FLOWENGINE = {"WEBHOOKS": {"stripe": {"SECRETS": ["x"], "SIGNATURE_HEADER": "X-S"}}}

    [step] = vocabulary.producers("vocab.done", KNOWN)
    [hook] = vocabulary.producers("webhook.stripe", NOBODY)
    [engine] = vocabulary.producers("flowengine.manual", NOBODY)

    assert step == Producer(kind="step", name="listener", detail="told")
    assert hook == Producer(kind="webhook", name="stripe")
    assert engine.kind == "engine"


def test_those_that_start_wait_and_are_cancelled_are_consumers() -> None:
    paid = vocabulary.consumers("vocab.paid", KNOWN)
    stopped = vocabulary.consumers("vocab.stopped", KNOWN)

    starts = Consumer(
        workflow="listener", how="starts", pattern="vocab.**", condition="event.data.n > 1"
    )
    waits = Consumer(
        workflow="listener",
        how="waits",
        pattern="vocab.paid",
        condition="incoming.data.ok",
        step="paid",
    )
    assert paid == [starts, waits]
    assert [(each.how, each.condition) for each in stopped] == [
        ("starts", "event.data.n > 1"),
        ("cancels", ""),
    ]
    [by_hand] = vocabulary.consumers("flowengine.manual", KNOWN)
    assert (by_hand.how, by_hand.pattern) == ("starts", "flowengine.manual")


def test_consumers_that_start_nothing_say_so() -> None:
    disabled = vocabulary.consumers("vocab.sent", Known(active={}, disabled={"l": LISTENER}))
    unknown = vocabulary.consumers("vocab.sent", Known(active={}, declared={"l": LISTENER}))

    assert {each.state for each in disabled} == {"disabled"}
    assert {each.state for each in unknown} == {"not_synchronised"}


def test_names_are_those_that_are_spelt_out() -> None:
    found = vocabulary.names(KNOWN)

    assert {"vocab.sent", "vocab.paid", "vocab.stopped", "vocab.done"} <= found
    assert "vocab.**" not in found


def test_mistyped_name_is_that_of_a_type_that_somebody_listens_to() -> None:
    assert vocabulary.meant("line.begnu") == "line.begun"
    assert vocabulary.meant("flowengine.runn") is None
    assert vocabulary.is_heard("line.begun")
    assert not vocabulary.is_heard("line.begnu")

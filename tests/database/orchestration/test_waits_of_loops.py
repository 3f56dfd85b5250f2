"""What an event costs a run that has had many waits, and how long what they got is remembered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from flowengine.engine.messages import Cancel
from flowengine.engine.states import StepState
from flowengine.models import RunRecord, WaitRecord
from flowengine.orchestration import waits
from flowengine.store import waits as wait_rows
from flowengine.store.waits import Wait
from tests.builders.stored import define, now, publish, row, start, tell

pytestmark = pytest.mark.django_db

PAID = """
workflow: order
on: order.begun
steps:
  - id: paid
    wait_for: {event: order.paid, match: {order_id: "${{ event.data.id }}"}}
    timeout: 1d
"""
LOOP = """
workflow: loop
on: loop.begun
steps:
  - id: each
    for_each: ${{ event.data.items }}
    max_parallel: 1000
    steps:
      - id: paid
        wait_for: {event: order.paid, match: {order_id: "${{ item }}"}}
        timeout: 1d
"""


def wake(*events: UUID) -> None:
    """As routing does with events that are not routed yet."""
    waits.wake(events, now())


def of_a_loop(count: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many waits are read for an event that the last but one of a loop's waits gets."""
    [run] = start(define(LOOP), items=list(range(count)))
    waits.look_back([run], now())
    wake(*(publish("order.paid", {"order_id": n}) for n in range(count - 2)))
    read: list[Wait] = []
    value = wait_rows.value

    def reading(row: Any) -> Wait:
        read.append(value(row))
        return read[-1]

    with monkeypatch.context() as patched:
        patched.setattr(wait_rows, "value", reading)
        wake(publish("order.paid", {"order_id": count - 1}))
    assert RunRecord.objects.get(pk=run).state == "waiting"
    return len(read)


def test_wait_of_a_long_loop_costs_no_more_than_one_of_a_short_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert of_a_loop(3, monkeypatch) == of_a_loop(60, monkeypatch) == 1


@pytest.mark.parametrize(
    ("after", "kept"),
    [
        ("line.nothing", 1),
        ("fail: {error: Gone, message: gone}", 1),
        ("{emit: order.done, with: {}}", 0),
    ],
    ids=["goes on", "failed", "succeeded"],
)
def test_what_waits_have_got_is_kept_as_long_as_the_run_may_go_on(after: str, kept: int) -> None:
    [run] = start(define(PAID + f"  - {after}\n"), id=1)

    wake(publish("order.paid", {"order_id": 1}))

    assert row(run, "paid").state is StepState.SUCCEEDED
    assert WaitRecord.objects.count() == kept


def test_what_waits_have_got_is_forgotten_when_the_run_is_cancelled() -> None:
    [run] = start(define(PAID + "  - line.nothing\n"), id=1)
    wake(publish("order.paid", {"order_id": 1}))

    tell(run, Cancel())

    assert not WaitRecord.objects.exists()

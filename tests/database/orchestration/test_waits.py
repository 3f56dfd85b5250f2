"""Events are brought to the runs that wait for them, whichever comes first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.engine.messages import Cancel, Due
from flowengine.engine.states import StepState
from flowengine.models import EventKeyRecord, EventRecord, RunRecord, WaitRecord
from flowengine.orchestration import waits
from flowengine.orchestration.advance import Told, Work, advance
from flowengine.orchestration.follow import follow
from flowengine.store import sql
from flowengine.store import waits as wait_rows
from tests.builders.stored import begin, define, now, publish, row, start, tell

pytestmark = pytest.mark.django_db

PAID = """
workflow: order
on: order.begun
steps:
  - id: paid
    wait_for: {event: order.paid, match: {order_id: "${{ event.data.id }}"}}
    timeout: 1d
"""
TWICE = """
workflow: order
on: order.begun
steps:
  - id: one
    wait_for: {event: order.paid, match: {order_id: "${{ event.data.id }}"}}
    timeout: 1d
  - id: two
    wait_for: {event: order.paid, match: {order_id: "${{ event.data.id }}"}}
    timeout: 1d
"""
SIDE_BY_SIDE = """
workflow: order
on: order.begun
steps:
  - id: both
    parallel:
      one:
        wait_for:
          event: order.paid
          match: {order_id: "${{ event.data.id }}"}
          if: incoming.data.amount > 100
        timeout: 1d
      two:
        wait_for: {event: "order.*", match: {order_id: "${{ event.data.id }}"}}
        timeout: 1d
"""
CANCELLED = """
workflow: order
on: order.begun
cancel_on:
  - {event: order.cancelled, match: {order_id: "${{ event.data.id }}"}}
steps:
  - id: rest
    sleep: 1d
"""


def wake(*events: UUID) -> None:
    """As routing does with events that are not routed yet."""
    waits.wake(events, now())


def came(run: UUID, step: str = "paid") -> Any:
    found = row(run, step)
    return found.output and found.output["data"]


def test_event_that_comes_after_the_wait_ends_it_and_is_its_output() -> None:
    [run] = start(define(PAID), id=42)

    wake(publish("order.paid", {"order_id": 42, "amount": 5}))

    assert row(run, "paid").state is StepState.SUCCEEDED
    assert came(run) == {"order_id": 42, "amount": 5}
    assert RunRecord.objects.get(pk=run).state == "succeeded"


def test_event_with_other_values_wakes_nobody() -> None:
    [run] = start(define(PAID), id=42)

    wake(publish("order.paid", {"order_id": 43}))

    assert row(run, "paid").state is StepState.WAITING


def test_event_of_another_type_wakes_nobody() -> None:
    [run] = start(define(PAID), id=42)

    wake(publish("order.placed", {"order_id": 42}))

    assert row(run, "paid").state is StepState.WAITING
    assert not EventKeyRecord.objects.exists()


def test_values_are_compared_as_text() -> None:
    [run] = start(define(PAID), id=42)

    wake(publish("order.paid", {"order_id": "42"}))

    assert row(run, "paid").state is StepState.SUCCEEDED


def test_event_that_came_before_the_wait_is_found_by_looking_back() -> None:
    workflow = define(PAID)
    runs, committed = begin(workflow, [{"id": 42}])
    wait = WaitRecord.objects.get()
    WaitRecord.objects.all().delete()
    wake(publish("order.paid", {"order_id": 42}))
    wait.save(force_insert=True)

    assert committed.listening == runs
    list(follow(committed, now()))

    assert row(runs[0], "paid").state is StepState.SUCCEEDED


def test_event_from_before_the_run_is_not_found_by_looking_back() -> None:
    workflow = define(PAID)
    wake(publish("order.paid", {"order_id": 42}))
    runs, committed = begin(workflow, [{"id": 42}])

    list(follow(committed, now()))

    assert row(runs[0], "paid").state is StepState.WAITING
    assert WaitRecord.objects.get().due_at is None


def test_wait_that_has_not_looked_back_is_due_until_it_has() -> None:
    [run] = start(define(PAID), id=42)

    assert WaitRecord.objects.get().due_at is not None
    waits.look_back([run], now())

    assert WaitRecord.objects.get().due_at is None


def test_event_that_a_wait_did_not_want_does_not_keep_it_from_looking_back() -> None:
    workflow = define(SIDE_BY_SIDE)
    [run], committed = begin(workflow, [{"id": 42}])
    rows = list(WaitRecord.objects.all())
    WaitRecord.objects.all().delete()
    wake(publish("order.paid", {"order_id": 42, "amount": 500}))
    for wait in rows:
        wait.save(force_insert=True)

    wake(publish("order.paid", {"order_id": 42, "amount": 1}))
    assert row(run, "one").state is StepState.WAITING
    list(follow(committed, now()))

    assert came(run, "one") == {"order_id": 42, "amount": 500}


def test_the_same_event_brought_twice_ends_one_wait() -> None:
    [run] = start(define(TWICE), id=42)
    event = publish("order.paid", {"order_id": 42})

    wake(event)
    waits.look_back([run], now())
    wake(event)

    assert row(run, "one").state is StepState.SUCCEEDED
    assert row(run, "two").state is StepState.WAITING


def test_two_events_end_two_waits_one_after_the_other() -> None:
    [run] = start(define(TWICE), id=42)
    first = publish("order.paid", {"order_id": 42, "n": 1})
    second = publish("order.paid", {"order_id": 42, "n": 2})
    wake(first, second)

    waits.look_back([run], now())

    assert came(run, "one") == {"order_id": 42, "n": 1}
    assert came(run, "two") == {"order_id": 42, "n": 2}


def test_of_several_waits_of_a_run_the_oldest_gets_the_event_and_no_other_is_offered_it() -> None:
    [run] = start(define(SIDE_BY_SIDE), id=42)

    wake(publish("order.paid", {"order_id": 42, "amount": 500}))

    assert row(run, "one").state is StepState.SUCCEEDED
    assert row(run, "two").state is StepState.WAITING


def test_event_that_the_oldest_wait_does_not_want_goes_to_the_next() -> None:
    [run] = start(define(SIDE_BY_SIDE), id=42)

    wake(publish("order.paid", {"order_id": 42, "amount": 50}))

    assert row(run, "one").state is StepState.WAITING
    assert row(run, "two").state is StepState.SUCCEEDED


def test_event_goes_to_every_run_that_waits_for_it() -> None:
    runs = start(define(PAID), 3, id=42)

    wake(publish("order.paid", {"order_id": 42}))

    assert {row(run, "paid").state for run in runs} == {StepState.SUCCEEDED}


def test_event_for_one_workflow_alone_wakes_nobody() -> None:
    [run] = start(define(PAID), id=42)

    wake(publish("order.paid", {"order_id": 42}, target="another"))

    assert row(run, "paid").state is StepState.WAITING


def test_event_that_is_routed_already_is_not_offered_again() -> None:
    [run] = start(define(PAID), id=42)
    event = publish("order.paid", {"order_id": 42})
    EventRecord.objects.filter(pk=event).update(state="routed")

    wake(event)

    assert row(run, "paid").state is StepState.WAITING


def test_cancel_on_cancels_the_run_with_the_event_as_its_reason() -> None:
    [run] = start(define(CANCELLED), id=42)

    wake(publish("order.cancelled", {"order_id": 42}))

    assert RunRecord.objects.get(pk=run).state == "cancelled"
    assert not WaitRecord.objects.filter(event_id=None).exists()


def test_wait_that_is_over_is_not_listened_for_any_more() -> None:
    [run] = start(define(PAID), id=42)

    tell(run, Cancel())

    assert not WaitRecord.objects.exists()


def test_wait_whose_time_is_over_is_not_listened_for_any_more() -> None:
    [run] = start(define(PAID), id=42)
    due_at = row(run, "paid").due_at
    assert due_at is not None
    advance(Work(told=(Told(run_id=run, message=Due()),)), due_at)

    assert row(run, "paid").state is StepState.FAILED
    assert not WaitRecord.objects.exists()


def test_event_whose_value_has_no_text_matches_nothing() -> None:
    [run] = start(define(PAID), id=42)

    wake(publish("order.paid", {"order_id": [42]}), publish("order.paid", None))

    assert row(run, "paid").state is StepState.WAITING


def test_a_run_that_cannot_be_told_looks_back_later_and_the_others_are_told() -> None:
    good, bad = start(define(PAID), 2, id=42)
    RunRecord.objects.filter(pk=bad).update(digest="gone")

    wake(publish("order.paid", {"order_id": 42}))

    assert row(good, "paid").state is StepState.SUCCEEDED
    late = WaitRecord.objects.get(run_id=bad)
    assert late.due_at is not None
    assert late.due_at > now()


def test_without_a_definition_that_waits_nothing_is_looked_for() -> None:
    event = publish("order.paid", {"order_id": 42})

    with CaptureQueriesContext(connection) as captured:
        wake(event)

    assert len(captured) == 1


def statements(count: int) -> int:
    runs = start(define(PAID), count, id=count)
    event = publish("order.paid", {"order_id": count})
    with CaptureQueriesContext(connection) as captured:
        wake(event)
    assert RunRecord.objects.filter(pk__in=runs, state="succeeded").count() == count
    return len(captured)


def test_waking_many_runs_costs_the_statements_of_waking_two() -> None:
    assert statements(2) == statements(90)


# Interleavings: the transactions of an event and those of a wait, in every order that matters. The
# steps are called by their names in the module.


@pytest.mark.parametrize(
    "order",
    [
        ("E1", "E2", "E3", "W1", "W2"),
        ("E1", "E2", "W1", "E3", "W2"),
        ("E1", "E2", "W1", "W2", "E3"),
        ("E1", "W1", "E2", "E3", "W2"),
        ("E1", "W1", "E2", "W2", "E3"),
        ("E1", "W1", "W2", "E2", "E3"),
        ("W1", "E1", "E2", "W2", "E3"),
        ("W1", "W2", "E1", "E2", "E3"),
        ("W1", "E1", "E2", "E3", "W2"),
    ],
    ids="-".join,
)
def test_event_is_got_once_in_whatever_order_it_and_the_wait_are_committed(
    order: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, committed = begin(define(PAID), [{"id": 42}])
    wait = WaitRecord.objects.get()
    WaitRecord.objects.all().delete()
    came: list[UUID] = []

    def half_of_wake(*, keys: bool) -> None:
        with monkeypatch.context() as patched:
            if keys:
                patched.setattr(wait_rows, "waiting", lambda *_a, **_k: [])
            else:
                patched.setattr("flowengine.store.event_keys.insert", lambda _keys, _now: None)
            wake(*came)

    acts: dict[str, Callable[[], object]] = {
        "E1": lambda: came.append(publish("order.paid", {"order_id": 42})),
        "E2": lambda: half_of_wake(keys=True),
        "E3": lambda: half_of_wake(keys=False),
        "W1": lambda: wait.save(force_insert=True),
        "W2": lambda: waits.look_back(runs, now()),
    }
    for name in order:
        acts[name]()

    assert row(runs[0], "paid").state is StepState.SUCCEEDED
    assert [row(runs[0], "paid").output["id"]] == [str(each) for each in came]
    assert not WaitRecord.objects.exists()
    assert committed.listening == runs
    assert sql.query("SELECT count(*) FROM flowengine_event_key", {})[0][0] == 1

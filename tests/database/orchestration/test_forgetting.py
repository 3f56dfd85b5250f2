"""What nobody can ask for any more is deleted: keys of old events, subscriptions out of use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.beat import Beat
from flowengine.engine.messages import Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.models import (
    DecisionRecord,
    EventKeyRecord,
    EventRecord,
    RunRecord,
    SubscriptionRecord,
    WorkflowRecord,
)
from flowengine.orchestration import control, forgetting, waits
from flowengine.orchestration.route import route
from flowengine.store import definitions
from flowengine.testing.clock import SetClock
from tests.builders.stored import claim, define, now, publish, row, start, tell
from tests.fakes.broker import FakeBroker

pytestmark = pytest.mark.django_db

PAID = """
workflow: order
on: order.begun
steps:
  - {id: first, task: line.nothing}
  - id: paid
    wait_for: {event: order.paid, match: {order_id: "${{ event.data.id }}"}}
    timeout: 1d
"""
LONG_AGO = timedelta(days=90)


def forget(limit: int = 100) -> bool:
    return forgetting.run_once(now(), limit=limit)


def an_old_key(count: int = 1) -> UUID:
    """An event that was brought long ago to those who wait for it, which were none."""
    at = now() - LONG_AGO
    event = UUID(int=0)
    for n in range(count):
        event = publish("order.paid", {"order_id": n})
        waits.wake([event], at + timedelta(seconds=n))
    EventRecord.objects.update(state="routed", due_at=None, created_at=at)
    return event


def found() -> set[UUID]:
    return set(EventKeyRecord.objects.values_list("event_id", flat=True))


def test_keys_of_old_events_are_deleted_and_the_events_stay() -> None:
    define(PAID)
    event = an_old_key()
    young = publish("order.paid", {"order_id": 7})
    waits.wake([young], now() - timedelta(days=29))
    EventRecord.objects.update(state="routed", due_at=None)
    assert found() == {event, young}

    assert not forget()

    assert found() == {young}
    assert EventRecord.objects.filter(pk=event).exists()


def test_key_stays_as_long_as_an_open_run_may_look_back_to_its_event() -> None:
    workflow = define(PAID)
    [run] = start(workflow, id=0)
    began_at = now() - LONG_AGO - timedelta(days=1)
    event = an_old_key()
    EventRecord.objects.filter(type="order.begun").update(created_at=began_at)
    claim(run, "first")

    forget()
    tell(run, Succeeded(step="first", attempt=1, output=None))
    waits.look_back([run], now())

    assert row(run, "paid").output["id"] == str(event)
    forget()
    assert found() == set()


def test_run_of_a_replayed_event_looks_back_no_further_than_its_own_begin() -> None:
    [run] = start(define(PAID), id=0)
    an_old_key()
    events_ = EventRecord.objects.filter(type="order.begun")
    events_.update(replay=1, created_at=now() - LONG_AGO - timedelta(days=1))
    RunRecord.objects.filter(pk=run).update(created_at=now())
    DecisionRecord.objects.create(
        run_id=run,
        event_id=events_.get().id,
        workflow="order",
        digest="",
        replay=1,
        outcome="started",
        decided_at=now(),
    )

    forget()

    assert found() == set()


def test_key_stays_while_an_older_event_may_still_begin_a_run() -> None:
    define(PAID)
    event = an_old_key()
    publish("order.begun", {"id": 0})
    EventRecord.objects.filter(type="order.begun").update(
        created_at=now() - LONG_AGO - timedelta(days=1)
    )

    forget()

    assert found() == {event}


def test_keys_are_deleted_in_pages_the_oldest_first() -> None:
    define(PAID)
    youngest = an_old_key(5)

    assert forget(limit=2)
    assert forget(limit=2)

    assert found() == {youngest}
    assert not forget(limit=2)


def subscribed() -> set[str]:
    return set(SubscriptionRecord.objects.values_list("pattern", flat=True))


def later(**span: float) -> None:
    forgetting.run_once(now() + timedelta(**span), limit=100)


def test_subscriptions_of_a_definition_out_of_use_are_deleted_a_day_later() -> None:
    define(PAID)
    WorkflowRecord.objects.all().delete()

    later(days=0)
    later(hours=23)
    assert subscribed() == {"order.begun", "order.paid"}

    later(hours=25)
    assert subscribed() == set()


def test_subscriptions_of_the_live_definition_are_kept() -> None:
    define(PAID)

    later(days=0)
    later(days=9)

    assert subscribed() == {"order.begun", "order.paid"}


@pytest.mark.parametrize("state", ["running", "failed", "held", "queued"])
def test_subscriptions_are_kept_while_a_run_of_their_definition_may_go_on(state: str) -> None:
    [run] = start(define(PAID), id=1)
    RunRecord.objects.filter(pk=run).update(state=state)
    WorkflowRecord.objects.all().delete()

    later(days=0)
    later(days=9)
    assert subscribed() == {"order.begun", "order.paid"}

    RunRecord.objects.filter(pk=run).update(state="succeeded")
    later(days=9)
    later(days=11)
    assert subscribed() == set()


def test_definition_that_returns_keeps_its_subscriptions() -> None:
    define(PAID)
    WorkflowRecord.objects.all().delete()
    later(days=0)

    define(PAID)
    later(days=9)
    WorkflowRecord.objects.all().delete()
    later(days=9, seconds=1)
    later(days=9, hours=23)

    assert subscribed() == {"order.begun", "order.paid"}


def test_failed_run_that_is_resumed_when_its_definition_is_out_of_use_still_gets_its_event() -> (
    None
):
    [run] = start(define(PAID), id=1)
    claim(run, "first")
    failure = Failure(code="Refused", message="no", permanent=True)
    tell(run, Failed(step="first", attempt=1, failure=failure))
    WorkflowRecord.objects.all().delete()
    later(days=0)
    later(days=9)

    control.resume(run, now=now())
    claim(run, "first")
    tell(run, Succeeded(step="first", attempt=2, output=None))
    waits.look_back([run], now())
    route([publish("order.paid", {"order_id": 1})], now=now())

    assert RunRecord.objects.get(pk=run).state == "succeeded"


def statements(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_forgetting_much_costs_the_statements_of_forgetting_nothing() -> None:
    define(PAID)
    nothing = statements(forget)
    an_old_key(50)

    assert statements(forget) == nothing


def test_beat_forgets_once_in_an_hour_and_page_after_page(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [True, True, False, False]
    at = [0.0]
    monkeypatch.setattr(forgetting, "run_once", lambda _now, *, limit: pages.pop(0) and limit > 0)
    beat = Beat(broker=FakeBroker(), clock=SetClock(now()), monotonic=lambda: at[0])

    assert [beat.run_once() for _ in range(4)] == [True, True, False, False]
    assert pages == [False]
    at[0] = 3601.0
    beat.run_once()
    assert pages == []


def test_patterns_that_were_forgotten_are_awaited_no_more() -> None:
    define(PAID)
    WorkflowRecord.objects.all().delete()
    assert {each.pattern for each in definitions.awaited()} == {"order.paid"}

    later(days=0)
    later(days=2)

    assert definitions.awaited() == frozenset()

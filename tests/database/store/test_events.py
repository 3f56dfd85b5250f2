"""Rows of events: which are due, and for whom."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from flowengine.models import EventRecord
from flowengine.orchestration.emit import emit
from flowengine.store import due_events, events
from flowengine.store.events import EventState

NOW = datetime.now(UTC)


def an_event_row(**changes: Any) -> UUID:
    event_id = emit("order.placed", {}).event_id
    EventRecord.objects.filter(pk=event_id).update(**changes)
    return event_id


def overdue(*, include_pending: bool = False) -> list[UUID]:
    return due_events.claim_overdue(NOW, limit=10, include_pending=include_pending)


@pytest.mark.django_db
def test_published_event_is_overdue_when_its_time_has_come() -> None:
    due = an_event_row(state="published", due_at=NOW - timedelta(seconds=1))
    an_event_row(state="published", due_at=NOW + timedelta(seconds=1))
    an_event_row(state="routed", due_at=None)
    an_event_row(state="dead", due_at=None)

    assert overdue() == [due]


@pytest.mark.django_db
def test_pending_event_is_overdue_at_once_only_while_the_broker_is_away() -> None:
    fresh = an_event_row(due_at=NOW, created_at=NOW)

    assert overdue() == []
    assert overdue(include_pending=True) == [fresh]


@pytest.mark.django_db
def test_pending_event_that_no_relay_got_through_is_overdue_after_ten_seconds() -> None:
    old = an_event_row(due_at=NOW, created_at=NOW - timedelta(seconds=10))
    an_event_row(due_at=NOW + timedelta(seconds=1), created_at=NOW - timedelta(seconds=20))

    assert overdue() == [old]


@pytest.mark.django_db
def test_overdue_events_come_oldest_first_up_to_the_limit() -> None:
    ages = [3, 1, 2]
    by_age = {
        age: an_event_row(state="published", due_at=NOW - timedelta(seconds=age)) for age in ages
    }

    assert due_events.claim_overdue(NOW, limit=2, include_pending=True) == [by_age[3], by_age[2]]


@pytest.mark.django_db
def test_locked_event_is_read_back_as_it_was_emitted() -> None:
    emitted = emit(
        "order.placed", {"n": [1, None]}, subject="s", key="k", actor=7, traceparent=None
    )

    with transaction.atomic():
        [locked] = events.lock([emitted.event_id])

    event = locked.event
    assert (event.id, event.type, event.data) == (
        emitted.event_id,
        "order.placed",
        {"n": [1, None]},
    )
    assert (event.subject, event.key, event.actor, event.source) == ("s", "k", "7", None)
    assert event.time.tzinfo is not None
    assert locked.is_open


@pytest.mark.django_db
def test_overdue_event_is_found_by_one_router_until_it_is_overdue_again() -> None:
    due = an_event_row(state="published", due_at=NOW - timedelta(seconds=1))

    assert (overdue(), overdue()) == ([due], [])
    later = NOW + timedelta(seconds=10)
    assert due_events.claim_overdue(later, limit=10, include_pending=False) == [due]


@pytest.mark.django_db
def test_one_look_is_enough_where_nothing_is_overdue() -> None:
    with CaptureQueriesContext(connection) as statements:
        overdue()

    assert len(statements) == 1


def meanwhile(act: Callable[[], object]) -> threading.Thread:
    """Do it on another connection, begun."""

    def run() -> None:
        act()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_message_that_overtakes_the_mark_of_the_relay_waits_for_it() -> None:
    event_id = emit("order.placed", {}).event_id
    found: list[EventState] = []

    def route() -> None:
        with transaction.atomic():
            found.extend(row.state for row in events.lock([event_id]))

    with transaction.atomic():
        due_events.mark_published([event_id], NOW)
        router = meanwhile(route)
        router.join(0.2)
        assert found == []
    router.join(10)

    assert found == [EventState.PUBLISHED]


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_relay_waits_for_no_event_that_a_router_holds() -> None:
    held, free = emit("order.placed", {}).event_id, emit("order.placed", {}).event_id

    with transaction.atomic():
        events.lock([held])
        relay = meanwhile(lambda: due_events.mark_published([held, free], NOW))
        relay.join(10)
        assert not relay.is_alive()

    states = dict(EventRecord.objects.values_list("id", "state"))
    assert states == {held: "pending", free: "published"}


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_overdue_event_that_a_router_holds_is_passed_over() -> None:
    due = NOW - timedelta(seconds=1)
    held, free = (an_event_row(state="published", due_at=due) for _ in range(2))
    found: list[UUID] = []

    with transaction.atomic():
        events.lock([held])
        meanwhile(lambda: found.extend(overdue())).join(10)

    assert found == [free]

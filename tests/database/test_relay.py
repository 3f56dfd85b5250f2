"""The relay: what is due is published until it is confirmed, whoever dies in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine.broker.base import Outcome
from flowengine.broker.envelope import parse_event
from flowengine.models import EventRecord, InstallationRecord
from flowengine.orchestration.emit import NewEvent, emit, emit_many
from flowengine.relay import HANDED_OVER_MAX, Relay
from flowengine.store import due_events, events
from tests.fakes.broker import FakeBroker
from tests.fakes.clock import SetClock

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process died here."""


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime.now(UTC) + timedelta(minutes=1))  # after all that the test emits


@pytest.fixture
def relay(broker: FakeBroker, clock: SetClock) -> Relay:
    return Relay(broker, clock, confirm_wait_s=0.01)


def test_due_event_is_published_as_a_cloudevent_and_marked(
    relay: Relay, broker: FakeBroker, clock: SetClock
) -> None:
    emitted = emit("order.placed", {"n": 1}, subject="42", actor=7)

    assert relay.run_once() == 1

    [envelope] = broker.published
    event = parse_event(envelope.body, envelope.headers, envelope.content_type)
    assert envelope.routing_key == event.type == "order.placed"
    assert (event.external_id, event.data, event.subject) == (
        str(emitted.event_id),
        {"n": 1},
        "42",
    )
    assert event.source == InstallationRecord.objects.get().source
    record = EventRecord.objects.get()
    assert (record.state, record.due_at) == ("published", clock.now() + timedelta(seconds=10))


def test_source_of_the_setting_is_used(
    relay: Relay, broker: FakeBroker, settings: Settings
) -> None:
    settings.FLOWENGINE = {"SOURCE": "https://shop.example"}
    emit("order.placed", {})

    relay.run_once()

    assert json.loads(broker.published[0].body)["source"] == "https://shop.example"
    assert not InstallationRecord.objects.exists()


def test_own_source_is_made_once_per_database() -> None:
    assert events.own_source() == events.own_source()
    assert InstallationRecord.objects.count() == 1


def test_published_event_is_not_published_again(relay: Relay, broker: FakeBroker) -> None:
    emit("order.placed", {})

    relay.run_once()

    assert relay.run_once() == 0
    assert len(broker.published) == 1


def test_nothing_is_touched_while_the_broker_is_away(relay: Relay, broker: FakeBroker) -> None:
    broker.is_open = False
    emit("order.placed", {})

    with CaptureQueriesContext(connection) as statements:
        assert relay.run_once() == 0

    assert len(statements) == 0


@pytest.mark.parametrize("outcome", [Outcome.UNROUTABLE, Outcome.REFUSED, Outcome.UNKNOWN, None])
def test_event_that_is_not_confirmed_is_published_again_a_second_later(
    outcome: Outcome | None, relay: Relay, broker: FakeBroker, clock: SetClock
) -> None:
    emit("order.placed", {})
    broker.outcome = lambda _envelope: outcome

    assert relay.run_once() == 0
    assert relay.run_once() == 0
    assert len(broker.published) == 1

    broker.outcome = lambda _envelope: Outcome.CONFIRMED
    clock.move(1.6)
    assert relay.run_once() == 1
    assert EventRecord.objects.get().state == "published"


def test_only_what_was_not_confirmed_is_published_again(
    relay: Relay, broker: FakeBroker, clock: SetClock
) -> None:
    good, bad = (emit("order.placed", {}).event_id for _ in range(2))
    broker.outcome = lambda e: Outcome.CONFIRMED if UUID(e.id) == good else Outcome.REFUSED

    assert relay.run_once() == 1
    broker.published.clear()
    clock.move(1.6)
    relay.run_once()

    assert [UUID(envelope.id) for envelope in broker.published] == [bad]


@pytest.mark.parametrize("point", ["relay.published", "relay.marked"])
def test_relay_that_dies_on_the_way_loses_nothing(
    point: str, broker: FakeBroker, clock: SetClock
) -> None:
    def fault(passed: str) -> None:
        if passed == point:
            raise Killed

    emit("order.placed", {})

    with pytest.raises(Killed):
        Relay(broker, clock, fault).run_once()
    clock.move(12.1)
    Relay(broker, clock).run_once()

    record = EventRecord.objects.get()
    assert record.state == "published"
    assert len(broker.published) == (2 if point == "relay.published" else 1)


def test_second_relay_leaves_alone_what_the_first_is_publishing(clock: SetClock) -> None:
    slow, other = FakeBroker(), FakeBroker()
    slow.outcome = lambda _envelope: None
    emit("order.placed", {})

    def meanwhile(_point: str) -> None:
        Relay(other, clock).run_once()

    Relay(slow, clock, meanwhile, confirm_wait_s=0.01).run_once()

    assert (len(slow.published), len(other.published)) == (1, 0)


def test_event_routed_before_its_confirm_stays_routed(clock: SetClock, broker: FakeBroker) -> None:
    emitted = emit("order.placed", {})

    def route(_point: str) -> None:
        events.mark_routed([emitted.event_id], clock.now())

    Relay(broker, clock, route).run_once()

    record = EventRecord.objects.get()
    assert (record.state, record.due_at) == ("routed", None)


def taking(taken: list[UUID], clock: SetClock) -> Callable[[Sequence[UUID]], bool]:
    """A router that rests: it routes at once what it is given."""

    def take(event_ids: Sequence[UUID]) -> bool:
        taken.extend(event_ids)
        events.mark_routed(event_ids, clock.now(), in_hand=True)
        return True

    return take


def test_few_events_are_handed_to_the_router_beside_it_and_published_all_the_same(
    broker: FakeBroker, clock: SetClock
) -> None:
    taken: list[UUID] = []
    ids = [emit("order.placed", {}).event_id for _ in range(2)]

    assert Relay(broker, clock, hand_over=taking(taken, clock)).run_once() == 2

    assert taken == ids == [UUID(envelope.id) for envelope in broker.published]
    rows = set(EventRecord.objects.values_list("state", "due_at"))
    assert rows == {("routed", None)}


def test_events_of_one_instant_are_published_in_the_order_in_which_they_were_written(
    relay: Relay, broker: FakeBroker
) -> None:
    written = [each.event_id for each in emit_many(NewEvent("order.placed", {}) for _ in range(20))]

    relay.run_once()

    assert [UUID(envelope.id) for envelope in broker.published] == written


def test_large_page_is_left_to_the_broker_which_shares_it(
    broker: FakeBroker, clock: SetClock
) -> None:
    taken: list[UUID] = []
    emit_many(NewEvent("order.placed", {}) for _ in range(HANDED_OVER_MAX + 1))

    Relay(broker, clock, hand_over=taking(taken, clock)).run_once()

    assert (taken, len(broker.published)) == ([], HANDED_OVER_MAX + 1)


def test_event_the_router_did_not_take_waits_for_its_message(
    broker: FakeBroker, clock: SetClock
) -> None:
    emit("order.placed", {})

    Relay(broker, clock, hand_over=lambda _ids: False).run_once()

    record = EventRecord.objects.get()
    assert (record.state, record.due_at) == ("published", clock.now() + timedelta(seconds=10))


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, None])
def test_event_routed_out_of_hand_and_never_confirmed_is_published_again(
    outcome: Outcome | None, broker: FakeBroker, clock: SetClock
) -> None:
    broker.outcome = lambda _envelope: outcome
    taken: list[UUID] = []
    emit("order.placed", {})
    Relay(broker, clock, confirm_wait_s=0.01, hand_over=taking(taken, clock)).run_once()
    assert EventRecord.objects.get().due_at is not None

    broker.outcome = lambda _envelope: Outcome.CONFIRMED
    clock.move(3)
    again = Relay(broker, clock, hand_over=taking(taken, clock))

    assert [again.run_once(), again.run_once()] == [1, 0]
    assert (len(broker.published), len(taken)) == (2, 1)
    record = EventRecord.objects.get()
    assert (record.state, record.due_at) == ("routed", None)


def test_event_whose_data_cannot_be_read_holds_up_no_other(
    relay: Relay, broker: FakeBroker, clock: SetClock
) -> None:
    bad = emit("order.placed", {}).event_id
    EventRecord.objects.filter(pk=bad).update(data=b"{")
    good = emit("order.placed", {}).event_id

    assert relay.run_once() == 1

    assert [UUID(envelope.id) for envelope in broker.published] == [good]
    assert due_events.claim_overdue(clock.now(), limit=10, include_pending=False) == [bad]


def test_page_is_five_hundred_oldest_first(relay: Relay, broker: FakeBroker) -> None:
    emit_many(NewEvent("order.placed", {"n": n}) for n in range(600))
    late = emit("order.placed", {"n": "late"})

    assert [relay.run_once(), relay.run_once(), relay.run_once()] == [500, 101, 0]
    assert broker.published[-1].id == str(late.event_id)


@pytest.mark.parametrize("count", [1, 200])
def test_statements_do_not_depend_on_the_number_of_events(
    count: int, relay: Relay, record_property: Any
) -> None:
    emit("order.placed", {})
    relay.run_once()  # asks for the source, and looks for what was never confirmed
    emit_many(NewEvent("order.placed", {"n": n}) for n in range(count))

    with CaptureQueriesContext(connection) as statements:
        assert relay.run_once() == count

    named = [s["sql"] for s in statements if "SAVEPOINT" not in s["sql"]]
    claim, mark = (1 if connection.vendor == "postgresql" else 2), 1
    assert len(named) == claim + mark

"""The router, stepped by hand."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from flowengine import NewEvent, emit, emit_many
from flowengine.broker.base import Delivery, Verdict
from flowengine.broker.envelope import event_envelope
from flowengine.models import EventRecord, StepRecord
from flowengine.orchestration import route
from flowengine.orchestration.claim import Room
from flowengine.orchestration.sync import sync_project
from flowengine.orchestration.work import Begun
from flowengine.store import events
from flowengine.store.clock import DatabaseClock
from flowengine.worker import router as routers
from flowengine.worker.router import Router
from tests.fakes.broker import FakeBroker

pytestmark = pytest.mark.django_db(transaction=True)


def unrouted() -> int:
    return EventRecord.objects.exclude(state="routed").count()


def test_backlog_is_routed_without_a_pause_while_the_broker_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routers, "PREFETCH", 4)
    broker = FakeBroker()
    broker.is_open = False
    emit_many([NewEvent("nobody.cares", {"n": n}) for n in range(10)])
    router = Router(broker=broker, clock=DatabaseClock(), monotonic=lambda: 0.0)

    turns = 1
    while router.run_once():
        turns += 1

    assert (unrouted(), turns) == (0, 3)


def test_empty_look_is_not_repeated_before_its_time() -> None:
    at = [0.0]
    broker = FakeBroker()
    broker.is_open = False
    router = Router(broker=broker, clock=DatabaseClock(), monotonic=lambda: at[0])
    router.run_once()
    emit_many([NewEvent("nobody.cares", {})])

    router.run_once()
    before = unrouted()
    at[0] = 1.0
    router.run_once()

    assert (before, unrouted()) == (1, 0)


class Pool:
    """Two places, and what was called in them."""

    def __init__(self) -> None:
        self.lent = 0
        self.called: list[Begun] = []

    def lend(self, most: int) -> Room:
        self.lent += min(most, 2)
        return Room(
            worker=UUID(int=7),
            stations=frozenset(["default"]),
            tasks=frozenset(["line.nothing"]),
            places=min(most, 2),
        )

    def call(self, room: Room, begun: Sequence[Begun]) -> None:
        self.lent -= room.places
        self.called += begun


def a_router(lender: Pool | None = None) -> Router:
    """One that has looked for overdue events, and will not again."""
    router = Router(
        broker=FakeBroker(), clock=DatabaseClock(), monotonic=lambda: 0.0, lender=lender
    )
    router.run_once()
    return router


def message_of(event_id: UUID) -> Delivery:
    """What the broker brings of an event of ours."""
    [event] = events.load([event_id])
    envelope = event_envelope(event, source=events.own_source())
    return Delivery(
        queue="q",
        body=envelope.body,
        headers=dict(envelope.headers),
        content_type=envelope.content_type,
    )


def settled(router: Router) -> list[Verdict]:
    broker = router._broker
    assert isinstance(broker, FakeBroker)
    return [verdict for _delivery, verdict in broker.settled]


def test_router_that_rests_takes_events_from_the_relays_hand() -> None:
    router = a_router()
    event_id = emit("nobody.cares", {}).event_id

    assert router.offer([event_id])
    router.run_once()

    assert unrouted() == 0


def test_router_that_has_something_to_do_leaves_events_to_the_broker() -> None:
    router = a_router()
    first, second = (emit("nobody.cares", {}).event_id for _ in range(2))
    router.deliver(message_of(first))

    assert not router.offer([second])

    router.run_once()
    assert unrouted() == 1
    assert router.offer([second])


def test_message_of_an_event_that_came_by_hand_is_acknowledged_without_a_statement() -> None:
    router = a_router()
    event_id = emit("nobody.cares", {}).event_id
    router.deliver(message_of(emit("nobody.cares", {}).event_id))
    router.run_once()  # knows its own source by now
    router.offer([event_id])
    router.run_once()
    router.deliver(message_of(event_id))

    with CaptureQueriesContext(connection) as statements:
        router.run_once()

    assert [s["sql"] for s in statements if "clock_timestamp" not in s["sql"]] == []
    assert settled(router) == [Verdict.ACK, Verdict.ACK]


def test_event_that_could_not_be_routed_from_the_hand_is_routed_by_its_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    router = a_router()
    event_id = emit("nobody.cares", {}).event_id
    router.offer([event_id])
    with monkeypatch.context() as broken:
        broken.setattr(route, "route", failing)
        with pytest.raises(OperationalError):
            router.run_once()

    router.deliver(message_of(event_id))
    router.run_once()

    assert (unrouted(), settled(router)) == (0, [Verdict.ACK])


def failing(*_arguments: object, **_named: object) -> route.Routed:
    """The database is away."""
    raise OperationalError


def test_first_step_is_called_as_soon_as_its_run_is_committed() -> None:
    sync_project(now=DatabaseClock().now())
    pool = Pool()
    router = a_router(pool)
    router.offer([emit("chain.begun", {}).event_id])

    router.run_once()

    [begun] = pool.called
    step = StepRecord.objects.get()
    assert (begun.run.id, begun.step.id, step.state) == (step.run_id, "one", "running")
    assert pool.lent == 0


def test_promised_places_are_given_back_when_routing_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = Pool()
    router = a_router(pool)
    router.offer([emit("nobody.cares", {}).event_id])
    monkeypatch.setattr(route, "route", failing)

    with pytest.raises(OperationalError):
        router.run_once()

    assert (pool.lent, pool.called) == (0, [])

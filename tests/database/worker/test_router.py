"""The router, stepped by hand."""

from __future__ import annotations

import pytest

from flowengine import NewEvent, emit_many
from flowengine.models import EventRecord
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

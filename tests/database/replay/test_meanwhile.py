"""An event is replayed while something of its first time is still going on: neither takes the other's place."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pytest_django import Settings

from flowengine.engine.event import Again
from flowengine.engine.identity import run_id
from flowengine.models import DecisionRecord, EventRecord, KeyRecord, RunRecord
from flowengine.orchestration import bursts, waits
from flowengine.orchestration.follow import follow
from flowengine.orchestration.route import route
from flowengine.store import events
from tests.builders.door import at, said, see
from tests.builders.files import HELLO, synchronise
from tests.builders.stored import define, now, publish, row
from tests.database.replay.scenes import through

pytestmark = pytest.mark.django_db

QUIET = f"{HELLO}\ndebounce: {{key: event.data.name, period: 10s}}\nidempotency: {{key: event.data.name}}"
WAITS = """
workflow: order
on: order.placed
steps:
  - id: paid
    wait_for: {event: order.paid, match: {order: "${{ event.data.order }}"}}
    timeout: 1d
"""


def replay(event: UUID, when: datetime) -> None:
    """The event is to be routed once more, as its next replay, and is."""
    [stored] = events.lock([event])
    again = Again(origin=event, by="7")
    events.replay([replace(stored.event, replay=stored.event.replay + 1, again=again)], when)
    for _ in follow(route([event], now=when).committed, when):
        pass


def settle(second: float) -> None:
    """Bursts that are over then start their runs."""
    see(bursts.run_due(at(second), limit=10)[0], second)


def outcomes(event: UUID) -> dict[int, str]:
    """What the workflow answered to each replay of the event."""
    return dict(DecisionRecord.objects.filter(event_id=event).values_list("replay", "outcome"))


def test_burst_starts_the_run_of_the_replay_that_its_event_had_when_it_joined(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUIET)
    first = said(name="ann")
    event = DecisionRecord.objects.get(run_id=first).event_id

    # It is counted as replayed while it waits, and routed only after the burst is over.
    EventRecord.objects.filter(pk=event).update(replay=1)
    settle(10)

    run = RunRecord.objects.get()
    assert (run.id, run.replay) == (first, 0)
    assert set(KeyRecord.objects.values_list("key", flat=True)) == {"ann"}


def test_replay_is_not_swallowed_by_the_burst_that_its_event_still_waited_in(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUIET)
    first = said(name="ann")
    event = DecisionRecord.objects.get(run_id=first).event_id
    EventRecord.objects.filter(pk=event).update(replay=1)
    settle(10)

    EventRecord.objects.filter(pk=event).update(replay=0)
    replay(event, at(20))
    settle(30)

    assert outcomes(event) == {0: "started", 1: "started"}
    assert set(RunRecord.objects.values_list("id", flat=True)) == {
        first,
        run_id(event, "hello", 1),
    }


def test_replay_that_joins_the_burst_of_its_own_event_takes_its_place(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUIET)
    first = said(name="ann")
    event = DecisionRecord.objects.get(run_id=first).event_id

    replay(event, at(5))
    settle(14)
    assert not RunRecord.objects.exists()
    settle(15)

    assert outcomes(event) == {0: "debounced", 1: "started"}
    copy = RunRecord.objects.get()
    assert (copy.id, copy.keys) == (run_id(event, "hello", 1), first)


def test_run_of_the_first_time_looks_back_as_far_as_its_event_although_that_was_replayed() -> None:
    define(WAITS)
    placed = publish("order.placed", {"order": 1})
    paid = publish("order.paid", {"order": 1})
    EventRecord.objects.filter(pk=placed).update(created_at=now() - timedelta(hours=2))
    EventRecord.objects.filter(pk=paid).update(created_at=now() - timedelta(hours=1))
    through([paid])
    run = run_id(placed, "order")
    done = route([placed], now=now()).committed
    EventRecord.objects.filter(pk=placed).update(replay=1)

    waits.look_back(done.listening, now())

    assert row(run, "paid").state == "succeeded"


def test_run_of_a_replay_looks_back_no_further_than_its_own_begin() -> None:
    define(WAITS)
    placed = publish("order.placed", {"order": 1})
    paid = publish("order.paid", {"order": 1})
    EventRecord.objects.filter(pk=placed).update(created_at=now() - timedelta(hours=2))
    EventRecord.objects.filter(pk=paid).update(created_at=now() - timedelta(hours=1))
    through([paid, placed])
    assert row(run_id(placed, "order"), "paid").state == "succeeded"

    replay(placed, now())

    assert row(run_id(placed, "order", 1), "paid").state == "waiting"

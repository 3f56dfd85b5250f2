"""One start per key and window, whatever comes twice."""

from __future__ import annotations

import threading
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections
from pytest_django import Settings

from flowengine import NewEvent, emit, emit_many
from flowengine.models import DecisionRecord, EventRecord, KeyRecord, RunRecord
from flowengine.orchestration.route import route
from flowengine.store import keys
from tests.builders.door import at, said, states
from tests.builders.events import NOON
from tests.builders.files import HELLO, synchronise

pytestmark = pytest.mark.django_db

ONCE = f"{HELLO}\nidempotency: {{key: event.data.order, window: 1h}}"


def test_second_start_with_the_same_key_is_recorded_as_duplicate(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, ONCE)

    first, second, other = said(order="1"), said(order="1", second=3599), said(order="2")

    assert states(first, second, other) == ["running", "duplicate", "running"]
    assert DecisionRecord.objects.get(run_id=second).detail == (
        f"run {first} was started for this key"
    )


def test_key_may_start_again_after_its_window(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, ONCE)
    said(order="1")

    assert states(said(order="1", second=3600)) == ["running"]


def test_duplicates_in_one_batch_are_seen_in_the_order_of_events(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, ONCE)
    emitted = emit_many(NewEvent("hello.said", {"order": "1"}) for _ in range(3))

    route([each.event_id for each in reversed(emitted)], now=NOON)

    assert states(*[each.run_ids["hello"] for each in emitted]) == [
        "running",
        "duplicate",
        "duplicate",
    ]


def test_replayed_event_is_not_swallowed_as_its_own_duplicate(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, ONCE)
    event = emit("hello.said", {"order": "1"}).event_id
    route([event], now=NOON)
    EventRecord.objects.update(state="published", replay=1, due_at=NOON)

    route([event], now=NOON)

    assert RunRecord.objects.count() == 2
    assert set(KeyRecord.objects.values_list("key", flat=True)) == {"1", "1#replay-1"}


def test_keys_are_forgotten_when_their_windows_are_over(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, ONCE)
    said(order="1")
    said(order="2", second=10)

    assert keys.forget(at(3605), limit=10) == 1
    assert KeyRecord.objects.get().key == "2"


def test_key_that_no_text_column_can_hold_still_tells_its_events_apart(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, ONCE)
    first, second = (f'{{"order":"a{ending}"}}'.encode() for ending in (r"\u0000", r"\u0000b"))
    outcomes: list[UUID] = []
    for data in (first, second, first):
        emitted = emit("hello.said", {"order": "?"})
        EventRecord.objects.filter(pk=emitted.event_id).update(data=data)
        route([emitted.event_id], now=NOON)
        outcomes.append(emitted.run_ids["hello"])

    assert states(*outcomes) == ["running", "running", "duplicate"]


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_routers_at_once_start_one_run_per_key(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, ONCE)
    emitted = emit_many(NewEvent("hello.said", {"order": str(n % 10)}) for n in range(200))
    ids = [each.event_id for each in emitted]
    failures: list[BaseException] = []

    def work(mine: list[UUID]) -> None:
        try:
            for start in range(0, len(mine), 7):
                route(mine[start : start + 7], now=NOON)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(ids[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert RunRecord.objects.count() == KeyRecord.objects.count() == 10
    assert DecisionRecord.objects.filter(outcome="duplicate").count() == 190

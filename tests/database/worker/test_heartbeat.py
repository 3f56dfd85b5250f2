from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from queue import SimpleQueue
from uuid import UUID

import pytest
from django.db import OperationalError, connection

from flowengine.engine.messages import Succeeded
from flowengine.models import AuditRecord, WorkerRecord
from flowengine.orchestration import crew
from flowengine.orchestration.audit import By
from flowengine.store import workers
from flowengine.store.presence import is_present
from flowengine.worker.heartbeat import AWAY_S, Heartbeat
from flowengine.worker.meter import Meter
from tests.builders.events import NOON
from tests.unit.worker.orders import an_order

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = UUID("01930000-0000-7000-8000-0000000000e1")
PATIENCE_S = 10.0


class SetClock:
    """Shows what it is set to, or fails; tells each time it is asked."""

    def __init__(self) -> None:
        self.at = NOON
        self.error: Exception | None = None
        self.asked: SimpleQueue[str] = SimpleQueue()

    def now(self) -> datetime:
        self.asked.put(threading.current_thread().name)
        if self.error is not None:
            raise self.error
        return self.at


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def heartbeat(clock: SetClock) -> Iterator[Heartbeat]:
    heartbeat = Heartbeat(worker_id=WORKER, stations=["default", "mail"], clock=clock)
    yield heartbeat
    heartbeat.end()


def row() -> WorkerRecord:
    return WorkerRecord.objects.get(pk=WORKER)


def test_started_heartbeat_has_a_lease_of_its_own(heartbeat: Heartbeat) -> None:
    heartbeat.start()

    found = row()
    assert found.state == "alive"
    assert found.due_at == NOON + timedelta(seconds=30)
    assert found.stations == '["default", "mail"]'
    assert is_present(WORKER) == (connection.vendor == "sqlite")


def test_lease_is_taken_by_a_thread_that_does_nothing_else(
    heartbeat: Heartbeat, clock: SetClock
) -> None:
    heartbeat.start()

    assert clock.asked.get(timeout=PATIENCE_S) == "flowengine-heartbeat"


def test_lease_is_renewed_three_times_in_its_length(
    heartbeat: Heartbeat, clock: SetClock, settings: object
) -> None:
    settings.FLOWENGINE = {"LEASE_S": 0.03}  # type: ignore[attr-defined] # pytest-django's own
    heartbeat.start()

    for _ in range(5):
        clock.asked.get(timeout=PATIENCE_S)


def test_renewal_says_when_work_was_last_taken(clock: SetClock) -> None:
    heartbeat = Heartbeat(
        worker_id=WORKER, stations=[], clock=clock, consumed_at=lambda: NOON + timedelta(seconds=3)
    )
    heartbeat.start()
    clock.at = NOON + timedelta(seconds=10)

    pause_s = heartbeat.renew_once()
    heartbeat.end()

    assert pause_s == 10.0
    assert row().consumed_at == NOON + timedelta(seconds=3)


def test_renewal_takes_with_it_what_was_counted_and_only_what_is_new(clock: SetClock) -> None:
    meter = Meter()
    heartbeat = Heartbeat(worker_id=WORKER, stations=[], concurrency=16, meter=meter, clock=clock)
    heartbeat.start()
    before = row()
    meter.ended(an_order(), Succeeded(step="charge", attempt=1, output=None), 0.1)

    heartbeat.renew_once()
    counted = row()
    clock.at = NOON + timedelta(seconds=10)
    heartbeat.renew_once()
    heartbeat.end()

    assert (before.concurrency, before.meter, before.metered_at) == (16, "{}", None)
    assert ("shop.charge" in counted.meter, counted.metered_at) == (True, NOON)
    assert row().metered_at == NOON


def test_what_is_counted_is_told_soon_and_a_quiet_worker_says_nothing_more(
    clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowengine.worker.heartbeat.METER_S", 0.01)
    meter = Meter()
    heartbeat = Heartbeat(worker_id=WORKER, stations=[], meter=meter, clock=clock)
    heartbeat.start()
    clock.asked.get(timeout=PATIENCE_S)

    meter.ended(an_order(), Succeeded(step="charge", attempt=1, output=None), 0.1)
    clock.asked.get(timeout=PATIENCE_S)
    heartbeat.end()

    assert not meter.has_news
    assert clock.asked.qsize() <= 1


def test_lease_that_others_ended_is_taken_again_and_counted(
    heartbeat: Heartbeat, clock: SetClock
) -> None:
    heartbeat.start()
    workers.end([WORKER], NOON)
    clock.at = NOON + timedelta(seconds=40)

    heartbeat.renew_once()

    assert heartbeat.losses == 1
    assert row().state == "alive"
    assert row().due_at == NOON + timedelta(seconds=70)


def test_database_that_is_away_is_asked_again_soon_and_said_once(
    heartbeat: Heartbeat, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    heartbeat.start()
    clock.error = OperationalError("away")

    assert heartbeat.renew_once() == AWAY_S
    assert heartbeat.renew_once() == AWAY_S
    clock.error = None
    heartbeat.renew_once()

    assert [record.getMessage() for record in caplog.records] == [
        "the lease cannot be renewed, trying again: away",
        "the lease is renewed again",
    ]
    connection.close()


def test_draining_worker_says_so_and_keeps_its_lease(heartbeat: Heartbeat, clock: SetClock) -> None:
    heartbeat.start()
    heartbeat.drain()
    heartbeat.renew_once()

    assert row().state == "draining"
    assert row().due_at is not None


def test_ended_heartbeat_has_no_lease_and_no_thread(heartbeat: Heartbeat) -> None:
    heartbeat.start()

    heartbeat.end()
    heartbeat.end()

    assert row().state == "ended"
    assert row().due_at is None
    assert not is_present(WORKER)
    assert "flowengine-heartbeat" not in {each.name for each in threading.enumerate()}


def test_start_raises_what_the_database_raised_and_may_be_called_again(
    heartbeat: Heartbeat, clock: SetClock
) -> None:
    clock.error = OperationalError("away")
    with pytest.raises(OperationalError, match="away"):
        heartbeat.start()
    assert not is_present(WORKER)

    clock.error = None
    heartbeat.start()

    assert row().state == "alive"


def test_end_that_cannot_be_written_is_only_logged(
    heartbeat: Heartbeat, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    heartbeat.start()
    clock.error = OperationalError("away")

    heartbeat.end()

    assert "the lease could not be ended" in caplog.text
    assert row().state == "alive"


def test_mistake_of_ours_does_not_end_the_lease(
    clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    mistakes = iter([True])

    def consumed_at() -> datetime | None:
        if next(mistakes, False):
            raise ValueError("a mistake of ours")
        return None

    heartbeat = Heartbeat(worker_id=WORKER, stations=[], clock=clock, consumed_at=consumed_at)
    heartbeat.start()
    clock.at = NOON + timedelta(seconds=10)

    pauses_s = [heartbeat.renew_once(), heartbeat.renew_once()]
    heartbeat.end()

    assert pauses_s == [AWAY_S, 10.0]
    assert [record.getMessage() for record in caplog.records] == [
        "the lease was not renewed, trying again",
        "the lease is renewed again",
    ]


def test_worker_is_told_what_people_want_and_shows_it() -> None:
    said: list[bool] = []
    heartbeat = Heartbeat(worker_id=WORKER, stations=["mail"], rest=said.append)
    heartbeat.start()
    try:
        for do in (crew.drain, crew.resume):
            assert do(WORKER, By(who="7", reason="a new disk"), NOON)
            heartbeat.renew_once()
            heartbeat.renew_once()
    finally:
        heartbeat.end()

    assert said == [True, False]
    kept = AuditRecord.objects.order_by("number").values_list("verb", "reason")
    assert list(kept) == [("worker.drain", "a new disk"), ("worker.resume", "a new disk")]
    assert not crew.drain(WORKER, By(who="7", reason="it has ended"), NOON)


def test_worker_that_takes_nothing_by_peoples_word_says_so_in_its_row() -> None:
    heartbeat = Heartbeat(worker_id=WORKER, stations=["mail"])
    heartbeat.start()
    try:
        crew.drain(WORKER, By(who="7", reason="a new disk"), NOON)
        heartbeat.renew_once()
        heartbeat.renew_once()
        assert (row().state, row().wanted_by, row().wanted_reason) == (
            "draining",
            "7",
            "a new disk",
        )
    finally:
        heartbeat.end()

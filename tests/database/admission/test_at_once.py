"""Routers, workers and beats at once, on one key and on several: no place is lost, none is doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections
from pytest_django import Settings

from flowengine import NewEvent, emit_many
from flowengine.engine.messages import Succeeded
from flowengine.engine.states import FINAL_RUN_STATES
from flowengine.models import DecisionRecord, EventRecord, KeyRecord, PlaceRecord, RunRecord
from flowengine.orchestration import bursts, turns
from flowengine.orchestration.advance import Told, Wanted, Work, advance
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.follow import follow
from flowengine.orchestration.route import route
from flowengine.store import runs
from tests.builders.door import check_counts
from tests.builders.files import HELLO, synchronise
from tests.builders.line import WORKER, now

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("postgres"),
]

EVENTS = 40
ROUNDS_MAX = 2000


class House:
    """Everybody at work in threads of their own, until every run is final."""

    def __init__(self, ids: list[UUID]) -> None:
        self.failures: list[BaseException] = []
        self.most_open = 0
        self.worked: list[tuple[UUID, str]] = []
        """What was called of which event's run, in order: the clock was read before locks were waited for."""
        self._left = 2
        """Routers at work."""
        self._ids = ids

    def open(self) -> None:
        """Let them all work to the end."""
        jobs: list[Callable[[], None]] = [
            lambda: self._route(self._ids[0::2]),
            lambda: self._route(self._ids[1::2]),
            self._serve,
            self._serve,
            self._beat,
        ]
        threads = [threading.Thread(target=self._guarded, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert self.failures == []

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion above
            self.failures.append(error)
        finally:
            connections.close_all()

    def _route(self, ids: list[UUID]) -> None:
        for start in range(0, len(ids), 9):
            routed = route(ids[start : start + 9], now=now())
            for _ in follow(routed.committed, now()):
                pass
        self._left -= 1

    def _serve(self) -> None:
        for _ in range(ROUNDS_MAX):
            if self._is_over():
                return
            open_runs = list(RunRecord.objects.filter(state="running").values_list("id", flat=True))
            self.most_open = max(self.most_open, len(open_runs))
            for run in open_runs[:3]:
                work = Work(
                    wanted=(Wanted(run_id=run, step="nothing"),),
                    worker=WORKER,
                    tasks=frozenset({"line.nothing"}),
                )
                for begun in advance(work, now()).begun:
                    self.worked.append((begun.run.event.id, "begins"))
                    attempt = begun.step.attempt
                    told = Succeeded(step="nothing", attempt=attempt, output=None)
                    self.worked.append((begun.run.event.id, "ends"))
                    done = advance(Work(told=(Told(run_id=run, message=told),)), now(), wait=True)
                    for _committed in follow(done.committed, now()):
                        pass
        raise AssertionError("not all runs have ended")

    def _beat(self) -> None:
        for _ in range(ROUNDS_MAX):
            if self._is_over():
                return
            for due in (bursts.run_due, turns.run_due):
                committed, _more = due(now(), limit=50)
                for _ in follow(committed, now()):
                    pass
            open_runs, finals = runs.due(now(), limit=50)
            assert open_runs == []
            for _ in follow(_owed(finals), now()):
                pass
        raise AssertionError("not all runs have ended")

    def _is_over(self) -> bool:
        if self._left or EventRecord.objects.exclude(state="routed").exists():
            return False
        return not (
            RunRecord.objects.exclude(state__in=FINAL_RUN_STATES).exists()
            or DecisionRecord.objects.filter(outcome="debouncing").exists()
            or RunRecord.objects.filter(due_at__isnull=False).exists()
        )


def _owed(finals: list[UUID]) -> Committed:
    return Committed(finals=finals)


def written(keys: int) -> list[UUID]:
    """Events of so many keys, in the order in which they were written."""
    emitted = emit_many(NewEvent("hello.said", {"name": str(n % keys)}) for n in range(EVENTS))
    return [each.event_id for each in emitted]


@pytest.mark.parametrize("keys", [1, 7])
def test_runs_of_a_key_run_one_at_a_time_in_the_order_of_their_events(
    keys: int, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, f"{HELLO}\nconcurrency: {{key: event.data.name}}")
    ids = written(keys)
    house = House(ids)

    house.open()

    assert RunRecord.objects.filter(state="succeeded").count() == EVENTS
    assert house.most_open <= keys
    for key in range(keys):
        of_key = ids[key::keys]
        worked = [(event, what) for event, what in house.worked if event in of_key]
        assert worked == [(event, what) for event in of_key for what in ("begins", "ends")]
    assert not PlaceRecord.objects.exists()
    assert not KeyRecord.objects.exists()


@pytest.mark.parametrize(
    ("lines", "outcomes"),
    [
        ("concurrency: {limit: 3}", {"started", "queued"}),
        ("concurrency: {key: event.data.name, on_conflict: skip}", {"started", "skipped"}),
        ("concurrency: {key: event.data.name, on_conflict: replace}", {"started", "queued"}),
        ("throttle: {limit: 10, per: 100ms, key: event.data.name}", {"started", "queued"}),
        (
            "debounce: {key: event.data.name, period: 50ms, max_wait: 200ms}",
            {"started", "debounced"},
        ),
        (
            "throttle: {limit: 20, per: 50ms}\nconcurrency: {limit: 2, key: event.data.name}",
            {"started", "queued"},
        ),
    ],
)
def test_every_event_has_its_outcome_and_every_place_is_free_in_the_end(
    lines: str, outcomes: set[str], settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, f"{HELLO}\n{lines}")
    house = House(written(5))

    house.open()

    assert DecisionRecord.objects.count() == EVENTS
    assert set(DecisionRecord.objects.values_list("outcome", flat=True)) <= outcomes
    with_run = DecisionRecord.objects.filter(outcome__in=["started", "queued"])
    assert set(with_run.values_list("run_id", flat=True)) == set(
        RunRecord.objects.values_list("id", flat=True)
    )
    assert not PlaceRecord.objects.exists()
    assert not KeyRecord.objects.filter(gate="concurrency").exists()
    check_counts()

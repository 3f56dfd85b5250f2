"""The loop that decides what is due, stepped by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.beat import LOOK_EVERY_S, Beat
from flowengine.broker.envelope import parse_hint
from flowengine.engine.messages import Cancel, Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.models import EventRecord, NotificationRecord, RunRecord, StepRecord, WaitRecord
from flowengine.orchestration import waits
from flowengine.orchestration.audit import By
from flowengine.orchestration.notices import rules
from flowengine.orchestration.notices.rules import Wish
from flowengine.orchestration.route import route
from flowengine.store import due, workers
from flowengine.store.workers import Worker
from tests.builders.dead import a_letter, bury
from tests.builders.stored import WORKER, begin, claim, define, now, publish, row, start, tell
from tests.database.api.people import permit
from tests.fakes.broker import FakeBroker
from tests.fakes.clock import SetClock

pytestmark = pytest.mark.django_db

RETRIED = """
workflow: order
on: order.begun
steps:
  - {id: work, task: line.nothing, retry: {attempts: 2, delay: 10s, jitter: 0}}
"""
ASLEEP = """
workflow: order
on: order.begun
steps:
  - {id: rest, sleep: 1h}
"""
TIMED = """
workflow: order
on: order.begun
timeout: 1h
steps:
  - {id: work, task: line.nothing}
"""
HELD = """
workflow: order
on: order.begun
hold_on_failure: 1h
steps:
  - {id: work, task: line.nothing, retry: {attempts: 1}}
"""
BLOCK = """
workflow: order
on: order.begun
steps:
  - id: group
    timeout: 1h
    steps:
      - {id: work, task: line.nothing}
"""
WAITS = """
workflow: order
on: order.begun
steps:
  - id: paid
    wait_for: {event: order.paid, match: {id: "${{ event.data.id }}"}}
    timeout: 1d
"""
PARENT = """
workflow: parent
on: parent.begun
steps:
  - {id: child, workflow: child, with: {n: 1}}
"""
CHILD = """
workflow: child
on: {call: true}
inputs: {n: integer}
steps:
  - {id: work, task: line.nothing}
"""
THROTTLED = """
workflow: slow
on: slow.begun
throttle: {limit: 1, per: 1h}
steps:
  - {id: work, task: line.nothing}
"""
ERROR = Failure(code="Oops", message="again")


class Bench:
    """A beat over a set clock."""

    def __init__(self) -> None:
        self.broker = FakeBroker()
        self.clock = SetClock(now())
        self.at = 0.0
        self.beat = Beat(broker=self.broker, clock=self.clock, monotonic=lambda: self.at)

    def after(self, **span: float) -> bool:
        """Beat once, so much later."""
        self.clock.move(timedelta(**span).total_seconds())
        return self.beat.run_once()

    @property
    def hints(self) -> list[tuple[UUID, str]]:
        """What stations were told of."""
        hints = [parse_hint(envelope.body) for envelope in self.broker.published]
        return [(hint.run_id, hint.step) for hint in hints]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def state(run: UUID) -> str:
    return RunRecord.objects.get(pk=run).state


def test_step_whose_delay_is_over_is_ready_and_its_station_is_told(bench: Bench) -> None:
    [run] = start(define(RETRIED))
    claim(run, "work")
    tell(run, Failed(step="work", attempt=1, failure=ERROR))

    bench.after(seconds=5)
    assert row(run, "work").state is StepState.RETRYING
    bench.after(seconds=10)

    assert row(run, "work").state is StepState.READY
    assert bench.hints == [(run, "work")]


def test_sleep_that_is_over_lets_the_line_go_on(bench: Bench) -> None:
    [run] = start(define(ASLEEP))

    bench.after(hours=2)

    assert state(run) == "succeeded"


def test_next_look_is_not_later_than_the_next_step_that_is_due(bench: Bench) -> None:
    [run] = start(define(ASLEEP))
    due_at = bench.clock.now() + timedelta(seconds=0.5)
    StepRecord.objects.filter(run_id=run).update(due_at=due_at)

    bench.after()

    assert bench.beat.next_s == pytest.approx(0.5)


def test_run_out_of_time_is_ended(bench: Bench) -> None:
    [run] = start(define(TIMED))

    bench.after(hours=2)

    record = RunRecord.objects.get(pk=run)
    assert record.state == "failed"
    assert b"RunTimeout" in bytes(record.failure or b"")


def test_held_run_that_nobody_resumed_has_failed(bench: Bench) -> None:
    [run] = start(define(HELD))
    claim(run, "work")
    tell(run, Failed(step="work", attempt=1, failure=ERROR))
    assert state(run) == "held"

    bench.after(hours=2)

    assert state(run) == "failed"


def test_block_out_of_time_stops_what_is_inside(bench: Bench) -> None:
    [run] = start(define(BLOCK))

    bench.after(hours=2)

    failure = row(run, "group").failure
    assert failure is not None
    assert failure.code == "Timeout"
    assert row(run, "work").state is StepState.CANCELLED


def test_many_runs_are_told_in_one_page_and_more_are_said_to_follow(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowengine.beat.PAGE", 2)
    runs = start(define(ASLEEP), 3)

    assert bench.after(hours=2)
    assert sorted(map(state, runs)) == ["succeeded", "succeeded", "waiting"]
    assert not bench.after()
    assert {state(run) for run in runs} == {"succeeded"}


def test_wait_that_did_not_look_back_does_so(bench: Bench) -> None:
    workflow = define(WAITS)
    [run], _committed = begin(workflow, [{"id": 1}])
    wait = WaitRecord.objects.get()
    WaitRecord.objects.all().delete()
    waits.wake([publish("order.paid", {"id": 1})], now())
    wait.save(force_insert=True)

    bench.after(seconds=2)

    assert state(run) == "succeeded"


def test_end_that_was_not_passed_on_is(bench: Bench) -> None:
    define(CHILD)
    [run] = start(define(PARENT))
    route([EventRecord.objects.get(type="flowengine.call").id], now=now())
    child = RunRecord.objects.get(workflow="child").id
    claim(child, "work")
    tell(child, Succeeded(step="work", attempt=1, output=None))

    bench.after(seconds=1)

    assert state(run) == "succeeded"


def test_child_that_was_not_told_that_nobody_waits_is(bench: Bench) -> None:
    define(CHILD)
    [run] = start(define(PARENT))
    route([EventRecord.objects.get(type="flowengine.call").id], now=now())
    tell(run, Cancel())

    bench.after(seconds=1)

    assert state(RunRecord.objects.get(workflow="child").id) == "cancelled"
    assert row(run, "child").due_at is None


def test_queued_run_whose_slot_is_reached_starts(bench: Bench) -> None:
    define(THROTTLED)
    first, second = (publish("slow.begun", {}) for _ in range(2))
    route([first, second], now=now())
    assert sorted(RunRecord.objects.values_list("state", flat=True)) == ["queued", "running"]

    bench.after(hours=2)

    assert set(RunRecord.objects.values_list("state", flat=True)) == {"running"}


def test_work_of_a_worker_whose_lease_ran_out_is_lost(bench: Bench) -> None:
    [run] = start(define(TIMED))
    workers.register(Worker(id=WORKER, name="w", host="h", pid=1), now(), lease_s=1)
    claim(run, "work")

    for _ in range(8):  # who has not looked for long would wait a lease of its own
        bench.at += 5
        bench.after(seconds=5)

    step = row(run, "work")
    assert (step.state, step.crashes) == (StepState.READY, 1)


def test_nothing_is_said_where_nothing_is_due(bench: Bench) -> None:
    start(define(ASLEEP))

    assert not bench.after(seconds=1)
    assert bench.hints == []


def test_beat_that_finds_nothing_due_asks_one_question() -> None:
    beat = Beat(broker=FakeBroker(), clock=SetClock(now()), monotonic=lambda: 0.0)
    beat.run_once()

    with CaptureQueriesContext(connection) as asked:
        assert not beat.run_once()

    # Of workers it asks apart: on SQLite leases follow the living process.
    assert len([each for each in asked if "flowengine_worker" not in each["sql"]]) == 1


def test_beat_looks_at_everything_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    at = [0.0]
    clock = SetClock(now())
    beat = Beat(broker=FakeBroker(), clock=clock, monotonic=lambda: at[0])
    beat.run_once()
    looks: list[datetime] = []
    monkeypatch.setattr(due, "earliest", lambda _now: None)
    monkeypatch.setattr(beat, "_wake", looks.append)

    beat.run_once()
    at[0] = LOOK_EVERY_S
    beat.run_once()

    assert looks == [clock.now()]


def test_operators_are_told_of_what_they_want_to_hear_of() -> None:
    user = User.objects.create_user("ann")
    permit(user, "view_run")
    wish = Wish(what="run.failed", user=str(user.pk))
    rules.make(wish, By(who=str(user.pk)), now() - timedelta(minutes=1))
    bury(a_letter(at=now()), at=now())

    Beat(broker=FakeBroker(), clock=SetClock(now()), monotonic=lambda: 0.0).run_once()

    assert NotificationRecord.objects.get().title == "order failed at charge"

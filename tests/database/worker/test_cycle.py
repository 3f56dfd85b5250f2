"""The worker's cycle, stepped by hand over a broker that answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from django.db import connection

from flowengine import signals
from flowengine.broker.base import Delivery, Outcome, Verdict
from flowengine.broker.topology import station_queue
from flowengine.engine.states import StepState
from flowengine.models import DeadLetterRecord, StepRecord
from flowengine.orchestration.control import cancel
from tests.builders.line import begin, begin_by, now, state_of, step_of
from tests.database.worker.bench import Bench
from tests.project.models import Mark

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Four places."""
    bench = Bench()
    yield bench
    bench.stations.pool.give_back()
    assert bench.stations.pool.close(5)


def test_a_hint_is_claimed_called_acknowledged_and_its_end_recorded(bench: Bench) -> None:
    [run] = begin("line")
    delivery = bench.deliver(run, "one")

    bench.turn_until(lambda: step_of(run, "one").state is StepState.SUCCEEDED)

    assert bench.broker.settled == [(delivery, Verdict.ACK)]
    assert Mark.objects.filter(run_id=run, step="one").count() == 1


def test_a_run_goes_down_the_whole_line(bench: Bench) -> None:
    [run] = begin("line")
    bench.deliver(run, "one")

    def done() -> bool:
        bench.serve()
        return state_of(run) == "succeeded"

    bench.turn_until(done)

    steps = Mark.objects.filter(run_id=run).order_by("pk").values_list("step", flat=True)
    assert list(steps) == ["one", "two", "three", "four"]


def test_the_same_hint_twice_calls_the_task_once(bench: Bench) -> None:
    [run] = begin("line")
    bench.deliver(run, "one")
    bench.deliver(run, "one")

    bench.turn_until(lambda: step_of(run, "one").state is StepState.SUCCEEDED)
    bench.turn()

    assert Mark.objects.filter(run_id=run, step="one").count() == 1
    assert len(bench.broker.settled) == 2


def test_no_more_is_begun_than_there_are_places(bench: Bench) -> None:
    for run in begin("patient", 20):
        bench.deliver(run, "one")

    bench.turn()
    bench.turn()

    assert StepRecord.objects.filter(worker_id=bench.worker).count() == 4
    assert len(bench.broker.settled) == 4


def test_a_hint_that_finds_no_place_for_long_is_let_go_and_its_row_stays_ready(
    bench: Bench,
) -> None:
    for run in begin("patient", 5):
        bench.deliver(run, "one")
    bench.turn()

    bench.at += 6
    bench.turn()

    assert len(bench.broker.settled) == 5
    waiting = StepRecord.objects.get(state="ready")
    assert waiting.worker_id is None
    assert waiting.due_at is not None


def test_bytes_that_are_no_hint_are_kept_and_acknowledged(bench: Bench) -> None:
    junk = Delivery(queue="", body=b"\x00\xff not json")
    bench.broker.sinks[station_queue("default")](junk)

    bench.turn()

    letter = DeadLetterRecord.objects.get()
    assert (letter.kind, bytes(letter.body or b"")) == ("unreadable", b"\x00\xff not json")
    assert bench.broker.settled == [(junk, Verdict.ACK)]


def test_a_hint_for_a_run_that_is_not_there_is_acknowledged_and_counted(bench: Bench) -> None:
    delivery = bench.deliver(uuid4(), "one")

    bench.turn()

    assert bench.broker.settled == [(delivery, Verdict.ACK)]
    assert bench.stations.cycle.stale == 1


def test_an_overdue_step_is_claimed_without_a_hint(bench: Bench) -> None:
    [run] = begin("line")
    StepRecord.objects.filter(run_id=run).update(due_at=now())

    bench.turn_until(lambda: step_of(run, "one").state is StepState.SUCCEEDED)


def test_a_hint_that_did_not_get_through_makes_its_row_due_at_once(bench: Bench) -> None:
    bench.broker.outcome = lambda _envelope: Outcome.UNKNOWN
    [run] = begin("chain")
    bench.deliver(run, "one")

    bench.turn_until(lambda: state_of(run) == "succeeded")


@pytest.fixture
def refusal() -> Iterator[Callable[[UUID], None]]:
    """Makes the database itself refuse to store the output of one run's step."""
    is_postgresql = connection.vendor == "postgresql"

    def refuse(run: UUID) -> None:
        with connection.cursor() as cursor:
            if is_postgresql:
                cursor.execute(
                    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                    " $$ BEGIN RAISE EXCEPTION 'refused'; END $$"
                )
                cursor.execute(
                    "CREATE TRIGGER refuse BEFORE UPDATE ON flowengine_step FOR EACH ROW WHEN"
                    f" (NEW.run_id = '{run}' AND NEW.output IS NOT NULL)"
                    " EXECUTE FUNCTION refuse()"
                )
            else:
                cursor.execute(
                    "CREATE TRIGGER refuse BEFORE UPDATE ON flowengine_step WHEN"
                    f" NEW.run_id = '{run.hex}' AND NEW.output IS NOT NULL"
                    " BEGIN SELECT RAISE(ABORT, 'refused'); END"
                )

    yield refuse
    with connection.cursor() as cursor:
        where = " ON flowengine_step" if is_postgresql else ""
        cursor.execute(f"DROP TRIGGER refuse{where}")
        if is_postgresql:
            cursor.execute("DROP FUNCTION refuse")


def test_what_the_database_refuses_fails_alone_among_two_hundred(
    refusal: Callable[[UUID], None],
) -> None:
    bench = Bench(concurrency=200)
    runs = begin("chain", 200)
    for run in runs:
        bench.deliver(run, "one")
    guilty = runs[100]
    refusal(guilty)

    ended = StepRecord.objects.filter(step="one", state__in=["succeeded", "failed"])
    bench.turn_until(lambda: ended.count() == 200)

    assert ended.filter(state="succeeded").count() == 199
    assert step_of(guilty, "one").state is StepState.FAILED
    assert DeadLetterRecord.objects.get().run_id == guilty
    bench.stations.pool.close()


def test_a_cancelled_run_stops_the_task_at_its_next_checkpoint(bench: Bench) -> None:
    [run] = begin_by("troubled.patient", "troubled", order_id=1)
    bench.deliver(run, "told")
    at_work = StepRecord.objects.filter(run_id=run, step="patient", state="running")
    bench.turn_until(at_work.exists)

    cancel(run, now=now())
    bench.at += 5

    bench.turn_until(lambda: state_of(run) == "cancelled")


def test_a_transactional_task_commits_its_work_with_its_step(bench: Bench) -> None:
    [run] = begin("line")
    bench.deliver(run, "one")

    def counted() -> bool:
        bench.serve()
        return StepRecord.objects.filter(run_id=run, step="three", state="succeeded").exists()

    bench.turn_until(counted)

    assert Mark.objects.filter(run_id=run, step="three").count() == 1


def test_draining_takes_nothing_more_and_lets_what_runs_end(bench: Bench) -> None:
    for run in begin("line", 12, seconds=1):
        bench.deliver(run, "one")
    bench.turn()

    bench.stations.drain()
    bench.turn_until(lambda: bench.stations.is_empty)

    assert StepRecord.objects.filter(step="one", state="succeeded").count() == 4
    requeued = [d for d, verdict in bench.broker.settled if verdict is Verdict.REQUEUE]
    assert len(requeued) == 8


def test_a_worker_that_drains_is_not_empty_before_its_cycle_knows(bench: Bench) -> None:
    bench.turn()

    bench.stations.drain()

    assert not bench.stations.is_empty
    bench.turn()
    assert bench.stations.is_empty


def test_what_is_handed_back_uses_no_try_and_is_ready_for_others(bench: Bench) -> None:
    [run] = begin("patient")
    bench.deliver(run, "one")
    bench.turn()

    bench.stations.drain()
    bench.stations.give_back()
    bench.turn()

    row = step_of(run, "one")
    assert (row.state, row.tries, row.crashes, row.worker) == (StepState.READY, 0, 0, None)


def test_a_begin_whose_commit_was_never_answered_is_handed_back(bench: Bench) -> None:
    [run] = begin("line")
    bench.deliver(run, "one")
    crashed = threading.Event()

    def lose_the_answer(point: str) -> None:
        if point == "cycle.committed" and not crashed.is_set():
            crashed.set()
            raise RuntimeError("the answer is lost")

    bench.stations.cycle._fault = lose_the_answer
    with pytest.raises(RuntimeError):
        bench.turn()
    assert step_of(run, "one").state is StepState.RUNNING

    bench.at += 2
    bench.turn()
    assert step_of(run, "one").state is StepState.RUNNING, "one look does not settle it"
    bench.at += 2
    bench.turn()

    row = step_of(run, "one")
    assert (row.state, row.tries, row.crashes) == (StepState.READY, 0, 0)


def test_all_that_a_cycle_has_changed_is_told_at_once(bench: Bench) -> None:
    runs = begin("patient", 4)
    for run in runs:
        bench.deliver(run, "one")
    told: list[set[UUID]] = []

    def hear(*, heads: list[tuple[UUID, int]], **_signal: object) -> None:
        told.append({run for run, _head in heads})

    signals.run_changed.connect(hear)
    try:
        bench.turn()
    finally:
        signals.run_changed.disconnect(hear)
        bench.stations.give_back()

    assert told == [set(runs)]


def test_a_receiver_that_raises_does_not_stop_the_line(bench: Bench) -> None:
    def broken(**_arguments: object) -> None:
        raise RuntimeError("an application's own receiver")

    signals.run_changed.connect(broken)
    [run] = begin("line")
    bench.deliver(run, "one")
    try:
        bench.turn_until(lambda: step_of(run, "one").state is StepState.SUCCEEDED)
    finally:
        signals.run_changed.disconnect(broken)

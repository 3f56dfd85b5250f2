"""The cycle goes on from hand to hand: nothing waits for it, and who waits has its turn."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from flowengine.broker.base import Verdict
from flowengine.engine.states import StepState
from flowengine.models import StepRecord
from flowengine.orchestration.beginning import HANDED_MAX
from tests.builders.line import begin, now, state_of, step_of
from tests.builders.stored import define, start
from tests.database.worker.bench import Bench

pytestmark = pytest.mark.django_db(transaction=True)

LENGTH = 3 * HANDED_MAX
LONG = "workflow: long\non: long.begun\nsteps:\n" + "".join(
    f"  - {{id: s{n}, task: line.nothing}}\n" for n in range(LENGTH)
)
SHORT = "workflow: short\non: short.begun\nsteps:\n  - {id: only, task: line.nothing}\n"


@pytest.fixture
def bench() -> Iterator[Bench]:
    """One place."""
    bench = Bench(concurrency=1)
    yield bench
    bench.close()


def done(run: UUID) -> int:
    return StepRecord.objects.filter(run_id=run, state="succeeded").count()


def has_begun(run: UUID) -> bool:
    return StepRecord.objects.filter(run_id=run, first_started_at__isnull=False).exists()


def test_a_lone_hint_is_begun_and_committed_in_the_very_next_cycle(bench: Bench) -> None:
    [run] = begin("patient")
    delivery = bench.deliver(run, "one")

    bench.turn()

    assert step_of(run, "one").state is StepState.RUNNING
    assert bench.broker.settled == [(delivery, Verdict.ACK)]


def test_a_lone_end_is_committed_and_gone_on_with_in_the_very_next_cycle(bench: Bench) -> None:
    [run] = begin("chain")
    bench.deliver(run, "one")
    bench.turn()
    assert bench.stations._inbox.wait(5)

    bench.turn()

    assert step_of(run, "one").state is StepState.SUCCEEDED
    assert step_of(run, "two").started_at is not None


def test_a_run_takes_one_message_to_go_down_the_whole_line(bench: Bench) -> None:
    [run] = begin("chain")
    bench.deliver(run, "one")

    bench.turn_until(lambda: state_of(run) == "succeeded")

    assert bench.broker.published == []


def test_who_waits_for_the_only_place_gets_it_after_so_many_steps_of_another(bench: Bench) -> None:
    [long] = start(define(LONG))
    [short] = start(define(SHORT))
    bench.deliver(long, "s0")
    bench.deliver(short, "only")

    bench.turn_until(lambda: has_begun(short))

    assert done(long) == HANDED_MAX + 1
    bench.turn_until(lambda: state_of(short) == "succeeded")
    bench.serve()
    bench.turn_until(lambda: state_of(long) == "succeeded")


def test_an_overdue_step_gets_the_only_place_before_anything_is_handed_on(bench: Bench) -> None:
    [long] = start(define(LONG))
    [short] = start(define(SHORT))
    bench.deliver(long, "s0")
    bench.turn_until(lambda: done(long) == 1)
    StepRecord.objects.filter(run_id=short).update(due_at=now())
    bench.at += 2

    bench.turn_until(lambda: has_begun(short))

    assert done(long) <= 3


def test_what_drains_hands_nothing_on(bench: Bench) -> None:
    [long] = start(define(LONG))
    bench.deliver(long, "s0")
    bench.turn()

    bench.stations.drain()
    bench.turn_until(lambda: bench.stations.is_empty)

    assert done(long) == 1
    assert step_of(long, "s1").state is StepState.READY
    assert len(bench.broker.published) == 1

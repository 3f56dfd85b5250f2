"""What tasks say of themselves: conflated before it is written; what is decided always is."""

from __future__ import annotations

from uuid import UUID

import pytest

from flowengine.models import HistoryRecord, RunRecord, StepRecord
from flowengine.worker.cycle import PROGRESS_EVERY_S
from tests.builders.stored import define, start
from tests.database.worker.bench import Bench

pytestmark = pytest.mark.django_db(transaction=True)

FAN = """
workflow: fan
on: fan.begun
steps:
  - id: each
    for_each: ${{ event.data.items }}
    task: line.patient
"""


@pytest.fixture
def run(bench: Bench) -> UUID:
    """Three items of one run are at work."""
    [run] = start(define(FAN), items=["a", "b", "c"])
    for item in ("0", "1", "2"):
        bench.deliver(run, "each", item)
    bench.turn_until(lambda: len(bench.stations.pool.running()) == 3)
    return run


def head(run: UUID) -> int:
    return RunRecord.objects.get(pk=run).seq


def say(bench: Bench, *, fraction: float, item: str | None = None) -> None:
    for order in bench.stations.pool.running():
        if item in (None, order.item):
            bench.stations._inbox.speak(order, fraction, "")


def said(run: UUID) -> list[float | None]:
    rows = StepRecord.objects.filter(run_id=run).exclude(item="").order_by("item")
    return list(rows.values_list("progress", flat=True))


def test_progress_of_a_run_is_written_ten_times_a_second_however_many_attempts_speak(
    bench: Bench, run: UUID
) -> None:
    before = head(run)

    for n in range(100):
        say(bench, fraction=n / 100, item=str(n % 3))
        bench.turn()
        bench.at += 0.01

    assert PROGRESS_EVERY_S == 0.1
    assert head(run) - before in (9, 10, 11)


def test_what_was_held_back_is_written_with_the_next_and_none_of_the_attempts_is_forgotten(
    bench: Bench, run: UUID
) -> None:
    say(bench, fraction=0.1, item="0")
    bench.turn()
    say(bench, fraction=0.2, item="1")
    say(bench, fraction=0.3, item="0")
    say(bench, fraction=0.4, item="2")
    bench.turn()
    held_back = said(run)

    bench.at += PROGRESS_EVERY_S
    bench.turn()

    assert (held_back, said(run)) == ([0.1, None, None], [0.3, 0.2, 0.4])


def test_end_of_a_step_is_written_at_once_though_progress_is_held_back(
    bench: Bench, run: UUID
) -> None:
    say(bench, fraction=0.5)
    bench.turn()
    say(bench, fraction=0.6)
    events = HistoryRecord.objects.filter(run_id=run).count()

    bench.stations.pool.cancel(run, "each", "0", 1)
    bench.turn_until(lambda: len(bench.stations.pool.running()) == 2)
    bench.turn()

    assert HistoryRecord.objects.filter(run_id=run).count() > events
    assert said(run)[1:] == [0.5, 0.5]


def test_when_a_run_spoke_last_is_forgotten_when_nothing_of_it_runs_here(
    bench: Bench, run: UUID
) -> None:
    say(bench, fraction=0.5)
    bench.turn()
    cycle = bench.stations.cycle
    spoken = dict(cycle._spoke_at)

    for item in ("0", "1", "2"):
        bench.stations.pool.cancel(run, "each", item, 1)
    bench.turn_until(lambda: not bench.stations.pool.running())
    cycle.watch()

    assert (list(spoken), cycle._spoke_at) == ([run], {})

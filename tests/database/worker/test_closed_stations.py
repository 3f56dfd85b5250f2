"""A worker at a station that is closed: what waits there waits, and one item is tried."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowengine.broker.base import Verdict
from flowengine.engine.breaker import Door, Limits
from flowengine.engine.states import StepState
from flowengine.models import StationRecord, StepRecord
from flowengine.orchestration import doors
from flowengine.orchestration.audit import By
from flowengine.store import stations
from tests.builders.line import begin, now, state_of, step_of
from tests.builders.stored import define, start
from tests.database.worker.bench import Bench

pytestmark = pytest.mark.django_db(transaction=True)


def look(bench: Bench) -> None:
    """The time comes at which the worker looks at the doors, and a cycle follows."""
    bench.at += 2
    bench.turn()


def close(bench: Bench) -> None:
    """People close the station, and the worker has seen it."""
    doors.pause("default", By(who="7", reason="the bank has called"), now())
    look(bench)


def probe_is_due() -> None:
    """The rest of a parked station is over."""
    StationRecord.objects.update(due_at=now() - timedelta(seconds=1))


def test_hint_to_a_closed_station_is_acknowledged_and_its_step_stays_ready(bench: Bench) -> None:
    [run] = begin("line")
    close(bench)

    delivery = bench.deliver(run, "one")
    bench.turn()

    assert bench.broker.settled == [(delivery, Verdict.ACK)]
    assert step_of(run, "one").state is StepState.READY
    assert step_of(run, "one").attempt == 0


def test_overdue_steps_of_a_closed_station_are_left(bench: Bench) -> None:
    [run] = begin("line")
    close(bench)

    bench.make_all_due()
    look(bench)

    assert step_of(run, "one").state is StepState.READY


def test_nothing_is_handed_on_to_a_closed_station(bench: Bench) -> None:
    [run] = begin("chain")
    bench.deliver(run, "one")
    bench.turn()
    close(bench)

    bench.turn_until(lambda: step_of(run, "one").state is StepState.SUCCEEDED)
    bench.turn()

    assert step_of(run, "two").state is StepState.READY


def test_what_waited_goes_on_once_the_station_is_open(bench: Bench) -> None:
    [run] = begin("chain")
    close(bench)
    doors.resume("default", By(who="7", reason="tonight"), now())
    look(bench)

    bench.make_all_due()
    look(bench)

    bench.turn_until(lambda: state_of(run) == "succeeded")


def test_failures_of_one_cause_park_the_station_and_the_rest_keeps_its_tries(bench: Bench) -> None:
    many = Limits().failures
    doomed = define("workflow: doomed\non: d.begun\nsteps:\n  - {id: one, task: line.broken}\n")
    runs = start(doomed, many + 10)
    bench.make_all_due()

    def is_parked() -> bool:
        look(bench)
        found = stations.every().get("default")
        return found is not None and found.door is Door.PARKED

    bench.turn_until(is_parked)
    bench.turn_until(lambda: not StepRecord.objects.filter(state="running").exists())

    states = [state_of(run) for run in runs]
    assert states.count("failed") < many
    assert states.count("failed") + states.count("running") == len(runs)
    left = StepRecord.objects.filter(state="ready")
    assert left.count() == states.count("running")
    assert set(left.values_list("tries", flat=True)) == {0}


SAVED_BY_ITSELF = """workflow: saved
on: s.begun
steps:
  - {id: one, task: line.work, transaction: true}
"""


def test_probe_of_a_task_that_saves_its_own_end_opens_the_station_as_well(bench: Bench) -> None:
    [run] = start(define(SAVED_BY_ITSELF), 1)
    doors.trip("default", "2:ab", "GatewayDown", seen=None, now=now())
    look(bench)
    probe_is_due()

    look(bench)
    bench.turn_until(lambda: step_of(run, "one").state is StepState.SUCCEEDED)
    bench.turn_until(lambda: bench.stations.pool.is_empty)
    look(bench)

    assert stations.every()["default"].door is Door.DRAINING


def test_probe_is_begun_by_one_worker_and_opens_the_station_when_it_succeeds(bench: Bench) -> None:
    runs = begin("chain", 3)
    doors.trip("default", "2:ab", "GatewayDown", seen=None, now=now())
    look(bench)
    probe_is_due()

    look(bench)
    bench.turn_until(lambda: StepRecord.objects.filter(step="one", state="succeeded").exists())
    begun = StepRecord.objects.exclude(attempt=0).count()
    look(bench)

    assert begun == 1
    assert stations.every()["default"].door is Door.DRAINING
    bench.make_all_due()

    def is_done() -> bool:
        look(bench)
        return all(state_of(run) == "succeeded" for run in runs)

    bench.turn_until(is_done)

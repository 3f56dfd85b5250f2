"""The worker's cycle over what is more than a step in a line: items, branches that stop, undos."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest

from flowengine.engine.identity import idempotency_key
from flowengine.engine.states import StepState
from flowengine.models import EventRecord, RunRecord, StepRecord
from flowengine.orchestration import waits
from flowengine.orchestration.route import route
from tests.builders.stored import define, now, publish, row, start
from tests.database.worker.bench import Bench
from tests.project.models import Mark

pytestmark = pytest.mark.django_db(transaction=True)

FAN = """
workflow: fan
on: fan.begun
steps:
  - id: each
    for_each: ${{ event.data.items }}
    task: %s
"""
BRANCHES = """
workflow: both
on: both.begun
steps:
  - id: both
    parallel:
      slow: {task: line.patient, timeout: 1h}
      bad: line.broken
"""
SAGA = """
workflow: saga
on: saga.begun
steps:
  - id: each
    for_each: ["a", "b"]
    task: line.keyed
    compensate: line.keyed
  - {id: bad, task: line.broken}
"""


def state(run: UUID) -> str:
    return RunRecord.objects.get(pk=run).state


def until_final(bench: Bench, run: UUID) -> None:
    StepRecord.objects.filter(run_id=run, state="ready").update(due_at=None)

    def ended() -> bool:
        bench.at += 2  # so that it looks at the rows
        bench.make_all_due()
        return RunRecord.objects.filter(pk=run, finished_at__isnull=False).exists()

    bench.turn_until(ended)


def test_attempts_of_one_run_share_its_event_as_long_as_one_is_at_work(bench: Bench) -> None:
    [run] = start(define(FAN % "line.patient"), items=["a", "b", "c"])
    [other] = start(define(FAN % "line.patient"), items=["a"])
    for at_work, (run_id, item) in enumerate([(run, "0"), (run, "1"), (other, "0"), (run, "2")]):
        bench.deliver(run_id, "each", item)
        bench.turn()
        assert len(bench.stations.pool.running()) == at_work + 1

    events = {id(order.event): order.event for order in bench.stations.pool.running()}

    assert len(events) == 2
    assert {len(each.data["items"]) for each in events.values()} == {3, 1}


def test_items_of_a_loop_are_called_each_and_their_outputs_gathered(bench: Bench) -> None:
    [run] = start(define(FAN % "line.keyed"), items=["a", "b", "c"])

    until_final(bench, run)

    outputs = row(run, "each").output
    assert [each["item"] for each in outputs] == ["0", "1", "2"]
    assert [each["key"] for each in outputs] == [
        idempotency_key(run, "each", item) for item in ("0", "1", "2")
    ]


def test_hint_for_an_item_begins_that_item(bench: Bench) -> None:
    [run] = start(define(FAN % "line.patient"), items=["a", "b"])

    bench.deliver(run, "each", "1")
    bench.turn()

    assert row(run, "each", "1").state is StepState.RUNNING
    assert row(run, "each", "0").state is StepState.READY


def test_item_that_the_database_says_runs_here_and_nobody_knows_of_is_handed_back(
    bench: Bench,
) -> None:
    [run] = start(define(FAN % "line.patient"), items=["a", "b"])
    bench.deliver(run, "each", "0")
    bench.turn()
    bench.deliver(run, "each", "1")
    crashed = threading.Event()

    def lose_the_answer(point: str) -> None:
        if point == "cycle.committed" and not crashed.is_set():
            crashed.set()
            raise RuntimeError("the answer is lost")

    bench.stations.cycle._fault = lose_the_answer
    with pytest.raises(RuntimeError):
        bench.turn()
    for _ in range(2):
        bench.at += 2
        bench.turn()

    assert row(run, "each", "1").state is StepState.READY
    assert row(run, "each", "1").crashes == 0
    assert row(run, "each", "0").state is StepState.RUNNING


WAITS = """
workflow: order
on: order.begun
steps:
  - {id: first, task: line.nothing}
  - id: paid
    wait_for: {event: order.paid, match: {id: "${{ event.data.id }}"}}
    timeout: 1d
"""


def test_wait_whose_event_came_before_it_ends_in_the_cycle_in_which_it_begins(bench: Bench) -> None:
    [run] = start(define(WAITS), id=42)
    waits.wake([publish("order.paid", {"id": 42})], now())

    bench.deliver(run, "first")
    bench.turn_until(lambda: state(run) == "succeeded")


CHILD = """
workflow: child
on: {call: true}
steps:
  - {id: work, task: line.nothing}
"""
PARENT = """
workflow: parent
on: parent.begun
steps:
  - {id: child, workflow: child}
"""


def test_parent_goes_on_in_the_cycle_in_which_its_child_ends(bench: Bench) -> None:
    define(CHILD)
    [run] = start(define(PARENT))
    call = EventRecord.objects.get(type="flowengine.call")
    [(child, _head)] = route([call.id], now=now()).committed.heads

    bench.deliver(child, "work")
    bench.turn_until(lambda: state(run) == "succeeded")


def test_branch_whose_sibling_failed_is_told_to_stop(bench: Bench) -> None:
    [run] = start(define(BRANCHES))

    until_final(bench, run)

    assert row(run, "slow").state is StepState.CANCELLED
    assert row(run, "both").state is StepState.FAILED
    assert state(run) == "failed"


def test_undo_knows_the_key_of_the_step_that_it_undoes(bench: Bench) -> None:
    [run] = start(define(SAGA))

    until_final(bench, run)

    keys = Mark.objects.filter(run_id=run).order_by("pk").values_list("step", flat=True)
    assert sorted(keys) == sorted(idempotency_key(run, "each", item) for item in ("0", "1"))
    for item in ("0", "1"):
        assert row(run, "each", item).state is StepState.UNDONE
        assert row(run, "undo each", item).state is StepState.SUCCEEDED
    assert state(run) == "failed"

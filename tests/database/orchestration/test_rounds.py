"""What rules need is read in rounds, and the number of statements does not grow with the items."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.engine.messages import Cancel, Due, Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.models import RunRecord, StepRecord
from flowengine.orchestration.advance import Told, Wanted, Work, advance
from tests.builders.stored import TASKS, WORKER, claim, define, now, row, start, tell

pytestmark = pytest.mark.django_db

FAN = """
workflow: fan
on: fan.begun
steps:
  - id: each
    for_each: ${{ event.data.items }}
    task: line.nothing
    max_parallel: %d
    max_failures: 1000
  - id: after
    task: line.nothing
"""
GROUPS = """
workflow: groups
on: groups.begun
steps:
  - id: each
    for_each: ${{ event.data.items }}
    max_parallel: 1000
    steps:
      - id: first
        task: line.nothing
        with: {n: "${{ item }}"}
      - id: both
        parallel:
          left: {task: line.nothing, with: {n: "${{ steps.first.output }}"}}
          right: line.nothing
"""


def statements(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def ends(run: UUID, step: str, items: range) -> Work:
    return Work(
        told=tuple(
            Told(
                run_id=run,
                message=Succeeded(step=step, item=str(item), attempt=1, output={"n": str(item)}),
            )
            for item in items
        )
    )


def of_one_loop(count: int) -> int:
    """Statements of a batch in which that many items of one loop end, and the next ones begin."""
    [run] = start(define(FAN % count), items=list(range(3 * count)))
    claim(run, "each", *map(str, range(count)))

    found = statements(lambda: advance(ends(run, "each", range(count)), now()))

    assert StepRecord.objects.filter(run_id=run, state="succeeded").count() == count
    assert StepRecord.objects.filter(run_id=run, state="ready").count() == count
    return found


def test_many_items_of_one_loop_cost_the_statements_of_two() -> None:
    for count in (2, 200):  # what is learned once in a process
        of_one_loop(count)

    few, many = of_one_loop(2), of_one_loop(200)

    assert few == many


def of_many_runs(count: int) -> int:
    runs = start(define(FAN % 10), count, items=[1, 2, 3])
    advance(
        Work(
            wanted=tuple(Wanted(run_id=run, step="each", item="1") for run in runs),
            worker=WORKER,
            tasks=TASKS,
        ),
        now(),
    )
    told = tuple(
        Told(run_id=run, message=Succeeded(step="each", item="1", attempt=1, output=None))
        for run in runs
    )
    return statements(lambda: advance(Work(told=told), now()))


def test_items_of_many_runs_cost_the_statements_of_those_of_two() -> None:
    of_many_runs(2)

    few, many = of_many_runs(2), of_many_runs(200)

    assert few == many


def of_bodies(count: int) -> int:
    [run] = start(define(GROUPS), items=list(range(count)))
    claim(run, "first", *map(str, range(count)))

    found = statements(lambda: advance(ends(run, "first", range(count)), now()))

    assert StepRecord.objects.filter(run_id=run, step="left", state="ready").count() == count
    return found


def test_bodies_of_many_items_cost_the_statements_of_two() -> None:
    of_bodies(2)

    few, many = of_bodies(2), of_bodies(200)

    assert few == many


def test_rows_that_a_rule_asked_for_once_are_read_with_the_first_ones_from_then_on() -> None:
    workflow = define(FAN % 10)
    runs = start(workflow, 2, items=[1])
    costs = []
    for run in runs:
        claim(run, "each", "0")
        costs.append(statements(partial(advance, ends(run, "each", range(1)), now())))

    assert costs[1] < costs[0]
    assert row(runs[1], "after").state is StepState.READY


def test_a_loop_ends_with_its_last_item_and_gathers_outputs_that_were_read_for_that() -> None:
    [run] = start(define(FAN % 10), items=["a", "b"])
    claim(run, "each", "0", "1")
    tell(run, Succeeded(step="each", item="1", attempt=1, output="second"))

    tell(run, Succeeded(step="each", item="0", attempt=1, output="first"))

    assert row(run, "each").output == ["first", "second"]
    assert row(run, "after").state is StepState.READY


def test_ten_thousand_items_are_written_by_as_many_statements_as_ten() -> None:
    workflow = define(FAN % 10)
    start(workflow, items=[0])

    few = statements(lambda: start(workflow, items=list(range(10))))
    many = statements(lambda: start(workflow, items=list(range(10_000))))

    assert few == many
    assert StepRecord.objects.filter(step="each", state="pending").count() == 9_990


def test_counters_of_a_loop_are_stored_with_each_end() -> None:
    [run] = start(define(FAN % 10), items=["a", "b", "c"])
    claim(run, "each", "0", "1")
    tell(run, Succeeded(step="each", item="0", attempt=1, output=None))
    why = Failure(code="Permanent", message="no", permanent=True)

    tell(run, Failed(step="each", item="1", attempt=1, failure=why))

    counts = row(run, "each").counts
    assert counts is not None
    assert (counts.total, counts.begun, counts.done, counts.failed) == (3, 3, 2, 1)
    assert counts.failures == (("1", "Permanent", "no"),)


def test_a_run_knows_how_many_of_its_rows_are_at_work_and_asleep() -> None:
    [run] = start(define(FAN % 10), items=["a", "b"])
    claim(run, "each", "0")
    again = Failure(code="Oops", message="again")

    tell(run, Failed(step="each", item="0", attempt=1, failure=again))

    record = RunRecord.objects.get(pk=run)
    assert (record.busy, record.asleep) == (1, 1)


def test_cancel_ends_every_item_that_nobody_is_at_work_on() -> None:
    [run] = start(define(FAN % 3), items=list(range(6)))
    claim(run, "each", "0")

    tell(run, Cancel())

    rows = StepRecord.objects.filter(run_id=run, step="each")
    assert rows.filter(state="running", is_stopping=True).exclude(item="").count() == 1
    assert rows.filter(state="cancelled").count() >= 2
    tell(run, Succeeded(step="each", item="0", attempt=1, output=None))
    assert RunRecord.objects.get(pk=run).state == "cancelled"


def test_a_due_item_is_found_among_those_that_are_active() -> None:
    [run] = start(define(FAN % 10), items=["a", "b"])
    claim(run, "each", "1")
    tell(run, Failed(step="each", item="1", attempt=1, failure=Failure(code="O", message="")))
    due_at = row(run, "each", "1").due_at
    assert due_at is not None

    advance(Work(told=(Told(run_id=run, message=Due()),)), due_at)

    assert row(run, "each", "1").state is StepState.READY
    assert row(run, "each", "1").tries == 1

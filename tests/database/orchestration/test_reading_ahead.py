"""One decision may go through a whole loop: what it reads costs statements by the logarithm of that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.engine.messages import Cancel, Due, Failed, Message, Succeeded
from flowengine.engine.run import Failure, Step
from flowengine.engine.states import StepState
from flowengine.models import DeadLetterRecord, StepRecord
from flowengine.orchestration import control
from flowengine.orchestration.advance import Told, Work, advance
from flowengine.store import steps
from tests.builders.stored import claim, define, now, row, start, tell

pytestmark = pytest.mark.django_db

FEW, MANY = 32, 512
MORE_MAX = 6
"""Statements that sixteen times as many rows may cost more: two for each fourfold, of three."""
NIGHT = timedelta(hours=12)
LOOP = """
workflow: loop
on: loop.begun
steps:
  - id: each
    for_each: ${{ event.data.items }}
    max_parallel: %d
    max_failures: %s
"""
SLEEPS = (
    LOOP % (1000, 0)
    + """
    steps:
      - {id: nap, sleep: 1h}
      - {id: never, if: "item < 0", task: line.nothing}
      - {id: then, task: line.nothing, with: {n: "${{ item }}"}}
"""
)
AT_ONCE = (
    LOOP % (1, 0)
    + """
    steps:
      - {id: first, if: "item == 0", task: line.nothing}
      - {id: told, emit: told.it, with: {n: "${{ item }}"}}
"""
)
UNDONE = (
    LOOP % (1000, "100%")
    + """
    task: line.nothing
    retry: {attempts: 1}
    compensate: {task: line.nothing}
  - {id: last, task: line.nothing, retry: {attempts: 1}}
"""
)
PLAIN = (
    LOOP % (2, "49%")
    + """
    task: line.nothing
    retry: {attempts: 1}
"""
)


def statements(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def told(run: UUID, *messages: Message) -> None:
    advance(Work(told=tuple(Told(run_id=run, message=each) for each in messages)), now())


def failed(step: str, item: str = "", code: str = "Refused", attempt: int = 1) -> Failed:
    failure = Failure(code=code, message="no", permanent=True)
    return Failed(step=step, item=item, attempt=attempt, failure=failure)


def in_state(run: UUID, state: str, step: str) -> int:
    return StepRecord.objects.filter(run_id=run, state=state, step=step).count()


def of_sleeps(count: int) -> int:
    [run] = start(define(SLEEPS), items=list(range(count)))
    due = Work(told=(Told(run_id=run, message=Due()),))

    found = statements(lambda: advance(due, now() + NIGHT))

    assert in_state(run, "ready", "then") == count
    return found


def of_items_that_end_at_once(count: int) -> int:
    [run] = start(define(AT_ONCE), items=list(range(count)))
    claim(run, "first", "0")

    found = statements(lambda: tell(run, Succeeded(step="first", item="0", attempt=1, output={})))

    assert in_state(run, "succeeded", "told") == count
    return found


def of_items_in_doubt(count: int) -> int:
    [run] = start(define(UNDONE), items=list(range(count)))
    items = [str(n) for n in range(count)]
    claim(run, "each", *items)
    told(run, *(failed("each", item, "Timeout") for item in items))
    claim(run, "last")

    found = statements(lambda: tell(run, failed("last")))

    assert DeadLetterRecord.objects.filter(run_id=run, kind="needs review").count() == count
    return found


def rows_of_an_end(count: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many rows are read for the end of an item of a resumed loop, of which each second had failed."""
    [run] = start(define(PLAIN), items=list(range(count)))
    for n in range(0, count, 2):
        claim(run, "each", str(n), str(n + 1))
        told(
            run,
            Succeeded(step="each", item=str(n), attempt=1, output={}),
            failed("each", str(n + 1)),
        )
    control.resume(run, now=now())
    for item in ("1", "3"):  # what is learned once in a process
        assert row(run, "each", item).state is StepState.READY
        claim(run, "each", item)
    tell(run, Succeeded(step="each", item="1", attempt=2, output={}))
    read: list[Step] = []
    value = steps.value

    def reading(found: Any) -> Step:
        read.append(value(found))
        return read[-1]

    with monkeypatch.context() as patched:
        patched.setattr(steps, "value", reading)
        tell(run, Succeeded(step="each", item="3", attempt=2, output={}))
    assert in_state(run, "ready", "each") == 2
    return len(read)


def test_end_of_an_item_of_a_resumed_loop_reads_as_much_in_a_long_loop_as_in_a_short_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert rows_of_an_end(16, monkeypatch) == rows_of_an_end(160, monkeypatch) <= 8


def of_a_cancelled_loop(count: int) -> int:
    [run] = start(define(SLEEPS), items=list(range(count)))

    found = statements(lambda: tell(run, Cancel()))

    assert in_state(run, "cancelled", "nap") == count
    return found


@pytest.mark.parametrize(
    "cost",
    [of_sleeps, of_items_that_end_at_once, of_items_in_doubt, of_a_cancelled_loop],
    ids=["sleeps", "at once", "in doubt", "cancelled"],
)
def test_decision_that_goes_through_many_rows_reads_them_in_few_statements(
    cost: Callable[[int], int],
) -> None:
    cost(FEW)  # what is learned once in a process

    few, many = cost(FEW), cost(MANY)

    assert many <= few + MORE_MAX

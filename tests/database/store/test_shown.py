"""What is read to show a run: few rows, whatever the number of its items."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine import emit
from flowengine.engine.run import Counts
from flowengine.models import DecisionRecord, RunRecord, StepRecord
from flowengine.orchestration.route import route
from flowengine.representations.loops import ITEMS_MAX
from flowengine.store import heads, progress
from tests.builders.files import synchronise
from tests.builders.line import now

pytestmark = pytest.mark.django_db

BIG = """
workflow: big
on: big.begun
inputs: {count: integer}
steps:
  - id: each
    title: Sending
    for_each: ${{ range(inputs.count) }}
    as: n
    max_parallel: 1000
    max_failures: 100%
    steps:
      - id: send
        title: No. ${{ n }}
        task: line.nothing
      - id: note
        task: line.nothing
"""
CALLS = """
workflow: calls
on: calls.begun
steps:
  - workflow: called
    with: {n: 1}
"""
CALLED = """
workflow: called
on: [{call: true}]
inputs: {n: integer}
steps:
  - line.nothing
"""
UNDOES = """
workflow: undoes
on: undoes.begun
steps:
  - {id: one, task: line.nothing, compensate: line.nothing}
  - {id: two, task: line.nothing, compensate: line.nothing}
  - {id: three, task: line.nothing}
"""


def begun(event: str, workflow: str, **data: Any) -> UUID:
    emitted = emit(event, data)
    route([emitted.event_id], now=now())
    return emitted.run_ids[workflow]


def view_of(run: UUID) -> dict[str, Any]:
    return progress.views(list(progress.runs([run]).values()))[run]


def set_states(run: UUID, step: str, **states: range) -> None:
    """Those items of the step are in these states."""
    rows = StepRecord.objects.filter(run_id=run, step=step)
    for state, numbers in states.items():
        rows.filter(item__in=[str(n) for n in numbers]).update(state=state)


def a_big_run(settings: Settings, folder: Path, count: int = 3000) -> UUID:
    """A run whose loop has begun with all its items, 1000 of them at once."""
    synchronise(settings, folder, BIG)
    return begun("big.begun", "big", count=count)


def test_three_thousand_items_are_shown_by_twenty_rows_and_a_few_statements(
    settings: Settings, tmp_path: Path
) -> None:
    run = a_big_run(settings, tmp_path)

    with CaptureQueriesContext(connection) as queries:
        view = view_of(run)

    [loop] = view["steps"]
    assert loop["counts"] == {"total": 3000, "begun": 1000, "done": 0, "failed": 0}
    assert [item["index"] for item in loop["items"]] == list(range(ITEMS_MAX))
    assert loop["items"][7]["note"] == "No. 7"
    assert len(msgspec.json.encode(view)) < 8_000
    assert len(queries) <= 5


def test_failed_items_are_shown_beside_those_at_work(settings: Settings, tmp_path: Path) -> None:
    run = a_big_run(settings, tmp_path, count=40)
    set_states(run, "each", failed=range(2, 5), succeeded=range(5, 40))
    counts = Counts(
        total=40, begun=40, done=38, failed=3, failures=tuple((str(n), "X", "x") for n in (2, 3, 4))
    )
    StepRecord.objects.filter(run_id=run, step="each", item="").update(
        counts=msgspec.json.encode(counts)
    )

    [loop] = view_of(run)["steps"]

    assert [(item["index"], item["state"]) for item in loop["items"]] == [
        (0, "running"),
        (1, "running"),
        (2, "failed"),
        (3, "failed"),
        (4, "failed"),
    ]


def test_items_are_taken_in_the_order_of_their_numbers(settings: Settings, tmp_path: Path) -> None:
    run = a_big_run(settings, tmp_path, count=200)
    set_states(run, "each", succeeded=range(95))

    [loop] = view_of(run)["steps"]

    assert [item["index"] for item in loop["items"]] == list(range(95, 95 + ITEMS_MAX))


def test_item_is_as_far_as_the_steps_inside_it(settings: Settings, tmp_path: Path) -> None:
    run = a_big_run(settings, tmp_path, count=2)
    rows = StepRecord.objects.filter(run_id=run, step="send", item="1")
    rows.update(state="running", progress=0.5)

    [loop] = view_of(run)["steps"]

    assert [item["progress"] for item in loop["items"]] == [0.0, 0.25]


def test_run_that_is_called_is_named_before_and_after_it_is_there(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, CALLS, CALLED)
    run = begun("calls.begun", "calls")

    [before] = view_of(run)["steps"]
    from flowengine.models import EventRecord

    calls = EventRecord.objects.filter(type="flowengine.call").values_list("pk", flat=True)
    route(list(calls), now=now())
    child = RunRecord.objects.get(parent_run=run)
    StepRecord.objects.filter(run_id=child.id).update(state="running", progress=0.5)
    [after] = view_of(run)["steps"]

    assert (before["child"], before["progress"]) == (str(child.id), 0.0)
    assert (after["child"], after["progress"]) == (str(child.id), 0.5)


def test_undoing_is_counted_in_steps_that_can_be_undone(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, UNDOES)
    run = begun("undoes.begun", "undoes")
    template = StepRecord.objects.get(run_id=run, step="one")
    for name, state in (("one", "undoing"), ("two", "undone"), ("three", "failed")):
        template.step, template.state = name, state
        StepRecord.objects.filter(run_id=run, step=name).delete()
        StepRecord.objects.create(
            **{f.attname: getattr(template, f.attname) for f in template._meta.concrete_fields}
        )
    RunRecord.objects.filter(pk=run).update(state="compensating", has_undone=True)

    assert view_of(run)["undo"] == {"total": 2, "done": 1, "failed": 0}


@pytest.mark.parametrize(
    ("outcome", "is_over"),
    [
        *[(each, True) for each in ("no_match", "filter_error", "bad_input", "duplicate")],
        *[(each, True) for each in ("debounced", "dropped", "skipped", "overflow")],
        *[(each, False) for each in ("started", "queued", "debouncing")],
    ],
)
def test_outcome_ends_what_is_watched_unless_there_may_be_a_run(
    outcome: str, *, is_over: bool
) -> None:
    event = emit("order.unheard", {})
    run = UUID(int=7)
    DecisionRecord.objects.create(
        run_id=run,
        event_id=event.event_id,
        workflow="order",
        digest="d",
        outcome=outcome,
        decided_at=now(),
    )

    assert (run in progress.ended([run])) is is_over
    assert (("run", str(run)) in heads.read([heads.runs([], [run])])) is is_over

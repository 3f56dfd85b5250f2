"""A burst of events starts one run, with the last of them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine import NewEvent, emit_many
from flowengine.models import (
    DeadLetterRecord,
    DecisionRecord,
    EventRecord,
    KeyRecord,
    PlaceRecord,
    RunRecord,
    WorkflowRecord,
)
from flowengine.orchestration import admit as admission
from flowengine.orchestration import bursts, control
from flowengine.orchestration.route import route
from flowengine.store import keys
from tests.builders.door import at, said, see, states
from tests.builders.events import NOON
from tests.builders.files import HELLO, synchronise

pytestmark = pytest.mark.django_db

QUIET = f"{HELLO}\ndebounce: {{key: event.data.name, period: 10s, max_wait: 25s}}"


def settle(second: float) -> int:
    """How many runs start at that second because their bursts are over."""
    done, _more = bursts.run_due(at(second), limit=100)
    see(done, second)
    return len({run for run, _head in done.heads})


def test_burst_starts_one_run_with_its_last_event_when_it_has_been_quiet(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUIET)
    first, second = said(name="ann"), said(name="ann", second=5, last=True)
    assert states(first, second) == ["debounced", "debouncing"]

    assert settle(14.9) == 0
    assert settle(15) == 1

    assert states(first, second) == ["debounced", "running"]
    run = RunRecord.objects.get()
    assert (run.id, run.created_at) == (second, at(15))
    decision = DecisionRecord.objects.get(run_id=second)
    assert (decision.outcome, decision.decided_at, decision.detail) == ("started", at(15), "")
    assert not KeyRecord.objects.exists()


def test_superseded_event_says_which_took_its_place(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, QUIET)
    first = said(name="ann")
    second = said(name="ann")

    newer = DecisionRecord.objects.get(run_id=second).event_id
    assert DecisionRecord.objects.get(run_id=first).detail == f"event {newer} is newer"


def test_max_wait_ends_a_burst_that_never_rests(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, QUIET)
    runs = [said(name="ann", second=second) for second in (0, 8, 16, 24)]

    assert settle(24.9) == 0
    assert settle(25) == 1

    assert states(*runs) == ["debounced"] * 3 + ["running"]


def test_each_key_has_a_burst_of_its_own(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, QUIET)
    ann, bob = said(name="ann"), said(name="bob", second=5)

    assert settle(10) == 1
    assert states(ann, bob) == ["running", "debouncing"]


def test_event_that_was_written_last_starts_the_run_in_whatever_order_they_are_routed(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUIET)
    emitted = emit_many(NewEvent("hello.said", {"name": "ann"}) for _ in range(3))
    runs = [each.run_ids["hello"] for each in emitted]

    for each in (emitted[1], emitted[2], emitted[0]):
        route([each.event_id], now=NOON)
    settle(10)

    assert states(*runs) == ["debounced", "debounced", "running"]


def test_burst_within_one_batch_leaves_its_last_event_waiting(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUIET)
    emitted = emit_many(NewEvent("hello.said", {"name": "ann"}) for _ in range(50))

    route([each.event_id for each in emitted], now=NOON)

    outcomes = states(*[each.run_ids["hello"] for each in emitted])
    assert outcomes == ["debounced"] * 49 + ["debouncing"]


def test_new_version_is_the_one_that_answers_when_the_burst_is_over(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUIET)
    run = said(name="ann")
    old = DecisionRecord.objects.get().digest
    synchronise(settings, tmp_path, HELLO + "title: new\n")  # without a debounce

    settle(10)

    record = RunRecord.objects.get()
    assert (record.id, record.title) == (run, "new")
    assert record.digest == DecisionRecord.objects.get().digest != old
    assert not KeyRecord.objects.exists()


def test_new_version_may_say_no_when_the_burst_is_over(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, QUIET)
    run = said(name="ann")
    synchronise(settings, tmp_path, HELLO.replace("hello.said", "hello.shouted"))

    assert settle(10) == 0

    assert states(run) == ["no_match"]
    assert not KeyRecord.objects.exists()


def test_new_version_that_cannot_work_with_the_event_leaves_a_dead_letter(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUIET)
    run = said(name="ann")
    synchronise(settings, tmp_path, f"{QUIET}\ninputs: {{age: integer}}")

    settle(10)

    assert states(run) == ["bad_input"]
    assert DeadLetterRecord.objects.get().code == "FE306"
    assert not KeyRecord.objects.exists()


def test_burst_of_a_workflow_that_takes_no_new_runs_any_more_starts_none(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUIET)
    run = said(name="ann")
    WorkflowRecord.objects.update(is_enabled=False)

    assert settle(10) == 0

    assert states(run) == ["no_match"]
    assert DecisionRecord.objects.get().detail == "hello takes no new runs any more"
    assert not KeyRecord.objects.exists()


def test_gates_behind_the_debounce_are_asked_when_the_burst_is_over(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, f"{QUIET}\nconcurrency: {{on_conflict: skip}}")
    first, second = said(name="ann"), said(name="bob", second=1)

    settle(11)

    assert states(first, second) == ["running", "skipped"]
    assert PlaceRecord.objects.count() == 1


def test_burst_that_was_settled_by_another_beat_starts_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(settings, tmp_path, QUIET)
    run = said(name="ann")
    over = keys.bursts(at(10), limit=10)
    settle(10)
    monkeypatch.setattr(keys, "bursts", lambda _now, *, limit: over[:limit])

    assert settle(10) == 0
    assert states(run) == ["running"]


def test_burst_that_went_on_meanwhile_is_left_alone(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(settings, tmp_path, QUIET)
    said(name="ann")
    over = keys.bursts(at(10), limit=10)
    second = said(name="ann", second=9)
    monkeypatch.setattr(keys, "bursts", lambda _now, *, limit: over[:limit])

    assert settle(10) == 0
    assert states(second) == ["debouncing"]


def test_burst_that_cannot_be_settled_keeps_no_other_waiting(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    synchronise(settings, tmp_path, QUIET)
    runs = [said(name=str(n)) for n in range(5)]

    def admit(asked: Any, now: Any) -> Any:
        if any(each.run_id == runs[3] for each in asked):
            raise ZeroDivisionError
        return admission.admit(asked, now)

    monkeypatch.setattr(bursts, "admit", admit)

    with caplog.at_level(logging.ERROR):
        settle(10)

    assert states(*runs) == ["running"] * 3 + ["debouncing", "running"]
    assert KeyRecord.objects.get().due_at == at(70)
    assert "a burst could not be settled" in caplog.text


def test_burst_whose_event_cannot_be_read_waits_and_is_told_of(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    synchronise(settings, tmp_path, QUIET)
    said(name="ann")
    EventRecord.objects.update(data=b"{")

    with caplog.at_level(logging.ERROR):
        assert settle(10) == 0

    assert KeyRecord.objects.get().due_at == at(70)
    assert "cannot be read" in caplog.text


CHILD = """
workflow: child
on: {call: true}
debounce: {period: 10s}
steps:
  - line.nothing
"""
PARENT = """
workflow: parent
on: hello.said
steps:
  - {id: asked, workflow: child}
"""


def _called(settings: Settings, tmp_path: Path, parent: str = PARENT) -> UUID:
    """A run whose child waits for the end of its burst."""
    synchronise(settings, tmp_path, CHILD, parent)
    run = said(workflow="parent")
    _route_calls()
    assert DecisionRecord.objects.get(workflow="child").outcome == "debouncing"
    return run


def _route_calls() -> None:
    ids = EventRecord.objects.filter(type="flowengine.call").values_list("id", flat=True)
    see(route(list(ids), now=NOON).committed)


def test_child_that_waits_for_the_end_of_its_burst_starts_then(
    settings: Settings, tmp_path: Path
) -> None:
    _called(settings, tmp_path)

    assert settle(10) == 1
    assert RunRecord.objects.get(workflow="child").state == "running"


def test_child_of_a_cancelled_run_does_not_start_when_its_burst_is_over(
    settings: Settings, tmp_path: Path
) -> None:
    run = _called(settings, tmp_path)
    see(control.cancel(run, now=at(5)).committed, 5)
    assert states(run) == ["cancelled"]

    assert settle(10) == 0

    assert not RunRecord.objects.filter(workflow="child").exists()
    assert not KeyRecord.objects.exists()
    decision = DecisionRecord.objects.get(workflow="child")
    assert (decision.outcome, decision.detail) == (
        "no_match",
        "the step that called does not wait any longer",
    )


def test_detached_child_of_a_cancelled_run_starts_when_its_burst_is_over(
    settings: Settings, tmp_path: Path
) -> None:
    parent = PARENT.replace("child}", "child, detach: true}") + "  - {id: then, sleep: 1h}\n"
    run = _called(settings, tmp_path, parent)
    see(control.cancel(run, now=at(5)).committed, 5)
    assert states(run) == ["cancelled"]

    assert settle(10) == 1


def test_start_that_is_dropped_after_its_burst_has_not_used_its_idempotency_key(
    settings: Settings, tmp_path: Path
) -> None:
    gates = "idempotency: {key: event.data.name}\nthrottle: {limit: 1, per: 1h, excess: drop}"
    text = f"{HELLO}\n{gates}\ndebounce: {{period: 10s}}"
    synchronise(settings, tmp_path, text)
    first = said(name="ann")
    settle(10)
    dropped = said(name="bob", second=20)
    settle(30)
    again = said(name="bob", second=4000)

    settle(4010)

    assert states(first, dropped, again) == ["running", "dropped", "running"]
    assert said(name="bob", second=4020) not in RunRecord.objects.values_list("id", flat=True)
    assert DecisionRecord.objects.filter(outcome="duplicate").count() == 1


def test_two_bursts_with_one_idempotency_key_start_one_run(
    settings: Settings, tmp_path: Path
) -> None:
    text = f"{QUIET}\nidempotency: {{key: event.data.order}}"
    synchronise(settings, tmp_path, text)
    runs = [said(name="ann", order=1), said(name="bob", order=1)]

    settle(10)

    assert states(*runs) == ["running", "duplicate"]
    assert RunRecord.objects.count() == 1


@pytest.mark.parametrize("count", [1, 100])
def test_statements_do_not_depend_on_how_many_bursts_are_over(
    count: int, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUIET)
    emitted = emit_many(NewEvent("hello.said", {"name": str(n)}) for n in range(count))
    route([each.event_id for each in emitted], now=NOON)

    with CaptureQueriesContext(connection) as statements:
        started = settle(10)

    assert started == count
    assert len([s for s in statements if "SAVEPOINT" not in s["sql"]]) <= 12


def test_nothing_is_asked_of_the_database_where_no_burst_is_over() -> None:
    with CaptureQueriesContext(connection) as statements:
        done, more = bursts.run_due(NOON, limit=10)

    assert (done.heads, more) == ([], False)
    assert len(statements) == 1

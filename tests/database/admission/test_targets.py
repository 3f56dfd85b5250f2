"""Events for one workflow alone: calls, and what a call that starts no run tells its caller."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError
from pytest_django import Settings

from flowengine import emit
from flowengine.models import DecisionRecord, EventRecord, RunRecord, StepRecord
from flowengine.orchestration import bursts
from flowengine.orchestration.route import route
from flowengine.store import runs as run_rows
from tests.builders.door import at, end, said, see, states
from tests.builders.events import NOON
from tests.builders.files import HELLO, synchronise

pytestmark = pytest.mark.django_db

PARENT = """
workflow: parent
on: parent.begun
steps:
  - {id: sub, workflow: hello, with: {name: "${{ event.data.name }}"}}
"""
CHILD = HELLO.replace("on: hello.said", "on: [hello.said, {call: true}]")


def call(name: str = "ann", *, second: float = 0) -> tuple[UUID, UUID]:
    """A parent begins, and its call is routed: the ids of parent and child."""
    emitted = emit("parent.begun", {"name": name})
    see(route([emitted.event_id], now=at(second)).committed, second)
    parent = emitted.run_ids["parent"]
    called = EventRecord.objects.get(type="flowengine.call", state="pending")
    see(route([called.id], now=at(second)).committed, second)
    return parent, DecisionRecord.objects.get(event_id=called.id).run_id


def error_of(parent: UUID) -> str:
    """What the calling step failed with, and where that comes from."""
    return bytes(StepRecord.objects.get(run_id=parent, step="sub").failure or b"").decode()


def test_called_workflow_runs_and_no_other_is_asked(settings: Settings, tmp_path: Path) -> None:
    greedy = HELLO.replace("workflow: hello", "workflow: greedy").replace("hello.said", "'**'")
    synchronise(settings, tmp_path, CHILD, PARENT, greedy)

    parent, child = call()

    assert states(parent, child) == ["waiting", "running"]
    run = RunRecord.objects.get(pk=child)
    assert (run.parent_run, run.parent_step) == (parent, "sub")
    called = EventRecord.objects.get(type="flowengine.call")
    assert DecisionRecord.objects.get(event_id=called.id).workflow == "hello"


def test_caller_goes_on_when_the_child_has_ended(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, CHILD, PARENT)
    parent, child = call()

    end(child)

    assert states(parent, child) == ["succeeded", "succeeded"]


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ("inputs: {name: integer}", "bad_input"),
        ("idempotency: {key: event.data.name}", "duplicate"),
        ("throttle: {limit: 1, per: 1m, excess: drop}", "dropped"),
        ("concurrency: {on_conflict: skip}", "skipped"),
        ("concurrency: {max_queued: 1}", "overflow"),
    ],
)
def test_caller_is_told_at_once_where_no_run_is_started(
    lines: str, outcome: str, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, f"{CHILD}\n{lines}", PARENT)
    for _ in range(2 if outcome == "overflow" else 1):
        said(name="ann")

    parent, child = call()

    assert states(parent, child) == ["failed", outcome]
    assert f'"outcome":"{outcome}"' in error_of(parent)
    assert DecisionRecord.objects.get(run_id=child).detail != ""


@pytest.mark.parametrize("there", ["disabled", "uncallable"])
def test_caller_is_told_where_there_is_nothing_to_call(
    there: str, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, CHILD, PARENT)
    emitted = emit("parent.begun", {"name": "ann"})
    see(route([emitted.event_id], now=NOON).committed)
    others = () if there == "disabled" else (HELLO,)
    synchronise(settings, tmp_path, *others)  # the parent, which is open, goes on

    called = EventRecord.objects.get(type="flowengine.call")
    routed = route([called.id], now=NOON)
    see(routed.committed)

    assert states(emitted.run_ids["parent"]) == ["failed"]
    decision = DecisionRecord.objects.get(event_id=called.id)
    assert (decision.workflow, decision.outcome) == ("hello", "no_match")
    assert decision.detail == (
        "hello takes no new runs" if there == "disabled" else "no trigger for flowengine.call"
    )
    assert routed.unrouted == 0


def test_caller_that_does_not_wait_is_told_nothing(settings: Settings, tmp_path: Path) -> None:
    detached = PARENT.replace("{id: sub,", "{id: sub, detach: true,")
    synchronise(settings, tmp_path, f"{CHILD}\ninputs: {{name: integer}}", detached)

    parent, child = call()

    assert states(parent, child) == ["succeeded", "bad_input"]


def test_caller_of_a_queued_child_waits_until_its_end(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, f"{CHILD}\nconcurrency: {{limit: 1}}", PARENT)
    first = said()
    parent, child = call()
    assert states(parent, child) == ["waiting", "queued"]

    end(first)
    end(child)

    assert states(parent, child) == ["succeeded", "succeeded"]


def test_caller_whose_call_a_newer_one_replaced_in_a_burst_is_told(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, f"{CHILD}\ndebounce: {{period: 10s}}", PARENT)
    first, waiting = call("ann")
    assert states(first, waiting) == ["waiting", "debouncing"]

    second, last = call("bob", second=1)
    assert states(first, waiting, second, last) == ["failed", "debounced", "waiting", "debouncing"]
    see(bursts.run_due(at(11), limit=10)[0], 11)

    assert states(second, last) == ["waiting", "running"]


def test_caller_whose_child_is_replaced_sees_it_cancelled(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, f"{CHILD}\nconcurrency: {{on_conflict: replace}}", PARENT)
    parent, child = call()

    said()

    assert states(parent, child) == ["failed", "cancelled"]


def test_event_of_another_type_for_one_workflow_is_asked_of_it_alone(
    settings: Settings, tmp_path: Path
) -> None:
    other = HELLO.replace("workflow: hello", "workflow: other")
    synchronise(settings, tmp_path, HELLO, other)
    emitted = emit("hello.said", {})
    EventRecord.objects.filter(pk=emitted.event_id).update(target="other")

    route([emitted.event_id], now=NOON)

    assert DecisionRecord.objects.get().workflow == "other"


def test_call_whose_caller_cannot_be_told_is_routed_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(settings, tmp_path, f"{CHILD}\nconcurrency: {{on_conflict: skip}}", PARENT)
    said()
    emitted = emit("parent.begun", {"name": "ann"})
    see(route([emitted.event_id], now=NOON).committed)
    called = EventRecord.objects.get(type="flowengine.call")
    written = run_rows.update

    def refuse(changed: Any) -> None:
        if any(run.workflow == "parent" for run in changed):
            raise DataError("not now")
        written(changed)

    with monkeypatch.context() as patch:
        patch.setattr(run_rows, "update", refuse)
        assert route([called.id], now=NOON).failed == 1
    assert not DecisionRecord.objects.filter(event_id=called.id).exists()

    route([called.id], now=at(1))

    assert states(emitted.run_ids["parent"]) == ["failed"]

"""Routing: every workflow's answer once, its run once, and one bad event harms no other."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine.engine.dead_letter import cause
from flowengine.engine.identity import run_id
from flowengine.models import (
    DeadLetterRecord,
    DecisionRecord,
    DefinitionRecord,
    EventRecord,
    HistoryRecord,
    RunRecord,
    StepRecord,
    WorkflowRecord,
)
from flowengine.orchestration.emit import NewEvent, emit, emit_many
from flowengine.orchestration.route import route
from flowengine.orchestration.sync import sync_project
from flowengine.store import definitions, sql
from tests.builders.events import NOON
from tests.builders.files import HELLO, synchronise

pytestmark = pytest.mark.django_db

PICKY = """
workflow: picky
on:
  event: hello.*
  if: event.data.name == 'ann'
inputs:
  age: integer
title: ${{ event.data.name }}
notify:
  users: ["1", "2"]
  groups: [staff]
labels: {name: "${{ event.data.name }}"}
steps:
  - line.nothing
"""


def outcomes() -> dict[str, str]:
    return dict(DecisionRecord.objects.values_list("workflow", "outcome"))


def test_event_starts_a_run_of_each_workflow_that_wants_it(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO, PICKY)
    emitted = emit("hello.said", {"name": "ann", "age": 5}, actor=7)

    routed = route([emitted.event_id], now=NOON)

    assert outcomes() == {"hello": "started", "picky": "started"}
    assert set(RunRecord.objects.values_list("id", flat=True)) == set(emitted.run_ids.values())
    event = EventRecord.objects.get()
    assert (event.state, event.due_at, event.routed_at) == ("routed", None, NOON)
    assert (routed.routed, routed.unrouted) == (1, 0)
    assert {run for run, _head in routed.committed.heads} == set(emitted.run_ids.values())
    assert len(routed.committed.envelopes) == 2


def test_run_is_written_with_who_may_watch_it_its_first_step_and_its_history(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, PICKY)
    emitted = emit("hello.said", {"name": "ann", "age": 5}, actor=7)

    route([emitted.event_id], now=NOON)

    run = RunRecord.objects.get()
    assert (run.state, run.title, run.actor, run.seq) == ("running", "ann", "7", 2)
    assert (run.watchers, run.watcher_groups) == ('["1","2"]', '["staff"]')
    assert (run.labels, bytes(run.inputs or b"")) == ('{"name":"ann"}', b'{"age":5}')
    step = StepRecord.objects.get()
    assert (step.state, step.due_at) == ("ready", NOON + timedelta(seconds=10))
    history = HistoryRecord.objects.get()
    assert (history.first, history.last) == (1, 2)


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        ({"name": "bob", "age": 5}, "no_match"),
        ({"age": 5}, "filter_error"),
        ({"name": "ann", "age": "five"}, "bad_input"),
        ({"name": "ann"}, "bad_input"),
    ],
)
def test_workflow_that_declines_is_recorded_and_keeps_no_other_from_starting(
    data: dict[str, Any], outcome: str, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO, PICKY)

    route([emit("hello.said", data).event_id], now=NOON)

    assert outcomes() == {"hello": "started", "picky": outcome}
    assert RunRecord.objects.get().workflow == "hello"
    assert DecisionRecord.objects.get(workflow="picky").detail != ""


def test_bad_input_is_a_dead_letter_for_its_workflow_only(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO, PICKY)
    emitted = emit("hello.said", {"name": "ann"})

    routed = route([emitted.event_id], now=NOON)

    letter = DeadLetterRecord.objects.get()
    assert (letter.kind, letter.code, letter.workflow) == ("bad input", "FE306", "picky")
    assert letter.event_id == emitted.event_id
    assert letter.message.startswith("picky: input 'age'")
    same = cause(kind="bad input", code="FE306", message=letter.message)
    assert letter.fingerprint == same.fingerprint
    assert routed.committed.buried == [letter.id]


def test_event_that_comes_again_is_answered_once(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO)
    emitted = emit("hello.said", {})
    route([emitted.event_id, emitted.event_id], now=NOON)

    again = route([emitted.event_id], now=NOON)

    assert (again.routed, again.missing, again.committed.heads) == (0, 0, [])
    assert RunRecord.objects.count() == DecisionRecord.objects.count() == 1


def test_event_that_nobody_wants_is_routed_and_counted(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO)

    routed = route([emit("nobody.cares", {}).event_id], now=NOON)

    assert (routed.routed, routed.unrouted) == (1, 1)
    assert EventRecord.objects.get().state == "routed"
    assert not DecisionRecord.objects.exists()


def test_id_without_a_row_is_counted() -> None:
    routed = route([uuid4()], now=NOON)

    assert (routed.routed, routed.missing) == (0, 1)


def test_disabled_workflow_starts_nothing(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO)
    WorkflowRecord.objects.filter(name="hello").update(is_enabled=False)

    routed = route([emit("hello.said", {}).event_id], now=NOON)

    assert routed.unrouted == 1
    assert not RunRecord.objects.exists()


def test_new_run_takes_the_digest_that_is_active_when_it_is_routed(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO)
    first = emit("hello.said", {})
    route([first.event_id], now=NOON)
    second = emit("hello.said", {})
    synchronise(settings, tmp_path, HELLO + "  - {id: again, task: line.nothing}\n")

    route([second.event_id], now=NOON)

    digests = dict(RunRecord.objects.values_list("id", "digest"))
    assert digests[first.run_ids["hello"]] != digests[second.run_ids["hello"]]
    assert WorkflowRecord.objects.get(name="hello").digest == digests[second.run_ids["hello"]]
    assert dict(DecisionRecord.objects.values_list("run_id", "digest")) == digests


@pytest.mark.parametrize("count", [1, 200])
def test_statements_do_not_depend_on_the_number_of_events(
    count: int, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO, PICKY)
    emitted = emit_many(NewEvent("hello.said", {"name": "ann"}) for _ in range(count))
    route([emit("hello.said", {"name": "ann"}).event_id], now=NOON)  # reads the definitions, once

    with CaptureQueriesContext(connection) as statements:
        routed = route([each.event_id for each in emitted], now=NOON)

    named = [s["sql"] for s in statements if "SAVEPOINT" not in s["sql"]]
    # waits, lock, active, decisions, runs, steps, history, mark; causes, dead letters, tallies
    assert len(named) == (11 if sql.is_postgresql() else 12)  # which asks what letters are new
    assert routed.routed == count


def test_definition_of_a_newer_version_leaves_events_to_newer_routers(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO)
    event_id = emit("hello.said", {}).event_id
    DefinitionRecord.objects.create(
        digest="f" * 64,
        workflow="hello",
        path="x",
        source="workflow: x\nfuture: 1",
        created_at=NOON,
    )
    WorkflowRecord.objects.filter(name="hello").update(digest="f" * 64)

    routed = route([event_id], now=NOON)

    assert (routed.routed, routed.failed) == (0, 1)
    record = EventRecord.objects.get()
    assert (record.state, record.tries) == ("pending", 0)


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_two_routers_at_once_start_each_run_once(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO)
    ids = [e.event_id for e in emit_many(NewEvent("hello.said", {}) for _ in range(50))]
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(3):
                route(ids, now=NOON)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failures == []
    assert RunRecord.objects.count() == DecisionRecord.objects.count() == 50


def test_replay_of_an_event_has_runs_of_its_own(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO)
    event_id = emit("hello.said", {}).event_id
    route([event_id], now=NOON)
    EventRecord.objects.update(state="published", replay=1)

    route([event_id], now=NOON)

    assert set(RunRecord.objects.values_list("id", flat=True)) == {
        run_id(event_id, "hello", replay) for replay in (0, 1)
    }


@pytest.mark.parametrize("count", [1, 500])
def test_statements_do_not_depend_on_the_number_of_workflows(
    count: int, settings: Settings, tmp_path: Path
) -> None:
    texts = [HELLO.replace("workflow: hello", f"workflow: hello{n}") for n in range(count)]
    synchronise(settings, tmp_path, *texts)
    route([emit("hello.said", {}).event_id], now=NOON)  # reads the definitions, once
    emitted = emit("hello.said", {})

    with CaptureQueriesContext(connection) as statements:
        route([emitted.event_id], now=NOON)

    assert len([s for s in statements if "SAVEPOINT" not in s["sql"]]) == 8
    assert RunRecord.objects.filter(pk__in=emitted.run_ids.values()).count() == count


def test_every_decision_to_start_has_its_run_and_every_run_its_decision() -> None:
    sync_project(now=NOON)
    kinds = ["line.begun", "chain.begun", "troubled.any", "other.type"]
    emitted = emit_many(NewEvent(kinds[n % 4], {"n": n}) for n in range(40))

    route([each.event_id for each in emitted], now=NOON)

    started = DecisionRecord.objects.filter(outcome="started")
    assert set(started.values_list("run_id", flat=True)) == set(
        RunRecord.objects.values_list("id", flat=True)
    )
    assert not EventRecord.objects.exclude(state="routed").exists()


def test_definitions_are_read_once_per_process(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO)
    digest = WorkflowRecord.objects.get(name="hello").digest
    definitions.load([digest])

    with CaptureQueriesContext(connection) as statements:
        loaded = definitions.load([digest])

    assert len(statements) == 0
    assert loaded[digest].name == "hello"

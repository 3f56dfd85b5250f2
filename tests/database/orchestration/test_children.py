"""Runs that call one another: how an end is passed on, and how a child is taken back."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from flowengine.engine.messages import Cancel, Due, Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.models import EventRecord, RunRecord, StepRecord
from flowengine.orchestration import orphans
from flowengine.orchestration import route as routing
from flowengine.orchestration import save as saving
from flowengine.orchestration.advance import Advanced, Told, Work, advance
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.follow import follow
from flowengine.orchestration.pass_on import pass_on
from flowengine.orchestration.route import route
from flowengine.store import runs
from tests.builders.stored import claim, define, now, row, start, tell

pytestmark = pytest.mark.django_db

PARENT = """
workflow: parent
on: parent.begun
steps:
  - id: child
    workflow: child
    with: {n: 1}
"""
LOOP = """
workflow: parent
on: parent.begun
steps:
  - id: child
    workflow: child
    for_each: [1, 2, 3]
    with: {n: "${{ item }}"}
"""
LIMITED = """
workflow: parent
on: parent.begun
steps:
  - id: child
    workflow: child
    with: {n: 1}
    timeout: 1h
"""
DETACHED = """
workflow: parent
on: parent.begun
steps:
  - id: child
    workflow: child
    with: {n: 1}
    detach: true
"""
CHILD = """
workflow: child
on: {call: true}
inputs: {n: integer}
steps:
  - {id: work, task: line.nothing, retry: {attempts: 1}}
finally:
  - {id: last, task: line.nothing}
"""
PLAIN_CHILD = """
workflow: child
on: {call: true}
inputs: {n: integer}
steps:
  - {id: work, task: line.nothing, retry: {attempts: 1}}
"""


def begin(parent: str = PARENT, child: str = PLAIN_CHILD) -> tuple[UUID, list[UUID]]:
    """A run and the children that it has called."""
    define(child)
    [run] = start(define(parent))
    calls = EventRecord.objects.filter(type="flowengine.call").order_by("created_at")
    route([event.id for event in calls], now=now())
    children = RunRecord.objects.filter(workflow="child").order_by("parent_item")
    return run, [child.id for child in children]


def finish(child: UUID) -> Committed:
    """The child's task is done; what the commit left to do."""
    claim(child, "work")
    return tell(child, Succeeded(step="work", attempt=1, output={"is": "done"})).committed


def through(committed: Committed) -> None:
    """Do what it left to do."""
    list(follow(committed, now()))


def test_call_starts_a_child_that_knows_its_parent() -> None:
    run, [child] = begin()

    record = RunRecord.objects.get(pk=child)
    assert (record.parent_run, record.parent_step, record.parent_item) == (run, "child", "")
    assert (record.parent_depth, record.state) == (1, "running")
    assert row(run, "child").state is StepState.WAITING


def test_end_of_a_child_is_due_until_its_parent_has_been_told() -> None:
    run, [child] = begin()

    committed = finish(child)

    assert committed.finals == [child]
    assert runs.due(now(), limit=10) == ([], [child])
    assert row(run, "child").state is StepState.WAITING

    through(committed)

    assert row(run, "child").state is StepState.SUCCEEDED
    assert row(run, "child").output == {"is": "done"}
    assert RunRecord.objects.get(pk=child).due_at is None
    assert runs.due(now(), limit=10) == ([], [])


def test_end_that_is_passed_on_twice_changes_nothing_the_second_time() -> None:
    run, [child] = begin()
    committed = finish(child)
    through(committed)
    head = RunRecord.objects.get(pk=run).seq

    pass_on([child], now())

    assert RunRecord.objects.get(pk=run).seq == head


def test_failure_of_a_child_is_the_failure_of_the_step_that_called_it() -> None:
    run, [child] = begin()
    claim(child, "work")
    why = Failure(code="Declined", message="no funds", permanent=True)

    through(tell(child, Failed(step="work", attempt=1, failure=why)).committed)

    failure = row(run, "child").failure
    assert failure is not None
    assert failure.code == "ChildFailed"
    assert failure.details["code"] == "Declined"


def test_end_of_a_run_that_nobody_waits_for_is_due_to_nobody() -> None:
    define(PLAIN_CHILD)
    [run] = start(define(PLAIN_CHILD.replace("{call: true}", "child.begun")), n=1)

    committed = finish(run)

    assert committed.finals == []
    assert RunRecord.objects.get(pk=run).due_at is None


def test_caller_that_goes_on_at_once_is_told_nothing() -> None:
    run, [child] = begin(DETACHED)

    committed = finish(child)

    assert committed.finals == []
    assert RunRecord.objects.get(pk=run).state == "succeeded"


def test_parent_is_told_before_the_hooks_of_the_child_are_done() -> None:
    run, [child] = begin(child=CHILD)

    through(finish(child))

    assert row(run, "child").state is StepState.SUCCEEDED
    assert RunRecord.objects.get(pk=child).tail == "finally"
    claim(child, "last")
    through(tell(child, Succeeded(step="last", attempt=1, output=None)).committed)
    record = RunRecord.objects.get(pk=child)
    assert (record.tail, record.due_at) == ("", None)
    assert bytes(record.output or b"") == b'{"is":"done"}'


def test_ends_of_many_children_cost_the_statements_of_two() -> None:
    def statements(count: int) -> int:
        define(PLAIN_CHILD)
        start(define(PARENT), count)
        calls = EventRecord.objects.filter(type="flowengine.call", state="pending")
        ids = list(calls.values_list("id", flat=True))
        children = [run for run, _head in route(ids, now=now()).committed.heads]
        for child in children:
            claim(child, "work")
        told = [
            Told(run_id=child, message=Succeeded(step="work", attempt=1, output=None))
            for child in children
        ]
        ended = advance(Work(told=told), now()).committed
        with CaptureQueriesContext(connection) as captured:
            pass_on(ended.finals, now())
        assert not RunRecord.objects.exclude(state="succeeded").exists()
        return len(captured)

    assert statements(2) == statements(60)


def test_child_whose_caller_is_cancelled_is_cancelled() -> None:
    run, [child] = begin()

    advanced = tell(run, Cancel())

    assert advanced.committed.orphans == [(run, "child", "")]
    assert row(run, "child").due_at is not None
    through(advanced.committed)
    assert RunRecord.objects.get(pk=child).state == "cancelled"
    assert row(run, "child").due_at is None
    assert RunRecord.objects.get(pk=run).state == "cancelled"


def test_children_of_a_loop_are_cancelled_each() -> None:
    run, children = begin(LOOP)
    through(finish(children[0]))

    through(tell(run, Cancel()).committed)

    states = RunRecord.objects.filter(pk__in=children).order_by("parent_item")
    assert [each.state for each in states] == ["succeeded", "cancelled", "cancelled"]
    assert not StepRecord.objects.filter(run_id=run, due_at__isnull=False).exists()


def test_child_that_was_called_and_not_started_yet_never_is() -> None:
    define(PLAIN_CHILD)
    [run] = start(define(PARENT))
    call = EventRecord.objects.get(type="flowengine.call")

    through(tell(run, Cancel()).committed)
    route([call.id], now=now())

    assert not RunRecord.objects.filter(workflow="child").exists()
    assert row(run, "child").due_at is None


def test_child_of_a_step_whose_time_is_over_is_cancelled() -> None:
    run, [child] = begin(LIMITED)
    due_at = row(run, "child").due_at
    assert due_at is not None

    advanced = advance(Work(told=(Told(run_id=run, message=Due()),)), due_at)
    through(advanced.committed)

    failure = row(run, "child").failure
    assert failure is not None
    assert failure.code == "Timeout"
    assert RunRecord.objects.get(pk=child).state == "cancelled"


RESCUED = """
workflow: parent
on: parent.begun
steps:
  - id: child
    workflow: child
    with: {n: 1}
    timeout: 1h
    rescue:
      - errors: [Timeout]
        steps: [{id: instead, task: line.nothing}]
"""


def test_child_of_a_step_that_is_rescued_from_its_time_out_is_cancelled() -> None:
    run, [child] = begin(RESCUED)
    due_at = row(run, "child").due_at
    assert due_at is not None
    advanced = advance(Work(told=(Told(run_id=run, message=Due()),)), due_at)
    assert row(run, "child").state is StepState.RESCUING

    claim(run, "instead")
    why = Failure(code="No", message="", permanent=True)
    tell(run, Failed(step="instead", attempt=1, failure=why))

    assert row(run, "child").state is StepState.FAILED
    assert row(run, "child").due_at == due_at, "it is still to be told"
    through(advanced.committed)
    assert RunRecord.objects.get(pk=child).state == "cancelled"
    assert row(run, "child").due_at is None


def test_orphan_that_is_locked_or_gone_is_settled_once() -> None:
    run, [child] = begin()
    advanced: Advanced = tell(run, Cancel())
    through(advanced.committed)
    head = RunRecord.objects.get(pk=child).seq

    orphans.cancel(advanced.committed.orphans, now())

    assert RunRecord.objects.get(pk=child).seq == head


def test_call_of_a_workflow_that_is_not_there_fails_the_step() -> None:
    [run] = start(define(PARENT))
    call = EventRecord.objects.get(type="flowengine.call")

    routed = route([call.id], now=now())
    through(routed.committed)

    failure = row(run, "child").failure
    assert failure is not None
    assert failure.code == "ChildFailed"


def bury_the_call(monkeypatch: pytest.MonkeyPatch) -> EventRecord:
    """Route the only call until it is buried: something in it cannot be stored."""

    def refuse(*_args: object) -> Committed:
        raise DataError("what no column holds")

    call = EventRecord.objects.get(type="flowengine.call")
    with monkeypatch.context() as patch:
        patch.setattr(routing, "admit", refuse)
        for _ in range(routing.TRIES_MAX):
            route([call.pk], now=now())
        routed = route([call.pk], now=now())
    list(follow(routed.committed, now()))
    call.refresh_from_db()
    return call


def test_caller_is_told_when_its_call_is_buried(monkeypatch: pytest.MonkeyPatch) -> None:
    define(PLAIN_CHILD)
    [run] = start(define(PARENT))

    call = bury_the_call(monkeypatch)

    assert call.state == "dead"
    failure = row(run, "child").failure
    assert failure is not None
    assert (failure.code, failure.details["code"]) == ("ChildFailed", "NotStarted")
    assert failure.details["details"] == {"outcome": "dead"}
    assert RunRecord.objects.get(pk=run).state == "failed"


def test_buried_call_of_a_detached_child_concerns_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    define(PLAIN_CHILD)
    [run] = start(define(DETACHED))

    call = bury_the_call(monkeypatch)

    assert call.state == "dead"
    assert RunRecord.objects.get(pk=run).state == "succeeded"


def test_call_is_not_buried_before_its_caller_could_be_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_args: object, **_more: object) -> Advanced:
        raise DataError("not this either")

    define(PLAIN_CHILD)
    [run] = start(define(PARENT))

    with monkeypatch.context() as patch:
        patch.setattr(saving, "advance", refuse)
        call = bury_the_call(monkeypatch)

    assert (call.state, call.tries) == ("published", routing.TRIES_MAX)
    assert row(run, "child").state is StepState.WAITING

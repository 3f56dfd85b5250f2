"""Events that runs write: their steps', and those that tell of the runs themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from flowengine import event_types, register_event
from flowengine.engine.messages import Cancel, Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.models import EventRecord, WorkflowRecord
from flowengine.orchestration.sync import subscriptions
from flowengine.store import due_events, events
from flowengine.store.definitions import Subscription
from tests.builders.stored import begin, claim, define, now, publish, row, start, tell

pytestmark = pytest.mark.django_db

EMITS = """
workflow: order
on: order.begun
steps:
  - id: told
    emit: order.placed
    with: {order_id: "${{ event.data.id }}"}
    subject: order ${{ event.data.id }}
"""
WORKS = """
workflow: order
on: order.begun
title: Order ${{ event.data.id }}
steps:
  - {id: work, task: line.nothing, retry: {attempts: 1}}
"""
FOLLOWS = """
workflow: follower
on: %s
steps:
  - {id: work, task: line.nothing}
"""


def told() -> list[EventRecord]:
    """What runs have told of themselves."""
    return list(EventRecord.objects.filter(type__startswith="flowengine.run."))


def work(**data: Any) -> UUID:
    [run] = start(define(WORKS), **data)
    claim(run, "work")
    return run


def done(run: UUID) -> None:
    tell(run, Succeeded(step="work", attempt=1, output={"secret": 1}))


def test_emit_step_writes_a_pending_event_that_follows_from_its_runs() -> None:
    workflow = define(EMITS)
    [run], committed = begin(workflow, [{"id": 42}])

    event = EventRecord.objects.get(type="order.placed")
    cause = EventRecord.objects.get(type="order.begun")
    assert json.loads(bytes(event.data)) == {"order_id": 42}
    assert (event.state, event.subject, event.hops) == ("pending", "order 42", 1)
    assert (event.causation_id, event.correlation_id) == (str(cause.id), str(cause.id))
    assert event.due_at is not None
    assert row(run, "told").output == {"event_id": str(event.id)}
    assert committed.emitted == [(event.id, "order.placed")]
    assert event.id in [each.id for each in due_events.claim_pending(now(), now(), limit=9)]


@pytest.fixture
def placed() -> Iterator[None]:
    """The type has a schema."""

    class Placed(msgspec.Struct):
        order_id: int

    register_event("order.placed", Placed)
    yield
    event_types.forget("order.placed")


@pytest.mark.usefixtures("placed")
def test_emit_step_whose_data_does_not_fit_the_registered_type_has_failed() -> None:
    [good], [bad] = (start(define(EMITS), id=order) for order in (42, "none"))

    assert row(good, "told").output is not None
    failure = row(bad, "told").failure
    assert failure is not None
    assert (failure.code, failure.fe) == ("InvalidOutput", "FE303")
    assert "order_id" in failure.message
    assert EventRecord.objects.filter(type="order.placed").count() == 1


def test_nobody_is_told_of_a_run_that_nobody_follows() -> None:
    done(work(id=1))

    assert told() == []


def test_end_of_a_run_is_told_where_an_active_workflow_follows() -> None:
    define(FOLLOWS % "flowengine.run.succeeded")
    run = work(id=1)

    done(run)

    [event] = told()
    data = json.loads(bytes(event.data))
    assert event.type == "flowengine.run.succeeded"
    assert (data["run_id"], data["workflow"], data["state"]) == (str(run), "order", "succeeded")
    assert "output" not in data
    assert (event.state, event.subject, event.hops, event.actor) == ("pending", str(run), 1, "7")


def test_only_what_is_followed_is_told() -> None:
    define(FOLLOWS % "flowengine.run.failed")
    run = work(id=1)
    tell(run, Failed(step="work", attempt=1, failure=Failure(code="No", message="never")))
    done(work(id=2))

    [event] = told()

    data = json.loads(bytes(event.data))
    assert event.type == "flowengine.run.failed"
    assert data["error"] == {"code": "No", "step": "work"}
    assert b"never" not in bytes(event.data)


def test_cancelled_run_is_told_of_where_a_pattern_takes_all() -> None:
    define(FOLLOWS % "flowengine.**")
    [run] = start(define(WORKS), id=1)

    tell(run, Cancel())

    assert [event.type for event in told()] == ["flowengine.run.cancelled"]


def test_held_run_is_told_of() -> None:
    define(FOLLOWS % '"flowengine.run.*"')
    [run] = start(define(WORKS.replace("steps:", "hold_on_failure: 1d\nsteps:")), id=1)
    claim(run, "work")

    tell(run, Failed(step="work", attempt=1, failure=Failure(code="No", message="")))

    assert [event.type for event in told()] == ["flowengine.run.held"]


def test_workflow_that_is_switched_off_follows_nobody() -> None:
    define(FOLLOWS % "flowengine.run.succeeded")
    WorkflowRecord.objects.filter(name="follower").update(is_enabled=False)

    done(work(id=1))

    assert told() == []


def test_all_is_told_where_the_setting_says_so(settings: Any) -> None:
    settings.FLOWENGINE = {"PUBLISH_RUN_EVENTS": True}

    done(work(id=1))

    assert [event.type for event in told()] == ["flowengine.run.succeeded"]


def test_chain_of_runs_that_follow_one_another_ends(caplog: pytest.LogCaptureFixture) -> None:
    define(FOLLOWS % "flowengine.run.succeeded")
    run = work(id=1)
    EventRecord.objects.filter(type="order.begun").update(hops=16)

    done(run)

    assert told() == []
    assert "a run is not told of" in caplog.text


def test_wait_for_the_end_of_a_run_counts_as_following() -> None:
    define(
        FOLLOWS % "follower.begun"
        + """
  - wait_for: {event: flowengine.run.succeeded, match: {run_id: "${{ event.data.run }}"}}
    timeout: 1d
"""
    )

    done(work(id=1))

    assert len(told()) == 1


def test_definition_says_what_it_listens_to() -> None:
    workflow = define(
        """
workflow: listener
on: [order.placed, {event: ["a.*", b.c]}]
cancel_on:
  - {event: order.gone, match: {z: 1, b: 2}}
steps:
  - for_each: [1, 2]
    steps:
      - wait_for: {event: order.paid, match: {order.id: 1}}
        timeout: 1d
"""
    )

    assert subscriptions(workflow) == {
        Subscription("order.placed"),
        Subscription("a.*"),
        Subscription("b.c"),
        Subscription("order.gone", "b"),
        Subscription("order.paid", "order.id"),
    }


def test_event_with_a_target_is_read_as_it_was_written() -> None:
    event_id = publish("flowengine.manual", {"n": 1}, target="order")

    [event] = events.load([event_id])

    assert (event.target, event.parent, event.data) == ("order", None, {"n": 1})

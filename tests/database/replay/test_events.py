"""Events that never started anything: unknown, bad and unreadable ones, and what a workflow refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from flowengine import event_types
from flowengine.broker.base import Delivery
from flowengine.engine.event import Again, Parent
from flowengine.engine.identity import foreign_event_id, run_id
from flowengine.models import DeadLetterRecord, EventRecord, ReplayItemRecord, RunRecord
from flowengine.orchestration import replay
from flowengine.orchestration.receive import receive
from flowengine.orchestration.replay.due import run_due
from flowengine.store import events, parents
from tests.builders.stored import define, now, publish
from tests.database.replay.scenes import (
    ORDER,
    beat,
    chosen,
    details,
    failed_orders,
    letter_states,
    letters_of,
    seen,
    started,
    states,
    through,
)

pytestmark = pytest.mark.django_db

SOURCE = "https://shop.example"
WITH_INPUT = """
workflow: order
on:
  - event: order.placed
    with: {number: "${{ event.data.order }}"}
inputs: {number: {type: integer}}
steps:
  - line.nothing
"""
CALLED = """
workflow: order
on: {call: true}
inputs: {number: {type: integer}}
steps:
  - line.nothing
"""


@pytest.fixture
def known() -> Iterator[None]:
    """``order.placed`` is registered with a shape."""
    shape = {"type": "object", "properties": {"order": {"type": "integer"}}, "required": ["order"]}
    event_types.register_event("order.placed", shape)
    yield
    event_types.forget("order.placed")


def delivered(body: str | bytes | dict[str, Any]) -> UUID:
    """The dead letter of this delivery."""
    if isinstance(body, dict):
        event = {"specversion": "1.0", "id": "e-1", "source": SOURCE, "type": "order.placed"}
        body = json.dumps({**event, "time": "2026-03-02T12:00:00Z", **body})
    raw = body.encode() if isinstance(body, str) else body
    delivery = Delivery(queue="q", body=raw, content_type="application/cloudevents+json")
    [letter] = receive([delivery], now()).buried
    return letter


def test_unknown_event_is_accepted_once_its_type_is_known(settings: Settings) -> None:
    define(ORDER)
    settings.FLOWENGINE = {**settings.FLOWENGINE, "UNKNOWN_EVENTS": "dead"}
    letter = delivered({"data": {"order": 1}})
    settings.FLOWENGINE = {**settings.FLOWENGINE, "UNKNOWN_EVENTS": "store"}

    replay_id = started("event", [letter])
    beat()

    event = EventRecord.objects.get(pk=foreign_event_id(SOURCE, "e-1"))
    assert (event.source, event.external_id, event.replay) == (SOURCE, "e-1", 0)
    assert RunRecord.objects.get(event_id=event.id).id == run_id(event.id, "order")
    assert states(replay_id) == ["sent"]


def test_event_that_no_workflow_wants_has_succeeded_when_it_is_accepted(settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "UNKNOWN_EVENTS": "dead"}
    letter = delivered({"data": {"order": 1}})
    settings.FLOWENGINE = {**settings.FLOWENGINE, "UNKNOWN_EVENTS": "store"}

    replay_id = started("event", [letter])
    beat()
    seen(replay_id)

    assert (states(replay_id), letter_states([letter])) == (["succeeded"], ["resolved"])
    assert details(replay_id) == ["accepted; no workflow wants it"]


@pytest.mark.usefixtures("known")
def test_bad_event_is_refused_until_an_edit_makes_it_fit() -> None:
    define(ORDER)
    letter = delivered({"data": {"order": "one"}})

    plain = started("event", [letter])
    beat()
    wrong = started("event", [letter], edit=[{"op": "replace", "path": "/order", "value": "two"}])
    beat()
    right = started("event", [letter], edit=[{"op": "replace", "path": "/order", "value": 2}])
    beat()

    assert (states(plain), states(wrong), states(right)) == (["skipped"], ["skipped"], ["sent"])
    assert details(plain)[0].startswith("invalid_edit: ")
    assert "$.order" in details(wrong)[0]
    copy = EventRecord.objects.get()
    assert (copy.source, json.loads(bytes(copy.data))) == (SOURCE, {"order": 2})
    assert copy.causation_id == str(foreign_event_id(SOURCE, "e-1"))
    assert RunRecord.objects.filter(event_id=copy.id).exists()
    assert b'"one"' in bytes(DeadLetterRecord.objects.get(pk=letter).body or b"")


@pytest.mark.usefixtures("known")
def test_edit_of_a_stored_event_must_fit_its_registered_type_and_what_the_workflow_takes() -> None:
    [run] = failed_orders()
    define(WITH_INPUT)
    event = RunRecord.objects.get(pk=run).event_id
    original = bytes(EventRecord.objects.get(pk=event).data)

    def word(value: object) -> str:
        edit = [{"op": "replace", "path": "/order", "value": value}]
        [item] = replay.plan(chosen(letters_of([run])), "restart", {"edit": edit}).items
        return f"{item.word} {item.why}"

    assert word("two").startswith("invalid_edit event order.placed: $.order")
    assert word(2) == "eligible "
    assert bytes(EventRecord.objects.get(pk=event).data) == original


def test_unreadable_bytes_stay_where_they_are() -> None:
    letter = delivered(b"\xff no event")

    replay_id = started("event", [letter])
    beat()

    assert states(replay_id) == ["skipped"]
    assert "still unreadable" in details(replay_id)[0]
    assert letter_states([letter]) == ["open"]


def test_input_that_a_workflow_refused_is_taken_after_an_edit() -> None:
    define(WITH_INPUT)
    event = publish("order.placed", {"order": "one"})
    through([event])
    [letter] = DeadLetterRecord.objects.values_list("id", flat=True)

    plain = started("event", [letter])
    beat()
    edited = started("event", [letter], edit=[{"op": "replace", "path": "/order", "value": 1}])
    beat()

    assert (states(plain), states(edited)) == (["skipped"], ["sent"])
    [run] = RunRecord.objects.all()
    assert json.loads(bytes(run.inputs or b"")) == {"number": 1}


@pytest.mark.usefixtures("known")
def test_edit_gives_a_strangers_event_no_actor_and_no_more_hops_than_its_delivery_would() -> None:
    letter = delivered({"data": {"order": "one"}, "actor": "1"})
    far = delivered({"id": "e-2", "data": {"order": "one"}, "hops": 99})
    edit = [{"op": "replace", "path": "/order", "value": 2}]

    replay_id = started("event", [letter, far], edit=edit)
    beat()

    assert states(replay_id) == ["sent", "skipped"]
    assert EventRecord.objects.get().actor is None


def test_mended_workflow_takes_the_same_event() -> None:
    define(WITH_INPUT)
    event = publish("order.placed", {"order": "one"})
    through([event])
    [letter] = DeadLetterRecord.objects.values_list("id", flat=True)
    define(WITH_INPUT.replace("integer", "string"))

    replay_id = started("event", [letter])
    beat()

    assert RunRecord.objects.get().id == run_id(event, "order", 1)
    assert states(replay_id) == ["sent"]


def test_call_that_is_replayed_starts_a_run_that_nobody_waits_for() -> None:
    define(CALLED)
    parent = Parent(run=UUID(int=1), step="s", item="", depth=1)
    event = publish(
        "flowengine.call", {"number": 1}, target="order", parent=parents.encoded(parent)
    )
    through([event])
    [first] = RunRecord.objects.all()
    RunRecord.objects.update(state="cancelled", finished_at=now(), due_at=None)
    assert first.parent_run == UUID(int=1)

    started("restart", [first.id], kind="run")
    beat()

    copy = RunRecord.objects.get(replay_of=first.id)
    assert (copy.parent_run, copy.event_id, copy.keys) == (None, event, first.id)


def test_event_that_could_not_be_routed_is_routed_again() -> None:
    define(ORDER)
    event = publish("order.placed", {"order": 1})
    EventRecord.objects.filter(pk=event).update(state="dead", due_at=None)

    replay_id = started("event", [event], kind="event")
    beat()

    assert RunRecord.objects.get().id == run_id(event, "order", 1)
    assert ReplayItemRecord.objects.get(replay_id=replay_id).event_replay == 1


def test_run_that_is_shown_to_nobody_is_watched_by_nobody() -> None:
    define(ORDER)
    event = publish("order.placed", {"order": 1}, actor="9")
    through([event])

    started("event", [event], kind="event", suppress_notify=True)
    RunRecord.objects.update(state="cancelled", finished_at=now(), due_at=None)
    beat()

    assert RunRecord.objects.get(pk=run_id(event, "order")).watchers == '["9"]'
    assert RunRecord.objects.get(pk=run_id(event, "order", 1)).watchers == "[]"


def test_event_that_the_broker_has_not_had_yet_is_still_published_when_it_is_replayed() -> None:
    define(ORDER)
    sent, unsent = (publish("order.placed", {"order": n}) for n in range(2))
    through([sent, unsent])
    EventRecord.objects.filter(pk=unsent).update(due_at=now())
    RunRecord.objects.update(state="cancelled", finished_at=now(), due_at=None)

    started("event", [sent, unsent], kind="event")
    run_due(now(), limit=10)

    assert EventRecord.objects.get(pk=sent).state == "published"
    assert EventRecord.objects.get(pk=unsent).state == "pending"


def test_event_is_read_as_it_was_replayed() -> None:
    again = Again(
        only="order",
        restart_of=UUID(int=1),
        origin=UUID(int=2),
        keys={"order": UUID(int=3)},
        by="7",
        reason="why",
        is_quiet=True,
    )
    event = publish("order.placed", {"order": 1})
    [stored] = events.load([event])

    events.replay([replace(stored, replay=3, again=again)], now())

    assert events.load([event]) == [replace(stored, replay=3, again=again)]

"""Two replays of one thing at the same moment: one of them sends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from flowengine import event_types
from flowengine.broker.base import Delivery
from flowengine.errors import RunRefused
from flowengine.models import EventRecord, ReplayItemRecord, RunRecord
from flowengine.orchestration import acts
from flowengine.orchestration.receive import receive
from flowengine.orchestration.replay.sending import Sent, send
from tests.builders.stored import define, now
from tests.database.interleavings.actor import Cast
from tests.database.replay.scenes import BY, ORDER, details, failed_orders, started, states

SENT = "UPDATE flowengine_replay_item"
EDIT = [{"op": "replace", "path": "/order", "value": 1}]


@pytest.fixture
def known(transactional_db: None) -> Iterator[None]:
    """``order.placed`` is registered with a shape."""
    shape = {"type": "object", "properties": {"order": {"type": "integer"}}, "required": ["order"]}
    event_types.register_event("order.placed", shape)
    yield
    event_types.forget("order.placed")


def delivered(note: str) -> UUID:
    """The dead letter of one and the same event, in other bytes each time."""
    event = {"specversion": "1.0", "id": "e-1", "source": "https://shop", "type": "order.placed"}
    body = json.dumps({**event, "time": "2026-03-02T12:00:00Z", "data": {"order": note}})
    kind = "application/cloudevents+json"
    [letter] = receive([Delivery(queue="q", body=body.encode(), content_type=kind)], now()).buried
    return letter


def begun(letter: UUID, **options: Any) -> UUID:
    """A replay of that letter, which waits to be sent."""
    return started("event", [letter], edit=EDIT, **options)


def sending(replay_id: UUID) -> Sent:
    [letter] = ReplayItemRecord.objects.filter(replay_id=replay_id).values_list(
        "object_id", flat=True
    )
    return send(replay_id, [letter], now())


def test_run_that_is_resumed_by_hand_while_it_is_restarted_is_restarted(act: Cast) -> None:
    [run] = failed_orders()
    restarting = started("restart", [run], kind="run")
    replay = act(lambda: sending(restarting)).up_to("COMMIT")
    person = act(lambda: acts.resume(run, BY)).until_it_waits(replay)

    assert replay.ends().sent == 1
    with pytest.raises(RunRefused, match="has sent it"):
        person.ends()
    assert RunRecord.objects.get(pk=run).state == "failed"


def test_run_that_is_restarted_while_it_is_resumed_by_hand_is_resumed(act: Cast) -> None:
    [run] = failed_orders()
    restarting = started("restart", [run], kind="run")
    person = act(lambda: acts.resume(run, BY)).up_to("COMMIT")
    replay = act(lambda: sending(restarting)).until_it_waits(person)

    person.ends()
    assert replay.ends().sent == 0
    assert (states(restarting), RunRecord.objects.get(pk=run).state) == (["skipped"], "running")


@pytest.mark.usefixtures("known")
def test_two_letters_of_an_event_without_a_row_are_not_sent_for_all_and_for_one_at_once(
    act: Cast,
) -> None:
    define(ORDER)
    for_all = begun(delivered("one"), workflow="*")
    for_one = begun(delivered("two"), workflow="order")

    first = act(lambda: sending(for_all)).up_to("COMMIT")
    second = act(lambda: sending(for_one)).until_it_waits(first)

    assert (first.ends().sent, second.ends().sent) == (1, 0)
    assert (states(for_all), states(for_one)) == (["sent"], ["skipped"])
    assert details(for_one) == [f"not_open: replay {for_all} has sent it"]
    assert EventRecord.objects.count() == 1

"""Events that cancel a run. Language §2.3, §4.4."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.definitions.model import CancelOn, Workflow
from flowengine.engine.commands import Listen, Unlisten
from flowengine.engine.event import Event
from flowengine.engine.messages import Arrived
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunCancelling
from tests.builders import a_run, a_workflow, an_event
from tests.builders.driver import Driver
from tests.builders.steps import wait

PAID = wait("paid", "order.paid", match={"order_id": "${{ event.data.order_id }}"})


def an_arrival(data: Any = None, number: int = 9, type_: str = "order.abandoned") -> Event:
    return an_event(type_, {"order_id": 42} if data is None else data, id=UUID(int=number))


def abandonable(*steps: Any, condition: str | None = None, **fields: Any) -> Workflow:
    entry = CancelOn(
        patterns=("order.abandoned",),
        match={"order_id": parse_template("${{ event.data.order_id }}")},
        condition=None if condition is None else parse_expression(condition),
    )
    return a_workflow(*steps, cancel_on=(entry,), **fields)


def test_run_listens_from_its_start_for_what_cancels_it() -> None:
    driver = Driver(abandonable("ship")).start()

    assert driver.listening == [
        Listen(patterns=("order.abandoned",), match={"order_id": "42"}, cancel_on=0)
    ]


def test_event_of_cancel_on_cancels_the_run() -> None:
    driver = Driver(abandonable(PAID)).start()

    driver.arrive(an_arrival())

    assert driver.state is RunState.CANCELLED
    [cancelling] = driver.history(RunCancelling)
    assert cancelling.reason == "event order.abandoned 00000000-0000-0000-0000-000000000009"
    assert Unlisten(is_over=True) in driver.commands
    assert driver.listening == []


def test_event_of_cancel_on_cancels_a_held_run() -> None:
    driver = Driver(abandonable("ship", hold_on_failure=timedelta(hours=1))).start().fail("ship")
    assert driver.state is RunState.HELD

    assert driver.arrive(an_arrival()).state is RunState.CANCELLED


def test_event_of_cancel_on_cancels_a_queued_run() -> None:
    driver = Driver(abandonable("ship", at_end=("bye",)))
    driver.run = a_run(driver.workflow, RunState.QUEUED, fields={"due_at": None})

    driver.tell(Arrived(step="", event=an_arrival(), cancel_on=0))

    assert driver.state is RunState.CANCELLED
    assert driver.states() == {"bye": "ready"}


def test_condition_of_cancel_on_sees_the_incoming_event_and_the_steps() -> None:
    condition = "incoming.data.sure && steps.ship.status == 'running'"
    driver = Driver(abandonable("ship", condition=condition)).start()

    sure = {"order_id": 42, "sure": True}
    driver.arrive(an_arrival(sure, 1))
    assert driver.state is RunState.RUNNING
    driver.begin("ship").arrive(an_arrival({"order_id": 42}, 2))
    assert driver.state is RunState.RUNNING
    assert driver.arrive(an_arrival(sure, 3)).state is RunState.CANCELLING


@pytest.mark.parametrize(
    ("event", "index"),
    [
        (an_arrival({"order_id": 43, "sure": True}), 0),
        (an_arrival({"order_id": 42, "sure": True}, type_="order.placed"), 0),
        (an_arrival({"order_id": 42, "sure": True}), 1),
        (an_arrival(), 0),
    ],
    ids=["value", "type", "no such entry", "condition without an answer"],
)
def test_event_that_is_not_meant_cancels_nothing(event: Event, index: int) -> None:
    driver = Driver(abandonable("ship", condition="incoming.data.sure")).start()

    driver.tell(Arrived(step="", event=event, cancel_on=index))

    assert driver.decision is not None
    assert driver.decision.stale


def test_entry_without_a_value_listens_for_nothing() -> None:
    event = an_event(data={"order_id": None})
    driver = Driver(abandonable("ship"), event).start()

    driver.tell(Arrived(step="", event=an_arrival({"order_id": None}), cancel_on=0))

    assert driver.listening == []
    assert driver.state is RunState.RUNNING


def test_run_that_has_ended_listens_no_more() -> None:
    driver = Driver(abandonable("ship")).start().succeed("ship")

    assert driver.commands[-1] == Unlisten(is_over=True)


def test_run_that_has_failed_listens_no_more_and_what_it_got_is_kept() -> None:
    driver = Driver(abandonable("ship")).start().fail("ship")

    assert driver.commands[-1] == Unlisten(is_over=False)

"""Waiting: for events, for a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from flowengine.engine.commands import Listen, Unlisten
from flowengine.engine.event import Event
from flowengine.engine.messages import Arrived
from flowengine.engine.rules.waits import as_text, value_at
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunContinued, RunWaiting, StepWaiting
from tests.builders import NOON, a_workflow, an_event
from tests.builders.driver import Driver
from tests.builders.steps import group, parallel, rescue, sleep, step, wait

PAID = wait("paid", "order.paid", match={"order_id": "${{ event.data.order_id }}"})


def an_arrival(data: Any = None, number: int = 9, type_: str = "order.paid") -> Event:
    return an_event(type_, {"order_id": 42} if data is None else data, id=UUID(int=number))


def a_driver(*steps: Any, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


# 4.5: pending -> waiting; running, waiting -> succeeded


def test_wait_listens_with_its_values_as_text() -> None:
    driver = a_driver(PAID)

    assert driver.history(StepWaiting) == [
        StepWaiting(
            step="paid",
            kind="wait_for",
            input={"event": ["order.paid"], "match": {"order_id": "42"}},
            due_at=NOON + timedelta(hours=1),
        )
    ]
    assert driver.commands == [
        Listen(patterns=("order.paid",), match={"order_id": "42"}, step="paid")
    ]
    assert driver.row("paid").attempt == 1


def test_run_waits_while_its_only_step_does() -> None:
    driver = a_driver(PAID, "ship")

    assert driver.state is RunState.WAITING
    assert isinstance(driver.transitions[-1], RunWaiting)


def test_event_that_comes_is_the_output_and_the_run_goes_on() -> None:
    driver = a_driver(PAID, "ship").arrive(an_arrival({"order_id": 42, "card": "x"}))

    assert driver.output("paid") == {
        "id": "00000000-0000-0000-0000-000000000009",
        "type": "order.paid",
        "source": None,
        "subject": None,
        "time": "2026-03-02T12:00:00Z",
        "actor": "7",
        "data": {"order_id": 42, "card": "x"},
        "correlation_id": "00000000-0000-0000-0000-000000000009",
        "causation_id": None,
        "hops": 0,
    }
    assert driver.states() == {"paid": "succeeded", "ship": "ready"}
    assert driver.state is RunState.RUNNING
    assert isinstance(driver.transitions[-1], RunContinued)
    assert Unlisten(step="paid") in driver.commands


def test_event_that_came_before_the_wait_is_taken_when_it_looks_back() -> None:
    driver = a_driver("reserve", PAID, "ship")

    driver.arrive(an_arrival()).succeed("reserve")

    assert driver.states()["paid"] == "succeeded"


def test_same_event_told_twice_finds_the_wait_over() -> None:
    driver = a_driver(PAID, "ship")
    message = Arrived(step="paid", event=an_arrival())

    assert not driver.tell(message).decision.stale  # type: ignore[union-attr]
    assert driver.tell(message).decision.stale  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "event",
    [
        an_arrival({"order_id": 43}),
        an_arrival({"order": 42}),
        an_arrival({"order_id": [42]}),
        an_arrival({"order_id": None}),
        an_arrival([42]),
        an_arrival(type_="order.placed"),
    ],
    ids=["value", "path", "list", "null", "no mapping", "type"],
)
def test_event_that_is_not_meant_is_left_alone(event: Event) -> None:
    driver = a_driver(PAID).tell(Arrived(step="paid", event=event))

    assert driver.decision is not None
    assert driver.decision.stale
    assert driver.states() == {"paid": "waiting"}


def test_every_entry_of_match_must_fit() -> None:
    both = wait("w", "e.*", "f", match={"a.b": "${{ event.data.order_id }}", "c": "x"})

    one = a_driver(both).arrive(an_arrival({"a": {"b": 42}, "c": "y"}, type_="e.done"))
    all_ = a_driver(both).arrive(an_arrival({"a": {"b": "42"}, "c": "x"}, type_="e.done"))
    other = a_driver(both).arrive(an_arrival({"a": {"b": "42"}, "c": "x"}, type_="f"))

    assert one.states() == {"w": "waiting"}
    assert all_.state is other.state is RunState.SUCCEEDED


def test_condition_of_a_wait_sees_the_incoming_event_and_the_run() -> None:
    accept = "incoming.data.cents >= steps.price.output.cents"
    choosy = wait("w", "paid", match={"id": 1}, accept=accept)
    driver = a_driver("price", choosy).succeed("price", {"cents": 100})

    driver.arrive(an_arrival({"id": 1, "cents": 99}, 8, "paid"))
    assert driver.states()["w"] == "waiting"
    driver.arrive(an_arrival({"id": 1, "cents": 100}, 9, "paid"))
    assert driver.states()["w"] == "succeeded"


def test_condition_without_an_answer_counts_as_no() -> None:
    driver = a_driver(wait("w", "paid", match={"id": 1}, accept="incoming.data.cents > 1"))

    assert driver.arrive(an_arrival({"id": 1}, type_="paid")).states() == {"w": "waiting"}


@pytest.mark.parametrize("value", ["${{ null }}", "${{ [1] }}", "${{ {'a': 1} }}"])
def test_wait_for_a_value_that_has_no_text_fails(value: str) -> None:
    driver = a_driver(wait("w", "paid", match={"id": value}))

    assert driver.states() == {"w": "failed"}
    assert driver.run.failure is not None
    assert driver.run.failure.code == "ExpressionError"
    assert driver.run.failure.message == "in `match.id`: text, a number or a bool is wanted"


def test_wait_for_a_value_that_is_missing_fails() -> None:
    driver = a_driver(wait("w", "paid", match={"id": "${{ event.data.nothing }}"}))

    assert driver.run.failure is not None
    assert driver.run.failure.fe == "FE401"
    assert driver.run.failure.message.startswith("in `match.id`: no field 'nothing'")


def test_event_that_is_too_large_to_keep_fails_the_wait() -> None:
    driver = a_driver(PAID).arrive(an_arrival({"order_id": 42, "x": "y" * 300_000}))

    assert driver.run.failure is not None
    assert driver.run.failure.code == "PayloadTooLarge"


def test_of_two_waits_of_a_run_the_oldest_gets_the_event() -> None:
    driver = a_driver(parallel("p", wait("a", "x", match={"k": 1}), wait("b", "x", match={"k": 1})))

    driver.arrive(an_arrival({"k": 1}, 1, "x"))
    assert driver.states() == {"p": "running", "a": "succeeded", "b": "waiting"}
    driver.arrive(an_arrival({"k": 1}, 2, "x"))
    assert driver.state is RunState.SUCCEEDED


def test_items_of_a_loop_wait_each_for_its_own() -> None:
    body = wait("w", "x", match={"k": "${{ item }}"})
    driver = a_driver(group("g", body, each=["a", "b"]))

    driver.arrive(an_arrival({"k": "b"}, 1, "x"))

    assert (driver.states()["w.0"], driver.states()["w.1"]) == ("waiting", "succeeded")
    assert Unlisten(step="w", item="1") in driver.commands


def test_message_for_a_row_that_does_not_wait_is_stale() -> None:
    driver = a_driver("ship", PAID)

    for name in ("ship", "paid"):
        driver.tell(Arrived(step=name, event=an_arrival()))
        assert driver.decision is not None
        assert driver.decision.stale


# 4.9: timeout of wait_for; 4.5: error -> rescuing, else failed


def test_wait_whose_time_is_over_fails_with_timeout() -> None:
    driver = a_driver(wait("w", "a", "b.*", match={"id": 1}, timeout_s=5400))

    driver.advance(minutes=89)
    assert driver.states() == {"w": "waiting"}
    driver.advance(minutes=1)

    failure = driver.run.failure
    assert failure is not None
    assert (failure.code, failure.fe, failure.step) == ("Timeout", "FE426", "w")
    assert failure.message == "'w' waited 1h30m for a or b.*; nothing came"
    assert Unlisten(step="w") in driver.commands


def test_event_after_the_time_is_stale() -> None:
    driver = a_driver(PAID, hold_on_failure=timedelta(hours=9)).advance(hours=2)

    driver.tell(Arrived(step="paid", event=an_arrival()))

    assert driver.decision is not None
    assert driver.decision.stale


def test_timeout_is_rescued_by_name() -> None:
    late = wait("w", "x", match={"id": 1}, rescue=rescue("remind", errors=("Timeout",)))
    driver = a_driver(late, "ship").advance(hours=1).succeed("remind", 5)

    assert driver.states() == {"w": "rescued", "remind": "succeeded", "ship": "ready"}


# 4.6: waits and sleeps end at once when what is around them ends


def test_wait_and_sleep_end_at_once_when_the_run_is_cancelled() -> None:
    driver = a_driver(parallel("p", PAID, sleep("nap", seconds=60)))

    driver.cancel()

    assert driver.states() == {"p": "cancelled", "paid": "cancelled", "nap": "cancelled"}
    assert driver.state is RunState.CANCELLED
    assert Unlisten(step="paid") in driver.commands
    assert Unlisten(step="nap") not in driver.commands


# sleep


def test_sleep_is_done_after_its_time_without_a_worker() -> None:
    driver = a_driver(sleep("nap", seconds=60), "ship")

    assert driver.state is RunState.WAITING
    assert driver.row("nap").input == {"until": "2026-03-02T12:01:00Z"}
    driver.advance(seconds=59)
    assert driver.states() == {"nap": "waiting"}
    driver.advance(seconds=1)
    assert driver.states() == {"nap": "succeeded", "ship": "ready"}
    assert driver.output("nap") is None
    assert [each.step for each in driver.dispatched] == ["ship"]


def test_sleep_until_a_timestamp() -> None:
    until = "${{ event.time + duration('90m') }}"
    driver = a_driver(sleep("nap", until=until))

    assert driver.row("nap").due_at == NOON + timedelta(minutes=90)


@pytest.mark.parametrize("until", ["2026-03-02T12:00:00Z", "2020-01-01T00:00:00+02:00"])
def test_past_time_ends_the_sleep_at_once(until: str) -> None:
    driver = a_driver(sleep("nap", until=until), sleep("none", seconds=0), "ship")

    assert driver.states() == {"nap": "succeeded", "none": "succeeded", "ship": "ready"}


@pytest.mark.parametrize("until", ["tomorrow", "${{ 5 }}", "${{ null }}", "2026-03-02T12:00:00"])
def test_sleep_until_what_is_no_timestamp_fails(until: str) -> None:
    driver = a_driver(sleep("nap", until=until))

    assert driver.run.failure is not None
    assert driver.run.failure.message == "in `sleep.until`: a timestamp is wanted"


def test_sleep_until_what_has_no_value_fails() -> None:
    driver = a_driver(sleep("nap", until="${{ event.data.then }}"))

    assert driver.run.failure is not None
    assert driver.run.failure.message.startswith("in `sleep.until`: no field 'then'")


# As text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("42", "42"),
        (42, "42"),
        (42.0, "42"),
        (0.5, "0.5"),
        (True, "true"),
        (False, "false"),
        (None, None),
        ([1], None),
        ({}, None),
        (float("inf"), "inf"),
    ],
)
def test_values_are_compared_as_text(value: Any, text: str | None) -> None:
    assert as_text(value) == text


def test_value_at_a_path_is_found_in_mappings_only() -> None:
    data = {"a": {"b": 1}, "a.b": 2, "l": [{"b": 1}]}

    assert value_at(data, "a.b") == 1
    assert value_at(data, "l.0") is None
    assert value_at(data, "a.c") is None
    assert value_at("text", "a") is None


def test_steps_of_a_group_are_filled_from_what_came() -> None:
    driver = a_driver(PAID, step("ship", takes=("card",)))

    driver.arrive(an_arrival({"order_id": 42, "card": "x"}))

    assert driver.row("ship").input == {"card": "x"}


def test_run_that_does_not_go_on_forgets_what_its_waits_have_got() -> None:
    driver = a_driver(PAID).arrive(an_arrival())

    assert driver.state is RunState.SUCCEEDED
    assert driver.commands[-1] == Unlisten(is_over=True)


def test_run_that_has_failed_and_may_be_resumed_remembers_it() -> None:
    driver = a_driver(PAID, "ship").arrive(an_arrival()).fail("ship")

    assert driver.state is RunState.FAILED
    assert Unlisten(is_over=True) not in driver.commands

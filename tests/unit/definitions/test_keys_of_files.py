"""What a file says about its runs as a whole: triggers, admission, ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.definitions.model import (
    CallTrigger,
    CancelOn,
    Concurrency,
    Debounce,
    EventTrigger,
    Idempotency,
    ManualTrigger,
    ScheduleTrigger,
    Throttle,
    Trigger,
    Workflow,
)
from flowengine.definitions.parse import parse


def workflow(keys: str) -> Workflow:
    on = "" if keys.startswith("on:") else "on: order.paid\n"
    return parse(f"workflow: orders\n{on}steps: [shop.a]\n{keys}\n")


@pytest.mark.parametrize(
    ("text", "triggers"),
    [
        ("order.paid", (EventTrigger(patterns=("order.paid",)),)),
        ("{event: order.*}", (EventTrigger(patterns=("order.*",)),)),
        ("{event: [a, b, a]}", (EventTrigger(patterns=("a", "b")),)),
        (
            "[a, {event: b, if: event.data.x}]",
            (
                EventTrigger(patterns=("a",)),
                EventTrigger(patterns=("b",), condition=parse_expression("event.data.x")),
            ),
        ),
        ("{schedule: '0 6 * * 1'}", (ScheduleTrigger(cron="0 6 * * 1"),)),
        (
            "{schedule: '*/5 8-18 * jan-mar mon-fri', timezone: Europe/Berlin, missed: skip}",
            (
                ScheduleTrigger(
                    cron="*/5 8-18 * jan-mar mon-fri", timezone="Europe/Berlin", missed="skip"
                ),
            ),
        ),
        ("{manual: true}", (ManualTrigger(),)),
        ("[manual: {groups: [staff, ops]}]", (ManualTrigger(groups=("staff", "ops")),)),
        ("[call: true, manual: true]", (CallTrigger(), ManualTrigger())),
    ],
)
def test_trigger_is_one_of_four_things(text: str, triggers: tuple[Trigger, ...]) -> None:
    assert workflow(f"on: {text}").triggers == triggers


def test_triggers_fill_the_inputs() -> None:
    events, schedule = workflow(
        "on:\n"
        "  - {event: a, with: {x: '${{ event.data.y }}'}}\n"
        "  - {schedule: '0 0 * * *', with: {x: '${{ event.time }}'}}\n"
        "inputs: {x: string}"
    ).triggers

    assert isinstance(events, EventTrigger)
    assert isinstance(schedule, ScheduleTrigger)
    assert events.arguments == {"x": parse_template("${{ event.data.y }}")}
    assert schedule.arguments == {"x": parse_template("${{ event.time }}")}


def test_admission_has_keys_and_limits() -> None:
    found = workflow(
        "idempotency: {key: event.data.id, window: 365d}\n"
        "debounce: {period: 5s, key: event.data.id, max_wait: 1m}\n"
        "throttle: {limit: 100, per: 1s, key: event.data.tenant, excess: drop}\n"
        "concurrency: {key: event.data.id, limit: 2, on_conflict: replace, max_queued: 5}\n"
        "priority: ${{ event.data.priority }}\n"
        "start_within: 4h"
    )

    key = parse_expression("event.data.id")
    assert found.idempotency == Idempotency(key=key, window=timedelta(days=365))
    assert found.debounce == Debounce(
        period=timedelta(seconds=5), key=key, max_wait=timedelta(minutes=1)
    )
    assert found.throttle == Throttle(
        limit=100,
        per=timedelta(seconds=1),
        key=parse_expression("event.data.tenant"),
        excess="drop",
    )
    assert found.concurrency == Concurrency(key=key, limit=2, on_conflict="replace", max_queued=5)
    assert found.priority == parse_template("${{ event.data.priority }}")
    assert found.start_within == timedelta(hours=4)


def test_admission_is_short_where_nothing_more_is_said() -> None:
    found = workflow(
        "idempotency: {key: true}\ndebounce: {period: 1s}\nthrottle: {limit: 1, per: 1m}\n"
        "concurrency: {}\npriority: low"
    )

    assert found.idempotency == Idempotency(key=parse_expression("true"))
    assert found.idempotency.window == timedelta(days=30)
    assert found.debounce == Debounce(period=timedelta(seconds=1))
    assert found.throttle == Throttle(limit=1, per=timedelta(minutes=1))
    assert found.concurrency == Concurrency(limit=1, on_conflict="queue", max_queued=1000)
    assert found.priority == parse_template("low")


def test_runs_end_by_events_by_time_or_wait_for_a_person() -> None:
    found = workflow(
        "cancel_on:\n"
        "  - event: [order.cancelled, order.deleted]\n"
        "    match: {id: '${{ event.data.id }}'}\n"
        "    if: incoming.data.reason != 'test'\n"
        "timeout: 366d\n"
        "hold_on_failure: 12h"
    )

    assert found.cancel_on == (
        CancelOn(
            patterns=("order.cancelled", "order.deleted"),
            match={"id": parse_template("${{ event.data.id }}")},
            condition=parse_expression("incoming.data.reason != 'test'"),
        ),
    )
    assert found.timeout == timedelta(days=366)
    assert found.hold_on_failure == timedelta(hours=12)


def test_nothing_of_this_is_there_unless_it_is_written() -> None:
    found = workflow("")

    assert (found.idempotency, found.debounce, found.throttle, found.concurrency) == (None,) * 4
    assert (found.priority, found.start_within, found.hold_on_failure) == (None,) * 3
    assert (found.cancel_on, found.on_failure, found.at_end) == ((), (), ())
    assert not found.is_callable


def test_workflow_with_a_call_trigger_may_be_called() -> None:
    assert workflow("on: [order.paid, {call: true}]").is_callable


def test_output_may_be_null() -> None:
    assert workflow("output: null").output == parse_template(None)
    assert workflow("").output is None

"""Fields of events whose types are registered."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.check import check
from flowengine.definitions.parse import read

ORDER: dict[str, Any] = {"properties": {"id": {}, "total": {}}}
RETURN = {"properties": {"id": {}, "reason": {}}, "additionalProperties": False}
EVENTS: dict[str, Any] = {"order.paid": ORDER, "order.returned": RETURN}


def fields(on: str, expression: str, keys: str = "") -> list[str]:
    text = f'workflow: x\non: {on}\n{keys}steps: [{{sleep: 1s, if: "{expression}"}}]\n'
    return [problem.message for problem in check(read(text), {}, events=EVENTS)]


@pytest.mark.parametrize(
    ("on", "expression", "found"),
    [
        ("order.paid", "event.data.total > 1", []),
        ("order.paid", "event.data.totl > 1", ["order.paid has no field 'totl'"]),
        ("order.paid", "event.data['totl'] > 1", ["order.paid has no field 'totl'"]),
        ("order.paid", "event.data[event.type] > 1", []),
        ("order.paid", "event.data.total.cents > 1", []),
        ("order.paid", "has(event.data.totl)", []),
        ("order.returned", "has(event.data.totl)", ["order.returned has no field 'totl'"]),
        (
            "order.returned",
            "default(event.data.reason, event.data.x)",
            ["order.returned has no field 'x'"],
        ),
        ("order.placed", "event.data.totl > 1", []),
        ("order.*", "event.data.totl > 1", []),
        ("[order.paid, order.placed]", "event.data.totl > 1", []),
        ("[order.paid, {manual: true}]", "event.data.totl > 1", []),
        ("[order.paid, order.returned]", "event.data.reason == 'x'", []),
        (
            "{event: [order.paid, order.returned]}",
            "event.data.x == 1",
            ["order.paid or order.returned has no field 'x'"],
        ),
        ("order.paid", "[1].exists(event, event.data.totl > 1)", []),
    ],
)
def test_field_is_known_where_all_types_that_may_start_a_run_are(
    on: str, expression: str, found: list[str]
) -> None:
    assert fields(on, expression) == found


def test_trigger_knows_its_own_types_only() -> None:
    on = (
        "[{event: order.paid, if: event.data.reason == 'x'},"
        " {event: order.returned, if: event.data.reason == 'x'}]"
    )

    assert fields(on, "event.data.reason == 'x'") == ["order.paid has no field 'reason'"]


@pytest.mark.parametrize(
    ("cancel", "found"),
    [
        ("event: order.returned, match: {id: 1}, if: incoming.data.id == 1", []),
        ("event: order.other, match: {x: 1}, if: incoming.data.x == 1", []),
        ("event: order.returned, match: {idd: 1}", ["order.returned has no field 'idd'"]),
        (
            "event: order.returned, match: {id: 1}, if: incoming.data.x == 1",
            ["order.returned has no field 'x'"],
        ),
    ],
)
def test_events_that_cancel_are_known_too(cancel: str, found: list[str]) -> None:
    assert fields("a", "true", keys=f"cancel_on: [{{{cancel}}}]\n") == found

"""Why a filter said what it said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flowengine.definitions.expressions.parse import parse_expression
from flowengine.definitions.expressions.reasons import Reason, reasons

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SCOPE = {"event": {"type": "a.b", "data": {"total": 5, "test": True, "items": [1, 2]}}}


def why(text: str) -> tuple[Reason, ...]:
    return reasons(parse_expression(text), SCOPE, NOON)


def told(text: str) -> list[tuple[int, str, Any]]:
    return [
        (
            each.depth,
            each.seen.text,
            (each.seen.error or each.seen.value) if each.was_asked else "-",
        )
        for each in why(text)
    ]


def test_each_operand_of_an_and_is_told_with_its_value() -> None:
    assert told("event.data.total > 0 && !event.data.test && event.type == 'x'") == [
        (0, "event.data.total > 0", True),
        (0, "!event.data.test", False),
        (0, "event.type == 'x'", "-"),
    ]


def test_or_is_decided_by_its_first_true_operand() -> None:
    assert told("event.data.total < 0 || event.data.test || event.type == 'x'") == [
        (0, "event.data.total < 0", False),
        (0, "event.data.test", True),
        (0, "event.type == 'x'", "-"),
    ]


def test_operands_in_brackets_are_told_below_their_whole() -> None:
    assert told("event.data.test && (event.type == 'x' || event.data.total > 9)") == [
        (0, "event.data.test", True),
        (0, "event.type == 'x' || event.data.total > 9", False),
        (1, "event.type == 'x'", False),
        (1, "event.data.total > 9", False),
    ]


def test_negated_bracket_is_told_with_what_is_inside() -> None:
    assert told("!(event.data.test && event.data.total > 0)") == [
        (0, "!(event.data.test && event.data.total > 0)", False),
        (1, "event.data.test", True),
        (1, "event.data.total > 0", True),
    ]


def test_part_without_a_value_says_why_and_ends_the_asking() -> None:
    [first, second] = why("event.data.totl > 0 && event.data.test")

    assert first.seen.error.startswith("FE401 ")
    assert not first.is_true
    assert not second.was_asked


def test_clause_tells_the_fields_it_looked_at_each_once() -> None:
    [reason] = why("event.data.total + event.data.total > size(event.data.items)")

    assert [(each.text, each.value) for each in reason.looked_at] == [
        ("event.data.total", 5),
        ("event.data.items", [1, 2]),
    ]
    assert reason.is_true


def test_variable_of_a_loop_is_no_field() -> None:
    [reason] = why("event.data.items.exists(i, i.x == event.type)")

    assert [each.text for each in reason.looked_at] == ["event.data.items", "event.type"]


def test_clause_that_is_one_field_looks_at_nothing_else() -> None:
    [reason] = why("event.data.test")

    assert (reason.seen.value, reason.looked_at) == (True, ())

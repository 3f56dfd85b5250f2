"""Value keys: types survive, text stays text, times leave as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flowengine.definitions.expressions.evaluate import decide, names_used, render, steps_used
from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.errors import ExpressionError

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SCOPE = {"n": 7, "half": 0.5, "yes": True, "none": None, "xs": [1], "at": NOON, "m": {"at": NOON}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${{ n }}", 7),
        (" ${{ n }}", " 7"),
        ("${{ none }}", None),
        ("${{ xs }}", [1]),
        ("n is ${{ n }}, half ${{ half }}, ${{ yes }}", "n is 7, half 0.5, true"),
        ("${{ at }}", "2026-05-01T12:00:00Z"),
        ("at ${{ at }} + ${{ duration('90s') }}", "at 2026-05-01T12:00:00Z + 90s"),
        ("${{ m }}", {"at": "2026-05-01T12:00:00Z"}),
        ("${{ [now(), duration('1m')] }}", ["2026-05-01T12:00:00Z", "60s"]),
        ({"a": ["${{ n }}", {"b": "x"}], "c": 1.5}, {"a": [7, {"b": "x"}], "c": 1.5}),
        ("$${{ n }}", "${{ n }}"),
    ],
)
def test_template_gives(value: Any, expected: Any) -> None:
    assert render(parse_template(value), SCOPE, NOON) == expected


@pytest.mark.parametrize("name", ["none", "xs", "m"])
def test_what_has_no_text_form_is_refused_inside_text(name: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        render(parse_template(f"ab ${{{{ {name} }}}}"), SCOPE, NOON)

    assert (caught.value.code, caught.value.offset) == ("FE404", 7)


def test_condition_is_decided_by_a_bool_only() -> None:
    assert decide(parse_expression("n > 1"), SCOPE, NOON) is True
    assert decide(parse_expression("n < 1"), SCOPE, NOON) is False
    with pytest.raises(ExpressionError, match="if wants a bool, got an int"):
        decide(parse_expression("n"), SCOPE, NOON)


def test_steps_used_are_those_named_outside_of_loops_that_bind_steps() -> None:
    template = parse_template(
        {
            "a": "${{ steps.one.output.x + steps['two'].output }}",
            "b": ["${{ [1].map(steps, steps.three) }}", "${{ [steps.four].map(x, steps.five) }}"],
        }
    )

    assert steps_used(template) == {"one", "two", "four", "five"}


def test_steps_with_a_computed_name_are_not_known() -> None:
    assert steps_used(parse_expression("steps[event.type]")) == frozenset()


def test_names_used_are_those_of_the_scope() -> None:
    expression = parse_expression("event.data.xs.map(x, x + inputs.y).exists(item, item == index)")

    assert names_used(expression) == {"event", "inputs", "index"}

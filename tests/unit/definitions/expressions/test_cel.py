"""Where the language says it is CEL, it gives what Google's own CEL gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from flowengine.definitions.expressions.evaluate import evaluate
from flowengine.definitions.expressions.parse import parse_expression
from flowengine.errors import ExpressionError
from tests.unit.definitions.expressions.written_twice import (
    Expressions,
    Written,
    bools,
    floats,
    ints,
    junction,
    lists,
    maps,
    same,
    texts,
)

cel = pytest.importorskip("cel_expr_python.cel", reason="no wheel for this platform")

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SCOPE = {
    "x": {"n": 42, "m": -7, "d": 1.5, "s": "order.paid", "e": "", "t": True, "none": None,
          "xs": [3, 1, 2], "names": ["a", "b"], "rows": [{"k": 1}, {"k": 5}], "sub": {"a": 1}}
}  # fmt: skip
FAILED = "an error"
ENVIRONMENT = cel.NewEnv(variables={"x": cel.Type.DYN})


def ours(text: str) -> Any:
    try:
        return evaluate(parse_expression(text), SCOPE, NOON)
    except ExpressionError:
        return FAILED


def theirs(text: str) -> Any:
    try:
        found = ENVIRONMENT.compile(text, disable_check=True).eval(data=SCOPE)
    except Exception:  # noqa: BLE001 - it raises what its C++ does
        return FAILED
    return FAILED if str(found.type()).endswith("ERROR") else found.plain_value()


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2 * 3 - 4",
        "7 / 2",
        "-7 / 2",
        "7 / -2",
        "7 % 3",
        "-7 % 3",
        "7 % -3",
        "1.5 + 2.5",
        "7.0 / 2.0",
        "1 / 0",
        "1 % 0",
        "9223372036854775807 + 1",
        "-9223372036854775808",
        "-(-9223372036854775807 - 1)",
        "9223372036854775807 * 2",
        "x.n > 40 && x.m < 0",
        "x.n == 42 || x.gone",
        "x.t && !x.t",
        "x.n == 42.0",
        "x.n < 42.5",
        "x.s == 'order.paid'",
        "x.s != 'a'",
        "x.none == null",
        "'a' < 'b'",
        "false < true",
        "'a' + 'b' + x.s",
        "[1, 2] + [3]",
        "2 in [1, 2]",
        "'a' in x.sub",
        "5 in x.xs",
        "x.xs[1]",
        "x.xs[3]",
        "x.xs[-1]",
        "x['n']",
        "x.sub.a",
        "x.gone",
        "x.n.gone",
        "size(x.s) + size(x.xs) + size(x.sub)",
        "has(x.n)",
        "has(x.gone)",
        "x.s.contains('paid')",
        "x.s.startsWith('order') && x.s.endsWith('paid')",
        "x.xs.map(v, v * 2)",
        "x.xs.filter(v, v > 1)",
        "x.xs.all(v, v > 0)",
        "x.xs.exists(v, v > 2)",
        "x.rows.exists(r, r.k > 4)",
        "x.rows.map(r, r.k)",
        "x.sub.all(k, k == 'a')",
        "[].all(v, v > 0)",
        "[1, 2] == [1, 2]",
        "x.xs == [3.0, 1.0, 2.0]",
        "x.sub == {'a': 1.0}",
        "{'a': 1}.a",
        "{'a': {'b': [1]}}.a.b[0]",
        "{'a': 1, 'a': 2}",
        "'tab\\t' + \"it's\"",
        "r'\\d'",
        "string(5) + string(true)",
        "int('12') + int(3.9)",
        "int('x')",
        "double('1.5')",
        "int(timestamp('2026-05-01T12:00:00Z'))",
        "timestamp('2026-05-01T12:00:00Z') + duration('90m') > timestamp('2026-05-01T13:00:00Z')",
        "timestamp('2026-05-01T12:00:00Z') - timestamp('2026-05-01T11:00:00Z') == duration('1h')",
        "duration('1h30m') == duration('90m')",
        "timestamp('2026-05-01')",
        "1 + 'a'",
        "'a' < 1",
        "!1",
        "-'a'",
        "{1: 2}.a",
    ],
)
def test_value_is_that_of_cel(text: str) -> None:
    found, expected = ours(text), theirs(text)

    assert found == expected
    assert type(found) is type(expected)


def typed(value: Any) -> Any:
    """Two are equal where the values are, and the types, all the way down."""
    match value:
        case list():
            return [typed(item) for item in value]
        case dict():
            return {key: typed(item) for key, item in value.items()}
        case _:
            return (type(value), value)


def check(found: Written) -> None:
    mine, expected = ours(found.ours), theirs(found.theirs)

    if mine is FAILED and expected is not FAILED:
        # && and || of CEL take an error on one side back when the other side decides; ours do not.
        assert FAILED in map(theirs, found.operands)
    else:
        assert typed(mine) == typed(expected)


@settings(max_examples=500, deadline=None)
@given(bools(2))
def test_tests_are_those_of_cel(found: Written) -> None:
    check(found)


@pytest.mark.parametrize("values", [ints, floats, texts, lists, maps])
def test_values_are_those_of_cel(values: Callable[[int], Expressions]) -> None:
    @settings(max_examples=200, deadline=None)
    @given(values(2))
    def compare(found: Written) -> None:
        check(found)

    compare()


def test_error_is_taken_back_by_cel_alone() -> None:
    found = junction((same("1 / 0 > 1"), "||", same("true")))

    assert (ours(found.ours), theirs(found.theirs)) == (FAILED, True)
    check(found)
    with pytest.raises(AssertionError):
        check(Written(found.ours, found.theirs, operands=("true", "x.t")))

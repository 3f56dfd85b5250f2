"""Whatever an author or an event brings: an evaluation ends, soon, and with an answer of bounded size."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flowengine.definitions.expressions.evaluate import evaluate, render
from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.errors import ExpressionError

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
TEXT = {"text": "a" * 60_000, "many": list(range(10_001)), "huge": 10**400}


def code_of(text: str, scope: Any = TEXT) -> str:
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse_expression(text), scope, NOON)
    return caught.value.code


@pytest.mark.parametrize(
    "text",
    [
        "range(10000).map(i, range(10000).map(j, range(10000).map(k, i * j * k)))",
        "range(10000).all(i, range(10000).all(j, j >= 0))",
        "range(10000).filter(i, range(10000).exists(j, j == -1))",
        "range(1000).map(i, text.replace('a', 'b'))",
        "range(1000).map(i, text + 'b')",
        "range(1000).map(i, text.upper())",
        "range(1000).map(i, sha256(text))",
        "range(1000).map(i, toJson(text))",
        "range(10000).map(i, text.contains('b'))",
        "range(10000).map(i, i in range(10000))",
        "range(9000).map(i, range(9000)) == range(9000).map(i, range(9000))",
        "distinct(range(9000).map(i, range(9)))",
        "text.glob('*a????????????b*')",
        "range(9999).map(i, 'x').join(text)",
        "text.replace('a', 'aa')",
        "text + text",
        "range(10001)",
        "range(-1)",
        "range(9000) + range(9000)",
        "flatten([range(9000), range(9000), range(9000)])",
        "range(5001).map(i, text.split('a')[0])",
        "many.map(i, i)",
        "text.split('a')",
        "toJson(range(9000).map(i, text))",
        "toJson(range(9000).map(i, {text: i}))",
        "huge * 1.5",
    ],
)
def test_what_costs_too_much_is_stopped(text: str) -> None:
    assert code_of(text) == "FE405"


def test_result_of_more_than_256_kib_is_refused() -> None:
    template = parse_template("${{ [text, text, text, text, text] }}")

    with pytest.raises(ExpressionError, match="the result is too large"):
        render(template, TEXT, NOON)


def test_part_of_the_scope_is_passed_on_whatever_its_size() -> None:
    scope = {"text": "a" * 500_000}

    assert render(parse_template("${{ text }}"), scope, NOON) == scope["text"]


def test_text_of_more_than_64_kib_is_refused() -> None:
    with pytest.raises(ExpressionError) as caught:
        render(parse_template("${{ text }} and ${{ text }}"), TEXT, NOON)

    assert (caught.value.code, caught.value.offset) == ("FE405", 20)


def test_merging_maps_stops_at_ten_thousand_keys() -> None:
    scope = {"a": {f"a{n}": n for n in range(6000)}, "b": {f"b{n}": n for n in range(6000)}}

    assert code_of("merge(a, b)", scope) == "FE405"


def test_scope_nested_a_thousand_deep_is_an_error_and_no_crash() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]

    assert code_of("distinct([deep])", {"deep": deep}) == "FE405"
    with pytest.raises(ExpressionError, match="nested too deep"):
        render(parse_template("${{ deep }}"), {"deep": deep}, NOON)


def test_json_text_nested_too_deep_is_refused() -> None:
    assert code_of("fromJson(t)", {"t": "[" * 40 + "]" * 40}) == "FE403"
    assert code_of("fromJson(t)", {"t": "[" * 30_000}) == "FE403"


def test_code_in_data_stays_data() -> None:
    payload = "${{ 1 + 1 }} {{ 7*7 }} {0.__class__} %(x)s"

    rendered = render(parse_template({"a": "${{ x }}", "b": "<${{ x }}>"}), {"x": payload}, NOON)

    assert rendered == {"a": payload, "b": f"<{payload}>"}


@pytest.mark.parametrize(
    "text",
    [
        "''.__class__",
        "x.__class__.__mro__",
        "x['__class__']",
        "x.format('{0.__class__}')",
        "__import__('os')",
        "eval('1')",
        "x.map.__globals__",
        "(1).__add__(2)",
    ],
)
def test_python_is_out_of_reach(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(parse_expression(text), {"x": "text"}, NOON)

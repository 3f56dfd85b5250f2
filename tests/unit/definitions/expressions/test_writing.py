"""Expressions written anew from their trees."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flowengine.definitions.expressions.evaluate import evaluate
from flowengine.definitions.expressions.parse import parse_expression
from flowengine.definitions.expressions.writing import written
from flowengine.errors import ExpressionError

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SCOPE = {"x": {"n": 42, "s": "a'b\n", "xs": [1, 2, 3], "t": True, "m": {"k": 1.5}}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a&&b||c", "a && b || c"),
        ("a && (b || c)", "a && (b || c)"),
        ("((a))", "a"),
        ("!( a && b )", "!(a && b)"),
        ("1+2*3", "1 + 2 * 3"),
        ("(1+2)*3", "(1 + 2) * 3"),
        ("1-(2-3)", "1 - (2 - 3)"),
        ("(1-2)-3", "1 - 2 - 3"),
        ("(a == b) == c", "(a == b) == c"),
        ("-x.n", "-x.n"),
        ("(-3).x", "(-3).x"),
        ("-3 < 1", "-3 < 1"),
        ('"it\'s"', "'it\\'s'"),
        ("'a\\\\b'", "'a\\\\b'"),
        ("1.0", "1.0"),
        ("100000000000000000.0", "1.0e+17"),
        ("0.00000001", "1.0e-08"),
        ("x['k'][0]", "x['k'][0]"),
        ("{'a': 1, 'b': [true, null]}", "{'a': 1, 'b': [true, null]}"),
        ("xs.filter(r, r != null).map(r, r.id)", "xs.filter(r, r != null).map(r, r.id)"),
        ("default(a.b, 'c').upper()", "default(a.b, 'c').upper()"),
        ("if(a, b, c) in [1,]", "if(a, b, c) in [1]"),
    ],
)
def test_expression_is_written_with_no_bracket_too_many(text: str, expected: str) -> None:
    assert written(parse_expression(text).root) == expected


def _atoms() -> st.SearchStrategy[str]:
    return st.sampled_from(
        ["1", "-3", "2.5", "'a'", "'it\\'s'", "null", "true", "x", "x.n", "x.s", "x.xs", "x.m.k"]
    )


def _grown(below: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "%", "<", "==", "in", "&&", "||", ">="])
    return st.one_of(
        st.tuples(below, operators, below).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        below.map(lambda text: f"!({text})"),
        below.map(lambda text: f"-({text})"),
        below.map(lambda text: f"({text}).n"),
        below.map(lambda text: f"[{text}, 1][0]"),
        below.map(lambda text: f"{{'k': {text}}}['k']"),
        below.map(lambda text: f"x.xs.map(v, {text})"),
        below.map(lambda text: f"string({text})"),
    )


def _value(text: str) -> Any:
    with contextlib.suppress(ExpressionError):
        return evaluate(parse_expression(text), SCOPE, NOON)
    return "no value"


@settings(deadline=None)
@given(st.recursive(_atoms(), _grown, max_leaves=10))
def test_written_expression_means_the_same(text: str) -> None:
    try:
        root = parse_expression(text).root
    except ExpressionError:
        assume(False)

    again = written(root)

    assert written(parse_expression(again).root) == again
    assert _value(again) == _value(text)

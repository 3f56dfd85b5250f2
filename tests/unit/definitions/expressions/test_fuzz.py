"""Any text, any tree: a value or an ExpressionError, and soon."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.definitions.expressions.check import NAMES, Place, problems
from flowengine.definitions.expressions.evaluate import evaluate, names_used, render, steps_used
from flowengine.definitions.expressions.functions import FUNCTIONS, METHODS
from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.errors import ExpressionError

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SCOPE = {
    "event": {"type": "a", "time": NOON, "data": {"n": 1, "s": "x", "xs": [1, "a", None, [2]]}},
    "inputs": {},
    "config": {"long": timedelta(seconds=5)},
}
WORDS = [
    *FUNCTIONS,
    *METHODS,
    *NAMES,
    *[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".",
        "+",
        "-",
        "*",
        "/",
        "%",
        "!",
        "<",
        "<=",
        ">",
        ">=",
        "==",
        "!=",
        "in",
        "&&",
        "||",
        "?",
        "=",
        "&",
        "${{",
        "}}",
        "'",
        '"',
        "x",
        "y",
        "1",
        "0",
        "2.5",
        "99",
    ],
    "'a'",
    "event.data.xs",
    "event.data.n",
    "null",
    "true",
]
PLACE = Place(names=NAMES)


def atoms() -> st.SearchStrategy[str]:
    return st.sampled_from(
        ["1", "0", "-3", "2.5", "'a'", "''", "null", "true", "[]", "{}", "x", "event.data.xs",
         "event.data.n", "event.data.s", "event.time", "now()", "event.data.gone", "config.long",
         "duration('1h')", "range(5)"]
    )  # fmt: skip


def grown(below: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = ["+", "-", "*", "/", "%", "<", "==", "!=", "in", "&&", "||", ">="]
    return st.one_of(
        st.tuples(below, st.sampled_from(operators), below).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.tuples(st.sampled_from([*FUNCTIONS]), st.lists(below, max_size=3)).map(
            lambda t: f"{t[0]}({', '.join(t[1])})"
        ),
        st.tuples(below, st.sampled_from([*METHODS]), st.lists(below, max_size=2)).map(
            lambda t: f"{t[0]}.{t[1]}({', '.join(t[2])})"
        ),
        st.tuples(below, st.sampled_from(["map", "filter", "all", "exists"]), below).map(
            lambda t: f"{t[0]}.{t[1]}(x, {t[2]})"
        ),
        st.lists(below, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(below, below).map(lambda t: f"{{'k': {t[0]}, 'l': {t[1]}}}"),
        st.tuples(below, below).map(lambda t: f"{t[0]}[{t[1]}]"),
        below.map(lambda text: f"!{text}"),
        below.map(lambda text: f"-{text}"),
    )


def tried(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        expression = parse_expression(text)
        problems(expression, PLACE)
        names_used(expression)
        steps_used(expression)
        value: Any = evaluate(expression, SCOPE, NOON)
        assert type(value) in (type(None), bool, int, float, str, list, dict, datetime, timedelta)


@settings(max_examples=150, deadline=None)
@given(st.recursive(atoms(), grown, max_leaves=12))
def test_any_tree_gives_a_value_or_an_error(text: str) -> None:
    tried(text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join))
def test_any_row_of_words_gives_a_value_or_an_error(text: str) -> None:
    tried(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    tried(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["${{", "}}", "$", "{", "}", "'", "a", " ", "1", "[", "]"])))
def test_any_text_with_braces_is_rendered_or_refused(parts: list[str]) -> None:
    with contextlib.suppress(ExpressionError):
        render(parse_template({"a": ["".join(parts)]}), {"a": 1}, NOON)

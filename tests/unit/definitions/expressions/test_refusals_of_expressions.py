"""Text in, and no value: what every operator and function refuses, where, and with which way out."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.expressions.evaluate import evaluate
from flowengine.definitions.expressions.parse import parse_expression
from flowengine.errors import ExpressionError
from tests.unit.definitions.expressions.scopes import NOON, SCOPE


def refusal(text: str, scope: Any = SCOPE) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse_expression(text), scope, NOON)
    return caught.value


@pytest.mark.parametrize(
    ("text", "code", "message", "offset"),
    [
        ("event.data.totl", "FE401", "no field 'totl'", 11),
        ("event.data.note.x", "FE401", "no field 'x': what stands before it is null", 16),
        ("event.data.total.x", "FE401", "no field 'x': what stands before it is an int", 17),
        ("event.data.lines.x", "FE401", "no field 'x': what stands before it is a list", 17),
        ("event.data.lines[0].x.y", "FE401", "no field 'x'", 20),
        ("event.data.lines[2]", "FE401", "no item 2; the list has 2", 16),
        ("event.data.lines[-1]", "FE401", "no item -1; the list has 2", 16),
        ("event.data.lines[true]", "FE402", "[ ] does not work on a list and a bool", 16),
        ("event.data[1]", "FE402", "[ ] does not work on a map and an int", 10),
        ("has(1)", "FE201", "has() looks at a path like event.data.name, not at a value", 4),
        ("unknown", "FE202", "unknown name 'unknown'", 0),
        ("1 + 'a'", "FE402", "+ does not work on an int and a string", 2),
        ("1 + null", "FE402", "+ does not work on an int and null", 2),
        ("true + 1", "FE402", "+ does not work on a bool and an int", 5),
        ("event.time + event.time", "FE402", "+ does not work on a timestamp and a timestamp", 11),
        (
            "duration('1s') - event.time",
            "FE402",
            "- does not work on a duration and a timestamp",
            15,
        ),
        ("'a' - 'b'", "FE402", "- does not work on a string and a string", 4),
        ("'a' * 3", "FE402", "* does not work on a string and an int", 4),
        ("1 / 'a'", "FE402", "/ does not work on an int and a string", 2),
        ("1.5 % 2", "FE402", "% does not work on a double and an int", 4),
        ("1 / 0", "FE402", "/ cannot divide by zero", 2),
        ("1 / 0.0", "FE402", "/ cannot divide by zero", 2),
        ("1 % 0", "FE402", "% cannot divide by zero", 2),
        ("9223372036854775807 + 1", "FE402", "+ gives a number that does not fit into 64 bits", 20),
        ("1.0e308 * 10", "FE402", "* gives a number that is too large", 8),
        ("-event.data.name", "FE402", "- does not work on a string", 0),
        ("'a' < 1", "FE402", "< does not work on a string and an int", 4),
        ("null < 1", "FE402", "< does not work on null and an int", 5),
        ("[1] < [2]", "FE402", "< does not work on a list and a list", 4),
        ("'a' in 'abc'", "FE402", "in does not work on a string and a string", 4),
        ("1 in {'a': 1}", "FE402", "in does not work on an int and a map", 2),
        ("!1", "FE402", "! wants a bool, got an int", 0),
        ("1 && true", "FE402", "&& wants a bool, got an int", 0),
        ("false || 'x'", "FE402", "|| wants a bool, got a string", 9),
        ("if(1, 2, 3)", "FE402", "if wants a bool, got an int", 3),
        ("{1: 2}", "FE402", "the key of a map is a string, not an int", 1),
        ("{'a': 1, 'a': 2}", "FE402", "the key 'a' is there twice", 9),
        ("(1).map(x, x)", "FE402", "map() goes over a list, not over an int", 4),
        ("{'a': 1}.map(x, x)", "FE402", "map() goes over a list, not over a map", 9),
        ("[1].filter(x, x)", "FE402", "filter() wants a test that gives a bool, got an int", 14),
        ("event.time + duration('3000000d')", "FE402", "+ leaves the years 1 to 9999", 11),
        ("size(1)", "FE403", "size: wants a string or a list or a map, got an int", 0),
        ("'a'.split('')", "FE403", "split: the separator is empty", 4),
        ("'a'.replace('', 'b')", "FE403", "replace: the text to look for is empty", 4),
        (
            "'abc'.substring(2, 1)",
            "FE403",
            "substring: there is nothing from 2 to 1; the text has 3",
            6,
        ),
        ("[1].join(',')", "FE403", "join: wants a string, got an int", 4),
        ("sum(['a'])", "FE403", "sum: wants an int or a double or a duration, got a string", 0),
        ("sum([1, duration('1s')])", "FE402", "+ does not work on an int and a duration", 0),
        ("min([])", "FE403", "min: there is nothing in the list", 0),
        ("max(1, 'a')", "FE403", "max: there is no order among values of type int and string", 0),
        ("sort([null])", "FE403", "sort: there is no order among values of type null", 0),
        ("sort(1)", "FE403", "sort: wants a list, got an int", 0),
        ("int('1.5')", "FE403", "int: '1.5' is no whole number", 0),
        ("int(1.0e19)", "FE403", "int: the number does not fit into 64 bits", 0),
        ("double('nan')", "FE403", "double: 'nan' is no number", 0),
        ("double('1e999')", "FE403", "double: the number is too large", 0),
        ("round(1.5, 16)", "FE403", "round: rounds to 0-15 places, not to 16", 0),
        ("round(1.0e300)", "FE402", "round gives a number that does not fit into 64 bits", 0),
        ("timestamp('2026-05-01')", "FE403", "timestamp: '2026-05-01' is no timestamp", 0),
        (
            "timestamp('2026-02-30T00:00:00Z')",
            "FE403",
            "timestamp: '2026-02-30T00:00:00Z' is no timestamp",
            0,
        ),
        ("duration('90')", "FE403", "duration: '90' is no duration", 0),
        ("event.time.format('%Q')", "FE403", "format: '%Q' means nothing", 11),
        ("event.time.format('%')", "FE403", "format: '%' means nothing", 11),
        ("string(null)", "FE404", "a null cannot be put into text", 0),
        ("string([1])", "FE404", "a list cannot be put into text", 0),
        ("fromJson('{')", "FE403", None, 0),
        (
            "fromJson('NaN')",
            "FE403",
            "fromJson: this is not JSON that can be read: NaN is no JSON number",
            0,
        ),
        (
            "fromJson('1e999')",
            "FE403",
            "fromJson: this is not JSON that can be read: a number is too large",
            0,
        ),
        (
            "fromJson('99999999999999999999')",
            "FE403",
            "fromJson: this is not JSON that can be read: a number does not fit into 64 bits",
            0,
        ),
        (
            'fromJson(\'{"a": 1, "a": 2}\')',
            "FE403",
            "fromJson: this is not JSON that can be read: a key is there twice",
            0,
        ),
        (r"""fromJson('"\\ud800"')""", "FE403", None, 0),
    ],
)
def test_expression_has_no_value(text: str, code: str, message: str | None, offset: int) -> None:
    error = refusal(text)

    assert (error.code, error.offset) == (code, offset)
    assert message is None or error.message == message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("event.data.totl", "did you mean 'total'?"),
        ("evnt.data", "did you mean 'event'?"),
        ("event.data.note.x", "default(path, x) gives x where there is nothing"),
        ("event.data.note < 1", "a null has no order; use default(...)"),
        ("'a' + 1", "write string(...), or text with ${{ }}"),
        ("'a' in 'abc'", "write text.contains(part)"),
        ("event.data.lines[9]", "items count from 0"),
    ],
)
def test_refusal_names_the_way_out(text: str, hint: str) -> None:
    assert refusal(text).hint == hint


def test_of_very_many_names_only_the_first_are_looked_at() -> None:
    many = {f"field_{n:04}": n for n in range(300)}

    assert refusal("a.near", {"a": {**many, "nearr": 1}}).hint == ""
    assert refusal("a.near", {"a": {"nearr": 1, **many}}).hint == "did you mean 'nearr'?"


def test_values_that_are_not_json_are_named_by_their_python_type() -> None:
    assert refusal("a + 1", {"a": {1, 2}}).message == "+ does not work on a set and an int"

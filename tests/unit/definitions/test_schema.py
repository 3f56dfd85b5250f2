"""Does a value fit a schema?"""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.schema import KEYWORDS, TYPES, problems

VALUES: dict[str, list[Any]] = {
    "string": ["", "a"],
    "boolean": [True, False],
    "null": [None],
    "array": [[], [1]],
    "object": [{}, {"a": 1}],
    "integer": [0, -1, 2.0],
    "number": [1.5],
}


TOO_LONG = "must have at most 2048 characters, to be compared with a pattern"


@pytest.mark.parametrize("name", sorted(TYPES))
@pytest.mark.parametrize(("of", "values"), VALUES.items())
def test_type_takes_its_own_values_only(name: str, of: str, values: list[Any]) -> None:
    takes = of == name or (name == "number" and of == "integer")

    for value in values:
        assert (not list(problems(value, {"type": name}))) is takes


def test_problem_names_what_is_wanted_and_what_is_there() -> None:
    assert list(problems("1", {"type": ["integer", "null"]})) == [
        ("$", "must be integer or null, not string")
    ]
    assert list(problems(object(), {"type": "string"})) == [("$", "must be string, not object")]


@pytest.mark.parametrize(
    ("schema", "good", "bad", "problem"),
    [
        ({"enum": ["a", 1]}, "a", "b", "must be one of 'a', 1"),
        ({"enum": [1]}, 1.0, True, "must be one of 1"),
        ({"const": "a"}, "a", "b", "must be 'a'"),
        ({"minimum": 1}, 1, 0, "must be at least 1"),
        ({"maximum": 1}, 1, 2, "must be at most 1"),
        ({"exclusiveMinimum": 1}, 2, 1, "must be more than 1"),
        ({"exclusiveMaximum": 1}, 0, 1, "must be less than 1"),
        ({"minLength": 1}, "a", "", "must have at least 1 characters"),
        ({"maxLength": 1}, "a", "ab", "must have at most 1 characters"),
        ({"pattern": "^a+$"}, "aa", "ab", "must look like ^a+$"),
        ({"pattern": "a"}, 5, "b", "must look like a"),
        ({"pattern": "a"}, "a" * 2048, "a" * 2049, TOO_LONG),
        ({"format": "date"}, "2026-05-01", "2026-05-32", "must be a text of the format date"),
        ({"format": "email"}, 5, "ada", "must be a text of the format email"),
        ({"minItems": 1}, [1], [], "must have at least 1 items"),
        ({"maxItems": 1}, [1], [1, 2], "must have at most 1 items"),
    ],
)
def test_keyword_takes_the_good_and_refuses_the_bad(
    schema: dict[str, Any], good: Any, bad: Any, problem: str
) -> None:
    assert list(problems(good, schema)) == []
    assert list(problems(bad, schema)) == [("$", problem)]


@pytest.mark.parametrize("keyword", sorted(KEYWORDS - {"type", "enum", "const"}))
def test_keyword_of_another_type_does_not_speak_of_a_value(keyword: str) -> None:
    assert list(problems(None, {keyword: 1})) == []


def test_problems_inside_have_their_path() -> None:
    schema = {
        "type": "object",
        "required": ["lines", "id"],
        "properties": {
            "lines": {"items": {"properties": {"sku": {"type": "string"}}}},
            "note": {"type": "string"},
        },
        "additionalProperties": False,
    }

    assert list(problems({"lines": [{"sku": "a"}, {"sku": 1}], "x": 1}, schema)) == [
        ("$.id", "is missing"),
        ("$.lines[1].sku", "must be string, not integer"),
        ("$.x", "is not allowed here"),
    ]


def test_further_members_are_checked_by_their_schema() -> None:
    schema = {"additionalProperties": {"type": "integer"}}

    assert list(problems({"a": 1, "b": "x"}, schema)) == [("$.b", "must be integer, not string")]
    assert list(problems({"a": "x"}, {"additionalProperties": True})) == []


def test_other_keywords_are_passed_over() -> None:
    assert list(problems("a", {"title": "A", "$comment": "b"})) == []

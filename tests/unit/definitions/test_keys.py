"""The one table of keys, as the reference shows it."""

from __future__ import annotations

from typing import Any

from flowengine.definitions.input_schemas import KEYWORDS, schema_problems
from flowengine.definitions.keys import table
from flowengine.engine import schema


def test_table_lists_every_key_once_with_its_meaning() -> None:
    rows = list(table())

    assert len({row.path for row in rows}) == len(rows)
    assert all(row.type and row.default and row.meaning for row in rows)
    assert {"workflow", "on[].if", "steps[].retry.except", "notify.detail"} <= {
        r.path for r in rows
    }


def test_table_says_defaults_as_a_file_would() -> None:
    defaults = {row.path: row.default for row in table()}

    assert defaults["workflow"] == "required"
    assert defaults["timeout"] == "`30d`"
    assert defaults["steps[].timeout"] == "`10m`"
    assert defaults["steps[].retry.attempts"] == "`3`"
    assert defaults["steps[].retry.jitter"] == "`0.5`"
    assert defaults["steps[].transaction"] == "`false`"
    assert defaults["notify.detail"] == "`steps`"
    assert defaults["labels"] == "-"


def test_every_keyword_that_a_file_may_use_is_understood_by_the_engine() -> None:
    assert KEYWORDS <= schema.KEYWORDS | schema.ANNOTATIONS


def test_schemas_may_nest_but_not_without_end() -> None:
    nested: Any = {"type": "string"}
    for _ in range(30):
        nested = {"type": "array", "items": nested}

    problems = [text for _, text in schema_problems(nested)]

    assert problems == ["the schema is nested too deep"]
    sound: Any = {
        "type": ["object", "null"],
        "properties": {"a": {"minimum": 1.5, "title": "A"}},
        "required": ["a"],
        "maxItems": 3,
        "enum": [None, {}],
    }
    assert list(schema_problems(sound)) == []
    assert list(schema_problems({"items": True, "additionalProperties": False})) == []


def test_default_of_any_type_is_held_against_its_type() -> None:
    fitting: dict[str, Any] = {
        "string": "a",
        "integer": 1.0,
        "number": 1.5,
        "boolean": True,
        "array": [],
        "object": {},
        "null": None,
    }
    for kind, value in fitting.items():
        assert list(schema_problems({"type": kind, "default": value})) == []
    assert list(schema_problems({"type": ["string", "null"], "default": 5})) == []

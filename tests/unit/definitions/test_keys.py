"""The one table of keys, as the reference shows it."""

from __future__ import annotations

from typing import Any

from flowengine.definitions import schema
from flowengine.definitions.input_schemas import KEYWORDS, schema_problems
from flowengine.definitions.keys.steps import KINDS
from flowengine.definitions.keys.table import file_rows, kind_rows, step_rows


def test_table_lists_every_key_with_its_meaning() -> None:
    rows = [*file_rows(), *step_rows(), *(row for _, row in kind_rows())]

    assert all(row.type and row.default and row.meaning for row in rows)
    paths = {row.path for row in rows}
    assert {"workflow", "on[].if", "on[].manual.groups", "notify.detail", "finally"} <= paths
    assert {"id", "as", "retry.except", "compensate.on_unknown", "sleep.until", "fail"} <= paths


def test_table_shows_each_kind_with_its_own_key_first_and_each_map_once() -> None:
    rows = list(kind_rows())

    assert list(dict.fromkeys(kind for kind, _ in rows)) == list(KINDS)
    for kind in KINDS:
        assert next(row.path for each, row in rows if each == kind) == kind
    paths = [row.path for _, row in rows]
    assert [paths.count(path) for path in ("retry.delay", "rescue[].errors", "rescue")] == [1, 1, 6]


def test_table_says_defaults_as_a_file_would() -> None:
    defaults = {row.path: row.default for row in file_rows()}
    of_steps = {row.path: row.default for row in step_rows()}
    of_tasks = {row.path: row.default for kind, row in kind_rows() if kind == "task"}

    assert defaults["workflow"] == "required"
    assert defaults["timeout"] == "`30d`"
    assert defaults["notify.detail"] == "`steps`"
    assert defaults["labels"] == "-"
    assert of_steps["max_failures"] == "`0`"
    assert of_tasks["timeout"] == "`10m`"
    assert of_tasks["retry.attempts"] == "`3`"
    assert of_tasks["retry.jitter"] == "`0.5`"
    assert of_tasks["transaction"] == "`false`"


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

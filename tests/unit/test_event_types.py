"""Registered event types: what a schema refuses, and how it says so."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
import pydantic
import pytest

from flowengine import event_types
from flowengine.definitions.expressions.shapes import of_schema
from flowengine.errors import AuthorError
from flowengine.event_types import problems, register_event

NAME = "test.typed"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    event_types.forget(NAME)


class Line(pydantic.BaseModel):
    sku: str
    count: int
    at: datetime | None = None


class PydanticOrder(pydantic.BaseModel):
    lines: list[Line]


class LineStruct(msgspec.Struct):
    sku: str
    count: int


class StructOrder(msgspec.Struct):
    lines: list[LineStruct]


@dataclasses.dataclass
class DataclassLine:
    sku: str
    count: int


@dataclasses.dataclass
class DataclassOrder:
    lines: list[DataclassLine]


JSON_SCHEMA = {
    "type": "object",
    "required": ["lines"],
    "properties": {
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"count": {"type": "integer"}}},
        }
    },
}


@pytest.mark.parametrize("schema", [JSON_SCHEMA, PydanticOrder, StructOrder, DataclassOrder])
def test_data_that_fits_has_no_problems(schema: Any) -> None:
    register_event(NAME, schema)

    assert problems(NAME, {"lines": [{"sku": "a", "count": 1}]}) == []


@pytest.mark.parametrize("schema", [JSON_SCHEMA, PydanticOrder, StructOrder, DataclassOrder])
def test_problem_names_the_json_path_and_nothing_is_coerced(schema: Any) -> None:
    register_event(NAME, schema)

    [(path, problem)] = problems(
        NAME, {"lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": "2"}]}
    )

    assert path in {"$.lines[1].count", "$.lines[...].count"}
    assert problem


def test_every_problem_is_told_up_to_twenty() -> None:
    register_event(NAME, {"type": "array", "items": {"type": "integer"}})

    assert len(problems(NAME, ["x"] * 3)) == 3
    assert len(problems(NAME, ["x"] * 100)) == 20


def test_times_come_as_text() -> None:
    register_event(NAME, Line)

    assert problems(NAME, {"sku": "a", "count": 1, "at": "2026-03-02T12:00:00Z"}) == []
    assert [path for path, _ in problems(NAME, {"sku": "a", "count": 1, "at": "noon"})] == ["$.at"]


def test_unregistered_type_has_no_problems() -> None:
    assert problems("nobody.knows", object()) == []


def test_type_without_a_schema_is_known_and_unchecked() -> None:
    register_event(NAME)

    assert event_types.get(NAME) is not None
    assert problems(NAME, {"any": "thing"}) == []
    assert event_types.nearest("test.tpyed") == NAME


@pytest.mark.parametrize("schema", [JSON_SCHEMA, PydanticOrder, StructOrder, DataclassOrder])
def test_fields_of_a_type_are_known_before_there_is_an_event(schema: Any) -> None:
    register_event(NAME, schema)

    shape = of_schema(event_types.schemas()[NAME])

    assert shape is not None
    assert list(shape.fields) == ["lines"]


def test_type_without_a_json_schema_has_no_known_fields() -> None:
    class Strange(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)

        line: LineStruct

    register_event(NAME, Strange)
    assert NAME not in event_types.schemas()
    event_types.forget(NAME)

    register_event(NAME)
    assert NAME not in event_types.schemas()


def test_same_registration_twice_is_nothing() -> None:
    register_event(NAME, PydanticOrder)
    register_event(NAME, PydanticOrder)


@pytest.mark.parametrize(
    ("name", "schema", "message"),
    [
        ("not a type", None, "not an event type"),
        ("order.*", None, "not an event type"),
        (NAME, {"type": "nonsense"}, "the schema cannot be used"),
        (NAME, {"$ref": "https://example.com/order.json"}, "the schema cannot be used"),
        (NAME, {"$ref": "#/nowhere"}, "the schema cannot be used"),
        (NAME, {"pattern": "(?=a)b"}, "the schema cannot be used"),
        (NAME, 5, "is no schema"),
    ],
)
def test_wrong_registration_is_refused(name: str, schema: Any, message: str) -> None:
    with pytest.raises(AuthorError, match=message):
        register_event(name, schema)


def test_second_schema_for_a_type_is_refused() -> None:
    register_event(NAME, PydanticOrder)

    with pytest.raises(AuthorError, match="registered twice"):
        register_event(NAME, StructOrder)

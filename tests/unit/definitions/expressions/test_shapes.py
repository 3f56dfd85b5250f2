"""What JSON Schemas say about the fields of a map."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.expressions.shapes import Shape, either, of_schema

A: dict[str, Any] = {"properties": {"a": {}}}
CLOSED = {"properties": {"b": {"type": "string"}}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        (True, None),
        ({}, None),
        ({"type": "string"}, None),
        (A, Shape({"a": None}, is_closed=False)),
        (CLOSED, Shape({"b": None})),
        ({"properties": {"x": CLOSED}}, Shape({"x": Shape({"b": None})}, is_closed=False)),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, None),
        ({"properties": {"a": {}}, "patternProperties": {"^x": {}}}, None),
        ({"anyOf": [A, CLOSED]}, Shape({"a": None, "b": None}, is_closed=False)),
        ({"anyOf": [CLOSED, {"type": "null"}]}, Shape({"b": None})),
        ({"anyOf": [A, {"type": "object"}]}, None),
        ({"allOf": [CLOSED], **A}, Shape({"a": None, "b": None}, is_closed=False)),
        ({"$ref": "#/$defs/x", "$defs": {"x": CLOSED}}, Shape({"b": None})),
        ({"$ref": "#/definitions/x", "definitions": {"x": A}}, Shape({"a": None}, is_closed=False)),
        ({"$ref": "#/$defs/gone"}, None),
        ({"$ref": "https://example.com/x"}, None),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"$ref": "#/$defs/x"}}}, None),
    ],
)
def test_schema_names_fields_or_nothing_is_known(schema: Any, shape: Shape | None) -> None:
    assert of_schema(schema) == shape


def test_schema_that_holds_itself_ends() -> None:
    schema = {
        "$ref": "#/$defs/tree",
        "$defs": {"tree": {"properties": {"left": {"$ref": "#/$defs/tree"}}}},
    }

    shape, levels = of_schema(schema), 0
    while shape is not None:
        shape, levels = shape.fields["left"], levels + 1

    assert levels == 8


def test_field_of_two_shapes_has_what_both_know() -> None:
    one = Shape({"x": Shape({"a": None}), "y": Shape({"a": None})})
    other = Shape({"x": Shape({"b": None}), "y": None})

    assert either([one, other]) == Shape({"x": Shape({"a": None, "b": None}), "y": None})
    assert either([one, None]) is None
    assert either([]) is None

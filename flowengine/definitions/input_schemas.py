"""The JSON Schemas that ``inputs`` may hold: a bounded part of draft 2020-12.

No references, no combinations, and patterns that end: what checks a value against such a schema takes
a time that the value's size bounds. An unknown keyword is refused, because one that is
passed over would be taken for a check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flowengine.definitions.expressions.tree import Json, Path
from flowengine.definitions.likeness import near
from flowengine.definitions.regular import LENGTH_MAX as PATTERN_MAX
from flowengine.definitions.regular import problem_of
from flowengine.definitions.text_formats import FORMATS

TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
_LEVELS_MAX = 16
Problems = Iterator[tuple[Path, str]]
"""Pairs of the way into the schema and what is wrong there."""


def schema_problems(schema: Json, path: Path = ()) -> Problems:
    """Everything that is wrong with *schema*, in its own order. Empty = it can be used."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        yield path, "a schema is a map of keywords, true or false"
        return
    if len(path) > _LEVELS_MAX:
        yield path, "the schema is nested too deep"
        return
    for keyword, value in schema.items():
        if keyword not in _KEYWORDS:
            way = near(keyword, _KEYWORDS) or f"known: {', '.join(_KEYWORDS)}"
            yield (*path, keyword), f"'{keyword[:100]}' is no keyword of a schema here; {way}"
        else:
            yield from _KEYWORDS[keyword][0](value, (*path, keyword))
    if not path:
        yield from _default_fits(schema)


def _default_fits(schema: dict[str, Any]) -> Problems:
    default = schema.get("default")
    if "default" not in schema or not isinstance(schema.get("type", ""), str):
        return
    kind = schema.get("type", "")
    if kind in _IS and not _IS[kind](default):
        yield ("default",), f"the default is no {kind}"
    enum = schema.get("enum")
    if isinstance(enum, list) and default not in enum:
        yield ("default",), "the default is not in enum"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_IS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def _anything(_value: Json, _path: Path) -> Problems:
    yield from ()


def _types(value: Json, path: Path) -> Problems:
    names = value if isinstance(value, list) and value else [value]
    if any(not isinstance(name, str) or name not in TYPES for name in names):
        shown = str(value)[:60]
        way = near(shown, TYPES) or f"one of {', '.join(TYPES)}"
        yield path, f"{shown!r} is no type; {way}"


def _pattern(value: Json, path: Path) -> Problems:
    if not isinstance(value, str):
        yield path, "this keyword wants a regular expression"
    elif (problem := problem_of(value)) is not None:
        yield path, f"this pattern cannot be used: {problem}"


def _format(value: Json, path: Path) -> Problems:
    if not isinstance(value, str) or value not in FORMATS:
        shown = str(value)[:60]
        way = near(shown, FORMATS) or f"one of {', '.join(FORMATS)}"
        yield path, f"{shown!r} is no format; {way}"


def _number(value: Json, path: Path) -> Problems:
    if not _is_number(value):
        yield path, "this keyword wants a number"


def _count(value: Json, path: Path) -> Problems:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        yield path, "this keyword wants a whole number from 0"


def _values(value: Json, path: Path) -> Problems:
    if not isinstance(value, list) or not value:
        yield path, "this keyword wants a list of values"


def _names(value: Json, path: Path) -> Problems:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        yield path, "this keyword wants a list of names"


def _schemas(value: Json, path: Path) -> Problems:
    if not isinstance(value, dict):
        yield path, "this keyword wants a map of names to schemas"
        return
    for name, schema in value.items():
        yield from schema_problems(schema, (*path, name))


_ANY: dict[str, Any] = {}
_NUMBER = {"type": "number"}
_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
_BELOW = {"anyOf": [{"type": "boolean"}, {"$ref": "#/definitions/schema"}]}
_TYPE = {"enum": list(TYPES)}

_KEYWORDS: dict[str, tuple[Callable[[Json, Path], Problems], dict[str, Any]]] = {
    "type": (_types, {"anyOf": [_TYPE, {"type": "array", "items": _TYPE, "minItems": 1}]}),
    "default": (_anything, _ANY),
    "enum": (_values, {"type": "array", "minItems": 1}),
    "const": (_anything, _ANY),
    "minimum": (_number, _NUMBER),
    "maximum": (_number, _NUMBER),
    "exclusiveMinimum": (_number, _NUMBER),
    "exclusiveMaximum": (_number, _NUMBER),
    "minLength": (_count, _COUNT),
    "maxLength": (_count, _COUNT),
    "pattern": (_pattern, {"type": "string", "maxLength": PATTERN_MAX}),
    "format": (_format, {"enum": list(FORMATS)}),
    "minItems": (_count, _COUNT),
    "maxItems": (_count, _COUNT),
    "items": (schema_problems, _BELOW),
    "properties": (_schemas, {"type": "object", "additionalProperties": _BELOW}),
    "required": (_names, {"type": "array", "items": _TEXT}),
    "additionalProperties": (schema_problems, _BELOW),
    "title": (_anything, _ANY),
    "description": (_anything, _ANY),
    "examples": (_anything, _ANY),
    "deprecated": (_anything, _ANY),
}
"""By keyword: what checks its value, and the same as a JSON Schema."""
KEYWORDS = frozenset(_KEYWORDS)
"""What a schema may say."""


def schema_of_schemas() -> dict[str, Any]:
    """The schemas of this module as a JSON Schema, which is to be found as ``schema`` by itself."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {keyword: shape for keyword, (_, shape) in _KEYWORDS.items()},
    }

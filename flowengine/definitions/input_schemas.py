"""The JSON Schemas that ``inputs`` may hold: a bounded part of draft 2020-12.

No references, no regular expressions, no combinations: what checks a value against such a schema
takes a time that the value's size bounds. An unknown keyword is refused, because one that is
passed over would be taken for a check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flowengine.definitions.expressions.paths import near
from flowengine.definitions.expressions.tree import Json, Path

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
        check = _KEYWORDS.get(keyword)
        if check is None:
            way = near(keyword, _KEYWORDS) or f"known: {', '.join(_KEYWORDS)}"
            yield (*path, keyword), f"'{keyword[:100]}' is no keyword of a schema here; {way}"
        else:
            yield from check(value, (*path, keyword))
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


_KEYWORDS: dict[str, Callable[[Json, Path], Problems]] = {
    "type": _types,
    "default": _anything,
    "enum": _values,
    "const": _anything,
    "minimum": _number,
    "maximum": _number,
    "exclusiveMinimum": _number,
    "exclusiveMaximum": _number,
    "minLength": _count,
    "maxLength": _count,
    "minItems": _count,
    "maxItems": _count,
    "items": schema_problems,
    "properties": _schemas,
    "required": _names,
    "additionalProperties": schema_problems,
    "title": _anything,
    "description": _anything,
    "examples": _anything,
    "deprecated": _anything,
}
KEYWORDS = frozenset(_KEYWORDS)
"""What a schema may say."""

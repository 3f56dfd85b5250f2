"""Does a JSON value fit a JSON Schema? The part of draft 2020-12 that inputs need, without a library.

``KEYWORDS`` are understood, ``ANNOTATIONS`` are read by people only. Whoever accepts a schema refuses
other keywords: here they would be passed over, which must not be taken for a check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flowengine.definitions.regular import TEXT_MAX, matches
from flowengine.definitions.text_formats import has_format

Problems = Iterator[tuple[str, str]]
"""Pairs of a JSON path (``$.items[2].sku``) and what is wrong there."""

ANNOTATIONS = frozenset({"title", "description", "default", "examples", "deprecated", "$schema"})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "array": lambda value: isinstance(value, list | tuple),
    "object": lambda value: isinstance(value, Mapping),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": _is_number,
}
TYPES = frozenset(_TYPES)
"""The names that ``type`` may have."""


def problems(value: Any, schema: Any, path: str = "$") -> Problems:
    """Everything that is wrong with *value*, in the order of the schema's keywords. Empty = it fits.

    *schema* is a mapping, or True (anything) or False (nothing).
    """
    if isinstance(schema, bool):
        if not schema:
            yield path, "is not allowed here"
        return
    for keyword, wanted in schema.items():
        check = _CHECKS.get(keyword)
        if check is not None:
            yield from check(value, wanted, path, schema)


def _type(value: Any, wanted: Any, path: str, _schema: Mapping[str, Any]) -> Problems:
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    if not any(_TYPES[name](value) for name in names):
        yield path, f"must be {' or '.join(names)}, not {_name_of(value)}"


def _enum(value: Any, wanted: Any, path: str, _schema: Mapping[str, Any]) -> Problems:
    if not any(_equal(value, allowed) for allowed in wanted):
        yield path, f"must be one of {', '.join(repr(allowed) for allowed in wanted)}"


def _const(value: Any, wanted: Any, path: str, _schema: Mapping[str, Any]) -> Problems:
    if not _equal(value, wanted):
        yield path, f"must be {wanted!r}"


def _bound(
    is_within: Callable[[Any, Any], bool], words: str
) -> Callable[[Any, Any, str, Mapping[str, Any]], Problems]:
    def check(value: Any, wanted: Any, path: str, _schema: Mapping[str, Any]) -> Problems:
        if _is_number(value) and not is_within(value, wanted):
            yield path, f"must be {words} {wanted}"

    return check


def _length(
    kind: str, unit: str, *, at_least: bool
) -> Callable[[Any, Any, str, Mapping[str, Any]], Problems]:
    def check(value: Any, wanted: Any, path: str, _schema: Mapping[str, Any]) -> Problems:
        if _TYPES[kind](value) and (len(value) < wanted if at_least else len(value) > wanted):
            yield path, f"must have at {'least' if at_least else 'most'} {wanted} {unit}"

    return check


def _pattern(value: Any, wanted: Any, path: str, _schema: Mapping[str, Any]) -> Problems:
    if not isinstance(value, str):
        return
    if len(value) > TEXT_MAX:
        yield path, f"must have at most {TEXT_MAX} characters, to be compared with a pattern"
    elif not matches(wanted, value):
        yield path, f"must look like {wanted}"


def _format(value: Any, wanted: Any, path: str, _schema: Mapping[str, Any]) -> Problems:
    if isinstance(value, str) and not has_format(value, wanted):
        yield path, f"must be a text of the format {wanted}"


def _required(value: Any, wanted: Any, path: str, _schema: Mapping[str, Any]) -> Problems:
    if isinstance(value, Mapping):
        for name in wanted:
            if name not in value:
                yield f"{path}.{name}", "is missing"


def _properties(value: Any, wanted: Any, path: str, _schema: Mapping[str, Any]) -> Problems:
    if isinstance(value, Mapping):
        for name, schema in wanted.items():
            if name in value:
                yield from problems(value[name], schema, f"{path}.{name}")


def _additional(value: Any, wanted: Any, path: str, schema: Mapping[str, Any]) -> Problems:
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        for name in value:
            if name not in known:
                yield from problems(value[name], wanted, f"{path}.{name}")


def _items(value: Any, wanted: Any, path: str, _schema: Mapping[str, Any]) -> Problems:
    if _TYPES["array"](value):
        for index, item in enumerate(value):
            yield from problems(item, wanted, f"{path}[{index}]")


_CHECKS: dict[str, Callable[[Any, Any, str, Mapping[str, Any]], Problems]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _bound(lambda value, wanted: value >= wanted, "at least"),
    "maximum": _bound(lambda value, wanted: value <= wanted, "at most"),
    "exclusiveMinimum": _bound(lambda value, wanted: value > wanted, "more than"),
    "exclusiveMaximum": _bound(lambda value, wanted: value < wanted, "less than"),
    "minLength": _length("string", "characters", at_least=True),
    "maxLength": _length("string", "characters", at_least=False),
    "pattern": _pattern,
    "format": _format,
    "minItems": _length("array", "items", at_least=True),
    "maxItems": _length("array", "items", at_least=False),
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
}
KEYWORDS = frozenset(_CHECKS)
"""The keywords that are checked."""


def _equal(one: Any, other: Any) -> bool:
    """As JSON has it: ``true`` is not 1, 1 is 1.0."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _name_of(value: Any) -> str:
    return next((name for name, is_one in _TYPES.items() if is_one(value)), type(value).__name__)

"""What is known of maps before there are any: which fields they have, and these again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_LEVELS_MAX = 8


@dataclass(frozen=True, slots=True)
class Shape:
    """A map whose fields are known."""

    fields: Mapping[str, Shape | None]
    """None = nothing is known of what is below."""
    is_closed: bool = True
    """It can have no others. Where it can, asking for one with ``has`` or ``default`` makes sense."""


Shapes = Mapping[tuple[str, ...], tuple[str, Shape]]
"""By the path of a value (``("event", "data")``): what a message calls it, and its shape."""


def either(shapes: Iterable[Shape | None]) -> Shape | None:
    """Of a value that has one of these; None where one of them is not known, or there are none."""
    known: Shape | None = None
    for shape in shapes:
        if shape is None:
            return None
        known = shape if known is None else _merged(known, shape)
    return known


def _merged(one: Shape, other: Shape) -> Shape:
    fields = {**one.fields, **other.fields}
    for name in one.fields.keys() & other.fields.keys():
        fields[name] = either((one.fields[name], other.fields[name]))
    return Shape(fields, is_closed=one.is_closed and other.is_closed)


def of_schema(schema: Any) -> Shape | None:
    """The shape of what fits a JSON Schema; None where it names no fields."""
    return _of(schema, schema, _LEVELS_MAX)


def _of(schema: Any, root: Any, levels: int) -> Shape | None:
    schema = _followed(schema, root)
    if not isinstance(schema, Mapping) or levels == 0:
        return None
    others = schema.get("additionalProperties", True)
    if others not in (True, False) or "patternProperties" in schema:
        return None
    parts = list(_parts(schema, root, levels))
    named = schema.get("properties")
    if isinstance(named, Mapping):
        fields = {name: _of(below, root, levels - 1) for name, below in named.items()}
        parts.append(Shape(fields, is_closed=others is False))
    return either(parts)


def _parts(schema: Mapping[str, Any], root: Any, levels: int) -> Iterator[Shape | None]:
    """The shapes of which a value has one or all; what is null besides is no map."""
    for keyword in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(keyword, ()):
            if not (isinstance(each, Mapping) and each.get("type") == "null"):
                yield _of(each, root, levels - 1)


def _followed(schema: Any, root: Any) -> Any:
    """What a reference inside the document leads to; None where it leads out or goes on."""
    if not isinstance(schema, Mapping) or "$ref" not in schema:
        return schema
    kind, _, name = str(schema["$ref"]).removeprefix("#/").partition("/")
    found = root.get(kind, {}).get(name) if kind in ("$defs", "definitions") else None
    return None if isinstance(found, Mapping) and "$ref" in found else found

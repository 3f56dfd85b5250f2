"""The registry of event types: what an event's ``data`` must look like.

Registering is voluntary. A registered type is checked in ``emit()``, where a mistake is raised in the
caller's own transaction, and when a foreign event arrives, where it becomes a dead letter.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from flowengine.definitions.patterns import is_type
from flowengine.errors import AuthorError

if TYPE_CHECKING:
    import pydantic

PROBLEMS_MAX = 20
_MESSAGE_MAX = 300

Problems = list[tuple[str, str]]
"""Pairs of JSON path (``$.items[0].price``) and problem; empty = it fits."""
Schema = Mapping[str, Any] | type | None
"""A JSON Schema (2020-12), or a type: a pydantic model, a msgspec ``Struct``, a dataclass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """One registered type."""

    name: str
    schema: Schema
    """As it was registered; None = the type is known and its data is not checked."""
    check: Callable[[Any], Problems]
    """What is wrong with data of this type; the data is plain JSON."""


_types: dict[str, EventType] = {}


def register_event(type: str, schema: Schema = None) -> None:  # noqa: A002 - CloudEvents' own word
    """Make *type* known, with the shape of its data. Registering the same twice is nothing.

    Args:
        type: a dotted name, no pattern.
        schema: a JSON Schema as a mapping (needs the extra ``schemas``; references must stay
            inside the document), or a type. Types are checked strictly: JSON in, no coercion.
            None makes the type known without checking its data.

    Raises:
        AuthorError: the name or the schema is wrong, or the type has another schema already.
    """
    if not is_type(type):
        raise AuthorError(
            f"{type!r} is not an event type; write it like 'order.paid'", code="FE309"
        )
    known = _types.get(type)
    if known is not None:
        if known.schema == schema:
            return
        raise AuthorError(f"event type '{type}' is registered twice, with two schemas")
    _types[type] = EventType(name=type, schema=schema, check=_checker(type, schema))


def get(type: str) -> EventType | None:  # noqa: A002 - CloudEvents' own word
    """The registered type; None where nobody registered it."""
    return _types.get(type)


def names() -> frozenset[str]:
    """The names of all registered types."""
    return frozenset(_types)


def schemas() -> dict[str, Any]:
    """JSON Schemas of the data of the registered types, by type; types that have none are left out."""
    found = {name: _as_json_schema(known.schema) for name, known in _types.items()}
    return {name: schema for name, schema in found.items() if schema is not None}


def nearest(type: str) -> str | None:  # noqa: A002 - CloudEvents' own word
    """The registered type that *type* was probably meant to be."""
    near = difflib.get_close_matches(type, _types, n=1)
    return near[0] if near else None


def problems(type: str, data: Any) -> Problems:  # noqa: A002 - CloudEvents' own word
    """What is wrong with *data* (plain JSON) of that type, at most 20; an unknown type has none."""
    known = _types.get(type)
    return [] if known is None else known.check(data)[:PROBLEMS_MAX]


def forget(type: str) -> None:  # noqa: A002 - CloudEvents' own word
    """Take *type* out of the registry; for tests."""
    _types.pop(type, None)


def _checker(name: str, schema: Any) -> Callable[[Any], Problems]:
    if schema is None:
        return lambda _data: []
    if isinstance(schema, Mapping):
        return _json_schema_checker(name, schema)
    if isinstance(schema, type) and issubclass(schema, msgspec.Struct):
        return _msgspec_checker(schema)
    import pydantic  # noqa: PLC0415 - it is slow to import, and most projects register no such type

    try:
        return _pydantic_checker(pydantic.TypeAdapter(schema))
    except pydantic.PydanticUserError as error:
        raise AuthorError(f"event type '{name}': {schema!r} is no schema: {error}") from error


def _as_json_schema(schema: Any) -> Any:
    """The same in JSON; None where it cannot be said, or says nothing."""
    if schema is None or isinstance(schema, Mapping):
        return schema
    if isinstance(schema, type) and issubclass(schema, msgspec.Struct):
        return msgspec.json.schema(schema)
    import pydantic  # noqa: PLC0415 - as above

    try:
        return pydantic.TypeAdapter(schema).json_schema()
    except pydantic.PydanticUserError:  # a validator of somebody's own says nothing in JSON
        return None


def _json_schema_checker(name: str, schema: Mapping[str, Any]) -> Callable[[Any], Problems]:
    try:
        import jsonschema_rs  # noqa: PLC0415 - as above
    except ImportError:
        raise AuthorError(
            f"event type '{name}' has a JSON Schema; checking it needs"
            " `pip install 'django-flowengine[schemas]'`"
        ) from None
    try:
        validator = jsonschema_rs.Draft202012Validator(
            dict(schema),
            # Patterns of a linear-time engine, and nothing fetched: a schema may cost no surprise.
            pattern_options=jsonschema_rs.RegexOptions(),
            retriever=_no_retrieval,
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise AuthorError(f"event type '{name}': the schema cannot be used: {error}") from error

    def check(data: Any) -> Problems:
        found: Problems = []
        for error in validator.iter_errors(data):
            found.append((_json_path(error.instance_path), error.message[:_MESSAGE_MAX]))
            if len(found) == PROBLEMS_MAX:
                break
        return found

    return check


def _no_retrieval(uri: str) -> Any:
    raise ValueError(f"the reference {uri!r} leads out of the document")


def _msgspec_checker(schema: type[msgspec.Struct]) -> Callable[[Any], Problems]:
    decoder = msgspec.json.Decoder(schema)

    def check(data: Any) -> Problems:
        try:
            decoder.decode(msgspec.json.encode(data))
        except msgspec.ValidationError as error:
            text = str(error)
            place = re.search(r" - at `(\$[^`]*)`$", text)
            if place is None:
                return [("$", text)]
            return [(place.group(1), text[: place.start()])]
        return []

    return check


def _pydantic_checker(adapter: pydantic.TypeAdapter[Any]) -> Callable[[Any], Problems]:
    from pydantic import ValidationError  # noqa: PLC0415 - as above

    def check(data: Any) -> Problems:
        try:
            adapter.validate_json(msgspec.json.encode(data), strict=True)
        except ValidationError as error:
            return [
                (_json_path(item["loc"]), item["msg"][:_MESSAGE_MAX])
                for item in error.errors(include_url=False, include_context=False)
            ]
        return []

    return check


def _json_path(parts: Any) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)

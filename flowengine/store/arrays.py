"""Columns of values as PostgreSQL's binary arrays, encoded whole.

psycopg asks a dumper for each element of a list, in Python: with thirty columns to a row that took a
third of the worker's time. Here the type is known from the table, a column of one value is repeated,
and a text that comes twice is encoded once. What the encoders do not know is an error of ours, and
raises; values are never changed to fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any
from uuid import UUID

_HEAD = Struct(">iiIii").pack
"""Dimensions, whether there is a null, the elements' type, their number, the first index."""
_LENGTH = Struct(">i").pack
_INT2 = Struct(">ih").pack
_INT4 = Struct(">ii").pack
_INT8 = Struct(">iq").pack
_FLOAT8 = Struct(">id").pack
_NULL = _LENGTH(-1)
_UUID = _LENGTH(16)
_TRUE, _FALSE = _LENGTH(1) + b"\x01", _LENGTH(1) + b"\x00"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Array(bytes):
    """An encoded array; its class says of what."""

    __slots__ = ()


class BigintArray(Array):
    __slots__ = ()


class BooleanArray(Array):
    __slots__ = ()


class ByteaArray(Array):
    __slots__ = ()


class DoubleArray(Array):
    __slots__ = ()


class IntegerArray(Array):
    __slots__ = ()


class SmallintArray(Array):
    __slots__ = ()


class TextArray(Array):
    __slots__ = ()


class TimestamptzArray(Array):
    __slots__ = ()


class UuidArray(Array):
    __slots__ = ()


def _uuid(value: UUID) -> bytes:
    return _UUID + value.int.to_bytes(16)


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _LENGTH(len(encoded)) + encoded


def _bytea(value: bytes) -> bytes:
    return _LENGTH(len(value)) + value


def _boolean(value: bool) -> bytes:  # noqa: FBT001 - a value to encode
    return _TRUE if value else _FALSE


def _smallint(value: int) -> bytes:
    return _INT2(2, value)


def _integer(value: int) -> bytes:
    return _INT4(4, value)


def _bigint(value: int) -> bytes:
    return _INT8(8, value)


def _double(value: float) -> bytes:
    return _FLOAT8(8, value)


def _timestamptz(value: datetime) -> bytes:
    return _INT8(8, (value - _EPOCH) // _MICROSECOND)


ARRAYS: dict[str, tuple[type[Array], int, Callable[[Any], bytes]]] = {
    "bigint": (BigintArray, 20, _bigint),
    "boolean": (BooleanArray, 16, _boolean),
    "bytea": (ByteaArray, 17, _bytea),
    "smallint": (SmallintArray, 21, _smallint),
    "integer": (IntegerArray, 23, _integer),
    "text": (TextArray, 25, _text),
    "double precision": (DoubleArray, 701, _double),
    "timestamptz": (TimestamptzArray, 1184, _timestamptz),
    "uuid": (UuidArray, 2950, _uuid),
}
"""By the name of a column's type: its array, the elements' number in PostgreSQL, and their encoder."""


_REPEATING = frozenset({"boolean", "integer", "smallint", "text", "timestamptz"})
"""Types whose values are worth looking for among those that were encoded already."""


def encode(type_name: str, column: Sequence[Any]) -> Array:
    """The values of one column, None among them, as an array of that type.

    Raises:
        AttributeError, TypeError, struct.error: a value is not of that type.
    """
    kind, oid, element = ARRAYS[type_name]
    count = len(column)
    if not count:
        return kind(_HEAD(0, 0, oid, 0, 1)[:12])
    if column[0] is None and column.count(None) == count:
        return kind(_HEAD(1, 1, oid, count, 1) + _NULL * count)
    if type_name in _REPEATING:
        parts = _repeating(column, element)
    elif type_name == "uuid":  # in each statement, never the same twice: without a call for each
        parts = [_NULL if value is None else _UUID + value.int.to_bytes(16) for value in column]
    else:
        parts = [_NULL if value is None else element(value) for value in column]
    return kind(_HEAD(1, _NULL in parts, oid, count, 1) + b"".join(parts))


def _repeating(column: Sequence[Any], element: Callable[[Any], bytes]) -> list[bytes]:
    """Each value encoded, but one that comes again not again."""
    first, count = column[0], len(column)
    if column.count(first) == count:
        return [element(first)] * count
    seen: dict[Any, bytes] = {None: _NULL}
    parts: list[bytes] = []
    for value in column:
        part = seen.get(value)
        if part is None:
            part = seen[value] = element(value)
        parts.append(part)
    return parts


def encoded(value: Any) -> Any:
    """A list of UUIDs, or of texts, as an array; anything else as it is."""
    if type(value) is not list or not value:
        return value
    kinds = set(map(type, value))
    if kinds == {UUID}:
        return encode("uuid", value)
    return encode("text", value) if kinds == {str} else value

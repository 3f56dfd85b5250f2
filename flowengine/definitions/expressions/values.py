"""The values of expressions: their types, their order, their equality, their text.

A value is null, bool, int, double, string, list, map (plain JSON), timestamp (an aware
``datetime``) or duration (``timedelta``), told by its exact type. Nothing is converted in silence:
``1 == '1'`` is false and ``1 + 'a'`` is an error. Only int and double mix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flowengine.definitions.durations import duration_text
from flowengine.definitions.expressions.tokens import INT_MAX, INT_MIN
from flowengine.definitions.expressions.tree import Json

COST_MAX = 100_000
TEXT_MAX = 64 * 1024
ITEMS_MAX = 10_000
RESULT_MAX = 256 * 1024

TYPES: dict[type, str] = {
    type(None): "null",
    bool: "bool",
    int: "int",
    float: "double",
    str: "string",
    list: "list",
    dict: "map",
    datetime: "timestamp",
    timedelta: "duration",
}
NUMBERS = frozenset({int, float})
ORDERED = frozenset({int, float, str, bool, datetime, timedelta})
"""The types that ``<`` knows, each with itself, int and double also with one another."""


class Refused(Exception):
    """An operator or a function has no value for these operands; the caller knows the place."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(slots=True)
class Budget:
    """What one evaluation may still spend; a unit is about one node of the tree."""

    left: int = COST_MAX

    def spend(self, units: int) -> None:
        """Count *units*; FE405 where there are not so many left."""
        self.left -= units
        if self.left < 0:
            raise Refused("FE405", "the expression costs too much")

    def walk(self, characters: int) -> None:
        """Count a walk over so many characters of text: 64 are a unit."""
        if characters >= 64:
            self.spend(characters // 64)


def type_name(value: Any) -> str:
    """The name of the value's type in the language."""
    return TYPES.get(type(value)) or type(value).__name__


def in_words(value: Any) -> str:
    """The same with its article: ``an int``."""
    return with_article(type_name(value))


def with_article(name: str) -> str:
    """The name of a type as a sentence has it."""
    return name if name == "null" else f"{'an' if name == 'int' else 'a'} {name}"


def equal(budget: Budget, left: Any, right: Any) -> bool:
    """Deep equality that never converts: ``1 == true`` is false, ``1 == 1.0`` is true."""
    pairs = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        kind = type(one)
        if kind is not type(other):
            if kind in NUMBERS and type(other) in NUMBERS and one == other:
                continue
            return False
        if kind is list or kind is dict:
            if len(one) != len(other):
                return False
            budget.spend(len(one))
            if kind is list:
                pairs.extend(zip(one, other, strict=True))
            elif one.keys() != other.keys():
                return False
            else:
                pairs.extend((item, other[key]) for key, item in one.items())
            continue
        if kind is str and len(one) == len(other):
            budget.walk(len(one))
        if one != other:
            return False
    return True


def contains(budget: Budget, items: list[Any], wanted: Any) -> bool:
    """One of *items* equals *wanted*."""
    budget.spend(1 + len(items) // 2)
    if type(wanted) is str:
        budget.spend(len(items) * (len(wanted) // 256))
    if type(wanted) is not list and type(wanted) is not dict and wanted not in items:
        return False  # python's == is true wherever ours is
    return any(equal(budget, item, wanted) for item in items)


def identity(budget: Budget, value: Any) -> Any:
    """A hashable stand-in: two are equal where the values are."""
    kind = type(value)
    if kind is list:
        budget.spend(4 * len(value))
        return ("list", tuple(identity(budget, item) for item in value))
    if kind is dict:
        budget.spend(4 * len(value))
        return ("map", frozenset((key, identity(budget, item)) for key, item in value.items()))
    if kind is str:
        budget.walk(len(value))
    return ("number" if kind in NUMBERS else kind, value)


def text_of(value: Any) -> str:
    """The text form that a value has inside text with ``${{ }}``; FE404 for null, list, map."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is float:
        return repr(value)
    if kind is datetime:
        return timestamp_text(value)
    if kind is timedelta:
        return duration_text(value)
    raise Refused(
        "FE404", f"a {type_name(value)} cannot be put into text", "use default(...) or toJson(...)"
    )


def timestamp_text(moment: datetime) -> str:
    """ISO 8601 in UTC: ``2026-05-01T12:00:00Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def leaving(value: Any, *, measured: bool) -> Json:
    """*value* as plain JSON: timestamps and durations are text from here on.

    Args:
        value: what an expression gave; not changed.
        measured: refuse (FE405) what is larger than 256 KiB, roughly as its JSON text.
    """
    room = [RESULT_MAX] if measured else [2**62]
    return _leaving(value, room)


def _leaving(value: Any, room: list[int]) -> Json:
    kind = type(value)
    if kind is list:
        _take(room, 3)  # not for nothing: one empty list may stand in ten thousand places
        return [_leaving(item, room) for item in value]
    if kind is dict:
        _take(room, 3)
        return {_leaving_key(key, room): _leaving(item, room) for key, item in value.items()}
    result: Json = text_of(value) if kind in (datetime, timedelta) else value
    _take(room, len(result) + 3 if isinstance(result, str) else 8)
    return result


def _leaving_key(key: str, room: list[int]) -> str:
    _take(room, len(key) + 4)
    return key


def _take(room: list[int], size: int) -> None:
    room[0] -= size
    if room[0] < 0:
        raise Refused("FE405", "the result is too large")


_TIMESTAMP = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def read_timestamp(text: str) -> datetime | None:
    """The instant that an ISO 8601 text with a time zone names, in UTC; None where it names none."""
    if _TIMESTAMP.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def fits(number: int) -> bool:
    """The whole number has its place in 64 bits."""
    return INT_MIN <= number <= INT_MAX


def wants(value: Any, *kinds: type) -> Any:
    """*value* where its type is one of *kinds*; FE403 where not. The caller adds its name."""
    if type(value) in kinds:
        return value
    wanted = " or ".join(with_article(TYPES[kind]) for kind in kinds)
    raise Refused("FE403", f"wants {wanted}, got {in_words(value)}")

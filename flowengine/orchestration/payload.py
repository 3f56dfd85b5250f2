"""An event's data: Python values by Django's JSON rules, checked before anything is written.

What cannot be JSON is refused with the path of the culprit. Text and numbers that some reader of the
event could not hold are refused too: lone surrogates (no UTF-8), NUL (no database text), integers
beyond 64 bits (no other program would read them back equal).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.functional import Promise

from flowengine.errors import EventRefused

DEPTH_MAX = 100
INTEGER_MAX = 2**63 - 1

_AS_DJANGO = (datetime, date, time, timedelta, Decimal, UUID, Promise)
_django = DjangoJSONEncoder()
_SHOWN_KEY = 40


def encode(data: Any, *, size_max_bytes: int) -> tuple[Any, bytes]:
    """*data* as plain JSON values and as UTF-8 bytes.

    ``datetime``, ``date``, ``time``, ``timedelta``, ``Decimal``, ``UUID`` and lazy text become the
    text that ``DjangoJSONEncoder`` gives them, members of ``str`` and ``int`` enums their values,
    tuples lists.

    Raises:
        EventRefused: FE308, it is not JSON, with the path; FE304, it is larger than
            *size_max_bytes*.
    """
    plain = _Walk(size_max_bytes).plain(data)
    encoded = msgspec.json.encode(plain)
    if len(encoded) > size_max_bytes:
        raise _too_large(len(encoded), size_max_bytes)
    return plain, encoded


def text_problem(text: str) -> str:
    """Why *text* cannot be stored and sent; empty when it can."""
    if "\x00" in text:
        return "a NUL character; no database text can hold it"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "a lone surrogate, half of a character; it has no UTF-8"
    return ""


class _Walk:
    """One pass over a value: where it is, and how much it may still see.

    What is seen is counted on the way, so that a few objects that refer to each other a million times
    are refused before they are written out.
    """

    __slots__ = ("_left", "_open", "_path", "_size_max")

    def __init__(self, size_max_bytes: int) -> None:
        self._size_max = size_max_bytes
        self._left = size_max_bytes
        self._path: list[str | int] = []
        self._open: set[int] = set()
        """The containers around the present place, by identity."""

    def plain(self, value: Any) -> Any:
        """The plain JSON value of *value*."""
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool | int | float):
            return self._scalar(value)
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, list | tuple):
            return self._list(value)
        if isinstance(value, _AS_DJANGO):
            return self._text(self._as_django(value))
        raise self._refused(f"a {type(value).__name__} is not JSON; {_way_out(value)}")

    def _text(self, value: str) -> str:
        self._see(len(value))
        problem = text_problem(value)
        if problem:
            raise self._refused(problem)
        return str.__str__(value)

    def _scalar(self, value: float | None) -> float | None:
        self._see(1)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            if not -INTEGER_MAX - 1 <= value <= INTEGER_MAX:
                raise self._refused("an integer beyond 64 bits; write it as text")
            return int(value)
        if not math.isfinite(value):
            raise self._refused(f"{value} is not JSON; write null or text")
        return float(value)

    def _mapping(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        self._enter(value)
        plain: dict[str, Any] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise self._refused(f"the key {_short(key)} is no text; JSON keys are text")
            self._path.append(key)
            plain[self._text(key)] = self.plain(item)
            self._path.pop()
        self._open.discard(id(value))
        return plain

    def _list(self, value: list[Any] | tuple[Any, ...]) -> list[Any]:
        self._enter(value)
        plain = []
        for index, item in enumerate(value):
            self._path.append(index)
            plain.append(self.plain(item))
            self._path.pop()
        self._open.discard(id(value))
        return plain

    def _enter(self, container: object) -> None:
        self._see(1)
        if id(container) in self._open:
            raise self._refused("refers to what it stands in: a circle")
        if len(self._path) >= DEPTH_MAX:
            raise self._refused(f"more than {DEPTH_MAX} levels deep")
        self._open.add(id(container))

    def _as_django(self, value: Any) -> str:
        if isinstance(value, Decimal) and not value.is_finite():
            raise self._refused(f"{value} is not JSON; write null or text")
        try:
            return str(_django.default(value))
        except ValueError as error:
            raise self._refused(f"{type(value).__name__}: {error}") from error

    def _see(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise _too_large(None, self._size_max)

    def _refused(self, problem: str) -> EventRefused:
        return EventRefused(f"{_shown(self._path)}: {problem}", code="FE308")


def _too_large(size_bytes: int | None, size_max_bytes: int) -> EventRefused:
    limit = size_max_bytes / 1024
    size = f"more than {limit:g}" if size_bytes is None else f"{size_bytes / 1024:.1f}"
    return EventRefused(
        f"event data is {size} KiB; the limit is {limit:g} KiB;"
        " store large things and pass a reference",
        code="FE304",
    )


def _way_out(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return "decode it, or write it as base64 text"
    if isinstance(value, Enum):
        return "write its .value"
    if hasattr(value, "pk"):
        return "write its pk, or a mapping of the fields that matter"
    if hasattr(value, "__iter__"):
        return "write list(...)"
    return "write a mapping, a list, text, a number, true, false or null"


def _shown(path: list[str | int]) -> str:
    text = "data"
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if part.isidentifier() else f"[{_short(part)}]"
    return text if len(text) <= 4 * _SHOWN_KEY else f"{text[: 4 * _SHOWN_KEY]}…"


def _short(key: object) -> str:
    shown = ascii(key)
    return shown if len(shown) <= _SHOWN_KEY else f"{shown[:_SHOWN_KEY]}…"

"""What a task returned, as plain JSON: Django's rules for times, decimals and UUIDs, nothing else
beyond JSON, bounded before it is encoded. Text is what it is in an event's data.

``json.dumps`` would turn the key ``1`` into ``"1"``, name no place, and build the whole text of a
hundred megabytes before anybody counts it; therefore a walk of our own.
"""

from __future__ import annotations

import dataclasses
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.functional import Promise

from flowengine.orchestration.payload import text_problem

LEVELS_MAX = 64
"""How deep lists and mappings may stand in one another."""
INTEGER_MAX = 2**63 - 1
"""Whole numbers have 64 bits, as in expressions."""

_DJANGO = DjangoJSONEncoder()


class NotJson(Exception):
    """A value that JSON has no word for, and where it stands."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self._steps: list[str] = []

    @property
    def path(self) -> str:
        """Where it stands: ``result.lines[3].price``."""
        return "".join(("result", *reversed(self._steps)))

    def inside(self, step: str) -> None:
        """Seen from the container around it; the path is made only when something is wrong."""
        self._steps.append(step)


class TooLarge(Exception):
    """Encoded, the value is larger than the limit."""

    def __init__(self, size_bytes: int, *, is_exact: bool) -> None:
        super().__init__(size_bytes)
        self.size_bytes = size_bytes
        self.is_exact = is_exact
        """False = counting stopped here: it is at least this large."""


def plain(value: Any, *, size_max_bytes: int) -> Any:
    """*value* as plain JSON values, all of them new.

    Tuples become lists, dataclasses mappings, enum members of text and number kinds their values.

    Raises:
        NotJson: with the path of the first value that will not do.
        TooLarge: more than *size_max_bytes* as UTF-8 without spaces.
    """
    result = _Walk(size_max_bytes).value(value, ())
    size_bytes = len(msgspec.json.encode(result))
    if size_bytes > size_max_bytes:
        raise TooLarge(size_bytes, is_exact=True)
    return result


class _Walk:
    """One walk over one value; counts the least number of bytes seen so far."""

    def __init__(self, size_max_bytes: int) -> None:
        self._left_bytes = self._max_bytes = size_max_bytes

    def value(self, value: Any, above: tuple[int, ...]) -> Any:
        if value is None or value is True or value is False:
            self._count(4)
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float):
            return self._number(value)
        if isinstance(value, dict | list | tuple) or _is_dataclass(value):
            return self._container(value, above)
        if isinstance(value, datetime | date | time | timedelta | Decimal | UUID | Promise):
            return self._text(_by_django(value))
        raise NotJson(f"a {type(value).__name__}{_advice(value)}")

    def _container(self, value: Any, above: tuple[int, ...]) -> Any:
        if id(value) in above:
            raise NotJson("a value that contains itself")
        if len(above) >= LEVELS_MAX:
            raise NotJson(f"more than {LEVELS_MAX} levels")
        above = (*above, id(value))
        self._count(2)
        if isinstance(value, list | tuple):
            return self._list(value, above)
        if isinstance(value, dict):
            return self._mapping(value, above)
        fields = dataclasses.fields(value)
        return self._mapping({each.name: getattr(value, each.name) for each in fields}, above)

    def _list(self, items: list[Any] | tuple[Any, ...], above: tuple[int, ...]) -> list[Any]:
        result: list[Any] = []
        try:
            for item in items:
                result.append(self.value(item, above))  # noqa: PERF401 - its length is the path
        except NotJson as error:
            error.inside(f"[{len(result)}]")
            raise
        return result

    def _mapping(self, items: dict[Any, Any], above: tuple[int, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, item in items.items():
            if not isinstance(key, str):
                raise NotJson(f"the key {key!r:.80}, which is no text,")
            name = self._text(key)
            try:
                result[name] = self.value(item, above)
            except NotJson as error:
                error.inside(f".{name}")
                raise
        return result

    def _text(self, text: str) -> str:
        self._count(len(text) + 2)
        problem = text_problem(text)
        if problem:
            raise NotJson(f"text with {problem}")
        # Members of text enumerations and safe strings become the plain text they hold.
        return text if type(text) is str else str.__str__(text)

    def _integer(self, number: int) -> int:
        if not -INTEGER_MAX - 1 <= number <= INTEGER_MAX:
            raise NotJson("a whole number of more than 64 bits")
        self._count(1)
        return int(number)

    def _number(self, number: float) -> float:
        if not math.isfinite(number):
            raise NotJson(f"the number {float(number)}")
        self._count(3)
        return float(number)

    def _count(self, size_bytes: int) -> None:
        self._left_bytes -= size_bytes
        if self._left_bytes < 0:
            raise TooLarge(self._max_bytes - self._left_bytes, is_exact=False)


def _by_django(value: Any) -> str:
    try:
        return str(_DJANGO.default(value))
    except ValueError as error:  # a time of day with a zone
        raise NotJson(str(error)) from None


def _is_dataclass(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _advice(value: Any) -> str:
    if hasattr(value, "send") and hasattr(value, "throw"):
        return " (a generator or a coroutine that nobody awaited)"
    if isinstance(value, set | frozenset):
        return " (return sorted(...))"
    if isinstance(value, bytes | bytearray | memoryview):
        return " (store it and return a reference)"
    return ""

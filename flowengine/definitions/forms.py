"""The forms that single values of a file must have. Each says, in the author's words, what it wants.

A form reads the JSON value and gives what the model holds: ``30s`` becomes a ``timedelta``. It is
an annotation of a pydantic field, so that one table of keys is enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from flowengine.definitions import patterns
from flowengine.definitions.durations import parse_duration

YEAR = timedelta(days=366)
"""The longest time-out."""


class Unfit(Exception):
    """The value does not have the form."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a value must be, and how it is read."""

    wanted: str
    """Follows *it must be*."""
    read: Callable[[Any], Any]
    """Gives the value, or raises :class:`Unfit`."""

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validated)

    def validated(self, value: Any) -> Any:
        """What the value reads as; FE112 where it does not."""
        try:
            return self.read(value)
        except Unfit:
            raise PydanticCustomError("form", "{wanted}", {"wanted": self.wanted}) from None


def _text(pattern: str, length_max: int) -> Callable[[Any], str]:
    compiled = re.compile(pattern, re.ASCII)

    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > length_max or not compiled.fullmatch(value):
            raise Unfit
        return value

    return read


def _one_of(*names: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise Unfit
        return value

    return read


def _number(low: float, high: float, *, whole: bool = False, open_low: bool = False) -> Any:
    def read(value: Any) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise Unfit
        if not low <= value <= high or (open_low and value == low):
            raise Unfit
        return value if whole else float(value)

    return read


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit
    return value


def _format(value: Any) -> int:
    if isinstance(value, bool) or value != 1:
        raise Unfit
    return 1


def _event_pattern(value: Any) -> str:
    if not isinstance(value, str) or not patterns.is_pattern(value):
        raise Unfit
    return value


def _duration(low: timedelta) -> Callable[[Any], timedelta]:
    def read(value: Any) -> timedelta:
        length = parse_duration(value) if isinstance(value, str) else None
        if length is None or not low <= length <= YEAR:
            raise Unfit
        return length

    return read


def _scalar(value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise Unfit
    return value


def _condition(value: Any) -> Any:
    if not isinstance(value, str | bool) or value == "":
        raise Unfit
    return value


def _users(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("${{") and value.endswith("}}"):
        return value
    if not isinstance(value, list) or len(value) > 1000:
        raise Unfit
    if any(isinstance(user, bool) or not isinstance(user, str | int) for user in value):
        raise Unfit
    return value


_MOMENT = timedelta(milliseconds=1)

WorkflowName = Annotated[
    str,
    Form(
        "a name such as order-fulfilment: lower case, digits, parts joined by '-', '.' or '_'",
        _text(r"[a-z][a-z0-9]*(?:[-._][a-z0-9]+)*", 100),
    ),
]
FormatNumber = Annotated[int, Form("1", _format)]
ShortText = Annotated[str, Form("text of 1 to 500 characters", _text(r"(?s:.+)", 500))]
LongText = Annotated[str, Form("text of at most 4000 characters", _text(r"(?s:.*)", 4000))]
Identifier = Annotated[
    str,
    Form("a name: lower case, digits, '_'; a letter first", _text(r"[a-z][a-z0-9_]*", 63)),
]
ParameterName = Annotated[str, Form("a name of a parameter", _text(r"[A-Za-z_][A-Za-z0-9_]*", 63))]
TaskName = Annotated[
    str,
    Form(
        "a task's name such as stock.reserve or stock.reserve@2",
        _text(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+(?:@[1-9][0-9]*)?", 120),
    ),
]
StationName = Annotated[
    str,
    Form("a station's name: lower case, digits, '_', '-'", _text(r"[a-z][a-z0-9_-]*", 63)),
]
EventPattern = Annotated[
    str, Form("an event type such as order.paid, or a pattern: order.*, order.**", _event_pattern)
]
ErrorCode = Annotated[
    str, Form("an error code such as CardDeclined", _text(r"[A-Z][A-Za-z0-9]*", 100))
]
GroupName = Annotated[str, Form("a group's name", _text(r"(?s:.+)", 150))]
Detail = Annotated[str, Form("steps or summary", _one_of("steps", "summary"))]
Condition = Annotated[Any, Form("an expression, or true or false", _condition)]
PlainValue = Annotated[Any, Form("one plain value: text, a number, true or false", _scalar)]
Users = Annotated[
    Any, Form("a list of at most 1000 user keys, or one ${{ }} that gives one", _users)
]
Timeout = Annotated[
    timedelta, Form("a time such as 30s, 10m or 1h30m, up to 366d", _duration(_MOMENT))
]
Delay = Annotated[
    timedelta, Form("a time such as 500ms, 10s or 5m, up to 366d", _duration(timedelta()))
]
Attempts = Annotated[int, Form("a whole number from 1 to 100", _number(1, 100, whole=True))]
Factor = Annotated[float, Form("a number from 1 to 10", _number(1, 10))]
Share = Annotated[float, Form("a number from 0 to 1", _number(0, 1))]
Weight = Annotated[
    float, Form("a number above 0, up to 1000000", _number(0, 1_000_000, open_low=True))
]
Flag = Annotated[bool, Form("true or false", _bool)]

"""What single values of a file may be: forms, each of which says in the author's words what it wants.

A form reads the JSON value and gives what the model holds: ``30s`` becomes a ``timedelta``. It is
an annotation of a pydantic field, and knows itself as a JSON Schema, so that one table of keys is
enough for the parser and for editors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from flowengine.definitions.durations import PATTERN as DURATION
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
    schema: Mapping[str, Any] = field(hash=False)
    """The same as a JSON Schema, as far as one can say it."""

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


def text_form(wanted: str, pattern: str, length_max: int) -> Form:
    """Text that matches *pattern* as a whole."""
    compiled = re.compile(pattern, re.ASCII)

    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > length_max or not compiled.fullmatch(value):
            raise Unfit
        return value

    schema = {"type": "string", "maxLength": length_max, "pattern": f"^(?:{pattern})$"}
    return Form(wanted, read, schema)


def prose_form(wanted: str, length_max: int, *, least: int = 0) -> Form:
    """Text of a length."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not least <= len(value) <= length_max:
            raise Unfit
        return value

    schema: dict[str, Any] = {"type": "string", "maxLength": length_max}
    return Form(wanted, read, {**schema, "minLength": least} if least else schema)


def one_of_form(*names: str) -> Form:
    """One of these words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise Unfit
        return value

    wanted = f"{', '.join(names[:-1])} or {names[-1]}"
    return Form(wanted, read, {"enum": list(names)})


def number_form(low: float, high: float, *, wanted: str = "", open_low: bool = False) -> Form:
    """A number, whole or not; without *low* itself where that is open."""

    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unfit
        if not low <= value <= high or (open_low and value == low):
            raise Unfit
        return float(value)

    least = "exclusiveMinimum" if open_low else "minimum"
    return Form(
        wanted or f"a number from {low:g} to {high:g}",
        read,
        {"type": "number", least: low, "maximum": high},
    )


def whole_form(low: int, high: int) -> Form:
    """A whole number."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Unfit
        return value

    schema = {"type": "integer", "minimum": low, "maximum": high}
    return Form(f"a whole number from {low} to {high}", read, schema)


def exactly_form(wanted: bool | int) -> Form:  # noqa: FBT001 - the value itself
    """This value and no other."""

    def read(value: Any) -> Any:
        if type(value) is not type(wanted) or value != wanted:
            raise Unfit
        return value

    return Form(str(wanted).lower(), read, {"const": wanted})


def checked_form(wanted: str, test: Callable[[str], bool], schema: Mapping[str, Any]) -> Form:
    """Text that passes *test*; *schema* says of that what one can say."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not test(value):
            raise Unfit
        return value

    return Form(wanted, read, {"type": "string", **schema})


def duration_form(wanted: str, low: timedelta) -> Form:
    """A duration from *low* to a year."""

    def read(value: Any) -> timedelta:
        length = parse_duration(value) if isinstance(value, str) else None
        if length is None or not low <= length <= YEAR:
            raise Unfit
        return length

    return Form(wanted, read, {"type": "string", "minLength": 2, "pattern": f"^{DURATION}$"})

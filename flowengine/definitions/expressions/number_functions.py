"""Functions and methods over numbers, timestamps and durations."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from flowengine.definitions.durations import read_duration
from flowengine.definitions.expressions.operators import checked_number, joined
from flowengine.definitions.expressions.values import (
    Budget,
    Refused,
    fits,
    read_timestamp,
    wants,
)

_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_FRACTION = re.compile(r"[+-]?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,4})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WIDE = Context(prec=400)


def int_(_budget: Budget, value: Any) -> int:
    """``int(x)``: of a number, towards zero; of text; of a timestamp, its Unix seconds."""
    whole: int
    match wants(value, int, float, str, datetime):
        case str():
            if _WHOLE.fullmatch(value) is None:
                raise Refused("FE403", f"{_short(value)} is no whole number")
            whole = int(value)
        case datetime():
            whole = (value - _EPOCH) // timedelta(seconds=1)
        case _:
            whole = math.trunc(value)
    if not fits(whole):
        raise Refused("FE403", "the number does not fit into 64 bits")
    return whole


def double(_budget: Budget, value: Any) -> float:
    """``double(x)``: of a number or of text."""
    if type(wants(value, int, float, str)) is str and not _FRACTION.fullmatch(value):
        raise Refused("FE403", f"{_short(value)} is no number")
    number = float(value)
    if not math.isfinite(number):
        raise Refused("FE403", "the number is too large")
    return number


def round_(_budget: Budget, value: Any, places: Any = 0) -> int | float:
    """``round(x)`` to a whole number, ``round(x, n)`` to n places; halves go away from zero."""
    if not 0 <= wants(places, int) <= 15:
        raise Refused("FE403", f"rounds to 0-15 places, not to {places}")
    if type(wants(value, int, float)) is int:
        return int(value)
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE)
    if places:
        return float(rounded)
    return int(checked_number("round", int(rounded)))


def abs_(_budget: Budget, value: Any) -> int | float:
    """``abs(x)``."""
    size: int | float = checked_number("abs", abs(wants(value, int, float)))
    return size


def timestamp(_budget: Budget, value: Any) -> datetime:
    """``timestamp(s)``: of ISO 8601 text with a time zone."""
    wants(value, str, datetime)
    moment = value.astimezone(UTC) if isinstance(value, datetime) else read_timestamp(value)
    if moment is None:
        raise Refused(
            "FE403",
            f"{_short(value)} is no timestamp",
            "write '2026-05-01T12:00:00Z', with its zone",
        )
    return moment


def duration(_budget: Budget, value: Any) -> timedelta:
    """``duration('90m')``."""
    wants(value, str, timedelta)
    length = value if isinstance(value, timedelta) else read_duration(value)
    if length is None:
        raise Refused("FE403", f"{_short(value)} is no duration", "write '90s', '1h30m' or '2d'")
    return length


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_FORMS: dict[str, Callable[[datetime], str]] = {
    "Y": lambda t: f"{t.year:04d}",
    "y": lambda t: f"{t.year % 100:02d}",
    "m": lambda t: f"{t.month:02d}",
    "d": lambda t: f"{t.day:02d}",
    "H": lambda t: f"{t.hour:02d}",
    "I": lambda t: f"{(t.hour - 1) % 12 + 1:02d}",
    "p": lambda t: "AM" if t.hour < 12 else "PM",
    "M": lambda t: f"{t.minute:02d}",
    "S": lambda t: f"{t.second:02d}",
    "f": lambda t: f"{t.microsecond:06d}",
    "j": lambda t: f"{t.timetuple().tm_yday:03d}",
    "A": lambda t: _DAYS[t.weekday()],
    "a": lambda t: _DAYS[t.weekday()][:3],
    "B": lambda t: _MONTHS[t.month - 1],
    "b": lambda t: _MONTHS[t.month - 1][:3],
    "V": lambda t: f"{t.isocalendar().week:02d}",
    "G": lambda t: f"{t.isocalendar().year:04d}",
    "u": lambda t: str(t.isoweekday()),
    "z": lambda _: "+0000",
    "Z": lambda _: "UTC",
    "%": lambda _: "%",
}


def format_(budget: Budget, moment: Any, form: Any) -> str:
    """``t.format('%Y-%m-%d')``: in UTC; the letters are those of strftime, names in English."""
    wants(moment, datetime)
    pieces = re.split("%(.?)", wants(form, str), flags=re.DOTALL)
    budget.spend(len(pieces))
    unknown = next((letter for letter in pieces[1::2] if letter not in _FORMS), None)
    if unknown is not None:
        raise Refused("FE403", f"'%{unknown}' means nothing", f"there are %{' %'.join(_FORMS)}")
    in_utc = moment.astimezone(UTC)
    pieces[1::2] = [_FORMS[letter](in_utc) for letter in pieces[1::2]]
    return joined(budget, pieces)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")

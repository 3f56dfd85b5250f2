"""The ``format`` of an input's schema: what text may be, besides text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time

_LENGTH_MAX = 2_048
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CLOCK = r"\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})"
_TIME = re.compile(_CLOCK, re.ASCII)
_MOMENT = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}[Tt ]{_CLOCK}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]{1,63}(?:\.[^@\s.]{1,63})*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def _read_by(form: re.Pattern[str], read: Callable[[str], object]) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        if form.fullmatch(text) is None:
            return False
        try:
            read(_at_most_micros(text.upper()))
        except ValueError:
            return False
        return True

    return test


def _at_most_micros(text: str) -> str:
    """Fractions of a second may be finer than Python's."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)


def _written_as(form: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: form.fullmatch(text) is not None


_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date": _read_by(_DATE, date.fromisoformat),
    "date-time": _read_by(_MOMENT, datetime.fromisoformat),
    "time": _read_by(_TIME, time.fromisoformat),
    "email": _written_as(_EMAIL),
    "uri": _written_as(_URI),
    "uuid": _written_as(_UUID),
}
FORMATS = tuple(_FORMATS)
"""The names that ``format`` may have."""


def has_format(text: str, name: str) -> bool:
    """*text* is what the format of that name says; KeyError where there is none."""
    return len(text) <= _LENGTH_MAX and _FORMATS[name](text)

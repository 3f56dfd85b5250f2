"""Durations as text: ``500ms``, ``10s``, ``5m``, ``2h``, ``3d``, ``1h30m``.

In files the largest unit comes first and numbers are whole. ``duration('…')`` in an expression
reads the same, and also what durations turn into when they leave an expression: ``90s``, ``-1.5s``.
"""

from __future__ import annotations

import re
from datetime import timedelta

PATTERN = (
    r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m(?!s))?"
    r"(?:([0-9]{1,9})s)?(?:([0-9]{1,12})ms)?"
)
"""The form in files, as regular expression; the empty text has it too, and is no duration."""
_WRITTEN = re.compile(PATTERN)
_UNITS = ("days", "hours", "minutes", "seconds", "milliseconds")
_LEAVING = re.compile(r"(-?)(\d{1,14})(?:\.(\d{1,6}))?s", re.ASCII)


def parse_duration(text: str) -> timedelta | None:
    """The duration that *text* writes as in a file; None where it is none."""
    match = _WRITTEN.fullmatch(text)
    if match is None or not text:
        return None
    try:
        return timedelta(
            **{unit: int(n) for unit, n in zip(_UNITS, match.groups(), strict=True) if n}
        )
    except OverflowError:
        return None


def read_duration(text: str) -> timedelta | None:
    """The same, and also signed seconds with a fraction, as :func:`duration_text` writes them."""
    match = _LEAVING.fullmatch(text)
    if match is None:
        return parse_duration(text)
    sign, seconds, fraction = match.groups()
    try:
        size = timedelta(seconds=int(seconds), microseconds=int((fraction or "").ljust(6, "0")))
    except OverflowError:
        return None
    return -size if sign else size


def duration_text(duration: timedelta) -> str:
    """Seconds, as short as it is exact: ``90s``, ``0.5s``, ``-3600s``."""
    micros = duration // timedelta(microseconds=1)
    seconds, rest = divmod(abs(micros), 1_000_000)
    fraction = f".{rest:06d}".rstrip("0") if rest else ""
    return f"{'-' if micros < 0 else ''}{seconds}{fraction}s"

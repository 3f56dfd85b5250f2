"""Functions and methods over text."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flowengine.definitions.expressions.operators import counted_list, joined
from flowengine.definitions.expressions.values import (
    TEXT_MAX,
    Budget,
    Refused,
    contains,
    fits,
    leaving,
    text_of,
    wants,
)

_DEPTH_MAX = 32
_PLACES_MAX = 2_500
"""At so many places, at most, a long text is compared before the search turns to a linear one."""


def _searched(budget: Budget, size: int, part: str) -> None:
    """Count one search for *part* in text of *size* characters, as it is at its worst.

    That is not the walk alone: ``'aaaa…'`` looked through for ``'aa…ab'`` is compared nearly as a
    whole at each place.
    """
    budget.walk(size)
    places = max(size - len(part) + 1, 0)
    if len(part) >= 100:  # the search of shorter ones may never turn
        places = min(places, _PLACES_MAX)
    budget.spend(places * len(part) // 2048)


def text_or_list_contains(budget: Budget, target: Any, part: Any) -> bool:
    """``'text'.contains('ex')``, ``[1, 2].contains(1)``."""
    if type(wants(target, str, list)) is list:
        return contains(budget, target, part)
    _searched(budget, len(target), wants(part, str))
    return part in target


def starts_with(budget: Budget, text: Any, start: Any) -> bool:
    """``s.startsWith(t)``."""
    budget.walk(len(wants(start, str)))
    return bool(wants(text, str).startswith(start))


def ends_with(budget: Budget, text: Any, end: Any) -> bool:
    """``s.endsWith(t)``."""
    budget.walk(len(wants(end, str)))
    return bool(wants(text, str).endswith(end))


def lower(budget: Budget, text: Any) -> str:
    """``s.lower()``."""
    return joined(budget, (wants(text, str).lower(),))


def upper(budget: Budget, text: Any) -> str:
    """``s.upper()``."""
    return joined(budget, (wants(text, str).upper(),))


def trim(budget: Budget, text: Any) -> str:
    """``s.trim()``: without blanks at both ends."""
    budget.walk(len(wants(text, str)))
    return joined(budget, (text.strip(),))


def split(budget: Budget, text: Any, separator: Any) -> list[Any]:
    """``s.split(sep)``."""
    if not wants(separator, str):
        raise Refused("FE403", "the separator is empty")
    _searched(budget, len(wants(text, str)), separator)
    return counted_list(budget, text.split(separator))


def replace(budget: Budget, text: Any, old: Any, new: Any) -> str:
    """``s.replace(a, b)``: every *old*, from the left."""
    if not wants(old, str):
        raise Refused("FE403", "the text to look for is empty")
    for _ in range(2):  # to count, and to replace
        _searched(budget, len(wants(text, str)), old)
    times = text.count(old)
    size = len(text) + times * (len(wants(new, str)) - len(old))
    if size > TEXT_MAX:
        raise Refused("FE405", f"the result is too large: text of {size} characters")
    budget.walk(size)
    return str(text.replace(old, new))


def substring(budget: Budget, text: Any, start: Any, end: Any = None) -> str:
    """``s.substring(i, j)``: the characters from i up to, not including, j."""
    size = len(wants(text, str))
    start, end = wants(start, int), size if end is None else wants(end, int)
    if not 0 <= start <= end <= size:
        raise Refused("FE403", f"there is nothing from {start} to {end}; the text has {size}")
    return joined(budget, (text[start:end],))


def join(budget: Budget, items: Any, separator: Any) -> str:
    """``x.join(sep)``: a list of strings as one."""
    budget.spend(len(wants(items, list)))
    for item in items:
        if type(item) is not str:
            wants(item, str)
    return joined(budget, items, wants(separator, str))


def glob(budget: Budget, text: Any, pattern: Any) -> bool:
    """``s.glob('*.pdf')``: ``*`` is any text, ``?`` one character. Never backtracks."""
    budget.spend(len(wants(pattern, str)) // 8)
    first, *rest = pattern.split("*")
    place = len(first)
    if not _same(budget, wants(text, str), 0, first):
        return False
    if not rest:
        return place == len(text)
    *middle, last = rest
    for part in middle:
        place = _first(budget, text, place, part)
        if place < 0:
            return False
        place += len(part)
    return len(text) - len(last) >= place and _same(budget, text, len(text) - len(last), last)


def _first(budget: Budget, text: str, place: int, part: str) -> int:
    """Where *part* stands first, from *place* on; -1 where nowhere.

    Looks for the longest run without ``?`` and compares the rest only where that stands.
    """
    run = max(part.split("?"), key=len)
    budget.spend(1)
    _searched(budget, len(text) - place, run)
    shift = part.index(run)
    at = text.find(run, place + shift)
    while at >= 0 and not _same(budget, text, at - shift, part):
        at = text.find(run, at + 1)
    return max(at - shift, -1)


def _same(budget: Budget, text: str, place: int, part: str) -> bool:
    budget.spend(2 + len(part))
    if "?" not in part:
        return text.startswith(part, place)
    here = text[place : place + len(part)]
    return len(here) == len(part) and all(
        want in ("?", have) for want, have in zip(part, here, strict=True)
    )


def string(budget: Budget, value: Any) -> str:
    """``string(x)``: the text form of a bool, number, string, timestamp or duration."""
    return joined(budget, (text_of(value),))


def sha256(budget: Budget, text: Any) -> str:
    """``sha256(s)``: 64 hexadecimal digits."""
    budget.spend(len(wants(text, str)) // 64)
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(budget: Budget, value: Any) -> str:
    """``toJson(x)``: JSON text without blanks."""
    text = json.dumps(leaving(value, measured=True), ensure_ascii=False, separators=(",", ":"))
    budget.spend(len(text) // 4)
    return joined(budget, (text,))


def from_json(budget: Budget, text: Any) -> Any:
    """``fromJson(s)``: strict JSON, numbers in 64 bits, at most 32 levels."""
    budget.spend(len(wants(text, str)) // 4)
    try:
        value = json.loads(
            text,
            parse_constant=_no_constant,
            parse_int=_whole,
            parse_float=_fraction,
            object_pairs_hook=_without_doubles,
        )
        check_json(value)
    except (ValueError, RecursionError) as error:
        raise Refused("FE403", f"this is not JSON that can be read: {error}") from None
    return value


def check_json(value: Any) -> None:
    """Refuse (ValueError) more than 32 levels, and half characters in strings."""
    row, levels = [value], 0
    while row:
        levels += 1
        if levels > _DEPTH_MAX:
            raise ValueError(f"deeper than {_DEPTH_MAX} levels")
        below: list[Any] = []
        for item in row:
            if type(item) is str:
                item.encode()
            elif type(item) is list:
                below.extend(item)
            elif type(item) is dict:
                below.extend(item)
                below.extend(item.values())
        row = below


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _whole(digits: str) -> int:
    if len(digits) > 20 or not fits(int(digits)):
        raise ValueError("a number does not fit into 64 bits")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found

"""What the operators do. Each refuses (FE402) operands it does not know."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from flowengine.definitions.expressions.values import (
    ITEMS_MAX,
    NUMBERS,
    ORDERED,
    TEXT_MAX,
    Budget,
    Refused,
    contains,
    equal,
    fits,
    in_words,
)

Operator = Callable[[Budget, Any, Any], Any]


def no_such(sign: str, left: Any, right: Any, hint: str = "") -> Refused:
    """The refusal of *sign* for operands of these types."""
    message = f"{sign} does not work on {in_words(left)} and {in_words(right)}"
    return Refused("FE402", message, hint)


def checked_number(sign: str, value: Any) -> Any:
    """*value* where it is a number of the language; FE402 where it left 64 bits."""
    if type(value) is int:
        if not fits(value):
            raise Refused("FE402", f"{sign} gives a number that does not fit into 64 bits")
    elif not isfinite(value):
        raise Refused("FE402", f"{sign} gives a number that is too large")
    return value


def _ordering(sign: str, compare: Callable[[Any, Any], bool]) -> Operator:
    def run(budget: Budget, left: Any, right: Any) -> bool:
        kind, other = type(left), type(right)
        if kind is str and other is str:
            budget.walk(min(len(left), len(right)))
        if (kind is other and kind in ORDERED) or (kind in NUMBERS and other in NUMBERS):
            return compare(left, right)
        hint = "a null has no order; use default(...)" if None in (left, right) else ""
        raise no_such(sign, left, right, hint)

    return run


def _add(budget: Budget, left: Any, right: Any) -> Any:
    kind, other = type(left), type(right)
    if kind in NUMBERS and other in NUMBERS:
        return checked_number("+", left + right)
    if kind is str and other is str:
        return joined(budget, (left, right))
    if kind is list and other is list:
        return counted_list(budget, left + right)
    if timedelta in (kind, other) and kind in (datetime, timedelta) and other in _TIMES:
        return in_time("+", left, right, operator.add)
    hint = "write string(...), or text with ${{ }}" if str in (kind, other) else ""
    raise no_such("+", left, right, hint)


_TIMES = (datetime, timedelta)


def _subtract(_budget: Budget, left: Any, right: Any) -> Any:
    kind, other = type(left), type(right)
    if kind in NUMBERS and other in NUMBERS:
        return checked_number("-", left - right)
    if kind in _TIMES and other in _TIMES and (kind, other) != (timedelta, datetime):
        return in_time("-", left, right, operator.sub)
    raise no_such("-", left, right)


def in_time(sign: str, left: Any, right: Any, change: Callable[[Any, Any], Any]) -> Any:
    """Arithmetic of times; FE402 where it leaves the years 1 to 9999."""
    try:
        return change(left, right)
    except OverflowError:
        raise Refused("FE402", f"{sign} leaves the years 1 to 9999") from None


def _multiply(_budget: Budget, left: Any, right: Any) -> Any:
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return checked_number("*", left * right)
    raise no_such("*", left, right)


def _divide(_budget: Budget, left: Any, right: Any) -> Any:
    if type(left) not in NUMBERS or type(right) not in NUMBERS:
        raise no_such("/", left, right)
    if right == 0:
        raise Refused("FE402", "/ cannot divide by zero")
    if type(left) is int and type(right) is int:
        quotient = abs(left) // abs(right)
        return checked_number("/", quotient if (left < 0) == (right < 0) else -quotient)
    return checked_number("/", left / right)


def _remainder(_budget: Budget, left: Any, right: Any) -> Any:
    if type(left) is not int or type(right) is not int:
        raise no_such("%", left, right)
    if right == 0:
        raise Refused("FE402", "% cannot divide by zero")
    rest = abs(left) % abs(right)
    return rest if left >= 0 else -rest


def _is_in(budget: Budget, left: Any, right: Any) -> bool:
    if type(right) is list:
        return contains(budget, right, left)
    if type(right) is dict and type(left) is str:
        return left in right
    hint = "write text.contains(part)" if type(right) is str else ""
    raise no_such("in", left, right, hint)


def _differs(budget: Budget, left: Any, right: Any) -> bool:
    return not equal(budget, left, right)


OPERATORS: dict[str, Operator] = {
    "==": equal,
    "!=": _differs,
    "<": _ordering("<", operator.lt),
    "<=": _ordering("<=", operator.le),
    ">": _ordering(">", operator.gt),
    ">=": _ordering(">=", operator.ge),
    "in": _is_in,
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _remainder,
}


def negated(value: Any) -> Any:
    """``-value``."""
    if type(value) in NUMBERS:
        return checked_number("-", -value)
    raise Refused("FE402", f"- does not work on {in_words(value)}")


def joined(budget: Budget, parts: tuple[str, ...] | list[str], separator: str = "") -> str:
    """Text made of parts; counted, at most 64 KiB. The size is known before the text is made."""
    size = sum(map(len, parts)) + len(separator) * max(len(parts) - 1, 0)
    if size > TEXT_MAX:
        raise Refused("FE405", f"the result is too large: text of {size} characters")
    budget.spend(size // 64)
    return separator.join(parts)


def counted_list(budget: Budget, items: list[Any]) -> list[Any]:
    """A list that was made; counted, at most 10,000 items."""
    if len(items) > ITEMS_MAX:
        raise Refused("FE405", f"the result is too large: a list of {len(items)} items")
    budget.spend(len(items))
    return items

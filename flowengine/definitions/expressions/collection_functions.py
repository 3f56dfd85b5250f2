"""Functions and methods over lists and maps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flowengine.definitions.expressions.operators import OPERATORS, counted_list
from flowengine.definitions.expressions.values import (
    ITEMS_MAX,
    NUMBERS,
    ORDERED,
    Budget,
    Refused,
    identity,
    type_name,
    wants,
)


def size(_budget: Budget, value: Any) -> int:
    """``size(x)``: characters of text, items of a list, keys of a map."""
    return len(wants(value, str, list, dict))


def sum_(budget: Budget, items: Any) -> Any:
    """``sum(x)``: of numbers or of durations; 0 of an empty list."""
    budget.spend(len(wants(items, list)))
    total: Any = 0 if not items or type(items[0]) is not timedelta else timedelta()
    add = OPERATORS["+"]
    for item in items:
        wants(item, int, float, timedelta)
        total = add(budget, total, item)
    return total


def min_(budget: Budget, *values: Any) -> Any:
    """``min(a, b, …)``, ``min(list)``."""
    return min(_comparable(budget, values))


def max_(budget: Budget, *values: Any) -> Any:
    """``max(a, b, …)``, ``max(list)``."""
    return max(_comparable(budget, values))


def sort(budget: Budget, items: Any) -> list[Any]:
    """``sort(x)``: upwards; numbers, strings, bools, timestamps or durations, not mixed."""
    if not wants(items, list):
        return []
    return sorted(counted_list(budget, _of_one_kind(budget, items)))


def _comparable(budget: Budget, values: tuple[Any, ...]) -> list[Any]:
    items = wants(values[0], list) if len(values) == 1 else list(values)
    if not items:
        raise Refused("FE403", "there is nothing in the list", "use if(size(x) > 0, …, …)")
    return _of_one_kind(budget, items)


def _of_one_kind(budget: Budget, items: list[Any]) -> list[Any]:
    budget.spend(len(items))
    kinds = set(map(type, items))
    if kinds == {str}:
        budget.walk(sum(map(len, items)))
    if kinds <= NUMBERS or (len(kinds) == 1 and kinds <= ORDERED):
        return items
    names = " and ".join(sorted({type_name(item) for item in items}))
    raise Refused("FE403", f"there is no order among values of type {names}")


def distinct(budget: Budget, items: Any) -> list[Any]:
    """``distinct(x)``: the first of each of equal items."""
    budget.spend(len(wants(items, list)))
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(identity(budget, item), item)
    return counted_list(budget, list(found.values()))


def flatten(budget: Budget, items: Any) -> list[Any]:
    """``flatten(x)``: one level of lists less."""
    budget.spend(len(wants(items, list)))
    found: list[Any] = []
    for item in items:
        if type(item) is list:
            found.extend(item)
        else:
            found.append(item)
        if len(found) > ITEMS_MAX:
            break
    return counted_list(budget, found)


def range_(budget: Budget, count: Any) -> list[Any]:
    """``range(n)``: 0, 1, … n-1."""
    if not 0 <= wants(count, int) <= ITEMS_MAX:
        raise Refused("FE405", f"the result is too large: range() goes to {ITEMS_MAX}, not {count}")
    return counted_list(budget, list(range(count)))


def keys(budget: Budget, entries: Any) -> list[Any]:
    """``keys(m)``."""
    return counted_list(budget, list(wants(entries, dict)))


def values(budget: Budget, entries: Any) -> list[Any]:
    """``values(m)``."""
    return counted_list(budget, list(wants(entries, dict).values()))


def merge(budget: Budget, left: Any, right: Any) -> dict[str, Any]:
    """``merge(m, n)``: the keys of both; where both have one, the second's value."""
    budget.spend(len(wants(left, dict)) + len(wants(right, dict)))
    found: dict[str, Any] = {**left, **right}
    if len(found) > ITEMS_MAX:
        raise Refused("FE405", f"the result is too large: a map of {len(found)} keys")
    return found

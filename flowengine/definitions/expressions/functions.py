"""The fixed table of functions and methods: pure, counted, and nothing else can be called.

What does not simply take values is here for its name and built in
:mod:`flowengine.definitions.expressions.build`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flowengine.definitions.expressions import collection_functions as collections
from flowengine.definitions.expressions import number_functions as numbers
from flowengine.definitions.expressions import text_functions as texts

ANY_NUMBER = 500
"""More arguments than an expression can have nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How something is called, and what it gives."""

    least: int
    """Arguments it needs, the value before the dot not counted."""
    most: int
    gives: str | None
    """The type of its value (``number`` for int or double) where it is always the same."""
    meaning: str
    """For the reference; starts with an example."""

    @property
    def example(self) -> str:
        """How it is written."""
        return self.meaning.split("``", 2)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Form):
    """What simply takes values."""

    apply: Callable[..., Any]
    """``apply(budget, *values)``; refuses with ``Refused``."""


def _form(arguments: int, gives: str | None, meaning: str) -> Form:
    return Form(least=arguments, most=arguments, gives=gives, meaning=meaning)


def _of(apply: Callable[..., Any], arguments: int | tuple[int, int], gives: str | None) -> Function:
    least, most = arguments if isinstance(arguments, tuple) else (arguments, arguments)
    meaning = inspect.getdoc(apply) or ""
    return Function(least=least, most=most, gives=gives, meaning=meaning, apply=apply)


SPECIAL: dict[str, Form] = {
    "has": _form(1, "bool", "``has(a.b.c)``: the whole path is there and not null."),
    "default": _form(2, None, "``default(a.b.c, x)``: the path's value; x where has() is false."),
    "if": _form(
        3, None, "``if(test, a, b)``: a where test is true, else b; the other is not read."
    ),
    "now": _form(
        0, "timestamp", "``now()``: the time of this evaluation, the same all through it."
    ),
}
"""What is called by its name, and does not simply take values."""

APPLIED: dict[str, Function] = {
    "size": _of(collections.size, 1, "int"),
    "sum": _of(collections.sum_, 1, None),
    "min": _of(collections.min_, (1, ANY_NUMBER), None),
    "max": _of(collections.max_, (1, ANY_NUMBER), None),
    "sort": _of(collections.sort, 1, "list"),
    "distinct": _of(collections.distinct, 1, "list"),
    "flatten": _of(collections.flatten, 1, "list"),
    "range": _of(collections.range_, 1, "list"),
    "keys": _of(collections.keys, 1, "list"),
    "values": _of(collections.values, 1, "list"),
    "merge": _of(collections.merge, 2, "map"),
    "int": _of(numbers.int_, 1, "int"),
    "double": _of(numbers.double, 1, "double"),
    "round": _of(numbers.round_, (1, 2), "number"),
    "abs": _of(numbers.abs_, 1, "number"),
    "timestamp": _of(numbers.timestamp, 1, "timestamp"),
    "duration": _of(numbers.duration, 1, "duration"),
    "string": _of(texts.string, 1, "string"),
    "toJson": _of(texts.to_json, 1, "string"),
    "fromJson": _of(texts.from_json, 1, None),
    "sha256": _of(texts.sha256, 1, "string"),
}
"""What is called by its name, and takes values."""

LOOPS: dict[str, Form] = {
    "map": _form(2, "list", "``x.map(v, e)``: e for each item v of the list x."),
    "filter": _form(2, "list", "``x.filter(v, test)``: the items v for which test is true."),
    "all": _form(2, "bool", "``x.all(v, test)``: test is true for every item, or key of a map."),
    "exists": _form(
        2, "bool", "``x.exists(v, test)``: test is true for one item, or key of a map."
    ),
}
"""What is written after a list, and reads its second argument once per item."""

APPLIED_METHODS: dict[str, Function] = {
    "contains": _of(texts.text_or_list_contains, 1, "bool"),
    "join": _of(texts.join, 1, "string"),
    "startsWith": _of(texts.starts_with, 1, "bool"),
    "endsWith": _of(texts.ends_with, 1, "bool"),
    "lower": _of(texts.lower, 0, "string"),
    "upper": _of(texts.upper, 0, "string"),
    "trim": _of(texts.trim, 0, "string"),
    "split": _of(texts.split, 1, "list"),
    "replace": _of(texts.replace, 2, "string"),
    "substring": _of(texts.substring, (1, 2), "string"),
    "glob": _of(texts.glob, 1, "bool"),
    "format": _of(numbers.format_, 1, "string"),
}
"""What is written after a value, ``x.lower()``, and takes values."""

FUNCTIONS: dict[str, Form] = {**SPECIAL, **APPLIED}
METHODS: dict[str, Form] = {**LOOPS, **APPLIED_METHODS}

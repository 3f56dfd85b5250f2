"""Reading ``event.data.customer.name``: the most frequent thing expressions do, and its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import reduce
from typing import Any

from flowengine.definitions.expressions.tree import Field, Index, Literal, Name, Node
from flowengine.definitions.expressions.values import COST_MAX, Budget, Refused, in_words
from flowengine.definitions.likeness import near
from flowengine.errors import ExpressionError

MISSING: Any = object()
"""There is nothing at the path."""


class Frame(Budget):
    """One evaluation: what it may still spend, its scope, its time, its loops' items."""

    __slots__ = ("items", "now", "scope")

    def __init__(self, *, scope: Mapping[str, Any], now: datetime, slots: int, cost: int) -> None:
        super().__init__(COST_MAX - cost)
        self.scope = scope
        self.now = now
        self.items: list[Any] = [None] * slots


Run = Callable[[Frame], Any]
"""A node, built: gives its value in a frame."""


def placed(refused: Refused, offset: int) -> ExpressionError:
    """The refusal as an error with its place."""
    return ExpressionError(refused.message, code=refused.code, offset=offset, hint=refused.hint)


def path_of(node: Node) -> tuple[Name, tuple[Field | Index, ...]] | None:
    """The name a path starts with and its parts from the left; None where *node* is no path."""
    parts: list[Field | Index] = []
    while isinstance(node, Field | Index):
        parts.append(node)
        node = node.target
    return (node, tuple(reversed(parts))) if isinstance(node, Name) else None


def fixed_key(part: Field | Index) -> str | None:
    """The key that is known at load: of ``.name`` and of ``['name']``."""
    if isinstance(part, Field):
        return part.name
    if isinstance(part.key, Literal) and isinstance(part.key.value, str):
        return part.key.value
    return None


def scope_reader(root: Name, keys: tuple[str, ...], parts: tuple[Field | Index, ...]) -> Run:  # noqa: C901 - one closure per length
    """Reads a path of fixed keys from the scope. Short paths are written out: they are hot."""
    name = root.name

    def missed(frame: Frame) -> Any:
        first = in_scope(frame, name, offset=root.offset)
        return reduce(
            lambda value, step: member(value, *step), zip(keys, parts, strict=True), first
        )

    match keys:
        case ():

            def read(frame: Frame) -> Any:
                try:
                    return frame.scope[name]
                except KeyError:
                    return missed(frame)

        case (one,):

            def read(frame: Frame) -> Any:
                try:
                    return frame.scope[name][one]
                except (KeyError, TypeError):
                    return missed(frame)

        case (one, two):

            def read(frame: Frame) -> Any:
                try:
                    return frame.scope[name][one][two]
                except (KeyError, TypeError):
                    return missed(frame)

        case _:

            def read(frame: Frame) -> Any:
                try:
                    value = frame.scope[name]
                    for key in keys:
                        value = value[key]
                except (KeyError, TypeError):
                    return missed(frame)
                return value

    return read


def in_scope(frame: Frame, name: str, *, offset: int) -> Any:
    """The value of a name; FE202 where the scope has none."""
    if name in frame.scope:
        return frame.scope[name]
    raise ExpressionError(
        f"unknown name '{name}'", code="FE202", offset=offset, hint=near(name, frame.scope)
    )


def look(value: Any, key: Any) -> Any:
    """What stands under *key*, or MISSING."""
    if type(key) is str:
        return value.get(key, MISSING) if isinstance(value, Mapping) else MISSING
    if type(key) is int and type(value) is list and 0 <= key < len(value):
        return value[key]
    return MISSING


def member(value: Any, key: Any, part: Field | Index) -> Any:
    """What stands under *key*; FE401 where nothing does, FE402 for a key of the wrong type."""
    found = look(value, key)
    if found is not MISSING:
        return found
    if type(key) is int and type(value) is list:
        message = f"no item {key}; the list has {len(value)}"
        raise ExpressionError(message, code="FE401", offset=part.offset, hint="items count from 0")
    if type(key) is not str:
        message = f"[ ] does not work on {in_words(value)} and {in_words(key)}"
        raise ExpressionError(message, code="FE402", offset=part.offset)
    if isinstance(value, Mapping):
        raise ExpressionError(
            f"no field '{key[:100]}'", code="FE401", offset=part.offset, hint=near(key, value)
        )
    raise ExpressionError(
        f"no field '{key[:100]}': what stands before it is {in_words(value)}",
        code="FE401",
        offset=part.offset,
        hint="default(path, x) gives x where there is nothing" if value is None else "",
    )

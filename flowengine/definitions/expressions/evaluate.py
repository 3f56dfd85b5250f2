"""Expressions and templates -> values. Bounded in cost, text, items and result; never a clock.

The scope holds plain JSON values by name, and timestamps and durations among them; what comes out
may be a part of the scope itself, so neither is ever changed in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from flowengine.definitions.expressions.build import Program, no_bool, program
from flowengine.definitions.expressions.names import names_used, steps_used
from flowengine.definitions.expressions.operators import joined
from flowengine.definitions.expressions.paths import Frame, placed
from flowengine.definitions.expressions.tree import (
    Constant,
    Expression,
    Json,
    ListTemplate,
    Template,
    TemplateNode,
    Text,
    Whole,
    start,
)
from flowengine.definitions.expressions.values import COST_MAX, Budget, Refused, leaving, text_of
from flowengine.errors import ExpressionError

__all__ = ["decide", "evaluate", "names_used", "render", "steps_used"]


@lru_cache(maxsize=8192)
def _program(expression: Expression) -> Program:
    return program(expression.root)


def evaluate(expression: Expression, scope: Mapping[str, Any], now: datetime) -> Any:
    """The value of *expression*: JSON, or a ``datetime``, or a ``timedelta``.

    Args:
        expression: a parsed one.
        scope: the values of the names; plain JSON, ``datetime`` (aware) and ``timedelta``.
        now: what ``now()`` gives.

    Raises:
        ExpressionError: FE401-FE405, with the offset of the part that has no value.
    """
    built = _program(expression)
    frame = Frame(scope=scope, now=now, slots=built.slots, cost=built.cost)
    try:
        return built.run(frame)
    except (RecursionError, OverflowError, ValueError):
        # Only values from outside can do this: a scope nested a thousand deep, integers of a
        # thousand digits. What expressions make themselves is bounded before it is made.
        raise ExpressionError(
            "the values are too deep or too large", code="FE405", offset=start(expression.root)
        ) from None


def decide(expression: Expression, scope: Mapping[str, Any], now: datetime) -> bool:
    """The value of an ``if``: a bool and nothing else.

    Raises:
        ExpressionError: FE402 where it is no bool, and as :func:`evaluate`.
    """
    value = evaluate(expression, scope, now)
    if value is True or value is False:
        return bool(value)
    raise no_bool("if", value, start(expression.root))


def render(template: Template, scope: Mapping[str, Any], now: datetime) -> Json:
    """The value of a value key: every ``${{ }}`` replaced, timestamps and durations as text.

    Raises:
        ExpressionError: FE401-FE405, with the offset in the string concerned.
    """
    return _rendered(template.root, scope, now)


def _rendered(node: TemplateNode, scope: Mapping[str, Any], now: datetime) -> Json:
    match node:
        case Constant(value):
            return value
        case Whole(expression):
            value = evaluate(expression, scope, now)
            return _left(value, expression)
        case Text(parts):
            return _text(parts, scope, now)
        case ListTemplate(items):
            return [_rendered(item, scope, now) for item in items]
        case _:
            return {key: _rendered(entry, scope, now) for key, entry in node.entries}


def _left(value: Any, expression: Expression) -> Json:
    try:
        return leaving(value, measured=not _program(expression).is_path)
    except Refused as refused:
        raise placed(refused, start(expression.root)) from None
    except RecursionError:
        raise ExpressionError(
            "the result is nested too deep", code="FE405", offset=start(expression.root)
        ) from None


def _text(parts: tuple[str | Expression, ...], scope: Mapping[str, Any], now: datetime) -> str:
    pieces: list[str] = []
    last = 0
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        last = start(part.root)
        value = evaluate(part, scope, now)
        try:
            pieces.append(text_of(value))
        except Refused as refused:
            raise placed(refused, last) from None
    try:
        return joined(Budget(COST_MAX), pieces)
    except Refused as refused:
        raise placed(refused, last) from None

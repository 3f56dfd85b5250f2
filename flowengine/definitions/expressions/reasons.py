"""Why a filter said what it said: its parts with their values, and what they looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowengine.definitions.expressions.evaluate import evaluate
from flowengine.definitions.expressions.paths import path_of
from flowengine.definitions.expressions.tree import (
    Expression,
    Junction,
    Literal,
    Loop,
    Name,
    Node,
    Unary,
    children,
)
from flowengine.definitions.expressions.writing import written
from flowengine.errors import ExpressionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one part of an expression gave."""

    text: str
    """The part, written anew."""
    value: Any = None
    """JSON, a ``datetime`` or a ``timedelta``; None also where there is none."""
    error: str = ""
    """Why it has no value: code and message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One clause of a filter: an operand of ``&&`` or ``||``, or the whole."""

    seen: Seen
    depth: int = 0
    """How many brackets of ``&&``, ``||`` and ``!`` it is inside of."""
    was_asked: bool = True
    """False: what stands before it had decided already."""
    looked_at: tuple[Seen, ...] = ()
    """The fields that it read, each once, in the order of the text."""

    @property
    def is_true(self) -> bool:
        """It held."""
        return self.was_asked and self.seen.value is True and not self.seen.error


def reasons(expression: Expression, scope: Mapping[str, Any], now: datetime) -> tuple[Reason, ...]:
    """The clauses of an ``if``, in the order of the text; never raises."""
    root, asking = expression.root, _Asking(scope, now)
    if isinstance(root, Junction):
        return tuple(asking.operands(root, 0, was_asked=True))
    return tuple(asking.clauses(root, 0, was_asked=True))


@dataclass(frozen=True, slots=True)
class _Asking:
    scope: Mapping[str, Any]
    now: datetime

    def operands(self, node: Junction, depth: int, *, was_asked: bool) -> Iterator[Reason]:
        for operand in node.operands:
            yield from self.clauses(operand, depth, was_asked=was_asked)
            seen = self.seen(operand)
            was_asked = was_asked and not seen.error and seen.value is (node.operator == "&&")

    def clauses(self, node: Node, depth: int, *, was_asked: bool) -> Iterator[Reason]:
        inside = node.operand if isinstance(node, Unary) and node.operator == "!" else node
        seen = self.seen(node) if was_asked else Seen(text=written(node))
        if isinstance(inside, Junction):
            yield Reason(seen=seen, depth=depth, was_asked=was_asked)
            yield from self.operands(inside, depth + 1, was_asked=was_asked)
            return
        fields = _fields(node, frozenset()) if was_asked else ()
        looked_at = {written(field): field for field in fields if field is not node}
        yield Reason(
            seen=seen,
            depth=depth,
            was_asked=was_asked,
            looked_at=tuple(self.seen(field) for field in looked_at.values()),
        )

    def seen(self, node: Node) -> Seen:
        text = written(node)
        try:
            value = evaluate(Expression(source=text, root=node), self.scope, self.now)
        except ExpressionError as error:
            return Seen(text=text, error=f"{error.code} {error}")
        return Seen(text=text, value=value)


def _fields(node: Node, bound: frozenset[str]) -> Iterator[Node]:
    """The outermost paths into the scope: ``event.data.total``, not what a loop gives a name."""
    path = path_of(node)
    if path is not None and not isinstance(node, Name):
        if path[0].name not in bound:
            yield node
        return
    if isinstance(node, Loop):
        bound = bound | {node.variable}
    for child in children(node):
        if not isinstance(child, Literal):
            yield from _fields(child, bound)

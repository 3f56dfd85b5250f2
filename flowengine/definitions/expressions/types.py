"""The type of an expression, as far as it is known before it has values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowengine.definitions.expressions.functions import FUNCTIONS, METHODS
from flowengine.definitions.expressions.paths import fixed_key, path_of
from flowengine.definitions.expressions.tree import (
    Call,
    Field,
    Index,
    Junction,
    ListNode,
    Literal,
    Loop,
    MapNode,
    Method,
    Name,
    Node,
    Unary,
)
from flowengine.definitions.expressions.values import TYPES

EVENT: dict[str, str | None] = {
    "id": "string",
    "type": "string",
    "source": "string",
    "subject": None,
    "time": "timestamp",
    "actor": None,
    "data": None,
    "correlation_id": "string",
    "causation_id": None,
    "hops": "int",
}
"""The fields of an event; None = more than one type, or what the application puts there."""
RUN: dict[str, str | None] = {
    "id": "string",
    "workflow": "string",
    "digest": "string",
    "started_at": "timestamp",
    "replay": "int",
    "parent": None,
}
STEP: dict[str, str | None] = {
    "output": None,
    "status": "string",
    "error": None,
    "attempts": "int",
    "started_at": None,
    "finished_at": None,
}
ERROR: dict[str, str | None] = {
    "code": "string",
    "message": "string",
    "step": None,
    "attempts": "int",
    "details": None,
}
"""The fields of ``error``."""
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
_NUMBERS = frozenset({"int", "double", "number"})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the names in a place."""

    inputs: Mapping[str, str | None] = field(default_factory=dict)
    """The type of each input; None where it has more than one."""
    bound: frozenset[str] = frozenset()
    """Variables of the loops around, which hide names of the scope; nothing is known of them."""


NOTHING = Known()


def type_at_load(  # noqa: C901, PLR0911 - one line per kind of node
    node: Node, known: Known = NOTHING
) -> str | None:
    """The type's name, ``number`` where it is int or double; None where it is not known.

    Args:
        node: the expression.
        known: what is known where it stands.
    """
    match node:
        case Literal(_, value):
            return TYPES[type(value)]
        case Name() | Field() | Index():
            return _of_path(node, known)
        case Call(_, name, arguments):
            if name == "if" and len(arguments) == 3:
                yes, no = type_at_load(arguments[1], known), type_at_load(arguments[2], known)
                return yes if yes == no else None
            return FUNCTIONS[name].gives if name in FUNCTIONS else None
        case Method(_, _, name, _) | Loop(_, _, name, _, _):
            return METHODS[name].gives if name in METHODS else None
        case ListNode():
            return "list"
        case MapNode():
            return "map"
        case Unary(_, "!", _) | Junction():
            return "bool"
        case Unary(_, _, operand):
            return type_at_load(operand, known)
        case _:
            if node.operator in _COMPARISONS:
                return "bool"
            return _of_arithmetic(type_at_load(node.left, known), type_at_load(node.right, known))


def never_equal(left: str | None, right: str | None) -> bool:
    """Both types are known, and no value of the one equals a value of the other."""
    if left is None or right is None or left == right:
        return False
    return not (left in _NUMBERS and right in _NUMBERS)


def _of_path(node: Node, known: Known) -> str | None:  # noqa: PLR0911 - one line per name
    path = path_of(node)
    if path is None or path[0].name in known.bound:
        return None
    root, parts = path
    keys = [fixed_key(part) for part in parts]
    match (root.name, keys):
        case ("event" | "incoming", [str() as field]):
            return EVENT.get(field)
        case ("error", [str() as field]):
            return ERROR.get(field)
        case ("inputs", [str() as field]):
            return known.inputs.get(field)
        case ("index", []):
            return "int"
        case ("run", [str() as field]):
            return RUN.get(field)
        case ("steps", [_, str() as field]):
            return STEP.get(field)
        case _:
            return None


def _of_arithmetic(left: str | None, right: str | None) -> str | None:
    if left in _NUMBERS and right in _NUMBERS:
        if left == right:
            return left
        return "double" if "double" in (left, right) else "number"
    return left if left == right and left in ("string", "list") else None

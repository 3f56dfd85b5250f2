"""Tree -> text: a part of an expression as somebody would write it, with no bracket too many."""

from __future__ import annotations

import json

from flowengine.definitions.expressions.tree import (
    Binary,
    Call,
    Field,
    Index,
    ListNode,
    Literal,
    Loop,
    MapNode,
    Method,
    Name,
    Node,
    Unary,
)

_LEVELS = {"||": 1, "&&": 2, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5}
_COMPARISON, _UNARY, _MEMBER = 3, 6, 7
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"})


def written(node: Node) -> str:
    """The text of *node*; parsed again, it means the same."""
    return _text(node)[0]


def _text(node: Node) -> tuple[str, int]:  # noqa: C901, PLR0911 - one line for each kind of node
    """The text, and how tightly it holds together."""
    match node:
        case Literal():
            # -1 is one literal: a number is held together before a point or a minus sign.
            is_number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
            return _literal(node), _UNARY if is_number else _MEMBER
        case Name(_, name):
            return name, _MEMBER
        case Field(_, target, name):
            return f"{_held(target, _MEMBER)}.{name}", _MEMBER
        case Index(_, target, key):
            return f"{_held(target, _MEMBER)}[{written(key)}]", _MEMBER
        case Call(_, name, arguments):
            return f"{name}({_list(arguments)})", _MEMBER
        case Method(_, target, name, arguments):
            return f"{_held(target, _MEMBER)}.{name}({_list(arguments)})", _MEMBER
        case Loop(_, target, name, variable, body):
            text = f"{_held(target, _MEMBER)}.{name}({variable}, {written(body)})"
            return text, _MEMBER
        case ListNode(_, items):
            return f"[{_list(items)}]", _MEMBER
        case MapNode(_, entries):
            inside = ", ".join(f"{written(key)}: {written(value)}" for key, value in entries)
            return f"{{{inside}}}", _MEMBER
        case Unary(_, operator, operand):
            return f"{operator}{_held(operand, _MEMBER)}", _UNARY
        case Binary(_, operator, left, right):
            level = _LEVELS.get(operator, _COMPARISON)
            # Comparisons do not chain; the others are read from the left.
            before = level + 1 if level == _COMPARISON else level
            return f"{_held(left, before)} {operator} {_held(right, level + 1)}", level
        case _:
            level = _LEVELS[node.operator]
            held = (_held(each, level + 1) for each in node.operands)
            return f" {node.operator} ".join(held), level


def _held(node: Node, level: int) -> str:
    """The text, in brackets where it would fall apart otherwise."""
    text, own = _text(node)
    return text if own >= level else f"({text})"


def _list(nodes: tuple[Node, ...]) -> str:
    return ", ".join(map(written, nodes))


def _literal(literal: Literal) -> str:
    value = literal.value
    if isinstance(value, str):
        return f"'{value.translate(_ESCAPES)}'"
    if isinstance(value, float):
        mantissa, _, exponent = repr(value).partition("e")
        number = mantissa if "." in mantissa else f"{mantissa}.0"
        return f"{number}e{exponent}" if exponent else number
    return json.dumps(value)

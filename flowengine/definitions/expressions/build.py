"""Tree -> closures. An expression is built once and then called for every event.

Cost: every node counts 1. That is known beforehand, so a straight expression is counted once,
before it starts; a loop counts its body once per item; operators and functions count what they
walk or make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flowengine.definitions.expressions.functions import (
    APPLIED,
    APPLIED_METHODS,
    SPECIAL,
    Form,
    Function,
)
from flowengine.definitions.expressions.loops import loop
from flowengine.definitions.expressions.operators import OPERATORS, negated
from flowengine.definitions.expressions.paths import (
    MISSING,
    Frame,
    Run,
    fixed_key,
    look,
    member,
    path_of,
    placed,
    scope_reader,
)
from flowengine.definitions.expressions.tree import (
    Binary,
    Call,
    Field,
    Index,
    Junction,
    ListNode,
    Literal,
    Loop,
    Method,
    Name,
    Node,
    Unary,
    start,
)
from flowengine.definitions.expressions.values import Refused, in_words
from flowengine.errors import ExpressionError


@dataclass(frozen=True, slots=True)
class Program:
    """An expression, ready to run."""

    run: Run
    cost: int
    """Units of everything outside of loops."""
    slots: int
    """Loops inside one another or beside; each has a place for its item."""
    is_path: bool
    """It only reads: its value was not made here and is not measured."""


def program(root: Node) -> Program:
    """The program of a tree.

    Raises:
        ExpressionError: FE203, FE204, FE201 for a tree that ``check`` would refuse, too.
    """
    builder = _Builder()
    run = builder.node(root)
    is_path = path_of(root) is not None
    return Program(run=run, cost=builder.cost, slots=builder.slots, is_path=is_path)


class _Builder:
    """Holds the cost counted so far, and the variables of the loops around."""

    def __init__(self) -> None:
        self.cost = 0
        self.slots = 0
        self.variables: dict[str, int] = {}

    def node(self, node: Node) -> Run:  # noqa: PLR0911 - one line per kind of node
        self.cost += 1
        match node:
            case Literal(_, value):
                return lambda _frame: value
            case Name() | Field() | Index():
                return self.read(node)
            case Junction(_, operator, operands):
                return _junction(operator, [(self.node(item), start(item)) for item in operands])
            case Binary():
                return self.binary(node)
            case Unary(offset, operator, operand):
                return (_not if operator == "!" else _negative)(self.node(operand), offset)
            case Call():
                return self.call(node)
            case Method(offset, target, name, arguments):
                function = _known(APPLIED_METHODS, name, len(arguments), offset)
                return _applied(function, name, self.nodes((target, *arguments)), offset)
            case Loop():
                return self.loop(node)
            case ListNode(_, items):
                return _list(self.nodes(items))
            case _:
                return _map([(self.node(k), self.node(v), start(k)) for k, v in node.entries])

    def nodes(self, nodes: Sequence[Node]) -> list[Run]:
        return [self.node(node) for node in nodes]

    def read(self, node: Name | Field | Index) -> Run:
        path = path_of(node)
        if path is not None and path[0].name not in self.variables:
            root, parts = path
            fixed = [word for part in parts if (word := fixed_key(part)) is not None]
            if len(fixed) == len(parts):
                self.cost += len(fixed)
                return scope_reader(root, tuple(fixed), parts)
        match node:
            case Name(_, variable):
                return _item(self.variables[variable])
            case Field(_, target, name):
                return _field(self.node(target), name, node)
            case _:
                return _index(self.node(node.target), self.node(node.key), node)

    def binary(self, node: Binary) -> Run:
        if node.operator in ("==", "!=") and isinstance(node.right, Literal):
            value, negative = node.right.value, node.operator == "!="
            if isinstance(value, str):
                self.cost += 1
                return _is_text(self.node(node.left), value, negative=negative)
            if value is None or isinstance(value, bool):
                self.cost += 1
                return _is_constant(self.node(node.left), value, negative=negative)
        left, right = self.node(node.left), self.node(node.right)
        return _operator(node.operator, left, right, node.offset)

    def call(self, node: Call) -> Run:
        if node.name in SPECIAL:
            _known(SPECIAL, node.name, len(node.arguments), node.offset)
        match node.name:
            case "has":
                find = self.finder(node.arguments[0], node)
                return lambda frame: find(frame) is not None
            case "default":
                return _default(self.finder(node.arguments[0], node), self.node(node.arguments[1]))
            case "if":
                test, *branches = self.nodes(node.arguments)
                return _if(test, *branches, offset=start(node.arguments[0]))
            case "now":
                return lambda frame: frame.now
            case name:
                function = _known(APPLIED, name, len(node.arguments), node.offset)
                return _applied(function, name, self.nodes(node.arguments), node.offset)

    def finder(self, node: Node, call: Call) -> Run:
        """Gives the value at a path, or None where there is nothing or null."""
        path = path_of(node)
        if path is None:
            raise not_a_path(call, node)
        name, parts = path
        slot = self.variables.get(name.name)
        keys = [self.key(part) for part in parts]
        self.cost += 1 + len(parts)
        return _find(name.name, slot, keys)

    def key(self, part: Field | Index) -> str | Run:
        return part.name if isinstance(part, Field) else self.node(part.key)

    def loop(self, node: Loop) -> Run:
        target = self.node(node.target)
        outside, cost = self.variables, self.cost
        slot, self.slots = self.slots, self.slots + 1
        self.variables, self.cost = {**outside, node.variable: slot}, 1
        body, each = self.node(node.body), self.cost
        self.variables, self.cost = outside, cost
        return loop(node, target, body, slot=slot, cost=each)


_Entry = TypeVar("_Entry", bound=Form)


def _known(table: Mapping[str, _Entry], name: str, count: int, offset: int) -> _Entry:
    function = table.get(name)
    if function is None:
        raise ExpressionError(f"unknown function '{name}'", code="FE203", offset=offset)
    if not function.least <= count <= function.most:
        raise wrong_count(name, function, count, offset)
    return function


def wrong_count(name: str, function: Form, count: int, offset: int) -> ExpressionError:
    """FE204."""
    wanted = str(function.least)
    if function.most > function.least:
        many = function.most - function.least > 1
        wanted = f"{wanted} or more" if many else f"{wanted} or {function.most}"
    noun = "argument" if wanted == "1" else "arguments"
    message = f"{name}() takes {wanted} {noun}, got {count}"
    return ExpressionError(message, code="FE204", offset=offset, hint=f"write {function.example}")


def not_a_path(call: Call, node: Node) -> ExpressionError:
    """FE201: ``has`` and ``default`` look along a path."""
    return ExpressionError(
        f"{call.name}() looks at a path like event.data.name, not at a value",
        code="FE201",
        offset=start(node),
    )


def _item(slot: int) -> Run:
    return lambda frame: frame.items[slot]


def _field(target: Run, name: str, part: Field) -> Run:
    def run(frame: Frame) -> Any:
        value = target(frame)
        if type(value) is dict and name in value:
            return value[name]
        return member(value, name, part)

    return run


def _index(target: Run, key: Run, part: Index) -> Run:
    return lambda frame: member(target(frame), key(frame), part)


def _find(name: str, slot: int | None, keys: list[str | Run]) -> Run:
    def run(frame: Frame) -> Any:
        value = frame.scope.get(name) if slot is None else frame.items[slot]
        for key in keys:
            value = look(value, key if isinstance(key, str) else key(frame))
            if value is MISSING or value is None:
                return None
        return value

    return run


def _default(find: Run, other: Run) -> Run:
    def run(frame: Frame) -> Any:
        value = find(frame)
        return other(frame) if value is None else value

    return run


def _if(test: Run, yes: Run, no: Run, *, offset: int) -> Run:
    def run(frame: Frame) -> Any:
        decided = test(frame)
        if decided is True:
            return yes(frame)
        if decided is False:
            return no(frame)
        raise no_bool("if", decided, offset)

    return run


def no_bool(sign: str, value: Any, offset: int) -> ExpressionError:
    """FE402: there is no truthiness."""
    return ExpressionError(
        f"{sign} wants a bool, got {in_words(value)}",
        code="FE402",
        offset=offset,
        hint="compare it: x != '', size(x) > 0, has(x)",
    )


def _junction(operator: str, operands: list[tuple[Run, int]]) -> Run:
    decisive = operator == "||"

    def run(frame: Frame) -> bool:
        for operand, offset in operands:
            value = operand(frame)
            if value is decisive:
                return bool(value)
            if value is not True and value is not False:
                raise no_bool(operator, value, offset)
        return not decisive

    return run


def _not(operand: Run, offset: int) -> Run:
    def run(frame: Frame) -> bool:
        value = operand(frame)
        if value is True:
            return False
        if value is False:
            return True
        raise no_bool("!", value, offset)

    return run


def _negative(operand: Run, offset: int) -> Run:
    def run(frame: Frame) -> Any:
        value = operand(frame)
        try:
            return negated(value)
        except Refused as refused:
            raise placed(refused, offset) from None

    return run


def _is_text(left: Run, text: str, *, negative: bool) -> Run:
    if negative:
        return lambda frame: bool(left(frame) != text)
    return lambda frame: bool(left(frame) == text)


def _is_constant(left: Run, value: object, *, negative: bool) -> Run:
    return lambda frame: (left(frame) is value) is not negative


def _operator(sign: str, left: Run, right: Run, offset: int) -> Run:
    apply = OPERATORS[sign]

    def run(frame: Frame) -> Any:
        try:
            return apply(frame, left(frame), right(frame))
        except Refused as refused:
            raise placed(refused, offset) from None

    return run


def _applied(function: Function, name: str, arguments: list[Run], offset: int) -> Run:
    apply = function.apply

    def run(frame: Frame) -> Any:
        values = [argument(frame) for argument in arguments]
        try:
            return apply(frame, *values)
        except Refused as refused:
            if refused.code == "FE403":
                refused.message = f"{name}: {refused.message}"
            raise placed(refused, offset) from None

    return run


def _list(items: list[Run]) -> Run:
    return lambda frame: [item(frame) for item in items]


def _map(entries: list[tuple[Run, Run, int]]) -> Run:
    def run(frame: Frame) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_of, value_of, offset in entries:
            key = key_of(frame)
            if type(key) is not str:
                message = f"the key of a map is a string, not {in_words(key)}"
                raise ExpressionError(message, code="FE402", offset=offset)
            if key in made:
                message = f"the key '{key[:100]}' is there twice"
                raise ExpressionError(message, code="FE402", offset=offset)
            made[key] = value_of(frame)
        return made

    return run

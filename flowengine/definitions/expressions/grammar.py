"""Tokens -> tree: the grammar of the language (a profile of CEL), by precedence climbing.

From loose to tight: ``||``, ``&&``, comparisons (which do not chain), ``+ -``, ``* / %``, ``! -``,
members. Limits at load: 500 nodes, 32 levels.
"""

from __future__ import annotations

from typing import NoReturn

from flowengine.definitions.expressions.tokens import INT_MAX, INT_MIN, Kind, Token
from flowengine.definitions.expressions.tree import (
    Binary,
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
    children,
)
from flowengine.errors import ExpressionError

NODES_MAX = 500
LEVELS_MAX = 32
INTO_A_TASK = "move the work into a task"
LOOPS = frozenset({"map", "filter", "all", "exists"})
"""The methods whose second argument is read once per item."""

_WORDS = {"true": True, "false": False, "null": None}
_SIGNS_FOR_WORDS = {"and": "&&", "or": "||", "not": "!"}
_COMPARISON = 3
_LOOSENESS = {"||": 1, "&&": 2, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5} | dict.fromkeys(
    ("<", "<=", ">", ">=", "==", "!=", "in"), _COMPARISON
)


def tree(found: list[Token]) -> Node:
    """The tree of one expression; *found* ends with an END token.

    Raises:
        ExpressionError: FE201, FE209, with the offset of the problem.
    """
    return _Parser(found).whole()


class _Parser:
    """Holds the place in the tokens, and counts nodes and open levels."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.place = 0
        self.nodes = 0
        self.levels = 0

    def whole(self) -> Node:
        if self.at_end():
            self.refuse("the expression is empty")
        node = self.binary(1)
        if not self.at_end():
            self.refuse_leftover()
        if self.nodes > LEVELS_MAX:
            _check_levels(node)
        return node

    @property
    def here(self) -> Token:
        return self.tokens[self.place]

    def next(self) -> Token:
        token = self.tokens[self.place]
        self.place += 1
        return token

    def at_end(self) -> bool:
        return self.here.kind is Kind.END

    def at(self, sign: str) -> bool:
        token = self.tokens[self.place]
        return token.text == sign and token.kind is Kind.SIGN

    def take(self, sign: str) -> bool:
        if not self.at(sign):
            return False
        self.place += 1
        return True

    def expect(self, sign: str, why: str) -> None:
        if not self.take(sign):
            self.refuse(f"expected '{sign}' {why}, found {_shown(self.here)}")

    def refuse(self, message: str, *, token: Token | None = None, hint: str = "") -> NoReturn:
        offset = (token or self.here).start
        raise ExpressionError(message, code="FE201", offset=offset, hint=hint)

    def refuse_leftover(self) -> NoReturn:
        token = self.here
        if token.kind is Kind.NAME and token.text in _SIGNS_FOR_WORDS:
            self.refuse(f"write {_SIGNS_FOR_WORDS[token.text]} for '{token.text}'")
        self.refuse(f"{_shown(token)} has no place here")

    def enter(self) -> None:
        self.levels += 1
        if self.levels > LEVELS_MAX:
            _too_deep(self.here.start)

    def leave(self) -> None:
        self.levels -= 1

    def made(self, node: Node) -> Node:
        self.nodes += 1
        if self.nodes > NODES_MAX:
            message = f"the expression is larger than {NODES_MAX} nodes"
            raise ExpressionError(message, code="FE209", offset=node.offset, hint=INTO_A_TASK)
        return node

    def binary(self, loosest: int) -> Node:
        """An operand, and all operators at least as tight as *loosest* that follow it."""
        left = self.unary()
        while (level := self.operator_level()) >= loosest:
            operator = self.next()
            if operator.text in ("&&", "||"):
                left = self.junction(operator, left, level)
                continue
            right = self.binary(level + 1)
            left = self.made(Binary(operator.start, operator.text, left, right))
            if level == _COMPARISON and self.operator_level() == _COMPARISON:
                self.refuse("comparisons do not chain", hint="write a < b && b < c")
        return left

    def operator_level(self) -> int:
        token = self.tokens[self.place]
        return 0 if token.kind is Kind.STRING else _LOOSENESS.get(token.text, 0)

    def junction(self, operator: Token, first: Node, level: int) -> Node:
        operands = [first, self.binary(level + 1)]
        while self.take(operator.text):
            operands.append(self.binary(level + 1))
        return self.made(Junction(operator.start, operator.text, tuple(operands)))

    def unary(self) -> Node:
        token = self.here
        if token.kind is Kind.SIGN and token.text in ("!", "-"):
            self.next()
            if token.text == "-" and self.here.kind in (Kind.INT, Kind.FLOAT):
                return self.members(self.number(self.next(), sign="-", start=token.start))
            self.enter()
            node = self.made(Unary(token.start, token.text, self.unary()))
            self.leave()
            return node
        return self.members(self.primary())

    def number(self, token: Token, *, sign: str = "", start: int) -> Node:
        if token.kind is Kind.FLOAT:
            number = float(sign + token.text)
            if number in (float("inf"), float("-inf")):
                self.refuse("the number is too large", token=token)
            return self.made(Literal(start, number))
        if len(token.text) > 20 or not INT_MIN <= (whole := int(sign + token.text)) <= INT_MAX:
            self.refuse("the number does not fit into 64 bits", token=token)
        after = self.here
        if after.kind is Kind.NAME and after.start == token.end:
            self.refuse(
                f"'{token.text}{after.text}' is no number",
                token=token,
                hint="write 1.0e5, or duration('90m')",
            )
        return self.made(Literal(start, whole))

    def primary(self) -> Node:
        token = self.next()
        match token.kind:
            case Kind.INT | Kind.FLOAT:
                return self.number(token, start=token.start)
            case Kind.STRING:
                return self.made(Literal(token.start, token.text))
            case Kind.NAME:
                return self.name(token)
            case _:
                return self.bracketed(token)

    def name(self, token: Token) -> Node:
        if token.text in _WORDS:
            return self.made(Literal(token.start, _WORDS[token.text]))
        if token.text == "not":
            self.refuse("write ! for 'not'", token=token)
        if token.text == "in":
            self.refuse("'in' has no left side", token=token)
        if self.at("("):
            return self.made(Call(token.start, token.text, self.arguments()))
        return self.made(Name(token.start, token.text))

    def bracketed(self, opened: Token) -> Node:
        self.enter()
        match opened.text:
            case "(":
                node = self.binary(1)
                self.expect(")", "to close '('")
            case "[":
                node = self.made(ListNode(opened.start, self.items("]", "to close '['")))
            case "{":
                node = self.entries(opened)
            case _:
                self.refuse(f"expected a value, found {_shown(opened)}", token=opened)
        self.leave()
        return node

    def entries(self, opened: Token) -> Node:
        entries: list[tuple[Node, Node]] = []
        while not self.take("}"):
            key = self.binary(1)
            self.expect(":", "after the key of a map")
            entries.append((key, self.binary(1)))
            if not self.take(","):
                self.expect("}", "to close '{'")
                break
        return self.made(MapNode(opened.start, tuple(entries)))

    def items(self, closing: str, why: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self.take(closing):
            found.append(self.binary(1))
            if not self.take(","):
                self.expect(closing, why)
                break
        return tuple(found)

    def arguments(self) -> tuple[Node, ...]:
        self.enter()
        self.next()
        found = self.items(")", "to close '('")
        self.leave()
        return found

    def members(self, node: Node) -> Node:
        while True:
            if self.take("."):
                token = self.next()
                if token.kind is not Kind.NAME:
                    self.place -= 1
                    self.refuse(f"expected a name after '.', found {_shown(token)}")
                node = self.member(node, token)
            elif self.at("["):
                bracket = self.next()
                self.enter()
                key = self.binary(1)
                self.expect("]", "to close '['")
                self.leave()
                node = self.made(Index(bracket.start, node, key))
            else:
                return node

    def member(self, target: Node, token: Token) -> Node:
        if not self.at("("):
            return self.made(Field(token.start, target, token.text))
        arguments = self.arguments()
        if token.text in LOOPS and len(arguments) == 2:
            variable = arguments[0]
            if not isinstance(variable, Name):
                raise ExpressionError(
                    f"the first argument of {token.text}() is a name for the item",
                    code="FE201",
                    offset=variable.offset,
                    hint=f"x.{token.text}(item, item.price > 10)",
                )
            return self.made(Loop(token.start, target, token.text, variable.name, arguments[1]))
        return self.made(Method(token.start, target, token.text, arguments))


def _shown(token: Token) -> str:
    if token.kind is Kind.END:
        return "the end"
    return f"'{token.text[:40]}'"


def _check_levels(root: Node) -> None:
    """Chains like ``a + b + c`` and ``a.b.c`` nest in the tree without a bracket in the text."""
    row, levels = [root], 0
    while row:
        levels += 1
        if levels > LEVELS_MAX:
            _too_deep(row[0].offset)
        row = [child for node in row for child in children(node)]


def _too_deep(offset: int) -> NoReturn:
    message = f"the expression is deeper than {LEVELS_MAX} levels"
    raise ExpressionError(message, code="FE209", offset=offset, hint=INTO_A_TASK)

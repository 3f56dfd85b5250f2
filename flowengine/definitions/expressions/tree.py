"""The trees of expressions and of value keys. Made by ``parse``, read by ``check`` and ``evaluate``.

Every node knows its ``offset``: characters from the start of the text it was parsed from. For an
expression that stands alone that text is the expression; for one inside ``${{ }}`` it is the whole
string of the value key, so that a problem is shown at its place in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
"""What JSON can hold; whole numbers are int."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: null, bool, int, double or string."""

    offset: int
    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Name:
    """A name of the scope, or the variable of a surrounding ``map``, ``filter``, ``all``, ``exists``."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """``target.name``; the offset is that of the name."""

    offset: int
    target: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """``target[key]``; the offset is that of the bracket."""

    offset: int
    target: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Call:
    """``name(arguments)``."""

    offset: int
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """``target.name(arguments)``; the offset is that of the name."""

    offset: int
    target: Node
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """``target.name(variable, body)`` where name is ``map``, ``filter``, ``all`` or ``exists``."""

    offset: int
    target: Node
    name: str
    variable: str
    body: Node


@dataclass(frozen=True, slots=True)
class ListNode:
    """``[a, b]``."""

    offset: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode:
    """``{'k': v}``; keys must give strings."""

    offset: int
    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """``!a`` or ``-a``."""

    offset: int
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """``a + b`` and its like, all but ``&&`` and ``||``; the offset is that of the operator."""

    offset: int
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Junction:
    """``a && b && …`` or ``a || b || …``: two or more operands, read from the left, stopping early."""

    offset: int
    operator: str
    operands: tuple[Node, ...]


Node = (
    Literal
    | Name
    | Field
    | Index
    | Call
    | Method
    | Loop
    | ListNode
    | MapNode
    | Unary
    | Binary
    | Junction
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression. Two are equal when their texts are."""

    source: str
    """The text, without ``${{ }}`` and outer blanks."""
    root: Node = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value without any ``${{ }}`` in it."""

    value: Json


@dataclass(frozen=True, slots=True)
class Whole:
    """A string that is one ``${{ }}``: the value keeps the expression's type."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Text:
    """Text with ``${{ }}`` in it: pieces of text and expressions, in order."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class ListTemplate:
    """A list with an expression somewhere below."""

    items: tuple[TemplateNode, ...]


@dataclass(frozen=True, slots=True)
class MapTemplate:
    """A map with an expression somewhere below. Keys are never expressions."""

    entries: tuple[tuple[str, TemplateNode], ...]


TemplateNode = Constant | Whole | Text | ListTemplate | MapTemplate

Path = tuple[str | int, ...]
"""The way into a JSON value: keys and indices."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """An expression of a template, and where it stands."""

    path: Path
    """The way to its string."""
    expression: Expression
    in_text: bool
    """It is a part of text, not the whole string: it must have a text form."""


@dataclass(frozen=True, slots=True)
class Template:
    """The value of a value key: JSON with ``${{ }}`` in its strings. Equal when the sources are."""

    source: Json = field(hash=False)
    """The value as it is written in the file."""
    root: TemplateNode = field(compare=False, repr=False)

    @property
    def is_constant(self) -> bool:
        """There is no expression in it."""
        return isinstance(self.root, Constant)

    def expressions(self) -> Iterator[Embedded]:
        """Every expression, in the order of the file."""
        return _expressions(self.root, ())


def _expressions(node: TemplateNode, path: Path) -> Iterator[Embedded]:
    match node:
        case Whole(expression):
            yield Embedded(path, expression, in_text=False)
        case Text(parts):
            for part in parts:
                if isinstance(part, Expression):
                    yield Embedded(path, part, in_text=True)
        case ListTemplate(items):
            for index, item in enumerate(items):
                yield from _expressions(item, (*path, index))
        case MapTemplate(entries):
            for key, entry in entries:
                yield from _expressions(entry, (*path, key))
        case _:
            return


def start(node: Node) -> int:
    """Where the text of *node* starts: of ``a.b + c``, at a. Brackets around it are not its own."""
    match node:
        case Field(_, target, _) | Index(_, target, _) | Method(_, target, _, _):
            return start(target)
        case Loop(_, target, _, _, _) | Binary(_, _, target, _):
            return start(target)
        case Junction(_, _, operands):
            return start(operands[0])
        case _:
            return node.offset


def children(node: Node) -> Iterator[Node]:  # noqa: C901 - one line per kind of node
    """The nodes directly below, in the order of the text."""
    match node:
        case Field(_, target, _):
            yield target
        case Index(_, target, key):
            yield from (target, key)
        case Call(_, _, arguments):
            yield from arguments
        case Method(_, target, _, arguments):
            yield target
            yield from arguments
        case Loop(_, target, _, _, body):
            yield from (target, body)
        case ListNode(_, items):
            yield from items
        case MapNode(_, entries):
            for key, value in entries:
                yield from (key, value)
        case Unary(_, _, operand):
            yield operand
        case Binary(_, _, left, right):
            yield from (left, right)
        case Junction(_, _, operands):
            yield from operands
        case _:
            return

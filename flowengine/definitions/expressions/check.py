"""What can be known to be wrong with an expression before it has values.

Names, functions, arguments, steps referred to, comparisons that can never hold. Every problem of
an expression is found, not only the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flowengine.definitions.expressions.build import not_a_path, wrong_count
from flowengine.definitions.expressions.functions import FUNCTIONS, LOOPS, METHODS
from flowengine.definitions.expressions.paths import fixed_key, near, path_of
from flowengine.definitions.expressions.tree import (
    Binary,
    Call,
    Expression,
    Field,
    Index,
    Literal,
    Loop,
    Method,
    Name,
    Node,
    Path,
    Template,
    children,
    start,
)
from flowengine.definitions.expressions.types import EVENT, RUN, STEP, never_equal, type_at_load
from flowengine.definitions.expressions.values import with_article
from flowengine.errors import ExpressionError

NAMES = frozenset(
    {
        *("event", "inputs", "steps", "run", "config"),
        *("item", "index", "incoming", "error", "output"),
    }
)
"""Every name the language has, wherever."""
WARNINGS = frozenset({"FE231"})
"""Codes that do not refuse."""
_WITHOUT_TEXT = ("list", "map", "null")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is in scope where an expression stands."""

    names: frozenset[str]
    """The names that may be used."""
    inputs: frozenset[str] | None = None
    """The inputs the file declares; None where it declares none: then it is the event's data."""
    steps: tuple[str, ...] = ()
    """The steps certain to be decided before, in the order of the line."""
    later: frozenset[str] = frozenset()
    """The other steps of the file, for the wording."""
    outputs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By step, the names of the mapping it returns, where they are known."""


def problems(expression: Expression, place: Place) -> list[ExpressionError]:
    """What is wrong with *expression* in that place, in the order of the text; warnings too."""
    found = list(_below(expression.root, place, frozenset()))
    return sorted(found, key=lambda error: error.offset)


def condition_problems(expression: Expression, place: Place) -> list[ExpressionError]:
    """The same for an ``if``, which gives a bool."""
    found = problems(expression, place)
    kind = type_at_load(expression.root)
    if kind is not None and kind != "bool":
        message = f"an 'if' gives true or false; this gives {with_article(kind)}"
        found.append(ExpressionError(message, code="FE201", offset=start(expression.root)))
    return found


def template_problems(template: Template, place: Place) -> Iterator[tuple[Path, ExpressionError]]:
    """What is wrong with the expressions of a value key, each with the path of its string."""
    for embedded in template.expressions():
        for error in problems(embedded.expression, place):
            yield embedded.path, error
        root = embedded.expression.root
        kind = type_at_load(root)
        if embedded.in_text and kind in _WITHOUT_TEXT:
            message = f"a {kind} cannot be put into text"
            hint = "use default(...) or toJson(...)"
            yield (
                embedded.path,
                ExpressionError(message, code="FE404", offset=start(root), hint=hint),
            )


def _below(node: Node, place: Place, bound: frozenset[str]) -> Iterator[ExpressionError]:
    match node:
        case Name() | Field() | Index():
            yield from _path(node, place, bound)
            return
        case Loop(_, target, _, variable, body):
            yield from _below(target, place, bound)
            yield from _below(body, place, bound | {variable})
            return
        case Call():
            yield from _call(node)
        case Method():
            yield from _method(node)
            if node.name in LOOPS:
                return  # what its arguments mean cannot be said
        case Binary():
            yield from _binary(node)
        case _:
            pass
    for child in children(node):
        yield from _below(child, place, bound)


def _path(
    node: Name | Field | Index, place: Place, bound: frozenset[str]
) -> Iterator[ExpressionError]:
    path = path_of(node)
    if path is None:
        for child in children(node):
            yield from _below(child, place, bound)
        return
    root, parts = path
    for part in parts:
        if isinstance(part, Index):
            yield from _below(part.key, place, bound)
    if root.name in place.names - bound:
        yield from _fields(root, parts, place)
    elif root.name not in bound:
        yield _unknown_name(root, place, bound)


def _fields(
    root: Name, parts: tuple[Field | Index, ...], place: Place
) -> Iterator[ExpressionError]:
    keys = [fixed_key(part) for part in parts]
    match root.name:
        case "event" if keys:
            yield from _known_field("an event", keys[0], parts[0], EVENT)
        case "run" if keys:
            yield from _known_field("the run", keys[0], parts[0], RUN)
        case "inputs" if keys and place.inputs is not None:
            yield from _known_field("inputs", keys[0], parts[0], dict.fromkeys(place.inputs))
        case "steps":
            yield from _step(root, parts, keys, place)
        case _:
            return


def _step(
    root: Name, parts: tuple[Field | Index, ...], keys: list[str | None], place: Place
) -> Iterator[ExpressionError]:
    if not keys or keys[0] is None:
        offset = parts[0].offset if parts else root.offset
        message = "a step is named where it is used: steps.<id>"
        yield ExpressionError(message, code="FE201", offset=offset)
        return
    step = keys[0]
    if step not in place.steps:
        hint = near(step, place.steps)
        if step in place.later:
            hint = "it comes later, or is this step itself"
        elif not hint and place.steps:
            hint = f"there are: {', '.join(place.steps[-10:])}"
        message = f"no step '{step[:100]}' comes before this one"
        yield ExpressionError(message, code="FE121", offset=parts[0].offset, hint=hint)
        return
    if len(keys) > 1:
        yield from _known_field(f"steps.{step}", keys[1], parts[1], STEP)
    if len(keys) > 2 and keys[1] == "output" and step in place.outputs:
        known = dict.fromkeys(place.outputs[step])
        yield from _known_field(f"the output of '{step}'", keys[2], parts[2], known)


def _known_field(
    owner: str, key: str | None, part: Field | Index, known: Mapping[str, str | None]
) -> Iterator[ExpressionError]:
    if key is None or key in known:
        return
    hint = near(key, known) or (f"there are: {', '.join(known)}" if known else "there are none")
    if owner == "an event":
        hint = near(key, known) or f"did you mean 'event.data.{key[:60]}'?"
    message = f"{owner} has no field '{key[:100]}'"
    yield ExpressionError(message, code="FE207", offset=part.offset, hint=hint)


def _unknown_name(root: Name, place: Place, bound: frozenset[str]) -> ExpressionError:
    name = root.name
    if name in NAMES:
        return ExpressionError(
            f"'{name}' is not available here",
            code="FE202",
            offset=root.offset,
            hint=f"available: {', '.join(sorted(place.names))}",
        )
    hint = near(name, place.names | bound)
    if name in ("True", "False", "None"):
        hint = f"write {'null' if name == 'None' else name.lower()}"
    elif name in FUNCTIONS:
        hint = f"it is a function: {name}(…)"
    elif name in METHODS:
        hint = f"it is a function: x.{name}(…)"
    elif not hint:
        hint = f"text stands in quotes: '{name[:40]}'"
    return ExpressionError(
        f"unknown name '{name[:100]}'", code="FE202", offset=root.offset, hint=hint
    )


def _call(node: Call) -> Iterator[ExpressionError]:
    function = FUNCTIONS.get(node.name)
    count = len(node.arguments)
    if function is None:
        hint = near(node.name, FUNCTIONS) or near(node.name, METHODS)
        if node.name in METHODS:
            hint = f"write it after the value: x.{node.name}(…)"
        message = f"unknown function '{node.name[:100]}'"
        yield ExpressionError(message, code="FE203", offset=node.offset, hint=hint)
    elif not function.least <= count <= function.most:
        yield wrong_count(node.name, function, count, node.offset)
    elif node.name in ("has", "default") and path_of(node.arguments[0]) is None:
        yield not_a_path(node, node.arguments[0])


def _method(node: Method) -> Iterator[ExpressionError]:
    function = METHODS.get(node.name)
    if function is None:
        hint = near(node.name, METHODS) or near(node.name, FUNCTIONS)
        if node.name in FUNCTIONS:
            hint = f"write it before the value: {node.name}(x)"
        message = f"unknown function '{node.name[:100]}'"
        yield ExpressionError(message, code="FE203", offset=node.offset, hint=hint)
    elif not function.least <= len(node.arguments) <= function.most:
        yield wrong_count(node.name, function, len(node.arguments), node.offset)


def _binary(node: Binary) -> Iterator[ExpressionError]:
    left, right = type_at_load(node.left), type_at_load(node.right)
    if node.operator in ("==", "!=") and never_equal(left, right):
        message = f"{_shown(node.left)} and {_shown(node.right)} can never be equal"
        yield ExpressionError(
            f"{message}: {left} and {right}", code="FE208", offset=start(node.left)
        )
    divisor = node.right.value if isinstance(node.right, Literal) else None
    if node.operator == "/" and type(divisor) is int and left != "double":
        yield ExpressionError(
            "warning: whole-number division",
            code="FE231",
            offset=node.offset,
            hint=f"write / {divisor}.0 for a fraction",
        )


def _shown(node: Node) -> str:
    path = path_of(node)
    if path is not None:
        root, parts = path
        keys = [key for part in parts if (key := fixed_key(part)) is not None]
        return ".".join([root.name, *keys])
    if isinstance(node, Literal):
        return repr(node.value)[:60] if isinstance(node.value, str) else str(node.value).lower()
    if isinstance(node, Call | Method | Loop):
        return f"{node.name}(…)"
    return "this"

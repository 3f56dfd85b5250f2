"""What can be known to be wrong with an expression before it has values.

Names, functions, arguments, steps referred to, comparisons that can never hold. Every problem of
an expression is found, not only the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from flowengine.definitions.expressions.build import not_a_path, wrong_count
from flowengine.definitions.expressions.functions import FUNCTIONS, LOOPS, METHODS
from flowengine.definitions.expressions.paths import fixed_key, path_of
from flowengine.definitions.expressions.shapes import Shape, Shapes
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
from flowengine.definitions.expressions.types import (
    ERROR,
    EVENT,
    RUN,
    STEP,
    Known,
    never_equal,
    type_at_load,
)
from flowengine.definitions.expressions.values import with_article
from flowengine.definitions.likeness import near
from flowengine.errors import ExpressionError

NAMES = frozenset(
    {
        *("event", "inputs", "steps", "run", "config"),
        *("item", "index", "incoming", "error", "output"),
    }
)
"""Every name the language has, wherever."""
_PROBES = ("has", "default")
"""They ask if there is something."""
_PROBLEMS_MAX = 20
"""Of one expression; each costs a search for what was meant."""
_WITHOUT_TEXT = ("list", "map", "null")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is in scope where an expression stands."""

    names: frozenset[str]
    """The names that may be used."""
    inputs: Mapping[str, str | None] | None = None
    """The inputs the file declares, and the type of each (None = more than one, or not known); None
    where it declares none: then it is the event's data."""
    steps: Collection[str] = ()
    """The steps certain to be decided before, in the order of the file."""
    hidden: Mapping[str, str] = field(default_factory=dict)
    """The steps of the file, and why each cannot be seen where it is not among *steps*."""
    is_hook: bool = False
    """The run has a state that is final."""
    shapes: Shapes = field(default_factory=dict)
    """What is known of values of the scope."""


def problems(expression: Expression, place: Place) -> list[ExpressionError]:
    """What is wrong with *expression* in that place, in the order of the text; warnings too."""
    found = list(islice(_below(expression.root, place, frozenset()), _PROBLEMS_MAX))
    return sorted(found, key=lambda error: error.offset)


def condition_problems(expression: Expression, place: Place) -> list[ExpressionError]:
    """The same for an ``if``, which gives a bool."""
    found = problems(expression, place)
    kind = type_at_load(expression.root, _known(place))
    if kind is not None and kind != "bool":
        message = f"an 'if' gives true or false; this gives {with_article(kind)}"
        found.append(
            ExpressionError(
                message,
                code="FE201",
                offset=start(expression.root),
                hint="compare it with something, or ask has(…)",
            )
        )
    return found


def key_problems(expression: Expression, place: Place) -> list[ExpressionError]:
    """The same for a ``key``, which has a text form."""
    found = problems(expression, place)
    kind = type_at_load(expression.root, _known(place))
    if kind in _WITHOUT_TEXT:
        message = f"a 'key' is compared as text; this gives {with_article(kind)}"
        found.append(ExpressionError(message, code="FE201", offset=start(expression.root)))
    return found


def template_problems(
    template: Template, place: Place, *, is_text: bool = False, gives: str | None = None
) -> Iterator[tuple[Path, ExpressionError]]:
    """What is wrong with the expressions of a value key, each with the path of its string.

    Args:
        template: the value.
        place: where it stands.
        is_text: all of it becomes text, also where it is one whole expression.
        gives: the type that it owes where it is not written out; None = any.
    """
    known = _known(place)
    for embedded in template.expressions():
        for error in problems(embedded.expression, place):
            yield embedded.path, error
        root = embedded.expression.root
        kind = type_at_load(root, known)
        if (embedded.in_text or is_text) and kind in _WITHOUT_TEXT:
            message = f"a {kind} cannot be put into text"
            hint = "use default(...) or toJson(...)"
            yield (
                embedded.path,
                ExpressionError(message, code="FE404", offset=start(root), hint=hint),
            )
        given = "string" if embedded.in_text else kind
        if gives is not None and not embedded.path and given not in (None, gives):
            message = f"here stands {with_article(gives)}; this gives {with_article(str(given))}"
            hint = "write timestamp(...)" if (gives, given) == ("timestamp", "string") else ""
            yield (
                embedded.path,
                ExpressionError(message, code="FE201", offset=start(root), hint=hint),
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
            if node.name in _PROBES and node.arguments and path_of(node.arguments[0]) is not None:
                yield from _path(node.arguments[0], place, bound, is_probe=True)
                for other in node.arguments[1:]:
                    yield from _below(other, place, bound)
                return
        case Method():
            yield from _method(node)
            if node.name in LOOPS:
                return  # what its arguments mean cannot be said
        case Binary():
            yield from _binary(node, _known(place, bound))
        case _:
            pass
    for child in children(node):
        yield from _below(child, place, bound)


def _path(
    node: Node, place: Place, bound: frozenset[str], *, is_probe: bool = False
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
        yield from _shapes(root, parts, place, is_probe=is_probe)
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
            known = {**RUN, "status": "string"} if place.is_hook else RUN
            yield from _known_field("the run", keys[0], parts[0], known)
        case "incoming" if keys:
            yield from _known_field("an event", keys[0], parts[0], EVENT)
        case "error" if keys:
            yield from _known_field("an error", keys[0], parts[0], ERROR)
        case "inputs" if keys and place.inputs is not None:
            yield from _known_field("inputs", keys[0], parts[0], place.inputs)
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
        if step in place.hidden:
            hint = place.hidden[step]
        elif not hint and place.steps:
            hint = f"there are: {', '.join(list(place.steps)[-10:])}"
        message = f"no step '{step[:100]}' comes before this one"
        yield ExpressionError(message, code="FE121", offset=parts[0].offset, hint=hint)
        return
    if len(keys) > 1:
        yield from _known_field(f"steps.{step}", keys[1], parts[1], STEP)


def _shapes(
    root: Name, parts: tuple[Field | Index, ...], place: Place, *, is_probe: bool
) -> Iterator[ExpressionError]:
    """FE207 for a field that the shape of a value does not have."""
    if not place.shapes:
        return
    keys = [fixed_key(part) for part in parts]
    way = (root.name, *(key or "" for key in keys))
    for length in range(1, len(way)):
        if way[:length] not in place.shapes:
            continue
        owner, shape = place.shapes[way[:length]]
        below: Shape | None = shape
        for index in range(length - 1, len(keys)):
            key = keys[index]
            if key is None or below is None:
                break
            if key not in below.fields:
                if below.is_closed or not is_probe:
                    path = ".".join(way[length : index + 2])
                    yield from _known_field(owner, key, parts[index], below.fields, path)
                break
            below = below.fields[key]


def _known_field(
    owner: str, key: str | None, part: Field | Index, known: Mapping[str, Any], path: str = ""
) -> Iterator[ExpressionError]:
    if key is None or key in known:
        return
    hint = near(key, known) or (f"there are: {', '.join(known)}" if known else "there are none")
    if owner == "an event":
        hint = near(key, known) or f"did you mean 'event.data.{key[:60]}'?"
    message = f"{owner} has no field '{(path or key)[:100]}'"
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
        yield _unknown_function(node, hint)
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
        yield _unknown_function(node, hint)
    elif not function.least <= len(node.arguments) <= function.most:
        yield wrong_count(node.name, function, len(node.arguments), node.offset)


def _unknown_function(node: Call | Method, hint: str) -> ExpressionError:
    message = f"unknown function '{node.name[:100]}'"
    return ExpressionError(message, code="FE203", offset=node.offset, hint=hint)


def _known(place: Place, bound: frozenset[str] = frozenset()) -> Known:
    return Known(place.inputs or {}, bound)


def _binary(node: Binary, known: Known) -> Iterator[ExpressionError]:
    left, right = type_at_load(node.left, known), type_at_load(node.right, known)
    if node.operator in ("==", "!=") and never_equal(left, right):
        message = f"{_shown(node.left)} and {_shown(node.right)} can never be equal"
        is_null = "null" in (left, right)
        hint = "it is never null" if is_null else "convert one, as timestamp(…) and string(…) do"
        yield ExpressionError(
            f"{message}: {left} and {right}", code="FE208", offset=start(node.left), hint=hint
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

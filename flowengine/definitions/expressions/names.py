"""What an expression speaks of: the names of the scope, and the steps."""

from __future__ import annotations

from collections.abc import Iterator

from flowengine.definitions.expressions.paths import fixed_key
from flowengine.definitions.expressions.tree import (
    Expression,
    Field,
    Index,
    Loop,
    Name,
    Node,
    Template,
    children,
)


def names_used(part: Expression | Template) -> frozenset[str]:
    """The names of the scope that *part* reads; variables of its own loops are not among them."""
    return frozenset(node.name for root in _roots(part) for node in free_names(root, frozenset()))


def steps_used(part: Expression | Template) -> frozenset[str]:
    """The ids of the steps that *part* reads: x in ``steps.x``."""
    return frozenset(
        key
        for root in _roots(part)
        for node in members_of("steps", root)
        if (key := fixed_key(node)) is not None
    )


def _roots(part: Expression | Template) -> Iterator[Node]:
    if isinstance(part, Expression):
        yield part.root
    else:
        for embedded in part.expressions():
            yield embedded.expression.root


def free_names(node: Node, bound: frozenset[str]) -> Iterator[Name]:
    """The names below *node* that no loop binds, in the order of the text."""
    match node:
        case Name(_, name):
            if name not in bound:
                yield node
        case Loop(_, target, _, variable, body):
            yield from free_names(target, bound)
            yield from free_names(body, bound | {variable})
        case _:
            for child in children(node):
                yield from free_names(child, bound)


def members_of(
    name: str, node: Node, bound: frozenset[str] = frozenset()
) -> Iterator[Field | Index]:
    """The nodes ``name.x`` and ``name['x']`` below *node*, where no loop binds *name*."""
    if (
        isinstance(node, Field | Index)
        and isinstance(node.target, Name)
        and node.target.name == name
        and name not in bound
    ):
        yield node
    if isinstance(node, Loop):
        yield from members_of(name, node.target, bound)
        yield from members_of(name, node.body, bound | {node.variable})
        return
    for child in children(node):
        yield from members_of(name, child, bound)

"""Short forms written out, so that everything after this knows one spelling only.

A trigger is a map with a list of events, ``on`` a list of triggers, a step a map with ``task``, an
input a JSON Schema. What has none of the known forms is left as it is, for the keys to refuse.
"""

from __future__ import annotations

from collections.abc import Callable

from flowengine.definitions.nodes import Entry, Mapping, Node, Scalar, Sequence


def written_out(root: Mapping) -> Mapping:
    """The document in its long form; places stay those of the short one."""
    change: dict[str, Callable[[Node], Node]] = {
        "on": _triggers,
        "steps": lambda node: _each(node, _step),
        "inputs": lambda node: _each(node, _input),
    }
    return Mapping(
        root.place,
        tuple(
            Entry(entry.key, entry.place, change.get(entry.key, _same)(entry.value))
            for entry in root.entries
        ),
    )


def _same(node: Node) -> Node:
    return node


def _each(node: Node, change: Callable[[Node], Node]) -> Node:
    match node:
        case Sequence(place, items):
            return Sequence(place, tuple(change(item) for item in items))
        case Mapping(place, entries):
            return Mapping(place, tuple(Entry(e.key, e.place, change(e.value)) for e in entries))
        case _:
            return node


def _triggers(node: Node) -> Node:
    many = node if isinstance(node, Sequence) else Sequence(node.place, (node,))
    return _each(many, _trigger)


def _trigger(node: Node) -> Node:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return _of_one("event", Sequence(node.place, (node,)))
    if not isinstance(node, Mapping):
        return node
    return Mapping(
        node.place,
        tuple(
            Entry(e.key, e.place, Sequence(e.value.place, (e.value,)))
            if e.key == "event" and isinstance(e.value, Scalar)
            else e
            for e in node.entries
        ),
    )


def _step(node: Node) -> Node:
    is_name = isinstance(node, Scalar) and isinstance(node.value, str)
    return _of_one("task", node) if is_name else node


def _input(node: Node) -> Node:
    is_name = isinstance(node, Scalar) and isinstance(node.value, str)
    return _of_one("type", node) if is_name else node


def _of_one(key: str, value: Node) -> Mapping:
    return Mapping(value.place, (Entry(key, value.place, value),))

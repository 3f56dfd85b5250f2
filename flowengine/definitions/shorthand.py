"""Short forms written out, so that everything after this knows one spelling only.

``on`` is a list of triggers, an event a list of patterns, a step a map with ``task``, a branch that is
a list a map with ``steps``, an undo a map with ``task``, an input a JSON Schema. What has none of the
known forms is left as it is, for the keys to refuse. Of what is too long for any file, no more is
kept than shows that it is.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Table

from flowengine.definitions.keys.parts import INPUTS_MAX
from flowengine.definitions.keys.steps import BRANCHES_MAX, CLAUSES_MAX, STEPS_MAX
from flowengine.definitions.keys.workflow import CANCELS_MAX, LABELS_MAX, TRIGGERS_MAX
from flowengine.definitions.nodes import Entry, Mapping, Node, Scalar, Sequence

_Change = Callable[[Node], Node]


def written_out(root: Mapping) -> Mapping:
    """The document in its long form; places stay those of the short one."""
    return _changed(root, _IN_FILE)


def _changed(node: Mapping, changes: Table[str, _Change]) -> Mapping:
    return Mapping(
        node.place,
        tuple(
            Entry(entry.key, entry.place, changes[entry.key](entry.value))
            if entry.key in changes
            else entry
            for entry in node.entries
        ),
    )


def _each(node: Node, change: _Change) -> Node:
    match node:
        case Sequence(place, items):
            return Sequence(place, tuple(change(item) for item in items))
        case Mapping(place, entries):
            return Mapping(place, tuple(Entry(e.key, e.place, change(e.value)) for e in entries))
        case _:
            return node


def _cut(node: Node, most: int) -> Node:
    """No more of a list or a map than shows that there are more than *most*."""
    match node:
        case Sequence(place, items) if len(items) > most:
            return Sequence(place, items[: most + 1])
        case Mapping(place, entries) if len(entries) > most:
            return Mapping(place, entries[: most + 1])
        case _:
            return node


def _one_as_list(node: Node) -> Node:
    return node if isinstance(node, Sequence) else Sequence(node.place, (node,))


def _name_as_map(key: str, changes: Table[str, _Change]) -> _Change:
    """A name alone is a map with that key; a map has its own short forms."""

    def change(node: Node) -> Node:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return _of_one(key, node)
        return _changed(node, changes) if isinstance(node, Mapping) else node

    return change


def _triggers(node: Node) -> Node:
    return _each(_cut(_one_as_list(node), TRIGGERS_MAX), _trigger)


def _trigger(node: Node) -> Node:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return _of_one("event", _one_as_list(node))
    return _awaited(node)


def _awaited(node: Node) -> Node:
    return _changed(node, {"event": _patterns}) if isinstance(node, Mapping) else node


def _cancels(node: Node) -> Node:
    return _each(_cut(node, CANCELS_MAX), _awaited) if isinstance(node, Sequence) else node


def _patterns(node: Node) -> Node:
    return _one_as_list(node) if isinstance(node, Scalar) else node


def _inputs(node: Node) -> Node:
    return _each(_cut(node, INPUTS_MAX), _input)


def _approval(node: Node) -> Node:
    return _changed(node, {"form": _inputs}) if isinstance(node, Mapping) else node


def _chain(node: Node) -> Node:
    return _each(_cut(node, STEPS_MAX), _step) if isinstance(node, Sequence) else node


def _clauses(node: Node) -> Node:
    return _each(_cut(node, CLAUSES_MAX), _clause) if isinstance(node, Sequence) else node


def _clause(node: Node) -> Node:
    return _changed(node, {"steps": _chain}) if isinstance(node, Mapping) else node


def _branches(node: Node) -> Node:
    return _each(_cut(node, BRANCHES_MAX), _branch) if isinstance(node, Mapping) else node


def _branch(node: Node) -> Node:
    return _of_one("steps", _chain(node)) if isinstance(node, Sequence) else _step(node)


def _of_one(key: str, value: Node) -> Mapping:
    return Mapping(value.place, (Entry(key, value.place, value),))


_input = _name_as_map("type", {})
_undo = _name_as_map("task", {})
_IN_STEP: dict[str, _Change] = {
    "compensate": _undo,
    "rescue": _clauses,
    "wait_for": _awaited,
    "approval": _approval,
    "parallel": _branches,
    "switch": _clauses,
    "steps": _chain,
}
_step = _name_as_map("task", _IN_STEP)
_IN_FILE: dict[str, _Change] = {
    "on": _triggers,
    "inputs": _inputs,
    "labels": lambda node: _cut(node, LABELS_MAX),
    "cancel_on": _cancels,
    "steps": _chain,
    "on_failure": _chain,
    "finally": _chain,
}

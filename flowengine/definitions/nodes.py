"""A document as a tree whose every value and key knows its place in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from flowengine.definitions.expressions.tree import Json, Path


class Place(NamedTuple):
    """Where something starts; both from 1, the column in characters.

    A tuple, because a file has tens of thousands: frozen dataclasses take three times as long to make.
    """

    line: int
    column: int


class Scalar(NamedTuple):
    """A string, number, bool or null. A tuple for the same reason."""

    place: Place
    value: str | float | bool | None
    source: str = ""
    """As it is written, quotes and all; empty where it was not read from a file."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    place: Place
    items: tuple[Node, ...]


class Entry(NamedTuple):
    """A key and its value."""

    key: str
    place: Place
    """Of the key."""
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """A map; its keys are strings and unique."""

    place: Place
    entries: tuple[Entry, ...]
    by_key: dict[str, Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {entry.key: entry for entry in self.entries})

    def get(self, key: str) -> Node | None:
        """The value under *key*; None where there is none."""
        entry = self.by_key.get(key)
        return None if entry is None else entry.value


Node = Scalar | Sequence | Mapping


def child(node: Node | None, key: str) -> Node | None:
    """The value under *key*; None where *node* is no map or has none."""
    return node.get(key) if isinstance(node, Mapping) else None


def to_json(node: Node) -> Json:
    """The value without its places."""
    match node:
        case Scalar(_, value):
            return value
        case Sequence(_, items):
            return [to_json(item) for item in items]
        case _:
            return {entry.key: to_json(entry.value) for entry in node.entries}


def node_at(root: Node, path: Path) -> Node:
    """The node at *path*; where the path leads on into nothing, the last one on the way."""
    node = root
    for step in path:
        below = _child(node, step)
        if below is None:
            return node
        node = below
    return node


def has_path(root: Node, path: Path) -> bool:
    """There is a value at *path*."""
    node: Node | None = root
    for step in path:
        node = None if node is None else _child(node, step)
    return node is not None


def key_place(root: Node, path: Path) -> Place:
    """Where the last key of *path* is written; for items of lists, the item."""
    parent = node_at(root, path[:-1])
    entry = parent.by_key.get(str(path[-1])) if isinstance(parent, Mapping) else None
    return node_at(root, path).place if entry is None else entry.place


def path_text(path: Path) -> str:
    """``steps[1].retry.attempts``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _child(node: Node, step: str | int) -> Node | None:
    if isinstance(node, Mapping) and isinstance(step, str):
        return node.get(step)
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None

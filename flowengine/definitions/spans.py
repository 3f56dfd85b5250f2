"""Text -> nodes with the lines and characters they take up: what moving parts of a file needs.

:mod:`flowengine.definitions.load` says what a file means and where each value starts; this says where
it ends. Only texts that ``load`` has read come here: they are YAML, and bounded.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from flowengine.definitions.load import C_PARSER, Parser


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From where to where something is written; lines and columns from 0, ends exclusive."""

    start: int
    """Characters from the beginning of the text."""
    end: int
    line: int
    column: int
    last: int
    """The last line it takes up; blank lines after it are not its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A scalar or an alias."""

    span: Span
    text: str
    """Its value as text; of an alias, its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A key and its value, or an item of a list (then *key* is None)."""

    key: Leaf | None
    value: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A map or a list."""

    span: Span
    items: tuple[Item, ...]
    is_map: bool
    is_flow: bool
    """Written with braces or brackets."""


Part = Leaf | Group


def read_spans(text: str, *, parser: Parser = C_PARSER) -> Part:
    """The one document in *text*. Only a line feed ends a line here, whatever YAML takes for one."""
    breaks = [at for at, character in enumerate(text) if character == "\n"]
    walk = _Walk(text, breaks, parser(text).get_event)
    while not isinstance(walk.next(), DocumentStartEvent):
        pass
    return walk.part(walk.next())


@dataclass(slots=True)
class _Walk:
    text: str
    breaks: list[int]
    next: Callable[[], Any]

    def part(self, event: Any) -> Part:
        if isinstance(event, AliasEvent):
            return self.alias(event)
        if isinstance(event, ScalarEvent):
            return self.scalar(event)
        if isinstance(event, SequenceStartEvent):
            return self.group(event, SequenceEndEvent)
        return self.group(event, MappingEndEvent)

    def alias(self, event: Any) -> Leaf:
        return Leaf(span=self.span(event, event.end_mark.index), text=event.anchor)

    def scalar(self, event: Any) -> Leaf:
        end = event.end_mark.index
        source = self.text[event.start_mark.index : end]
        keeps = event.style in ("|", ">") and "+" in source.partition("\n")[0].partition("#")[0]
        if not keeps:
            end -= len(source) - len(source.rstrip("\n "))
        elif source.endswith("\n"):
            end -= 1  # the break that ends its last line
        return Leaf(span=self.span(event, max(end, event.start_mark.index)), text=event.value)

    def group(self, event: Any, closing: type[Any]) -> Group:
        is_map = isinstance(event, MappingStartEvent)
        items: list[Item] = []
        while not isinstance(inner := self.next(), closing):
            part = self.part(inner)
            if not is_map:
                items.append(Item(key=None, value=part))
            else:
                assert isinstance(part, Leaf), "other keys were refused when the file was read"
                items.append(Item(key=part, value=self.part(self.next())))
        end = inner.end_mark.index if event.flow_style else _end(items, event.start_mark.index)
        return Group(
            span=self.span(event, end),
            items=tuple(items),
            is_map=is_map,
            is_flow=bool(event.flow_style),
        )

    def span(self, event: Any, end: int) -> Span:
        start = event.start_mark.index
        line = bisect_right(self.breaks, start - 1)
        return Span(
            start=start,
            end=end,
            line=line,
            column=start - (self.breaks[line - 1] + 1 if line else 0),
            last=bisect_right(self.breaks, end - 1),
        )


def _end(items: list[Item], start: int) -> int:
    """Where a block ends: with what stands last in it."""
    return max((part.span.end for item in items for part in _parts(item)), default=start)


def _parts(item: Item) -> tuple[Part, ...]:
    return (item.value,) if item.key is None else (item.key, item.value)

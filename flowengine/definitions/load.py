"""Text -> nodes with places: YAML 1.2, JSON types only, bounded before anything is built.

Reads the parser's *events* and resolves scalars itself, for three reasons: a YAML 1.1 resolver turns
``on:`` into ``True``; a constructor recurses, and 60 KB of ``[`` would end the process; and every
value keeps its place. Depth is refused at its first event, aliases are counted with what they
stand for, numbers are those of JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from flowengine.definitions.expressions.tokens import INT_MAX, INT_MIN
from flowengine.definitions.findings import PROBLEMS_MAX
from flowengine.definitions.nodes import Entry, Mapping, Node, Place, Scalar, Sequence
from flowengine.definitions.unreadable import SMALLER, Stop, decoded, not_yaml, nothing
from flowengine.errors import DefinitionError, Problem

LEVELS_MAX = 64
ALIASES_MAX = 100
VALUES_MAX = 20_000

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
_NUMBERS_START_WITH = frozenset("+-.0123456789")
_LIKE_A_NUMBER = re.compile(
    r"[-+]?(?:[0-9][0-9_]*|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+"
    r"|(?:\.[0-9_]+|[0-9][0-9_]*\.[0-9_]*)(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
    re.ASCII,
)


class _PureParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """The events without libyaml: for platforms that lack it."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


Parser = Callable[[str], Any]
PURE_PARSER: Parser = _PureParser
C_PARSER: Parser = (
    yaml.cyaml.CParser  # type: ignore[attr-defined]  # the stubs do not re-export it
    if yaml.__with_libyaml__
    else _PureParser
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file that is YAML; problems of single values do not keep the others from being looked at."""

    root: Mapping
    problems: tuple[Problem, ...]


def load(text: str | bytes, *, path: str, parser: Parser = C_PARSER) -> Loaded:
    """The document.

    Args:
        text: the file; bytes are UTF-8.
        path: how the file is called in problems.
        parser: where the events come from.

    Raises:
        DefinitionError: FE101, FE103, FE107: there is no document to look at.
    """
    try:
        content = decoded(text)
    except Stop as stop:
        raise DefinitionError((stop.problem(path),)) from None
    reader = _Reader(path, content, parser)
    try:
        return reader.document()
    except Stop as stop:
        end = stop
    except yaml.MarkedYAMLError as error:
        end = not_yaml(error, content)
    raise DefinitionError((*reader.problems[: PROBLEMS_MAX - 1], end.problem(path)))


@dataclass(slots=True)
class _Anchored:
    node: Node
    values: int
    levels: int


@dataclass(slots=True)
class _Reader:
    """Walks the events; counts values, levels and aliases as it goes."""

    path: str
    text: str
    parser: Parser
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, _Anchored] = field(default_factory=dict)
    values: int = 0
    aliases: int = 0
    deepest: int = 0
    next: Callable[[], Any] = StreamEndEvent

    @property
    def is_full(self) -> bool:
        """Nobody is told of so many problems."""
        return len(self.problems) >= 2 * PROBLEMS_MAX

    def document(self) -> Loaded:
        """Raises ``Stop``, or the parser's own errors."""
        self.next = self.parser(self.text).get_event
        self.next()
        event = self.next()
        if not isinstance(event, DocumentStartEvent):
            raise nothing(Place(1, 1))
        root = self.node(self.next(), 1)
        self.next()
        more = self.next()
        if not isinstance(more, StreamEndEvent):
            message = "not valid YAML: one workflow per file, no second document"
            raise Stop(_start(more), "FE101", message, "write it into a file of its own")
        if not isinstance(root, Mapping):
            raise nothing(root.place)
        return Loaded(root, tuple(self.problems))

    def node(self, event: Any, level: int) -> Node:
        place = _start(event)
        if isinstance(event, AliasEvent):
            return self.alias(event, place, level)
        self.count(place, level, 1)
        if event.tag is not None:
            self.refuse_tag(event, place)
        if isinstance(event, ScalarEvent):
            node: Node = self.scalar(event, place)
            if event.anchor is not None:
                self.anchors[event.anchor] = _Anchored(node, values=1, levels=0)
            return node
        return self.group(event, place, level)

    def group(self, event: Any, place: Place, level: int) -> Node:
        values, deepest, self.deepest = self.values, self.deepest, level
        is_list = isinstance(event, SequenceStartEvent)
        node = self.sequence(place, level) if is_list else self.mapping(place, level)
        if event.anchor is not None:
            size = self.values - values + 1
            self.anchors[event.anchor] = _Anchored(node, size, self.deepest - level)
        self.deepest = max(self.deepest, deepest)
        return node

    def count(self, place: Place, level: int, values: int) -> None:
        self.values += values
        if level > self.deepest:  # not max(): this is done for each of 20,000 values
            self.deepest = level
            if level > LEVELS_MAX:
                raise Stop(place, "FE107", f"more than {LEVELS_MAX} levels", SMALLER)
        if self.values > VALUES_MAX:
            raise Stop(place, "FE107", f"more than {VALUES_MAX} values", SMALLER)

    def alias(self, event: Any, place: Place, level: int) -> Node:
        self.aliases += 1
        if self.aliases > ALIASES_MAX:
            raise Stop(place, "FE107", f"more than {ALIASES_MAX} aliases", SMALLER)
        anchored = self.anchors.get(event.anchor)
        if anchored is None:
            message = f"not valid YAML: no anchor &{event.anchor[:60]} ends before this place"
            raise Stop(place, "FE101", message, "an alias comes after what it stands for")
        self.count(place, level + anchored.levels, anchored.values)
        return anchored.node

    def sequence(self, place: Place, level: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := self.next(), SequenceEndEvent):
            items.append(self.node(event, level + 1))
        return Sequence(place, tuple(items))

    def mapping(self, place: Place, level: int) -> Mapping:
        entries: dict[str, Entry] = {}
        while not isinstance(event := self.next(), MappingEndEvent):
            at = _start(event)
            key = self.key(event, at)
            value = self.node(self.next(), level + 1)
            if key in entries:
                first = entries[key].place.line
                self.problem(
                    at, "FE102", f"the key '{key[:100]}' is there twice", f"first at line {first}"
                )
            else:
                entries[key] = Entry(key, at, value)
        return Mapping(place, tuple(entries.values()))

    def key(self, event: Any, place: Place) -> str:
        if not isinstance(event, ScalarEvent):
            hint = 'write an expression in quotes: "${{ … }}"'
            raise Stop(place, "FE101", "not valid YAML: a key is a name", hint)
        if event.tag is not None:
            self.refuse_tag(event, place)
        plain = _is_plain(event)
        if plain and event.value == "<<":
            self.problem(
                place,
                "FE106",
                "merge keys (<<) are not used",
                "use `defaults:` or repeat the key",
            )
        if plain and event.value in _BOOLS:
            message = f"the key {event.value} is read as true/false"
            self.problem(place, "FE105", message, "did you mean 'on'?")
        return str(event.value)

    def scalar(self, event: Any, place: Place) -> Scalar:
        text: str = event.value
        source = self.text[event.start_mark.index : event.end_mark.index]
        if event.tag is not None:
            return Scalar(place, source, source)  # refused; looked at no further
        if not _is_plain(event):
            return Scalar(place, text, source)
        if text in _NULL:
            return Scalar(place, None, source)
        if text in _BOOLS:
            return Scalar(place, _BOOLS[text], source)
        if text[0] in _NUMBERS_START_WITH and _LIKE_A_NUMBER.fullmatch(text):
            return Scalar(place, self.number(text, place), source)
        return Scalar(place, text, source)

    def number(self, text: str, place: Place) -> int | float | str:
        is_whole = _INT.fullmatch(text) is not None
        if is_whole and len(text) <= 20 and INT_MIN <= (whole := int(text)) <= INT_MAX:
            return whole
        if self.is_full:
            return text
        is_number = is_whole or _FLOAT.fullmatch(text) is not None
        if is_number and not is_whole and isfinite(number := float(text)):
            return number
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        wrong = "does not fit into 64 bits" if is_number else "is not a plain JSON number"
        message = f"{shown} {wrong}"
        hint = "write the number plainly, or put it in quotes to keep it as text"
        self.problem(place, "FE108", message, hint)
        return text

    def refuse_tag(self, event: Any, place: Place) -> None:
        tag = self.text[event.start_mark.index : event.end_mark.index].split(maxsplit=1)
        shown = tag[0][:60] if tag else event.tag[:60]
        hint = "an expression that starts with '!' must be in quotes"
        self.problem(place, "FE104", f"YAML reads '{shown}' as a tag", hint)

    def problem(self, place: Place, code: str, message: str, hint: str = "") -> None:
        if self.is_full:
            return
        self.problems.append(
            Problem(
                file=self.path,
                line=place.line,
                column=place.column,
                code=code,
                message=message,
                hint=hint,
            )
        )


def _start(event: Any) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1)


def _is_plain(event: Any) -> bool:
    """Libyaml says ``''`` for the plain style, the Python parser None."""
    return not event.style

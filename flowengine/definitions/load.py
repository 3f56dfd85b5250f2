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
from flowengine.definitions.nodes import Entry, Mapping, Node, Place, Scalar, Sequence
from flowengine.errors import DefinitionError, Problem

SIZE_MAX_BYTES = 256 * 1024
LEVELS_MAX = 64
ALIASES_MAX = 100
VALUES_MAX = 20_000

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
_LIKE_A_NUMBER = re.compile(
    r"[-+]?(?:[0-9][0-9_]*|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+"
    r"|(?:\.[0-9_]+|[0-9][0-9_]*\.[0-9_]*)(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
    re.ASCII,
)
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
        return _Reader(path, _decoded(text), parser).document()
    except _Stop as stop:
        place = stop.place
        raise DefinitionError(
            (
                *stop.before,
                Problem(
                    file=path,
                    line=place.line,
                    column=place.column,
                    code=stop.code,
                    message=stop.message,
                    hint=stop.hint,
                ),
            )
        ) from None


class _Stop(Exception):
    """Nothing after this place can be read."""

    def __init__(
        self,
        place: Place,
        code: str,
        message: str,
        hint: str = "",
        before: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(message)
        self.place = place
        self.code = code
        self.message = message
        self.hint = hint
        self.before = before


def _decoded(text: str | bytes) -> str:
    start = Place(1, 1)
    if len(text) > SIZE_MAX_BYTES:
        raise _Stop(start, "FE107", f"the file is larger than {SIZE_MAX_BYTES // 1024} KiB")
    try:
        content = text if isinstance(text, bytes) else text.encode()
    except UnicodeEncodeError as error:
        raise _Stop(
            _place_of(text[: error.start]) if isinstance(text, str) else start,
            "FE101",
            "not valid YAML: half a character",
        ) from None
    if len(content) > SIZE_MAX_BYTES:
        raise _Stop(start, "FE107", f"the file is larger than {SIZE_MAX_BYTES // 1024} KiB")
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(errors="replace")
        raise _Stop(_place_of(before), "FE101", "not valid YAML: not UTF-8") from None
    control = _CONTROL.search(decoded)
    if control is not None:
        message = f"not valid YAML: the character U+{ord(control[0]):04X} is not allowed"
        raise _Stop(_place_of(decoded[: control.start()]), "FE101", message)
    return decoded


def _place_of(before: str) -> Place:
    return Place(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


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

    def document(self) -> Loaded:
        try:
            self.next = self.parser(self.text).get_event
            self.next()
            event = self.next()
            if not isinstance(event, DocumentStartEvent):
                raise _nothing(Place(1, 1))
            first = self.next()
            root = self.node(first, 1)
            self.next()
            more = self.next()
            if not isinstance(more, StreamEndEvent):
                raise _Stop(
                    _start(more),
                    "FE101",
                    "not valid YAML: one workflow per file, no second document",
                )
        except yaml.MarkedYAMLError as error:
            stop = _syntax(error, self.text)
            stop.before = tuple(self.problems)
            raise stop from None
        if not isinstance(root, Mapping):
            raise _nothing(root.place)
        return Loaded(root, tuple(self.problems))

    def node(self, event: Any, level: int) -> Node:
        place = _start(event)
        if isinstance(event, AliasEvent):
            return self.alias(event, place, level)
        self.count(place, level, 1)
        self.deepest = max(self.deepest, level)
        values, deepest, self.deepest = self.values, self.deepest, level
        if event.tag is not None:
            self.refuse_tag(event, place)
        node: Node
        if isinstance(event, ScalarEvent):
            node = self.scalar(event, place)
        elif isinstance(event, SequenceStartEvent):
            node = self.sequence(place, level)
        else:
            node = self.mapping(place, level)
        if event.anchor is not None:
            size = self.values - values + 1
            self.anchors[event.anchor] = _Anchored(node, size, self.deepest - level)
        self.deepest = max(self.deepest, deepest)
        return node

    def count(self, place: Place, level: int, values: int) -> None:
        self.values += values
        if level > LEVELS_MAX:
            raise _Stop(place, "FE107", f"more than {LEVELS_MAX} levels")
        if self.values > VALUES_MAX:
            raise _Stop(place, "FE107", f"more than {VALUES_MAX} values")

    def alias(self, event: Any, place: Place, level: int) -> Node:
        self.aliases += 1
        if self.aliases > ALIASES_MAX:
            raise _Stop(place, "FE107", f"more than {ALIASES_MAX} aliases")
        anchored = self.anchors.get(event.anchor)
        if anchored is None:
            message = f"not valid YAML: no anchor &{event.anchor[:60]} ends before this place"
            raise _Stop(place, "FE101", message)
        self.count(place, level + anchored.levels, anchored.values)
        self.deepest = max(self.deepest, level + anchored.levels)
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
            raise _Stop(place, "FE101", "not valid YAML: a key is a name", hint)
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
        source = self.text[event.start_mark.index : event.end_mark.index]
        text: str = event.value
        if event.tag is not None:
            return Scalar(place, source, source)  # refused; looked at no further
        if not _is_plain(event):
            return Scalar(place, text, source)
        if text in _NULL:
            return Scalar(place, None, source)
        if text in _BOOLS:
            return Scalar(place, _BOOLS[text], source)
        if _LIKE_A_NUMBER.fullmatch(text):
            return Scalar(place, self.number(text, place), source)
        return Scalar(place, text, source)

    def number(self, text: str, place: Place) -> int | float | str:
        if _INT.fullmatch(text) and len(text) <= 20 and INT_MIN <= int(text) <= INT_MAX:
            return int(text)
        if _FLOAT.fullmatch(text) and not _INT.fullmatch(text):
            number = float(text)
            if number not in (float("inf"), float("-inf")):
                return number
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        message = f"{shown} is not a plain JSON number"
        if _FLOAT.fullmatch(text):
            message = f"{shown} does not fit into 64 bits"
        hint = "write the number plainly, or put it in quotes to keep it as text"
        self.problem(place, "FE108", message, hint)
        return text

    def refuse_tag(self, event: Any, place: Place) -> None:
        tag = self.text[event.start_mark.index : event.end_mark.index].split(maxsplit=1)
        shown = tag[0][:60] if tag else event.tag[:60]
        hint = "an expression that starts with '!' must be in quotes"
        self.problem(place, "FE104", f"YAML reads '{shown}' as a tag", hint)

    def problem(self, place: Place, code: str, message: str, hint: str = "") -> None:
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
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def _is_plain(event: Any) -> bool:
    """Libyaml says ``''`` for the plain style, the Python parser None."""
    return not event.style


def _nothing(place: Place) -> _Stop:
    message = "a workflow file is a mapping; it starts with `workflow: <name>`"
    return _Stop(place, "FE103", message)


_IN_FLOW = re.compile(r"[{\[][^\"']*\$\{\{")
_BANG = re.compile(r":\s+!")


def _syntax(error: Any, text: str) -> _Stop:
    """FE101 (FE104 for a '!' that YAML cannot even read as a tag), with what to write instead."""
    mark = error.problem_mark or error.context_mark
    place = Place(mark.line + 1, mark.column + 1)
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    if _BANG.search(line):
        hint = "an expression that starts with '!' must be in quotes"
        return _Stop(place, "FE104", "YAML reads what starts with '!' as a tag", hint)
    problem = " ".join(str(error.problem or error.context).split())
    return _Stop(place, "FE101", f"not valid YAML: {problem}", _syntax_hint(problem, line))


def _syntax_hint(problem: str, line: str) -> str:
    if _IN_FLOW.search(line):
        return 'inside { } and [ ] write the expression in quotes: "${{ … }}"'
    if "mapping values are not allowed" in problem:
        return "a ': ' inside the value must be quoted"
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in problem:
        return "indent with blanks, not with tabs"
    return ""

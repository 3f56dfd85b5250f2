"""Where the characters of a string stand in its file: through quotes, escapes, folded lines, indentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from flowengine.definitions.nodes import Place, Scalar

_ESCAPE = re.compile(
    r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n[ \t]*|.)", re.DOTALL
)


class Written:
    """A string and the text it was written as; goes through both once, as far as it is asked."""

    def __init__(self, scalar: Scalar) -> None:
        self._start = scalar.place
        self._source = scalar.source
        self._indices: list[int] = []
        """For each character of the string so far, where it starts in the source."""
        self._more = _indices(scalar.source, str(scalar.value))

    def place(self, offset: int) -> Place:
        """Where the character *offset* stands in the file; past the last one, where the string ends."""
        while len(self._indices) <= offset and (at := next(self._more, None)) is not None:
            self._indices.append(at)
        at = self._indices[min(offset, len(self._indices) - 1)]
        breaks = self._source.count("\n", 0, at)
        if breaks:
            return Place(self._start.line + breaks, at - self._source.rfind("\n", 0, at))
        return Place(self._start.line, self._start.column + at)


def _indices(source: str, value: str) -> Iterator[int]:
    """Where each character of *value* starts in *source*, and then where the whole ends."""
    starts = chain(_starts(source), (len(source),))
    at = 0
    for char in chain(value, " "):
        at = next(starts, len(source))
        if not char.isspace():
            while at < len(source) and source[at].isspace():
                at = next(starts)  # blanks that were folded
        yield at


def _starts(source: str) -> Iterator[int]:
    """Where each character of the written text starts: quotes and headers left out, escapes as one."""
    at, end = 0, len(source)
    if source[:1] in ("|", ">"):
        at = source.find("\n") + 1
    elif source[:1] in ("'", '"'):
        at, end = 1, end - 1
    while at < end:
        yield at
        escape = _ESCAPE.match(source, at) if source[:1] == '"' else None
        if escape is not None:
            at = escape.end()
        elif source[:1] == "'" and source.startswith("''", at):
            at += 2
        else:
            at += 1

"""Where a command writes: data to one stream, what is said to people to the other."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol

_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of text: a terminal would obey them."""
_ESCAPES = re.compile("\x1b\\[[0-9;]*m")


class Stream(Protocol):
    """What a stream must be able to do: an open text file, or Django's wrapper of one."""

    def write(self, text: str, /) -> Any: ...
    def flush(self) -> Any: ...
    def isatty(self) -> bool: ...


class Style(StrEnum):
    """How text looks where colours are shown."""

    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    BLUE = "34"
    CYAN = "36"


class Terminal:
    """The two streams of one command, and the name it was called by."""

    def __init__(
        self,
        out: Stream | None = None,
        err: Stream | None = None,
        *,
        prog: str = "flowengine",
    ) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self.prog = prog
        """``flowengine`` or ``manage.py flow``: what the next command begins with."""

    @property
    def is_live(self) -> bool:
        """Somebody watches: lines may be drawn again in place."""
        return _shows_colour(self._err) and not os.environ.get("CI")

    @property
    def width(self) -> int:
        """Columns of the window."""
        return shutil.get_terminal_size().columns

    def data(self, text: str = "") -> None:
        """One line of what was asked for."""
        self._out.write(f"{text}\n" if _shows_colour(self._out) else f"{plain(text)}\n")
        self._out.flush()

    def json(self, value: Any) -> None:
        """One value, on one line."""
        self._out.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
        self._out.flush()

    def say(self, text: str = "") -> None:
        """One line for people."""
        self.draw(f"{text}\n")

    def draw(self, text: str) -> None:
        """The same, without ending the line."""
        self._err.write(text if _shows_colour(self._err) else plain(text))
        self._err.flush()

    def next(self, command: str) -> None:
        """Name the command that usually comes after this one."""
        self.say(styled(f"next: {self.prog} {command}", Style.DIM))

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows of data in columns; the heads are said to people only."""
        shown = [[clean(cell) for cell in row] for row in rows]
        sizes = [max(len(plain(row[at])) for row in [heads, *shown]) for at in range(len(heads))]
        if self._out.isatty():
            self.say(styled(_row(heads, sizes), Style.DIM))
        for row in shown:
            self.data(_row(row, sizes))


def styled(text: str, *styles: Style) -> str:
    """*text* in these styles; streams that show no colours leave them out."""
    return f"\x1b[{';'.join(styles)}m{text}\x1b[0m"


def plain(text: str) -> str:
    """*text* without its styles."""
    return _ESCAPES.sub("", text)


def clean(text: str) -> str:
    """Foreign text as it may be shown: nothing in it commands the terminal."""
    return _UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", text)


def _row(cells: Sequence[str], sizes: Sequence[int]) -> str:
    padded = [
        cell + " " * (size - len(plain(cell))) for cell, size in zip(cells, sizes, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _shows_colour(stream: Stream) -> bool:
    is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
    return is_terminal and not os.environ.get("NO_COLOR")

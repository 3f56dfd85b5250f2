"""Files of which nothing can be said but why: too large, no text, no YAML. Each with its place and a way out."""

from __future__ import annotations

import re
from typing import Any

from flowengine.definitions.nodes import Place
from flowengine.errors import Problem

SIZE_MAX_BYTES = 256 * 1024
SMALLER = "make a part of it a workflow of its own, and call that"
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED = 'leave it out; inside "…" it may be written as \\u and four digits'


class Stop(Exception):
    """Nothing after this place can be read."""

    def __init__(self, place: Place, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.code = code
        self.message = message
        self.hint = hint

    def problem(self, path: str) -> Problem:
        """The same, as it is told of the file *path*."""
        line, column = self.place
        return Problem(
            file=path,
            line=line,
            column=column,
            code=self.code,
            message=self.message,
            hint=self.hint,
        )


def decoded(text: str | bytes) -> str:
    """The characters of a file, none of them one that YAML refuses.

    Raises:
        Stop: FE101, FE107.
    """
    if len(text) > SIZE_MAX_BYTES:
        raise _too_large()
    try:
        content = text if isinstance(text, bytes) else text.encode()
    except UnicodeEncodeError as error:
        before = text[: error.start] if isinstance(text, str) else ""
        raise Stop(
            _place_of(before), "FE101", "not valid YAML: half a character", _ESCAPED
        ) from None
    if len(content) > SIZE_MAX_BYTES:
        raise _too_large()
    try:
        characters = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(errors="replace")
        hint = "save the file as UTF-8"
        raise Stop(_place_of(before), "FE101", "not valid YAML: not UTF-8", hint) from None
    control = _CONTROL.search(characters)
    if control is not None:
        message = f"not valid YAML: the character U+{ord(control[0]):04X} is not allowed"
        raise Stop(_place_of(characters[: control.start()]), "FE101", message, _ESCAPED)
    return characters


def _too_large() -> Stop:
    message = f"the file is larger than {SIZE_MAX_BYTES // 1024} KiB"
    return Stop(Place(1, 1), "FE107", message, SMALLER)


def _place_of(before: str) -> Place:
    return Place(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def nothing(place: Place) -> Stop:
    """FE103."""
    message = "a workflow file is a mapping; it starts with `workflow: <name>`"
    return Stop(place, "FE103", message)


_IN_FLOW = re.compile(r"[{\[][^\"']*\$\{\{")
_BANG = re.compile(r":\s+!")


def not_yaml(error: Any, text: str) -> Stop:
    """FE101 (FE104 for a '!' that YAML cannot even read as a tag), with what to write instead.

    Args:
        error: the parser's, with its marks.
        text: the file.
    """
    mark = error.problem_mark or error.context_mark
    place = Place(mark.line + 1, mark.column + 1)
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    if _BANG.search(line):
        hint = "an expression that starts with '!' must be in quotes"
        return Stop(place, "FE104", "YAML reads what starts with '!' as a tag", hint)
    problem = " ".join(str(error.problem or error.context).split())
    return Stop(place, "FE101", f"not valid YAML: {problem}", _way_out(problem, line))


def _way_out(problem: str, line: str) -> str:
    if _IN_FLOW.search(line):
        return 'inside { } and [ ] write the expression in quotes: "${{ … }}"'
    if "mapping values are not allowed" in problem:
        return "a ': ' inside the value must be quoted"
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in problem:
        return "indent with blanks, not with tabs"
    return ""

"""Problems of workflow files as people read them: the line, a mark under the place, the way out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from flowengine.cli.terminal import Style, Terminal, clean, styled
from flowengine.definitions.findings import is_warning
from flowengine.definitions.unreadable import SIZE_MAX_BYTES
from flowengine.errors import Problem

_WORD = re.compile(r"[\w.*-]+|\S")
_MARK_MAX = 60
_LINE_MAX = 160


def show(problems: Iterable[Problem], terminal: Terminal) -> None:
    """Say each problem, with its line of the file where it can be read."""
    source = cache(_lines)
    for problem in problems:
        terminal.say(render(problem, source(problem.file)))
        terminal.say()


def render(problem: Problem, lines: tuple[str, ...]) -> str:
    """One problem over the *lines* of its file; without its line where they do not have it.

    The first line is ``path:line:column: CODE message``, which editors and terminals make a link of.
    """
    colour = Style.YELLOW if is_warning(problem) else Style.RED
    place = clean(f"{problem.file}:{problem.line}:{problem.column}:")
    code = styled(problem.code, colour, Style.BOLD)
    text = [f"{styled(place, Style.BOLD)} {code} {clean(problem.message)}"]
    if 0 < problem.line <= len(lines):
        text += _marked(problem, lines[problem.line - 1], colour)
    if problem.path:
        text.append(f"  at:   {clean(problem.path)}")
    if problem.hint:
        text.append(f"  hint: {clean(problem.hint)}")
    return "\n".join(text)


def _marked(problem: Problem, line: str, colour: Style) -> list[str]:
    """The line, and a mark under the word at the problem's column."""
    number = f"{problem.line:>3}"
    line, column = _part(line, problem.column)
    before, rest = line[: column - 1], line[column - 1 :]
    word = _WORD.match(rest)
    size = min(len(word[0]), _MARK_MAX) if word else 1
    indent = re.sub(r"[^\t]", " ", before)
    mark = styled("^" * size, colour)
    return [f"{number} | {clean(line)}", f"{' ' * len(number)} | {indent}{mark}"]


def _part(line: str, column: int) -> tuple[str, int]:
    """What is shown of a line, and the column in that: of a long one, what is around the column."""
    start = max(0, column - 1 - _LINE_MAX // 2) if len(line) > _LINE_MAX else 0
    end = start + _LINE_MAX
    cut = f"{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}"
    return cut, column - start + (1 if start else 0)


def _lines(path: str) -> tuple[str, ...]:
    if Path(path).is_symlink():
        return ()  # it may lead to what is no workflow file, and nobody's business
    try:
        with Path(path).open("rb") as file:
            content = file.read(SIZE_MAX_BYTES)
    except OSError:
        return ()
    return tuple(content.decode("utf-8-sig", errors="replace").splitlines())

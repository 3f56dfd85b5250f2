"""Problems of workflow files as people read them: the line, a mark under the place, the way out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from flowengine.cli.terminal import Style, Terminal, clean, styled
from flowengine.errors import Problem
from flowengine.orchestration.sync import WARNINGS

_WORD = re.compile(r"[\w.*-]+|\S")
_MARK_MAX = 60


def show(problems: Iterable[Problem], terminal: Terminal) -> None:
    """Say each problem, with its line of the file where it can be read."""
    source = cache(_lines)
    for problem in problems:
        terminal.say(render(problem, source(problem.file)))
        terminal.say()


def as_json(problem: Problem) -> dict[str, str | int]:
    """A problem as ``--format json`` gives it; these members stay."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "severity": "warning" if problem.code in WARNINGS else "error",
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "path": problem.path,
    }


def render(problem: Problem, lines: tuple[str, ...]) -> str:
    """One problem over the *lines* of its file; without its line where they do not have it."""
    is_warning = problem.code in WARNINGS
    label = f"{'warning' if is_warning else 'error'}[{problem.code}]"
    colour = Style.YELLOW if is_warning else Style.RED
    place = f"{problem.file}:{problem.line}:{problem.column}"
    where = f"{place}   {problem.path}" if problem.path else place
    text = [
        f"{styled(label, colour, Style.BOLD)}: {clean(problem.message)}",
        f"  --> {clean(where)}",
    ]
    if 0 < problem.line <= len(lines):
        text += _marked(problem, lines[problem.line - 1], colour)
    if problem.hint:
        text.append(f"  hint: {clean(problem.hint)}")
    return "\n".join(text)


def _marked(problem: Problem, line: str, colour: Style) -> list[str]:
    """The line, and a mark under the word at the problem's column."""
    number = f"{problem.line:>3}"
    before, rest = line[: problem.column - 1], line[problem.column - 1 :]
    word = _WORD.match(rest)
    size = min(len(word[0]), _MARK_MAX) if word else 1
    indent = re.sub(r"[^\t]", " ", before)
    mark = styled("^" * size, colour)
    return [f"{number} | {clean(line)}", f"{' ' * len(number)} | {indent}{mark}"]


def _lines(path: str) -> tuple[str, ...]:
    try:
        return tuple(Path(path).read_text(encoding="utf-8", errors="replace").splitlines())
    except OSError:
        return ()

"""What is wrong with one file: collected, placed, put in order."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from flowengine.definitions.expressions.tree import Json, Path
from flowengine.definitions.nodes import (
    Mapping,
    Place,
    Scalar,
    key_place,
    node_at,
    path_text,
)
from flowengine.definitions.written import Written
from flowengine.errors import ExpressionError, Problem

PROBLEMS_MAX = 50
WARNINGS = frozenset({"FE231", "FE232"})
"""Codes that do not refuse a file: a division, and a long transaction."""


def is_warning(problem: Problem) -> bool:
    """The file is fit for use in spite of it."""
    return problem.code in WARNINGS


@dataclass(slots=True)
class Findings:
    """The problems of one document so far."""

    file: str
    root: Mapping
    loaded: tuple[Problem, ...] = ()
    """Those that were found in reading single values; nothing more is said about these places."""
    problems: list[Problem] = field(default_factory=list)
    refused: int = 0
    """How many of these refuse the file."""
    written: dict[int, Written] = field(default_factory=dict)
    """The strings that have problems inside."""

    @property
    def is_full(self) -> bool:
        """So many problems that nobody is told of more."""
        return self.refused >= 2 * PROBLEMS_MAX

    def at_value(self, path: Path, code: str, message: str, hint: str = "") -> None:
        """A problem with the value at *path*."""
        self._add(node_at(self.root, path).place, path, code, message, hint)

    def at_key(self, path: Path, code: str, message: str, hint: str = "") -> None:
        """A problem with the last key of *path*."""
        self._add(key_place(self.root, path), path, code, message, hint)

    def in_text(self, path: Path, error: ExpressionError) -> None:
        """A problem inside the string at *path*."""
        node = node_at(self.root, path)
        place = self._place_in(node, error.offset) if isinstance(node, Scalar) else node.place
        self._add(place, path, error.code, error.message, error.hint)

    def _place_in(self, scalar: Scalar, offset: int) -> Place:
        # By identity: the root keeps them alive, and a long text is gone through once.
        return self.written.setdefault(id(scalar), Written(scalar)).place(offset)

    def _add(self, place: Place, path: Path, code: str, message: str, hint: str) -> None:
        self.refused += code not in WARNINGS
        self.problems.append(
            Problem(
                file=self.file,
                line=place.line,
                column=place.column,
                code=code,
                message=message,
                hint=hint,
                path=path_text(path),
            )
        )

    def refusals(self) -> tuple[Problem, ...]:
        """All that refuses the file, in the order of places, each once; at most 50."""
        return tuple(p for p in self._ordered() if not is_warning(p))[:PROBLEMS_MAX]

    def warnings(self) -> tuple[Problem, ...]:
        """All that does not."""
        return tuple(p for p in self._ordered() if is_warning(p))

    def _ordered(self) -> Iterable[Problem]:
        taken = {(p.line, p.column) for p in self.loaded}
        later = [p for p in self.problems if (p.line, p.column) not in taken]
        return sorted({*self.loaded, *later}, key=lambda p: (p.line, p.column, p.code, p.message))


def shown(value: Json) -> str:
    """A value as a message names it: JSON, cut short."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"

"""Workflow files that are named on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from flowengine.cli.exits import Exit, Stopped
from flowengine.definitions.unreadable import SIZE_MAX_BYTES
from flowengine.errors import DefinitionError, Problem


def named(paths: Sequence[Path]) -> list[Path]:
    """The files that are meant, each once; of a folder every ``*.yaml`` below it.

    Raises:
        Stopped: one is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise Stopped(f"there is no {path}", exit_code=Exit.USAGE)
        found |= dict.fromkeys(below(path))
    return list(found)


def below(path: Path) -> Iterator[Path]:
    """The file itself, or what is in the folder; nothing where it is gone."""
    if path.is_dir():
        yield from sorted(path.rglob("*.yaml"))
    elif path.exists():
        yield path


def content(path: Path) -> bytes:
    """What is in the file: of one that is too large, no more than shows that it is.

    Raises:
        DefinitionError: FE101, it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(SIZE_MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        problem = Problem(file=str(path), line=1, column=1, code="FE101", message=reason)
        raise DefinitionError((problem,)) from error

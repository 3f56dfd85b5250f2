"""Workflow files that are named on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from flowengine.cli.exits import Exit, Stopped


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
    """What is in the file.

    Raises:
        Stopped: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise Stopped(f"{path}: {error.strerror}", exit_code=Exit.USAGE) from error

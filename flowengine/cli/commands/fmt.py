"""Put the keys of workflow files in their canonical order; comments stay, the meaning too."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from flowengine import project
from flowengine.cli import files
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.problems import show
from flowengine.cli.terminal import Terminal
from flowengine.definitions.formatting import formatted
from flowengine.errors import DefinitionError


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``fmt``."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: all)"
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; 1 where something would change"
    )


def needs_project(options: Namespace) -> bool:
    """Named files are formatted without one."""
    return not options.paths


def run(options: Namespace, terminal: Terminal) -> int:
    """Format; the names of the files that are not in their canonical form go to stdout."""
    paths = files.named(options.paths) if options.paths else _of_project()
    changed, has_failed = 0, False
    for path in paths:
        try:
            before = files.content(path)
            after = formatted(before, path=str(path)).encode()
        except DefinitionError as error:
            show(error.problems, terminal)
            has_failed = True
            continue
        if after != before:
            changed += 1
            terminal.data(str(path))
            if not options.check:
                _write(path, after)
    _conclude(paths, changed, terminal, is_check=options.check)
    return Exit.FAILED if has_failed or (changed and options.check) else Exit.OK


def _of_project() -> list[Path]:
    return [path for folder in project.folders() for path in sorted(folder.glob("*.yaml"))]


def _write(path: Path, text: bytes) -> None:
    try:
        path.write_bytes(text)
    except OSError as error:
        raise Stopped(f"{path}: {error.strerror}", exit_code=Exit.USAGE) from error


def _conclude(paths: Sequence[Path], changed: int, terminal: Terminal, *, is_check: bool) -> None:
    done = "would be changed" if is_check else "changed"
    terminal.say(f"{len(paths)} file{'' if len(paths) == 1 else 's'}, {changed or 'none'} {done}")

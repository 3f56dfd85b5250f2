"""Find what is wrong with workflow files: the project's, or those that are named."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from flowengine import project
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.problems import as_json, show
from flowengine.cli.terminal import Style, Terminal, styled
from flowengine.definitions.catalog import gather
from flowengine.definitions.check import check
from flowengine.definitions.parse import Document, read
from flowengine.errors import DefinitionError, Problem
from flowengine.orchestration.sync import errors_of
from flowengine.tasks import registry


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``check``."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: all)"
    )
    parser.add_argument("--format", choices=["human", "json"], default="human")
    parser.add_argument(
        "--standalone",
        action="store_true",
        help="without a project: whether tasks exist and get their inputs is not checked",
    )


def run(options: Namespace, terminal: Terminal) -> int:
    """Check; 0 where nothing is an error."""
    if options.standalone and not options.paths:
        raise Stopped(
            "--standalone needs the files", hint="check --standalone FILE …", exit_code=Exit.USAGE
        )
    if options.paths:
        files = _files(options.paths)
        count, problems = len(files), _problems(files, with_tasks=not options.standalone)
    else:
        problems = project.problems()
        count = len(project.files()) + len({p.file for p in problems} - _read_files())
    errors = errors_of(problems)
    if options.format == "json":
        terminal.json([as_json(problem) for problem in problems])
    else:
        show(problems, terminal)
        _conclude(count, errors, len(problems) - len(errors), terminal)
        if count and not errors and not options.standalone:
            terminal.next("sync")
    return Exit.FAILED if errors else Exit.OK


def _conclude(count: int, errors: Sequence[Problem], warnings: int, terminal: Terminal) -> None:
    if not count:
        terminal.say("no workflow files; they are workflows/*.yaml of an installed app")
        return
    counted = [_counted(count, "file"), _counted(len(errors), "error")]
    counted.append(_counted(warnings, "warning"))
    terminal.say(styled(", ".join(counted), Style.RED if errors else Style.GREEN))


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _read_files() -> set[str]:
    return {file.path for file in project.files()}


def _files(paths: Sequence[Path]) -> list[Path]:
    """The files that are meant, each once.

    Raises:
        Stopped: one is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise Stopped(f"there is no {path}", exit_code=Exit.USAGE)
        found |= dict.fromkeys(sorted(path.rglob("*.yaml")) if path.is_dir() else [path])
    return list(found)


def _problems(files: Sequence[Path], *, with_tasks: bool) -> tuple[Problem, ...]:
    found: list[Problem] = []
    documents: list[Document] = []
    for path in files:
        try:
            documents.append(read(path.read_bytes(), path=str(path)))
        except DefinitionError as error:
            found += error.problems
        except OSError as error:
            raise Stopped(f"{path}: {error.strerror}", exit_code=Exit.USAGE) from error
    found += gather(documents)[1]
    for document in documents:
        found += document.warnings
        if with_tasks:
            found += check(document, registry.signatures())
    return tuple(sorted(dict.fromkeys(found)))

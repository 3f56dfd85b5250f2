"""Find what is wrong with workflow files: the project's, or those that are named."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flowengine import event_types, project
from flowengine.cli import files
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.problems import show
from flowengine.cli.reports import FORMATS, report
from flowengine.cli.terminal import Style, Terminal, styled
from flowengine.cli.watching import watch
from flowengine.definitions.catalog import gather
from flowengine.definitions.check import check, standalone_problems
from flowengine.definitions.findings import is_warning
from flowengine.definitions.parse import Document, read
from flowengine.errors import DefinitionError, Problem
from flowengine.tasks import registry


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``check``."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: all)"
    )
    parser.add_argument("--format", choices=FORMATS, default="human")
    parser.add_argument(
        "--standalone",
        action="store_true",
        help="the named files for themselves, without a project: tasks are not asked for",
    )
    parser.add_argument("--watch", action="store_true", help="again after each change of a file")
    parser.add_argument(
        "--open-runs",
        action="store_true",
        help="also whether all is there that runs need that are open now: the gate of a deploy",
    )


def needs_project(options: Namespace) -> bool:
    """Only files for themselves can be checked without one."""
    return not options.standalone


def run(options: Namespace, terminal: Terminal) -> int:
    """Check; 0 where nothing is an error."""
    if options.standalone and not options.paths:
        raise Stopped(
            "--standalone needs the files", hint="check --standalone FILE …", exit_code=Exit.USAGE
        )
    if options.standalone and options.open_runs:
        raise Stopped("--open-runs asks the project's database", exit_code=Exit.USAGE)
    if options.watch:
        watch(lambda: _watched(options), lambda: _again(options, terminal))
    return _once(options, terminal)


def _watched(options: Namespace) -> Iterator[Path]:
    for path in options.paths or project.folders():
        yield from files.below(path)


def _again(options: Namespace, terminal: Terminal) -> None:
    if not options.standalone:
        project.forget()
    _once(options, terminal)
    terminal.say(styled("watching; ctrl-c ends", Style.DIM))


def _once(options: Namespace, terminal: Terminal) -> int:
    found = _named(options) if options.paths else _project()
    problems = found.problems
    if options.open_runs:
        problems = (*problems, *_open_runs())
    errors = [problem for problem in problems if not is_warning(problem)]
    if options.format == "human":
        show(problems, terminal)
        _conclude(options, found.files, problems, terminal)
        if found.files and not errors and not options.standalone:
            terminal.next("sync")
    else:
        report(problems, options.format, terminal)
    if options.paths and not found.files:
        return Exit.USAGE  # a mistyped folder must not pass
    return Exit.FAILED if errors else Exit.OK


@dataclass(frozen=True, slots=True)
class _Found:
    files: int
    problems: tuple[Problem, ...]


def _project() -> _Found:
    problems = project.problems()
    read_files = {file.path for file in project.files()}
    return _Found(len(read_files | {problem.file for problem in problems}), problems)


def _named(options: Namespace) -> _Found:
    paths = files.named(options.paths)
    found: list[Problem] = []
    documents: list[Document] = []
    tasks = None if options.standalone else registry.signatures()
    for path in paths:
        try:
            documents.append(read(files.content(path), path=str(path), tasks=tasks))
        except DefinitionError as error:
            found += error.problems
    catalog, clashes = gather(documents)
    found += clashes
    if options.standalone:
        found += standalone_problems(documents)
    else:
        workflows = {**project.catalog().workflows, **catalog.workflows}
        for document in documents:
            found += document.warnings
            found += check(
                document, registry.signatures(), workflows=workflows, events=event_types.schemas()
            )
    return _Found(len(paths), tuple(sorted(dict.fromkeys(found))))


def _open_runs() -> tuple[Problem, ...]:
    from flowengine.orchestration.still_needed import still_needed

    present = {workflow.digest for workflow in project.catalog().workflows.values()}
    return still_needed(registry.signatures(), present=present)


def _conclude(
    options: Namespace, count: int, problems: Sequence[Problem], terminal: Terminal
) -> None:
    if not count:
        named = ", ".join(map(str, options.paths))
        there = f"*.yaml in {named}" if named else "workflows/*.yaml of an installed app"
        terminal.say(f"no workflow files; they are {there}")
        return
    warnings = sum(map(is_warning, problems))
    errors = len(problems) - warnings
    counted = [_counted(count, "file"), _counted(errors, "error"), _counted(warnings, "warning")]
    terminal.say(styled(", ".join(counted), Style.RED if errors else Style.GREEN))


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"

"""Draw a workflow: as Mermaid text, or as an SVG for pages in light and dark."""

from __future__ import annotations

import difflib
from argparse import ArgumentParser, Namespace
from pathlib import Path

from flowengine import project
from flowengine.cli import files
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Terminal, clean
from flowengine.definitions.drawing import drawing
from flowengine.definitions.mermaid import mermaid
from flowengine.definitions.model import Workflow
from flowengine.definitions.parse import parse
from flowengine.definitions.svg import svg

_WRITERS = {"mermaid": mermaid, "svg": svg}


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``graph``."""
    parser.add_argument("workflow", metavar="WORKFLOW|FILE", help="a workflow's name, or its file")
    parser.add_argument(
        "--format", choices=sorted(_WRITERS), help="default: by FILE's ending, else mermaid"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="instead of stdout")


def needs_project(options: Namespace) -> bool:
    """A file is drawn without one."""
    return not _is_file(options.workflow)


def run(options: Namespace, terminal: Terminal) -> int:
    """Draw."""
    ending = options.output.suffix.removeprefix(".") if options.output else ""
    write = _WRITERS[options.format or (ending if ending in _WRITERS else "mermaid")]
    text = write(drawing(_workflow(options.workflow)))
    if options.output is None:
        terminal.data(clean(text.rstrip("\n")))
        return Exit.OK
    try:
        options.output.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot write {options.output}: {error.strerror}"
        raise Stopped(message, exit_code=Exit.USAGE) from error
    return Exit.OK


def _is_file(name: str) -> bool:
    return Path(name).is_file()


def _workflow(name: str) -> Workflow:
    if _is_file(name):
        return parse(files.content(Path(name)), path=name)
    workflows = project.catalog().workflows
    if name not in workflows:
        near = difflib.get_close_matches(name, workflows, n=1)
        way = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(workflows) or 'none'}"
        raise Stopped(f"there is no workflow or file '{name}'", hint=way)
    return workflows[name]

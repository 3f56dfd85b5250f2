"""Go on with a failed or held run, from the step that failed, by the version it has."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.api import resume
from flowengine.cli import people
from flowengine.cli.arguments import id_of_run
from flowengine.cli.commands.run import find
from flowengine.cli.exits import Exit
from flowengine.cli.follow import follow
from flowengine.cli.given import inputs, parse_data
from flowengine.cli.terminal import Terminal


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``run resume``."""
    parser.add_argument("id", type=id_of_run, metavar="RUN", help="the run's id")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--set",
        dest="edits",
        action="append",
        default=[],
        metavar="with.NAME=VALUE",
        help="try again with a corrected input",
    )
    how.add_argument("--output", metavar="JSON|@FILE|-", help="it was done by hand; its output")
    how.add_argument("--skip", action="store_true", help="go on without it")
    parser.add_argument("--reason", default="", metavar="TEXT", help="kept in the run's history")
    parser.add_argument("--follow", action="store_true", help="show the run until it ends")


def run(options: Namespace, terminal: Terminal) -> int:
    """Resume; refused where the run is not failed or held, or something was undone."""
    found = find(options.id)
    resume(
        found.id,
        by=people.operator(),
        reason=options.reason,
        inputs=inputs(options.edits),
        output=None if options.output is None else parse_data(options.output, where="--output"),
        is_done=options.output is not None,
        skip=options.skip,
    )
    terminal.data(f"{found.id} {find(found.id).state}")
    if options.follow:
        return follow([found.id], terminal)
    terminal.next(f"run {found.id} --follow")
    return Exit.OK

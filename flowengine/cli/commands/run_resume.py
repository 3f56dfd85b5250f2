"""Go on with a failed or held run, from the step that failed, by the version it has."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli import asking
from flowengine.cli.arguments import id_of_run
from flowengine.cli.by_hand import add_by_hand, by_hand
from flowengine.cli.commands.run import find
from flowengine.cli.exits import Exit
from flowengine.cli.follow import follow
from flowengine.cli.terminal import Terminal
from flowengine.orchestration import acts
from flowengine.orchestration.replay import NEEDS_OF_EDITS


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``run resume``."""
    parser.add_argument("id", type=id_of_run, metavar="RUN", help="the run's id")
    add_by_hand(parser)
    asking.add_reason(parser)
    parser.add_argument("--follow", action="store_true", help="show the run until it ends")


def run(options: Namespace, terminal: Terminal) -> int:
    """Resume; refused where the run is not failed or held, or something was undone."""
    given = by_hand(options)
    edits = NEEDS_OF_EDITS if given else ()
    by = asking.by(options, "view_run", "resume_run", *edits)
    found = find(options.id)
    acts.resume(
        found.id,
        by,
        inputs=given.get("set"),
        output=given.get("output"),
        is_done="output" in given,
        skip=options.skip,
    )
    terminal.data(f"{found.id} {find(found.id).state}")
    if options.follow:
        return follow([found.id], terminal)
    terminal.next(f"run {found.id} --follow")
    return Exit.OK

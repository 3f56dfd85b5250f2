"""Hold a held run no longer: what is to be undone is undone, and it fails."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli import asking
from flowengine.cli.arguments import id_of_run
from flowengine.cli.commands.run import find
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.orchestration import acts


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``run give-up``."""
    parser.add_argument("id", type=id_of_run, metavar="RUN", help="the run's id")
    asking.add_reason(parser)


def run(options: Namespace, terminal: Terminal) -> int:
    """Give up; refused where the run is not held."""
    by = asking.by(options, "view_run", "resume_run")
    found = find(options.id)
    acts.give_up(found.id, by)
    terminal.data(f"{found.id} {find(found.id).state}")
    return Exit.OK

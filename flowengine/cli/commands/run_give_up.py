"""Hold a held run no longer: what is to be undone is undone, and it fails."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.api import give_up
from flowengine.cli import people
from flowengine.cli.arguments import id_of_run
from flowengine.cli.commands.run import find
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``run give-up``."""
    parser.add_argument("id", type=id_of_run, metavar="RUN", help="the run's id")
    parser.add_argument("--reason", default="", metavar="TEXT", help="kept in the run's history")


def run(options: Namespace, terminal: Terminal) -> int:
    """Give up; refused where the run is not held."""
    found = find(options.id)
    give_up(found.id, by=people.operator(), reason=options.reason)
    terminal.data(f"{found.id} {find(found.id).state}")
    return Exit.OK

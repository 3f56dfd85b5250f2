"""Let a run that somebody holds go on; or all that a query finds.

One that is held for its failure is not: `run resume` goes on with it.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli import telling
from flowengine.cli.commands.run import find
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.orchestration import acts
from flowengine.orchestration.replay import Bulk


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``release``."""
    telling.add_arguments(parser, "release")


def run(options: Namespace, terminal: Terminal) -> int:
    """Release; one is refused where nobody holds it."""
    if options.id is None:
        return telling.tell_many(Bulk.RELEASE, options, terminal)
    by = telling.by(options, Bulk.RELEASE)
    found = find(options.id)
    if not options.dry_run:
        acts.release(found.id, by)
    terminal.data(f"{found.id} {find(found.id).state}")
    return Exit.OK

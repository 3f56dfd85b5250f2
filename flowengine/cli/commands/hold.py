"""Let a run begin no further step of its line; what has begun goes on to its end.

Or all runs that a query finds. `release` lets them go on.
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
    """The options of ``hold``."""
    telling.add_arguments(parser, "hold")


def run(options: Namespace, terminal: Terminal) -> int:
    """Hold; one is refused where it is held already, or has ended."""
    if options.id is None:
        return telling.tell_many(Bulk.HOLD, options, terminal)
    by = telling.by(options, Bulk.HOLD)
    found = find(options.id)
    if not options.dry_run:
        acts.hold(found.id, by)
        terminal.say("it is held before its next step")
        terminal.next(f"release {found.id} --reason …")
    terminal.data(f"{found.id} {find(found.id).state}")
    return Exit.OK

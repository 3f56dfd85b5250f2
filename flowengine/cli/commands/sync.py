"""Make the workflow files what new runs are started from; open runs keep the version they have."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Style, Terminal, styled
from flowengine.orchestration.sync import sync_project
from flowengine.store.clock import DatabaseClock

_SIGNS = {
    "added": ("+", Style.GREEN),
    "changed": ("~", Style.YELLOW),
    "unchanged": ("=", Style.DIM),
    "removed": ("-", Style.RED),
}


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``sync``."""
    parser.add_argument("--json", action="store_true", help="names by what became of them")


def run(options: Namespace, terminal: Terminal) -> int:
    """Synchronise, or say what is wrong with the files and change nothing."""
    done = asdict(sync_project(now=DatabaseClock().now()))
    if options.json:
        terminal.json(done)
        return Exit.OK
    for what, (sign, style) in _SIGNS.items():
        for name in done[what]:
            terminal.data(f"{styled(sign, style)} {name} {what}")
    if not any(done.values()):
        terminal.say("no workflow files; they are workflows/*.yaml of an installed app")
        return Exit.OK
    terminal.next("worker")
    return Exit.OK

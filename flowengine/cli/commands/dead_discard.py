"""Discard dead letters that nobody needs: they are closed, not deleted; who and why is written down."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli import asking
from flowengine.cli.chosen import add_choice, freeze
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal, clean
from flowengine.orchestration import groups


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``dead discard``."""
    add_choice(parser)
    asking.add_reason(parser)
    asking.add_confirmation(parser)


def run(options: Namespace, terminal: Terminal) -> int:
    """Discard what is open among them."""
    by = asking.by(options)
    if not options.dry_run:
        groups.wants_reason(by)
    chosen = freeze(options, "dead_letter")
    terminal.say(clean(f"{chosen.count:,} chosen: {chosen.words}"))
    if options.dry_run:
        terminal.data(f"selection {chosen.id}")
        terminal.next(f"dead discard --selection {chosen.id} --reason …")
        return Exit.OK
    asking.confirm(f"Discard what is open among these {chosen.count:,}?", options, terminal)
    terminal.data(f"{groups.discard(chosen.id, by)} discarded")
    return Exit.OK

"""Discard dead letters that nobody needs: they are closed, not deleted; who and why is written down."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli import asking
from flowengine.cli.chosen import add_choice, freeze
from flowengine.cli.exits import Exit
from flowengine.cli.replay_progress import add_no_follow, go_on
from flowengine.cli.terminal import Terminal, clean
from flowengine.orchestration import replay
from flowengine.orchestration.audit import wants_reason


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``dead discard``."""
    add_choice(parser)
    asking.add_reason(parser)
    asking.add_confirmation(parser)
    add_no_follow(parser)


def run(options: Namespace, terminal: Terminal) -> int:
    """Discard what is open among them."""
    by = asking.by(options, "view_dead_letter", "discard")
    if not options.dry_run:
        wants_reason(by)
    chosen = freeze(options, "dead_letter", by.who)
    terminal.say(clean(f"{chosen.count:,} chosen: {chosen.words}"))
    if options.dry_run:
        terminal.data(f"selection {chosen.id}")
        terminal.next(f"dead discard --selection {chosen.id} --reason …")
        return Exit.OK
    asking.confirm(f"Discard what is open among these {chosen.count:,}?", options, terminal)
    begun = replay.discard(chosen.id, by)
    if begun.ended_at is None:
        return go_on(begun, options, terminal)
    terminal.data(f"{begun.succeeded} discarded")
    return Exit.OK

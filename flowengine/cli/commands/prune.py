"""Delete what is over and older than the settings keep it; open dead letters never go.

A worker's beat does the same by itself. Pages are transactions of their own: stopped, it goes on another
time.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from flowengine.cli import asking
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.orchestration import prune
from flowengine.orchestration.prune import Pruned
from flowengine.store.clock import DatabaseClock


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``prune``."""
    asking.add_confirmation(parser)
    parser.add_argument("--json", action="store_true", help="how much of each, as JSON")


def run(options: Namespace, terminal: Terminal) -> int:
    """Say how much may go; then delete it."""
    now = DatabaseClock().now()
    found = prune.expected(now)
    if options.dry_run or not found.total:
        _tell(found, options, terminal)
        return Exit.OK
    terminal.say(f"may go: {in_words(found)}")
    asking.confirm("Delete it?", options, terminal)
    progress = _Progress(terminal, found.total)
    try:
        done = prune.run(now, told=progress.look)
    except KeyboardInterrupt:
        terminal.say(f"\nstopped; the rest goes with the next beat, or {terminal.prog} prune")
        raise
    progress.end()
    _tell(done, options, terminal)
    return Exit.OK


def in_words(found: Pruned) -> str:
    """How much of each there is."""
    parts = [
        f"{count:,}{'+' if count >= prune.COUNTED_MAX else ''} {name.replace('_', ' ')}"
        for name, count in asdict(found).items()
        if count
    ]
    return ", ".join(parts) or "nothing"


def _tell(found: Pruned, options: Namespace, terminal: Terminal) -> None:
    if options.json:
        terminal.json(asdict(found))
    else:
        terminal.data(in_words(found))


class _Progress:
    """How much is gone, drawn in place."""

    def __init__(self, terminal: Terminal, total: int) -> None:
        self._terminal = terminal
        self._total = total
        self._began = time.monotonic()

    def look(self, done: Pruned) -> None:
        """Show the present."""
        if not self._terminal.is_live:
            return
        rate = done.total / max(time.monotonic() - self._began, 0.001)
        left = max(self._total - done.total, 0) / rate if rate else 0
        self._terminal.draw(
            f"\r\x1b[K{done.total:,} of {self._total:,}  {rate:,.0f}/s, {left:.0f} s left"
        )

    def end(self) -> None:
        """End the line that was drawn."""
        if self._terminal.is_live:
            self._terminal.say()

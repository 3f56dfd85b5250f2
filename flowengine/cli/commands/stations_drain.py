"""Open a station at a measured pace for a minute, then freely."""

from __future__ import annotations

from argparse import Namespace

from flowengine.cli.closing import add_arguments, move
from flowengine.cli.terminal import Terminal
from flowengine.orchestration import doors

__all__ = ["add_arguments", "run"]


def run(options: Namespace, terminal: Terminal) -> int:
    """Do it."""
    return move(doors.open_slowly, options, terminal)

"""Close a station: nothing begins there until people open it; what runs may end."""

from __future__ import annotations

from argparse import Namespace

from flowengine.cli.closing import add_arguments, move
from flowengine.cli.terminal import Terminal
from flowengine.orchestration import doors

__all__ = ["add_arguments", "run"]


def run(options: Namespace, terminal: Terminal) -> int:
    """Do it."""
    return move(doors.pause, options, terminal)

"""Go on with a paused replay where it was."""

from __future__ import annotations

from argparse import Namespace

from flowengine.cli.steering import add_arguments, steer
from flowengine.cli.terminal import Terminal
from flowengine.orchestration.replay import go_on

__all__ = ["add_arguments", "run"]


def run(options: Namespace, terminal: Terminal) -> int:
    """Do it."""
    return steer(go_on, options, terminal)

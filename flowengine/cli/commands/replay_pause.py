"""Send nothing more of a replay until somebody lets it go on; what was sent is seen to its end."""

from __future__ import annotations

from argparse import Namespace

from flowengine.cli.steering import add_arguments, steer
from flowengine.cli.terminal import Terminal
from flowengine.orchestration.replay import pause

__all__ = ["add_arguments", "run"]


def run(options: Namespace, terminal: Terminal) -> int:
    """Do it."""
    return steer(pause, options, terminal)

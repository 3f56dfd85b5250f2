"""Send nothing more of a replay, for good. Dead letters that were not sent stay open."""

from __future__ import annotations

from argparse import Namespace

from flowengine.cli.steering import add_arguments, steer
from flowengine.cli.terminal import Terminal
from flowengine.orchestration.replay import stop

__all__ = ["add_arguments", "run"]


def run(options: Namespace, terminal: Terminal) -> int:
    """Do it."""
    return steer(stop, options, terminal)

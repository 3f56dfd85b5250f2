"""Let a replay go half as fast, with half as many under way."""

from __future__ import annotations

from argparse import Namespace

from flowengine.cli.steering import add_arguments, steer
from flowengine.cli.terminal import Terminal
from flowengine.orchestration.replay import slower

__all__ = ["add_arguments", "run"]


def run(options: Namespace, terminal: Terminal) -> int:
    """Do it."""
    return steer(slower, options, terminal)

"""Let a proposed replay begin; not by who proposed it."""

from __future__ import annotations

from argparse import Namespace

from flowengine.cli.steering import add_arguments, steer
from flowengine.cli.terminal import Terminal
from flowengine.orchestration.replay import approve

__all__ = ["add_arguments", "run"]


def run(options: Namespace, terminal: Terminal) -> int:
    """Do it."""
    return steer(approve, options, terminal)

"""Send nothing more of a replay, for good. Dead letters that were not sent stay open."""

from __future__ import annotations

from argparse import Namespace

from flowengine.cli import asking
from flowengine.cli.steering import add_arguments, steer
from flowengine.cli.terminal import Terminal
from flowengine.orchestration.groups import wants_reason
from flowengine.orchestration.replay import stop

__all__ = ["add_arguments", "run"]


def run(options: Namespace, terminal: Terminal) -> int:
    """Stop it; a reason is wanted."""
    wants_reason(asking.by(options))
    return steer(stop, options, terminal)

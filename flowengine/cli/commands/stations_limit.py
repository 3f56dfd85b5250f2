"""Say how much may be done at a station at the same time, or take that back."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import datetime

from flowengine.cli import closing
from flowengine.cli.arguments import whole
from flowengine.cli.terminal import Terminal
from flowengine.engine.breaker import Station
from flowengine.orchestration import doors
from flowengine.orchestration.audit import By


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``stations limit``."""
    closing.add_arguments(parser)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--places", type=whole(1, 100_000), metavar="N", help="attempts of all workers together"
    )
    which.add_argument(
        "--none", action="store_true", help="as many again as the workers have places"
    )


def run(options: Namespace, terminal: Terminal) -> int:
    """Do it."""

    def act(name: str, by: By, now: datetime) -> Station:
        return doors.cap(name, options.places, by, now)

    return closing.move(act, options, terminal)

"""What is given to a failed step by hand, of one run or of many: ``--set``, ``--output`` or ``--skip``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from flowengine.cli.given import inputs, parse_data


def add_by_hand(parser: ArgumentParser) -> Any:
    """The options, of which one can be given; the group that they exclude one another in."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--set",
        dest="edits",
        action="append",
        default=[],
        metavar="with.NAME=VALUE",
        help="resume: a corrected input of the failed step",
    )
    how.add_argument("--output", metavar="JSON|@FILE|-", help="resume: it was done by hand")
    how.add_argument("--skip", action="store_true", help="resume: go on without the failed step")
    return how


def by_hand(options: Namespace) -> dict[str, Any]:
    """What was given, as options of a replay: ``set``, ``output``, ``skip``; each only if it was.

    Raises:
        Stopped: it is no JSON, or does not name an input.
    """
    found: dict[str, Any] = {}
    if options.edits:
        found["set"] = inputs(options.edits)
    if options.output is not None:
        found["output"] = parse_data(options.output, where="--output")
    if options.skip:
        found["skip"] = True
    return found

"""Types of arguments: each gives a value, or says in words what is wrong with what was typed."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flowengine.definitions.durations import parse_duration

ROWS_MAX = 10_000
"""That a list may be asked for."""
PORT_MAX = 65_535
PLACES_MAX = 10_000
"""Of work, in one process."""


def whole(least: int, most: int) -> Callable[[str], int]:
    """A type: whole numbers in these bounds."""

    def number(text: str) -> int:
        # What has many digits is not even read: Python refuses to.
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
        if not least <= value <= most:
            raise ArgumentTypeError(f"'{text}' is no number from {least} to {most}")
        return value

    return number


def share(text: str) -> float:
    """A type: a number, also with a fraction, that is not negative."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise ArgumentTypeError(f"'{text}' is no number from 0 on")
    return found


def id_of(what: str, listed_by: str) -> Callable[[str], UUID]:
    """A type: the id of such a thing; the command *listed_by* shows which there are."""

    def found(text: str) -> UUID:
        try:
            return UUID(text)
        except ValueError:
            raise ArgumentTypeError(
                f"'{text}' is no id of a {what}; `flow {listed_by}` lists them"
            ) from None

    return found


id_of_run = id_of("run", "runs")
"""A type: the id of a run."""


def duration(text: str) -> timedelta:
    """A type: a time like ``2h`` or ``90s``."""
    found = parse_duration(text)
    if found is None:
        raise ArgumentTypeError(f"'{text}' is no time; write 90s, 10m, 2h or 7d")
    return found


def add_query(parser: ArgumentParser, example: str) -> None:
    """``--q`` of a list: the filter that the API and the dashboard take."""
    parser.add_argument("--q", default="", metavar="QUERY", help=f"only what it finds: '{example}'")


def add_limit(parser: ArgumentParser) -> None:
    """``--limit`` of a list."""
    parser.add_argument(
        "--limit", type=whole(1, ROWS_MAX), default=20, metavar="N", help="at most (default: 20)"
    )

"""Types of arguments: each gives a value, or says in words what is wrong with what was typed."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from uuid import UUID

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


def id_of_run(text: str) -> UUID:
    """A type: the id of a run."""
    try:
        return UUID(text)
    except ValueError:
        raise ArgumentTypeError(f"'{text}' is no id of a run; `flow runs` lists them") from None


def add_limit(parser: ArgumentParser) -> None:
    """``--limit`` of a list."""
    parser.add_argument(
        "--limit", type=whole(1, ROWS_MAX), default=20, metavar="N", help="at most (default: 20)"
    )

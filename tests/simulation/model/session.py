"""One connection to the model, and what has become of its open transaction."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import Enum, auto
from typing import Any

from tests.simulation.model import errors

Key = Hashable
Row = Any
Place = tuple[str, Key]
"""A table and the primary key of a row in it."""


class Trouble(Enum):
    """Why no statement of an open transaction succeeds any more."""

    ABORTED = auto()
    """One failed: none succeeds before a rollback, to a savepoint at least."""
    LOST = auto()
    """The connection is gone: none succeeds before the whole transaction has ended."""


class Session:
    """One connection, with at most one open transaction."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.writes: dict[Place, Row | None] = {}
        self.locks: set[Place] = set()
        self.depth = 0
        """Of nested transactions; 0 = none is open."""
        self.trouble: Trouble | None = None
        self.waits_for: Session | None = None
        self.notes: list[Callable[[], None]] = []
        """What is to be done at the commit, with the rows."""


def check(session: Session) -> None:
    """A transaction that has failed stays so, whoever has caught the error."""
    if session.trouble is Trouble.LOST:
        raise errors.closed()
    if session.trouble is Trouble.ABORTED:
        raise errors.aborted()

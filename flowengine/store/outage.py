"""Whose an error of the database is: told apart here, and nowhere else.

By SQLSTATE, where there is one: Django's classes would not do, for its ``OperationalError`` is a lost
connection, a deadlock and a statement that took too long alike. SQLite gives no such code; its
``OperationalError`` (another writer, a full disk, no such table) is nobody's content.
"""

from __future__ import annotations

from enum import Enum, auto

from django.db import Error, InterfaceError, OperationalError


class Trouble(Enum):
    """What to do about an error."""

    AWAY = auto()
    """The database is away, full, read-only, or has other tables than this program: all is to be
    repeated later, and nobody is to blame."""
    CONFLICT = auto()
    """A deadlock, or another transaction was first: the same may do at once."""
    SLOW = auto()
    """A statement or a lock took longer than it may: less at once may do."""
    CONTENT = auto()
    """What was to be written, or a mistake of ours over it."""


_SLOW = frozenset({"57014", "55P03"})
"""Canceled, by ``statement_timeout`` or by hand; a lock not available within ``lock_timeout``."""
_OF_THE_CONNECTION = ("08", "57P")
_AWAY = (
    *_OF_THE_CONNECTION,
    *("53", "58", "57"),  # no memory, no room, too many connections; input and output; an operator
    *("25", "28", "3D", "3F"),  # a standby takes no writes; no such role, database or schema
    *("42", "55"),  # tables or rights are not what this program needs; in use
)


def trouble_of(error: BaseException) -> Trouble:
    """What kind of trouble *error* is; what is no error of a database is content."""
    if not isinstance(error, Error):
        return Trouble.CONTENT
    state = _state(error)
    if state is None:
        is_away = isinstance(error, OperationalError | InterfaceError)
        return Trouble.AWAY if is_away else Trouble.CONTENT
    if state in _SLOW:
        return Trouble.SLOW
    if state.startswith("40"):
        return Trouble.CONFLICT
    return Trouble.AWAY if state.startswith(_AWAY) else Trouble.CONTENT


def has_lost_connection(error: Error) -> bool:
    """Whether the answer may have been lost on its way, as against: the answer is no. PostgreSQL only."""
    state = _state(error)
    return state is None or state.startswith(_OF_THE_CONNECTION)


def _state(error: Error) -> str | None:
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    return state

"""The errors of PostgreSQL, as Django gives them: the class says little, the SQLSTATE of the cause all."""

from __future__ import annotations

from django.db import Error, IntegrityError, InterfaceError, InternalError, OperationalError

_SLOW = "57014"


class Cause(Exception):
    """What the driver raised."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def lost() -> Error:
    """The connection was lost: psycopg has no SQLSTATE for it."""
    return _of(OperationalError("the server closed the connection unexpectedly"), None)


def closed() -> Error:
    """The connection was lost some time ago."""
    return InterfaceError("the connection is closed")


def aborted() -> Error:
    """A statement of this transaction has failed before."""
    return _of(InternalError("current transaction is aborted"), "25P02")


def slow() -> Error:
    """A statement has taken too long."""
    return _of(OperationalError("canceling statement due to statement timeout"), _SLOW)


def conflict() -> Error:
    """Another transaction was first."""
    return _of(OperationalError("could not serialize access"), "40001")


def deadlock() -> Error:
    """Two transactions wait for each other."""
    return _of(OperationalError("deadlock detected"), "40P01")


def taken(what: str) -> Error:
    """A unique key is there."""
    return _of(IntegrityError(what), "23505")


def _of(error: Error, sqlstate: str | None) -> Error:
    error.__cause__ = Cause(sqlstate)
    return error


def is_slow(error: BaseException) -> bool:
    """It is :func:`slow`."""
    return isinstance(error.__cause__, Cause) and error.__cause__.sqlstate == _SLOW

"""Errors as Django hands them on."""

from __future__ import annotations

from django.db import DatabaseError
from psycopg import Error


def raised(kind: type[DatabaseError], cause: Error) -> DatabaseError:
    """What Django raises where psycopg has raised *cause*."""
    error = kind(str(cause))
    error.__cause__ = cause
    return error

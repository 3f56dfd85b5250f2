"""Whose an error of the database is."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from psycopg import errors

from flowengine.store.outage import has_lost_connection
from tests.builders.database import raised


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        (OperationalError("server closed the connection unexpectedly"), True),
        (InterfaceError("the connection is closed"), True),
        (raised(OperationalError, errors.AdminShutdown()), True),
        (raised(OperationalError, errors.ConnectionFailure()), True),
        (raised(OperationalError, errors.QueryCanceled()), False),
        (raised(OperationalError, errors.LockNotAvailable()), False),
        (raised(OperationalError, errors.DiskFull()), False),
    ],
    ids=lambda given: str(given) if isinstance(given, bool) else type(given.__cause__).__name__,
)
def test_answer_is_lost_with_the_connection_only(error: DatabaseError, *, is_lost: bool) -> None:
    assert has_lost_connection(error) is is_lost

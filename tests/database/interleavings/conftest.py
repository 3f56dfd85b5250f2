"""Actors on PostgreSQL for each test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import connection

from tests.database.interleavings.actor import Cast, watch_statements


@pytest.fixture
def emptying(postgres: str) -> Iterator[None]:
    """What the test has committed is deleted afterwards: to truncate takes longer than a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "sql_flush", _delete_from)
        yield


@pytest.fixture
def act(emptying: None, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """Makes actors; in the end all of them must have come to theirs."""
    watch_statements(monkeypatch)
    cast = Cast()
    yield cast
    cast.leave()


def _delete_from(_style: Any, tables: Sequence[str], **_options: bool) -> list[str]:
    # Rows of the audit cannot be deleted; a table without rows costs little to truncate.
    how = {"flowengine_audit": "TRUNCATE"}
    return [f"{how.get(name, 'DELETE FROM')} {connection.ops.quote_name(name)}" for name in tables]

"""Actors on PostgreSQL for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.database.interleavings.actor import Cast, watch_statements


@pytest.fixture
def act(postgres: str, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """Makes actors; in the end all of them must have come to theirs."""
    watch_statements(monkeypatch)
    cast = Cast()
    yield cast
    cast.leave()

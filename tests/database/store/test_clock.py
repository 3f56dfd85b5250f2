"""The database's clock, carried on between measurements."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.store import sql
from flowengine.store.clock import DatabaseClock

pytestmark = pytest.mark.django_db


def test_clock_shows_the_present_in_utc() -> None:
    now = DatabaseClock().now()

    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=2)


def test_clock_measures_once_and_goes_on_by_itself() -> None:
    clock = DatabaseClock()

    with CaptureQueriesContext(connection) as statements:
        shown = [clock.now() for _ in range(100)]

    assert len(statements) == (1 if connection.vendor == "postgresql" else 0)
    assert shown == sorted(shown)


@pytest.mark.usefixtures("postgres")
def test_measurement_that_hangs_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = DatabaseClock()
    hangs, end = threading.Event(), threading.Event()
    query = sql.query

    def slow(text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        if threading.current_thread() is thread:
            hangs.set()
            end.wait(2)
            return [(datetime.now(UTC),)]
        return query(text, parameters)

    monkeypatch.setattr(sql, "query", slow)
    thread = threading.Thread(target=clock.now)
    thread.start()
    assert hangs.wait(10)

    clock.now()

    assert thread.is_alive()
    end.set()
    thread.join(10)

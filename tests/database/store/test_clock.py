"""The database's clock, carried on between measurements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

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

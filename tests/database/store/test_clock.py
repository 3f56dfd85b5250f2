"""The database's clock, carried on between measurements."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from flowengine.store import sql
from flowengine.store.clock import FIRST_TRIES, DatabaseClock

pytestmark = pytest.mark.django_db


def test_clock_shows_the_present_in_utc() -> None:
    now = DatabaseClock().now()

    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=2)


def test_clock_measures_once_and_goes_on_by_itself() -> None:
    clock = DatabaseClock()

    with CaptureQueriesContext(connection) as statements:
        shown = [clock.now() for _ in range(100)]

    if connection.vendor == "postgresql":
        assert 1 <= len(statements) <= FIRST_TRIES
    else:
        assert len(statements) == 0
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

    def look() -> None:
        clock.now()
        connections.close_all()

    monkeypatch.setattr(sql, "query", slow)
    thread = threading.Thread(target=look)
    thread.start()
    assert hangs.wait(10)

    clock.now()

    assert thread.is_alive()
    end.set()
    thread.join(10)


@pytest.mark.usefixtures("postgres")
def test_measurement_that_takes_long_moves_the_clock_no_further_than_it_is_certain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monotonic, shown = [0.0], datetime(2026, 1, 1, tzinfo=UTC)

    def answers(took_s: float, error_s: float = 0.0) -> None:
        """A round trip; the database looks at its clock when it ends, which goes wrong by that much."""

        def query(_text: str, _parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
            monotonic[0] += took_s
            return [(shown + timedelta(seconds=monotonic[0] + error_s),)]

        monkeypatch.setattr(sql, "query", query)

    monkeypatch.setattr(time, "monotonic", lambda: monotonic[0])
    clock = DatabaseClock()

    def error() -> timedelta:
        return clock.now() - (shown + timedelta(seconds=monotonic[0]))

    answers(0.0005)
    assert timedelta(0) <= error() <= timedelta(microseconds=250)

    monotonic[0] += 60
    answers(0.2)
    assert timedelta(0) <= error() <= timedelta(microseconds=250)

    monotonic[0] += 60
    answers(0.0005, error_s=-3.0)  # the database's clock was put back
    assert timedelta(seconds=-3) <= error() <= timedelta(seconds=-3, milliseconds=1)


@pytest.mark.usefixtures("postgres")
def test_first_measurement_is_made_again_where_it_took_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monotonic, shown = [0.0], datetime(2026, 1, 1, tzinfo=UTC)
    took = iter([0.2, 0.1, 0.004])

    def query(_text: str, _parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        monotonic[0] += next(took)
        return [(shown + timedelta(seconds=monotonic[0]),)]

    monkeypatch.setattr(sql, "query", query)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic[0])

    late = DatabaseClock().now() - (shown + timedelta(seconds=monotonic[0]))

    assert timedelta(0) <= late <= timedelta(milliseconds=2)

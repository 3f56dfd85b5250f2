"""When schedules tick, over the days on which the clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flowengine.engine.rules.ticks import (
    MISSED_AFTER,
    is_missed,
    last_tick,
    next_tick,
    next_ticks,
)

BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ticks(cron: str, timezone: str, after: str, count: int) -> list[str]:
    """The next ticks by the clock on the wall of *timezone*'s neighbours in UTC."""
    found, at = [], utc(after)
    for _ in range(count):
        tick = next_tick(cron, timezone, at)
        assert tick is not None
        assert tick > at
        found.append(tick.strftime("%m-%d %H:%M"))
        at = tick
    return found


def test_tick_follows_the_time_zone_through_the_year() -> None:
    assert ticks("15 2 * * *", BERLIN, "2026-01-10T12:00", 1) == ["01-11 01:15"]
    assert ticks("15 2 * * *", BERLIN, "2026-07-10T12:00", 1) == ["07-11 00:15"]


def test_tick_is_never_the_instant_it_is_asked_after() -> None:
    assert ticks("0 12 * * *", "UTC", "2026-03-02T12:00", 2) == ["03-03 12:00", "03-04 12:00"]
    assert ticks("0 12 * * *", "UTC", "2026-03-02T11:59:59", 1) == ["03-02 12:00"]


def test_tick_of_an_hour_that_the_day_does_not_have_comes_right_after_the_gap() -> None:
    assert ticks("30 2 * * *", BERLIN, "2026-03-28T12:00", 2) == ["03-29 01:00", "03-30 00:30"]


def test_two_ticks_that_the_gap_pushes_to_one_instant_are_one() -> None:
    assert ticks("0 2,3 * * *", BERLIN, "2026-03-28T12:00", 3) == [
        "03-29 01:00",
        "03-30 00:00",
        "03-30 01:00",
    ]


def test_tick_of_an_hour_that_the_day_has_twice_comes_the_first_time_only() -> None:
    assert ticks("30 2 * * *", BERLIN, "2026-10-24T12:00", 2) == ["10-25 00:30", "10-26 01:30"]


@pytest.mark.parametrize("after", ["2026-10-25T00:30", "2026-10-25T00:45", "2026-10-25T01:15"])
def test_nor_does_it_come_again_for_who_asks_in_between(after: str) -> None:
    assert ticks("30 2 * * *", BERLIN, after, 1) == ["10-26 01:30"]


def test_tick_of_every_hour_follows_the_time_that_really_passes() -> None:
    assert ticks("30 * * * *", BERLIN, "2026-10-24T23:45", 3) == [
        "10-25 00:30",
        "10-25 01:30",
        "10-25 02:30",
    ]
    assert ticks("30 * * * *", BERLIN, "2026-03-29T00:00", 3) == [
        "03-29 00:30",
        "03-29 01:30",
        "03-29 02:30",
    ]


def test_schedule_without_a_further_tick_has_none() -> None:
    assert next_tick("0 0 */31 1 MON#5", "UTC", utc("2026-01-01T00:00")) is None


@pytest.mark.parametrize(
    ("cron", "last"),
    [
        ("* * * * *", "2026-10-24T23:00"),
        ("15 2 * * *", "2026-10-24T00:15"),
        ("0 0 1 * *", "2026-09-30T22:00"),
        ("0 0 1 1 *", "2025-12-31T23:00"),
        ("0 0 29 2 *", "2024-02-28T23:00"),
    ],
)
def test_last_of_many_missed_ticks_is_found(cron: str, last: str) -> None:
    since = next_tick(cron, BERLIN, utc("2019-12-31T23:00"))
    assert since is not None

    assert last_tick(cron, BERLIN, since, utc("2026-10-24T23:00:05")) == utc(last)


def test_only_tick_that_has_passed_is_the_last() -> None:
    tick = utc("2026-03-02T12:00")

    assert last_tick("0 12 * * *", "UTC", tick, tick) == tick
    assert last_tick("0 12 * * *", "UTC", tick, tick + timedelta(hours=23)) == tick
    assert last_tick("0 12 1 1 *", "UTC", utc("2026-01-01T12:00"), tick) == utc("2026-01-01T12:00")


def test_tick_at_this_very_instant_has_passed() -> None:
    now = utc("2026-03-02T12:00")

    assert last_tick("0 * * * *", "UTC", now - timedelta(hours=3), now) == now


def test_tick_is_missed_when_it_is_told_more_than_a_minute_late() -> None:
    tick = utc("2026-03-02T12:00")

    assert not is_missed(tick, tick + MISSED_AFTER)
    assert is_missed(tick, tick + MISSED_AFTER + timedelta(seconds=1))


def test_next_ticks_are_those_that_follow_one_another() -> None:
    found = next_ticks("30 2 * * *", BERLIN, utc("2026-03-27T12:00"), 3)

    assert [f"{tick:%m-%d %H:%M}" for tick in found] == ticks(
        "30 2 * * *", BERLIN, "2026-03-27T12:00", 3
    )

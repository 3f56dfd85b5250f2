"""What workers have counted, added up over the last minute."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from flowengine.engine.gauge import Gauge, Reading, Slot, Sum, add_up, bucket

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def a_reading(*slots: Slot, phase_s: float = 5.0, idle_s: float | None = 0.0) -> Reading:
    return Reading(phase_s=phase_s, stations=[Gauge("mail", "post.send", idle_s, list(slots))])


def of_mail(*readings: tuple[datetime, Reading], now: datetime = NOON) -> Sum:
    return add_up(readings, now).stations["mail", "post.send"]


def test_counts_of_all_processes_are_added_by_station_and_task() -> None:
    first = a_reading(Slot(0, 3, 1), Slot(1, 2, 0))
    second = Reading(
        phase_s=5.0,
        stations=[
            Gauge("mail", "post.send", 0.0, [Slot(0, 4, 0)]),
            Gauge("mail", "other", 9.0, []),
        ],
        workflows=[Gauge("order", "", 0.0, [Slot(0, 7, 1)])],
    )

    found = add_up([(NOON, first), (NOON, second)], NOON)

    mail = found.stations["mail", "post.send"]
    assert (mail.done, mail.failed, mail.ended, mail.failed_share) == (9, 1, 10, 0.1)
    assert found.stations["mail", "other"].ended == 0
    assert (found.workflows["order"].done, found.workflows["order"].failed) == (7, 1)


@pytest.mark.parametrize(
    ("age", "late_s", "share"),
    [(0, 0, 1), (11, 0, 1), (12, 0, 0), (11, 2.5, 0.5), (11, 5, 0), (0, 57.5, 0.5), (0, 60, 0)],
)
def test_slot_counts_for_the_part_of_it_that_is_in_the_last_minute(
    age: int, late_s: float, share: float
) -> None:
    reading = a_reading(Slot(age, 10, 0))

    assert of_mail((NOON, reading), now=NOON + seconds(late_s)).done == 10 * share


def test_slot_that_has_just_begun_is_all_of_the_last_seconds() -> None:
    reading = a_reading(Slot(0, 1, 0), Slot(12, 10, 0), phase_s=1.0)

    assert of_mail((NOON, reading)).done == pytest.approx(1 + 10 * 0.8)


def test_last_end_is_the_last_of_any_process_however_long_ago() -> None:
    late = (NOON - seconds(10), a_reading(idle_s=300.0))
    later = (NOON - seconds(50), a_reading(idle_s=1.0))

    assert of_mail(late, later).last_at == NOON - seconds(51)
    assert of_mail(later, late).last_at == NOON - seconds(51)


@pytest.mark.parametrize("took_s", [0.0, 0.0004, 0.001, 0.09, 2.2, 61.0, 86_400.0])
def test_quantile_is_what_it_took_to_about_a_tenth(took_s: float) -> None:
    reading = a_reading(Slot(0, 100, 0, {bucket(took_s): 100}))

    found = of_mail((NOON, reading)).quantile_ms(0.95)

    assert found is not None
    assert found == pytest.approx(max(0.5, took_s * 1000), rel=0.11)


def test_quantiles_are_of_all_that_ended() -> None:
    fast, slow = bucket(0.01), bucket(1.0)
    total = of_mail((NOON, a_reading(Slot(0, 100, 0, {fast: 90, slow: 10}))))

    half, most = total.quantile_ms(0.5), total.quantile_ms(0.95)

    assert [half, most] == pytest.approx([10.0, 1000.0], rel=0.11)


def test_where_nothing_ended_there_is_no_share_and_no_duration() -> None:
    assert Sum().failed_share == 0.0
    assert Sum().quantile_ms(0.5) is None


def test_sums_are_added_to_one_another() -> None:
    total, other = Sum(), Sum(done=2.0, failed=1.0, lasted=Counter({3: 3}), last_at=NOON)

    total.add(other)
    total.add(Sum(done=1.0, lasted=Counter({3: 1}), last_at=NOON - seconds(5)))
    total.add(Sum())

    assert (total.done, total.failed, total.lasted, total.last_at) == (3.0, 1.0, {3: 4}, NOON)


def test_very_long_attempts_are_of_one_class() -> None:
    assert bucket(10.0**9) == bucket(10.0**12)


def test_what_came_is_counted_where_nothing_has_ended_yet() -> None:
    reading = a_reading(Slot(0, 0, 0, {}, 4), idle_s=None)

    found = of_mail((NOON, reading))

    assert (found.came, found.ended, found.last_at) == (4, 0, None)

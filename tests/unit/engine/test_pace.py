"""How fast a replay goes, and when it does not go on."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flowengine.engine.pace import (
    BATCH_MAX,
    RATE_MIN,
    Pace,
    Tally,
    is_canary_over,
    misfit,
    rest_s,
    room,
    why_stop,
)


@pytest.mark.parametrize(
    ("pace", "tally", "count"),
    [
        (Pace(rate=10), Tally(), 5),
        (Pace(rate=0.5), Tally(), 1),
        (Pace(rate=1000), Tally(), BATCH_MAX),
        (Pace(rate=100, in_flight=20), Tally(sent=19, in_flight=19), 1),
        (Pace(rate=100, in_flight=20), Tally(sent=25, in_flight=25), 0),
    ],
)
def test_as_many_are_sent_as_rate_and_flight_allow(pace: Pace, tally: Tally, count: int) -> None:
    assert room(pace, tally, is_canary=False) == count


@pytest.mark.parametrize(("sent", "count"), [(0, 3), (2, 1), (3, 0), (4, 0)])
def test_canary_sends_the_first_few_whatever_the_rate(sent: int, count: int) -> None:
    assert room(Pace(canary=3, rate=0.5), Tally(sent=sent), is_canary=True) == count


def test_next_batch_waits_as_long_as_the_rate_says() -> None:
    assert rest_s(Pace(rate=100), 50) == 0.5
    assert rest_s(Pace(rate=100), 0) == 0


@pytest.mark.parametrize(
    ("tally", "is_last", "is_over"),
    [
        (Tally(sent=3, in_flight=1), False, False),
        (Tally(sent=3), False, True),
        (Tally(sent=2), False, False),
        (Tally(sent=2), True, True),
    ],
)
def test_canary_is_over_when_all_of_it_has_ended(
    tally: Tally, *, is_last: bool, is_over: bool
) -> None:
    assert is_canary_over(Pace(canary=3), tally, is_last=is_last) is is_over


@pytest.mark.parametrize(
    ("tally", "total", "why"),
    [
        (Tally(), 100, None),
        (Tally(succeeded=8, failed=2), 100, None),
        (Tally(succeeded=7, failed=3), 100, "30 % of 10 failed"),
        (Tally(succeeded=6, failed=3), 100, None),
        (Tally(succeeded=1, failed=1), 2, "50 % of 2 failed"),
        (Tally(succeeded=96, failed=4, failed_in_row=4), 100, "4 failed one after another"),
    ],
)
def test_replay_stops_where_too_much_fails(tally: Tally, total: int, why: str | None) -> None:
    pace = Pace(stop_percent=20, stop_in_row=4)

    assert why_stop(pace, tally, total=total, is_canary=False) == why


def test_replay_goes_on_in_spite_of_failures_where_it_is_told_to() -> None:
    pace = Pace(stop_percent=100, stop_in_row=0)

    assert why_stop(pace, Tally(failed=50, failed_in_row=50), total=50, is_canary=False) is None


def test_one_failure_of_the_canary_stops_the_replay() -> None:
    tally = Tally(sent=3, failed=1, succeeded=2)

    assert why_stop(Pace(canary=3), tally, total=100, is_canary=True) == "1 of the first 3 failed"
    assert why_stop(Pace(canary=3), Tally(sent=3), total=100, is_canary=True) is None


def test_slower_is_half_as_fast_and_never_nothing() -> None:
    assert Pace(rate=10, in_flight=5).slower == Pace(rate=5, in_flight=2)
    assert Pace(rate=RATE_MIN, in_flight=1).slower == Pace(rate=RATE_MIN, in_flight=1)


@pytest.mark.parametrize(
    "fields",
    [
        {"canary": -1},
        {"rate": 0},
        {"rate": float("nan")},
        {"rate": 1001},
        {"in_flight": 0},
        {"in_flight": 1001},
        {"stop_percent": 101},
        {"stop_percent": -1},
        {"stop_in_row": -1},
    ],
)
def test_pace_beyond_its_bounds_is_refused_by_name(fields: dict[str, Any]) -> None:
    problem = misfit(Pace(**fields))

    assert problem is not None
    assert problem.startswith(f"'{next(iter(fields))}' is from")


def test_pace_without_wishes_fits() -> None:
    assert misfit(msgspec.convert({}, Pace)) is None

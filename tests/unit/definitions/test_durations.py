"""Durations as text, both ways."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.definitions.durations import duration_text, parse_duration, read_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("10s", 10),
        ("5m", 300),
        ("2h", 7200),
        ("3d", 259_200),
        ("1h30m", 5400),
        ("1d2h3m4s5ms", 93_784.005),
        ("0s", 0),
    ],
)
def test_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "10", "s", "1m1h", "1.5h", "-1s", "1 h", "10S", "999999999d99h", "\uff11s"]
)
def test_what_is_no_duration_of_a_file(text: str) -> None:
    assert parse_duration(text) is None


def test_signed_seconds_with_a_fraction_are_read_in_expressions() -> None:
    assert read_duration("-1.5s") == timedelta(seconds=-1.5)
    assert read_duration("0.000001s") == timedelta(microseconds=1)
    assert read_duration("99999999999999s") is None
    assert read_duration("1.5h") is None


@given(st.timedeltas())
def test_every_duration_survives_its_text(duration: timedelta) -> None:
    assert read_duration(duration_text(duration)) == duration

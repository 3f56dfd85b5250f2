"""The formats of texts in schemas, and the clocks of schedules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.definitions.cron import cron_in_words, is_cron, is_timezone
from flowengine.definitions.text_formats import FORMATS, has_format


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date", ["2026-02-28", "0001-01-01"], ["2026-02-30", "2026-2-3", "20260203", ""]),
        (
            "date-time",
            ["2026-02-28T10:00:00Z", "2026-02-28t10:00:00.123456789+02:00", "2026-02-28 10:00:00z"],
            ["2026-02-28", "2026-02-28T10:00:00", "2026-02-28T25:00:00Z", "2026-02-28T10:00Z"],
        ),
        ("time", ["10:00:00Z", "23:59:59.5-01:00"], ["10:00", "24:00:00Z", "10:00:00"]),
        (
            "email",
            ["ada@example.com", "a.b+c@d"],
            ["ada", "a b@c.d", "a@b@c", "@c.d", "a@.d", "a@"],
        ),
        ("uri", ["https://example.com/a?b#c", "mailto:a@b"], ["example.com", "http:", "a:b c"]),
        (
            "uuid",
            ["c9bf9e57-1685-4c89-bafb-ff5af830be8a", "C9BF9E57-1685-4C89-BAFB-FF5AF830BE8A"],
            ["c9bf9e5716854c89bafbff5af830be8a", "c9bf9e57"],
        ),
    ],
)
def test_text_has_its_format_or_not(name: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not has_format(text, name)] == []
    assert [text for text in bad if has_format(text, name)] == []


@given(st.text(max_size=40), st.sampled_from(FORMATS))
def test_any_text_has_a_format_or_has_not(text: str, name: str) -> None:
    assert has_format(text, name) in (True, False)


def test_text_without_end_has_no_format() -> None:
    assert not has_format(f"https://example.com/{'a' * 3000}", "uri")


@pytest.mark.parametrize(
    "text",
    [
        "0 6 * * *",
        "*/5 0-6,22 L * *",
        "15 2 29 2 *",
        "0 0 * jan-mar mon-fri",
        "0 0 * * 1#1",
        "1  2 3 4 5",
    ],
)
def test_five_fields_are_a_schedule(text: str) -> None:
    assert is_cron(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0 6 * *", "0 0 6 * * *", "@daily", "60 * * * *", "0 24 * * *", "0 0 0 * *"),
        *("0 0 31 2 *", "0 0 */29 2 sun#5", "a b c d e", "0 6 * * *; ls", "\u0660 6 * * *"),
        f"{','.join(['1'] * 60)} * * * *",
    ],
)
def test_what_is_no_schedule(text: str) -> None:
    assert not is_cron(text)


@given(st.lists(st.text("0123456789*/,-#LWSUNJAN@", max_size=6), min_size=5, max_size=5))
def test_any_five_fields_are_a_schedule_or_not(fields: list[str]) -> None:
    text = " ".join(fields)

    assert not is_cron(text) or cron_in_words(text)


def test_schedule_is_said_in_words() -> None:
    assert cron_in_words("0 9 * * 1-5") == "At 09:00 on Monday through Friday"


def test_time_zones_are_those_of_the_world() -> None:
    assert all(is_timezone(name) for name in ("Europe/Berlin", "UTC", "America/New_York"))
    assert not any(
        is_timezone(name)
        for name in ("Europe/Berlln", "Europe", "../etc/passwd", "/UTC", "", "a" * 101, "Europe/")
    )

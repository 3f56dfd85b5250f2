"""When a user is written to, by his own clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from flowengine.orchestration.sending_times import again_at, sent_at
from flowengine.store.preferences import Preference

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("digest", "due", "sent"),
    [
        ("immediate", "2026-03-01T10:15:00+01:00", "2026-03-01T10:15:00+01:00"),
        ("hourly", "2026-03-01T10:15:00+01:00", "2026-03-01T11:00:00+01:00"),
        ("hourly", "2026-03-01T11:00:00+01:00", "2026-03-01T11:00:00+01:00"),
        ("daily", "2026-03-01T07:59:00+01:00", "2026-03-01T08:00:00+01:00"),
        ("daily", "2026-03-01T08:00:00+01:00", "2026-03-01T08:00:00+01:00"),
        ("daily", "2026-03-01T08:00:01+01:00", "2026-03-02T08:00:00+01:00"),
        # The day on which clocks are put forward has an hour less.
        ("daily", "2026-03-28T09:00:00+01:00", "2026-03-29T08:00:00+02:00"),
        # The hour that comes twice is two hours.
        ("hourly", "2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+01:00"),
    ],
)
def test_digest_is_sent_at_its_hour(digest: str, due: str, sent: str) -> None:
    wanted = Preference(digest=digest, timezone=BERLIN)

    assert sent_at(at(due), wanted) == at(sent)


@pytest.mark.parametrize(
    ("begin", "end", "due", "sent"),
    [
        (time(22), time(7), "2026-03-01T21:59:00+01:00", "2026-03-01T21:59:00+01:00"),
        (time(22), time(7), "2026-03-01T22:00:00+01:00", "2026-03-02T07:00:00+01:00"),
        (time(22), time(7), "2026-03-02T06:59:00+01:00", "2026-03-02T07:00:00+01:00"),
        (time(22), time(7), "2026-03-02T07:00:00+01:00", "2026-03-02T07:00:00+01:00"),
        (time(12), time(14), "2026-03-01T13:00:00+01:00", "2026-03-01T14:00:00+01:00"),
        (time(12), time(12), "2026-03-01T12:00:00+01:00", "2026-03-01T12:00:00+01:00"),
        # 02:30 does not exist on that day: it is half an hour later by the new clock.
        (time(22), time(2, 30), "2026-03-28T23:00:00+01:00", "2026-03-29T03:30:00+02:00"),
    ],
)
def test_quiet_hours_are_waited_for(begin: time, end: time, due: str, sent: str) -> None:
    wanted = Preference(quiet_from=begin, quiet_to=end, timezone=BERLIN)

    assert sent_at(at(due), wanted) == at(sent)


def test_digest_in_quiet_hours_comes_after_them() -> None:
    wanted = Preference(digest="daily", quiet_from=time(22), quiet_to=time(9), timezone=BERLIN)

    assert sent_at(at("2026-03-01T07:00:00+01:00"), wanted) == at("2026-03-01T09:00:00+01:00")


def test_zone_that_is_not_known_is_utc() -> None:
    wanted = Preference(digest="daily", timezone="Mars/North")

    assert sent_at(at("2026-03-01T07:00:00+00:00"), wanted) == at("2026-03-01T08:00:00+00:00")


def test_waits_double_up_to_two_hours() -> None:
    now = at("2026-03-01T07:00:00+00:00")

    waits = [(again_at(now, tries) - now) / timedelta(minutes=1) for tries in (1, 2, 3, 8, 20)]

    assert waits == [1, 2, 4, 120, 120]

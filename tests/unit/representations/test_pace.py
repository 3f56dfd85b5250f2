"""How long runs take, and what is told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flowengine.representations.pace import Pace, is_steady, learned, pace_view, read, written
from flowengine.web.outlook import outlook
from tests.unit.live.test_contract import compare
from tests.unit.representations.looks import ARun

BEGIN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STEADY = Pace(runs=40, least=120_000, middle=150_000, most=180_000)
LOOSE = Pace(runs=40, least=60_000, middle=150_000, most=600_000)


def test_pace_is_the_middle_and_what_one_of_ten_passes() -> None:
    pace = learned([1000 * seconds for seconds in range(100, 201)])

    assert pace == Pace(runs=101, least=110_000, middle=150_000, most=190_000)


def test_few_runs_and_short_ones_have_no_pace() -> None:
    assert learned([60_000] * 4) is None
    assert learned([60_000] * 5) is not None
    assert learned([9_999] * 50) is None


@pytest.mark.parametrize(
    ("pace", "told"),
    [
        (STEADY, {"usual_ms", "eta"}),
        (Pace(runs=21, least=120_000, middle=150_000, most=180_000), {"usual_ms", "eta"}),
        (Pace(runs=20, least=120_000, middle=150_000, most=180_000), {"usual_ms"}),
        (Pace(runs=40, least=100_000, middle=150_000, most=175_001), {"usual_ms"}),
        (LOOSE, {"usual_ms"}),
    ],
)
def test_end_is_told_only_after_more_than_twenty_runs_that_took_about_the_same(
    pace: Pace, told: set[str]
) -> None:
    assert is_steady(pace) == ("eta" in told)
    assert pace_view(ARun(state="running", started_at=BEGIN), pace).keys() == told


def test_run_that_is_over_held_or_of_no_known_pace_is_told_nothing() -> None:
    told = [
        pace_view(ARun(state=state, started_at=BEGIN), STEADY)
        for state in ("succeeded", "failed", "held", "cancelling", "compensating")
    ]

    assert told == [{}] * 5
    assert pace_view(ARun(state="running", started_at=BEGIN), None) == {}


def test_one_that_waits_is_told_what_is_usual_and_no_end() -> None:
    assert pace_view(ARun(state="waiting", started_at=BEGIN), STEADY) == {
        "usual_ms": [120_000, 180_000]
    }


def test_what_is_stored_is_read_again() -> None:
    assert read(written(STEADY)) == STEADY
    assert read(written(None)) is None


def a_case(state: str, pace: Pace | None, after_s: float, *, begun: bool = True) -> dict[str, Any]:
    """A view, an instant, and what a page says then; clocks to the minute, in UTC."""
    started = BEGIN if begun else None
    view = {
        "state": state,
        "created_at": BEGIN.isoformat(),
        "started_at": started and started.isoformat(),
        **pace_view(ARun(state=state, started_at=started), pace),
    }
    now = BEGIN + timedelta(seconds=after_s)
    return {"view": view, "now": now.isoformat(), "said": outlook(view, now, lambda at: at[11:16])}


def test_page_and_script_say_the_same_of_the_time() -> None:
    cases = [
        a_case("running", STEADY, 10),
        a_case("running", STEADY, 130),
        a_case("running", STEADY, 181),
        a_case("running", Pace(runs=30, least=61_000, middle=62_000, most=65_000), 10),
        a_case("running", LOOSE, 10),
        a_case("running", LOOSE, 601),
        a_case("waiting", STEADY, 10),
        a_case("queued", LOOSE, 10, begun=False),
        a_case("queued", Pace(runs=9, least=30_000, middle=30_100, most=30_200), 1, begun=False),
        a_case("running", None, 10),
        a_case("succeeded", STEADY, 10),
    ]

    assert [case["said"] for case in cases] == [
        "done between 12:02 and 12:03",
        "done by 12:03",
        "",
        "done by 12:01",
        "usually 60 s to 10 min",
        "",
        "usually 2 min to 3 min",
        "usually 60 s to 10 min",
        "usually 30 s",
        "",
        "",
    ]
    compare("outlook", {"cases": cases})

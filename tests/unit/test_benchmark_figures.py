"""Figures of the benchmarks, beside the marks that they are to reach."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.figures import Figure, Mark, at_least, at_most, table, write


def figure(*runs: float, mark: Mark | None = None) -> Figure:
    """A figure of these runs."""
    return Figure(name="each step", unit="ms", runs=runs, mark=mark)


@pytest.mark.parametrize(
    ("mark", "runs", "said"),
    [
        (None, (7.0, 8.0, 9.0), "ms"),
        (at_most(100), (1.0, 100.0, 900.0), "ms  mark <= 100 reached"),
        (at_most(100), (1.0, 100.5, 900.0), "ms  mark <= 100 missed"),
        (at_least(50_000), (1.0, 50_000.0, 90_000.0), "ms  mark >= 50,000 reached"),
        (at_least(50_000), (1.0, 49_999.0, 90_000.0), "ms  mark >= 50,000 missed"),
    ],
)
def test_row_says_whether_the_median_reaches_its_mark(
    mark: Mark | None, runs: tuple[float, ...], said: str
) -> None:
    _head, row = table([figure(*runs, mark=mark)]).splitlines()

    assert row.startswith("each step ")
    assert row.partition(f"{max(runs):,.2f}  ")[2] == said


def test_marks_are_written_for_programs(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    bound = [None, at_most(2), at_least(2)]

    write([figure(1.0, 3.0, 9.0, mark=mark) for mark in bound], path)

    rows = json.loads(path.read_text(encoding="utf-8"))["figures"]
    assert [row["mark"] for row in rows] == [
        None,
        {"at_most": 2, "is_reached": False},
        {"at_least": 2, "is_reached": True},
    ]
    assert {row["median"] for row in rows} == {3.0}

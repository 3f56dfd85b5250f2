"""Two workers that work on and on: how much memory they hold together, and whether that grows.

After a warm-up the same work comes again and again. The slope is the median of the slopes between all pairs
of looks (Theil and Sen), so that one page that is held for a while does not make it.
"""

from __future__ import annotations

import signal
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import combinations

import psutil

from tests.benchmarks.figures import Figure
from tests.faults.line import Line
from tests.nodes.process import Process

WORKERS = 2
WARM = 3_000
ROUND = 500
"""Runs of five steps before each look."""
WATCHED_S, WATCHED_LARGE_S = 120.0, 1_800.0
LIMIT_S = 120.0

Look = tuple[float, float]
"""The second, and the MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One repetition."""

    mb: float
    """Of both, at their peak."""
    mb_per_h: float


def figures(
    opened: Callable[[], AbstractContextManager[Line]], runs: int, *, large: bool
) -> list[Figure]:
    """What both hold, and how it grows; with *large* watched for half an hour, once."""
    found = []
    for _ in range(1 if large else runs):
        with opened() as line:
            found.append(_measure(line, WATCHED_LARGE_S if large else WATCHED_S))
    held, grown = tuple(each.mb for each in found), tuple(each.mb_per_h for each in found)
    return [
        Figure(name="two workers at work, resident", unit="MB", runs=held),
        Figure(name="two workers at work, slope", unit="MB/h", runs=grown),
    ]


def slope_per_s(looks: Sequence[Look]) -> float:
    """MB a second: the median over all pairs of looks."""
    return statistics.median((b - a) / (t - s) for (s, a), (t, b) in combinations(looks, 2))


def _measure(line: Line, watched_s: float) -> Memory:
    workers = [line.start("-m", "flowengine", "worker") for _ in range(WORKERS)]
    try:
        line.until_serving(WORKERS)
        done = _work(line, 0, WARM)
        looks: list[Look] = []
        until = time.monotonic() + watched_s
        while time.monotonic() < until:
            done = _work(line, done, ROUND)
            looks.append((time.monotonic(), _resident_mb(workers)))
    finally:
        for worker in workers:
            worker.signal(signal.SIGTERM)
    for worker in workers:
        line.until(lambda: not worker.is_running, what="its end", limit_s=40)  # noqa: B023
    line.assert_whole(done)
    return Memory(mb=max(mb for _, mb in looks), mb_per_h=3_600 * slope_per_s(looks))


def _work(line: Line, done: int, runs: int) -> int:
    """So many runs more; how many there are then."""
    line.run("-m", "tests.benchmarks.emit", "many", str(runs))
    line.until_finished(done + runs, limit_s=LIMIT_S, every_s=0.2)
    return done + runs


def _resident_mb(workers: Sequence[Process]) -> float:
    return sum(float(psutil.Process(each.pid).memory_info().rss) / 1e6 for each in workers)

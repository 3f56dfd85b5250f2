"""Under load: how long from the commit of ``emit()`` to the call of the first step.

First it is measured how many runs the workers do in a second, submitted one at a time; then 70 % of that
are emitted at an even pace. A figure is refused where that pace was not kept.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.figures import Figure, percentile
from tests.faults.line import Line

SHARE = 0.7
SECONDS = 15.0
WARM = 200
RUNS = 2_000
"""By which it is measured how much they do."""
PROCESSES = 2
CONCURRENCY = 64
LIMIT_S = 180.0
KEPT = 0.97
"""Of the pace."""
SHARES = {"p50": 0.5, "p99": 0.99}

_LAST_END = "SELECT extract(epoch FROM max(finished_at)) FROM flowengine_run"
_CALLED = """
SELECT json_object_agg(r.event_id, convert_from(s.output, 'UTF8')::float)::text
FROM flowengine_run r JOIN flowengine_step s ON s.run_id = r.id
WHERE r.workflow = 'timed' AND s.step = 'one'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One repetition."""

    per_s: float
    """Runs emitted in a second."""
    first_step_ms: Sequence[float]
    """From the commit of each event to the call of its first step."""


def figures(opened: Callable[[], AbstractContextManager[Line]], runs: int) -> list[Figure]:
    """The pace, and percentiles."""
    found = []
    for _ in range(runs):
        with opened() as line:
            found.append(_measure(line))
    rows = [
        Figure(
            name=f"emit -> first step, 70 % load, {name}",
            unit="ms",
            runs=tuple(percentile(each.first_step_ms, share) for each in found),
        )
        for name, share in SHARES.items()
    ]
    pace = tuple(each.per_s for each in found)
    return [Figure(name="emitted at 70 % load", unit="events/s", runs=pace), *rows]


def _measure(line: Line) -> Loaded:
    with _workers(line):
        _emit(line, "many", WARM)
        line.until_finished(WARM, limit_s=LIMIT_S)
        began = float(_emit(line, "timed", RUNS)["began"])
        line.until_finished(WARM + RUNS, limit_s=LIMIT_S, every_s=0.4)
        pace = SHARE * RUNS / (line.real(_LAST_END) - began)
        count = int(pace * SECONDS)
        said = _emit(line, "paced", count, f"{pace:.3f}")
        line.until_finished(WARM + RUNS + count, limit_s=LIMIT_S)
    line.assert_whole(WARM + RUNS + count)
    kept = count / float(said["seconds"])
    assert kept >= KEPT * pace, f"emitted {kept:.0f} instead of {pace:.0f} in a second"
    called = json.loads(line.text(_CALLED))
    waits = [1000 * (called[event] - at) for event, at in said["emitted"].items()]
    assert len(waits) == count
    return Loaded(per_s=kept, first_step_ms=waits)


def _emit(line: Line, *what: object) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(
        line.run("-m", "tests.benchmarks.emit", *map(str, what), limit_s=LIMIT_S)
    )
    return said


@contextmanager
def _workers(line: Line) -> Iterator[None]:
    worker = line.start(
        *("-m", "flowengine", "worker", "--processes", str(PROCESSES)),
        *("--concurrency", str(CONCURRENCY)),
    )
    try:
        line.until_serving(1)
        yield
    finally:
        worker.signal(signal.SIGTERM)
        line.until(lambda: not worker.is_running, what="the workers are gone", limit_s=40)

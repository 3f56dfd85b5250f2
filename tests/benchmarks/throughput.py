"""W0: a preloaded queue of five-step chains, workers only; and how fast events are emitted."""

from __future__ import annotations

import json
import signal

from tests.faults.line import Line

RUNS = 2_000
STEPS = 5
PROCESSES = 2
CONCURRENCY = 64

_SPAN = """
SELECT extract(epoch FROM max(r.finished_at) - min(s.started_at))
FROM flowengine_run r JOIN flowengine_step s ON s.run_id = r.id"""
_BEGUN_BY = """
SELECT count(DISTINCT f->>'worker') FROM flowengine_history h,
       json_array_elements(convert_from(h.transitions, 'UTF8')::json) f
WHERE f->>'t' = 'step.started'"""


def steps_per_second(line: Line) -> float:
    """Durable steps per second, from the first begin to the last end, by the database's clock.

    Every run is checked before its time is believed.
    """
    _preload(line)
    worker = line.start(
        *("-m", "flowengine", "worker", "--roles", "stations,beat"),
        *("--processes", str(PROCESSES), "--concurrency", str(CONCURRENCY)),
    )
    try:
        line.until_finished(RUNS, limit_s=120)
    finally:
        worker.signal(signal.SIGTERM)
    line.until(lambda: not worker.is_running, what="the workers are gone", limit_s=40)
    line.assert_whole(RUNS)
    done = line.number("SELECT count(*) FROM flowengine_step WHERE state = 'succeeded'")
    assert done == RUNS * STEPS, done
    took_part = line.number(_BEGUN_BY)
    assert took_part == PROCESSES, f"{took_part} of {PROCESSES} processes have begun steps"
    return done / line.real(_SPAN)


def _preload(line: Line) -> None:
    """Every run started, every first step's hint in the queue, no worker there."""
    line.run("-m", "tests.benchmarks.emit", "many", str(RUNS))
    router = line.start("-m", "flowengine", "worker", "--roles", "routing,relay")
    ready = "SELECT count(*) FROM flowengine_step WHERE state = 'ready'"
    line.until(lambda: line.number(ready) == RUNS, what="all runs started", limit_s=60)
    router.signal(signal.SIGTERM)  # it publishes what it has before it ends
    line.until(lambda: not router.is_running, what="the router is gone", limit_s=40)


def emits_per_second(line: Line) -> tuple[float, float]:
    """Events per second by ``emit()``, each in a transaction of its own; and by ``emit_many``."""
    return _rate(line, "chain", 2_000), _rate(line, "many", 10_000)


def _rate(line: Line, how: str, count: int) -> float:
    said = line.run("-m", "tests.benchmarks.emit", how, str(count))
    return count / float(json.loads(said)["seconds"])

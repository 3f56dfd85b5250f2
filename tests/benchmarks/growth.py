"""Does the cost of a piece stay the same in large runs, and with many workflows?

Each pair is measured by the database's clock on one worker process: a small case and a large one of
the same work, so that their ratio tells of growth and not of the machine.
"""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from tests.faults.line import Line
from tests.nodes.process import Process

ITEMS = (1_000, 10_000)
CHAINS = (20, 200)
WORKFLOWS = (1, 500)
HISTORY = (10_000, 1_000_000)
HISTORY_LARGE = 10_000_000
"""Takes minutes to write; measured where it is asked for."""
SLOW_DISK_US = (0, 3_000)
CONCURRENCY = 64

_HISTORY = """
INSERT INTO flowengine_history (run_id, first, last, at, transitions)
SELECT gen_random_uuid(), 1, 7, now(), convert_to(repeat('{"t":"step.succeeded"}', 8), 'UTF8')
FROM generate_series(1, %s)"""

_LOOP = """
workflow: loop
on: loop.begun
steps:
  - {id: each, for_each: "${{ event.data.items }}", as: item, max_parallel: 100, task: line.nothing}
"""
_WORKED_MS = """
SELECT 1000 * extract(epoch FROM max(r.finished_at) - min(e.created_at))
FROM flowengine_event e JOIN flowengine_decision d ON d.event_id = e.id
JOIN flowengine_run r ON r.id = d.run_id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One case: what a piece took in milliseconds, and what the worker grew by in MB at its peak."""

    piece_ms: float
    grown_mb: float


def write_workflows(directory: Path) -> None:
    """The files that the cases need, besides those of the test project."""
    (directory / "loop.yaml").write_text(_LOOP, encoding="utf-8")
    for length in CHAINS:
        steps = "\n".join(f"  - {{id: step_{n}, task: line.nothing}}" for n in range(length))
        text = f"workflow: chain_of_{length}\non: chain_of_{length}.begun\nsteps:\n{steps}\n"
        (directory / f"chain_of_{length}.yaml").write_text(text, encoding="utf-8")
    for count in WORKFLOWS:
        for n in range(count):
            name = f"wide_{count}_{n}"
            text = (
                f"workflow: {name}\non: wide_{count}.begun\n"
                "steps:\n  - {id: one, task: line.nothing}\n"
            )
            (directory / f"{name}.yaml").write_text(text, encoding="utf-8")


def loop(line: Line, items: int) -> Measured:
    """One run that loops over that many items, at most 100 at a time."""
    return _measure(line, "loop.begun", 1, items, runs=1, items=list(range(items)))


def chain(line: Line, steps: int) -> Measured:
    """Five runs at a time of a chain of that length."""
    return _measure(line, f"chain_of_{steps}.begun", 5, 5 * steps, runs=5)


def wide(line: Line, workflows: int) -> Measured:
    """500 runs of one step, begun by as many events as that many workflows need."""
    events = 500 // workflows
    return _measure(line, f"wide_{workflows}.begun", events, 500, runs=500)


def history(line: Line, rows: int) -> Measured:
    """300 chains of five steps beside that many rows of history of other runs."""
    with psycopg.connect(line.database_url, autocommit=True) as connection:
        connection.execute(_HISTORY.replace("%s", str(rows)).encode())
        connection.execute("VACUUM ANALYZE flowengine_history")
    return _measure(line, "chain.begun", 300, 1_500, runs=300)


def slow_disk(line: Line, delay_us: int) -> Measured:
    """The same where each commit takes that much longer; the database must let us say so."""
    with psycopg.connect(line.database_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET commit_siblings = 0")
        connection.execute(f"ALTER DATABASE {name} SET commit_delay = {delay_us}")
    return _measure(line, "chain.begun", 300, 1_500, runs=300)


def _measure(
    line: Line, name: str, events: int, pieces: int, *, runs: int, **data: object
) -> Measured:
    worker = line.start("-m", "flowengine", "worker", "--concurrency", str(CONCURRENCY))
    try:
        line.until_serving(1)
        line.emit("warm.up", 1)
        before = _resident_mb(worker)
        peak = _Peak(worker)
        line.run("-m", "tests.faults.emitter", name, str(events), json.dumps(data))
        line.until(lambda: peak.look() and line.finished() >= runs, what="all runs", limit_s=300)
    finally:
        worker.signal(signal.SIGTERM)
    line.until(lambda: not worker.is_running, what="the worker is gone", limit_s=40)
    return Measured(piece_ms=line.real(_WORKED_MS) / pieces, grown_mb=peak.mb - before)


class _Peak:
    """The most memory that a worker was seen to hold."""

    def __init__(self, worker: Process) -> None:
        self._worker = worker
        self.mb = 0.0

    def look(self) -> bool:
        """Look once more; always true, to be asked on the way to another question."""
        self.mb = max(self.mb, _resident_mb(self._worker))
        return True


def _resident_mb(worker: Process) -> float:
    return float(psutil.Process(worker.pid).memory_info().rss) / 1e6

"""Does the cost of a piece stay the same in large runs, beside much history, and with many workflows?

Each pair is measured by the database's clock on one worker process: a small case and a large one of
the same work, so that their ratio tells of growth and not of the machine. All is emitted before the worker
starts: how fast one can emit is measured elsewhere.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from tests.benchmarks.figures import Figure
from tests.benchmarks.throughput import steps_per_second
from tests.benchmarks.usage import Usage
from tests.faults.line import Line
from tests.nodes.process import Process

ITEMS = (5, 1_000, 10_000)
ITEMS_TOGETHER = 10_000
CHAINS = (20, 200)
CHAINS_AT_ONCE = 50
RUNS_OF_ONE_STEP = 2_000
WORKFLOWS = (1, 500)
HISTORY = (10_000, 1_000_000)
HISTORY_LARGE = 10_000_000
"""Takes minutes to write; measured where it is asked for."""
RUNS_OF_FIVE = 1_000
SLOW_DISK_US = (0, 3_000)
CONCURRENCY = 64
LIMIT_S = 300.0

Opened = Callable[[], AbstractContextManager[Line]]
"""Opens a line on a fresh database."""

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
_BEGUN = "SELECT count(*) FROM flowengine_step WHERE started_at IS NOT NULL"
_DONE = "SELECT count(*) FROM flowengine_step WHERE state = 'succeeded' AND task <> '' AND kind = 'task'"
_SPAN_MS = """
SELECT 1000 * extract(epoch FROM max(finished_at) - (SELECT min(started_at) FROM flowengine_worker))
FROM flowengine_run"""
_SLOW = "W0, each commit {} us slower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One case, by piece: a step, an item or a run."""

    ms: float
    """By the clock."""
    cpu_ms: float
    """Of processors, of the worker and all services."""
    grown_mb: float
    """What the worker grew by, at its peak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The same work, small and large."""

    name: str
    """Of its ratios: ``growth_<name>_<size>``."""
    title: str
    """Of its figures, with a place for the size."""
    sizes: tuple[int, ...]
    files: Callable[[int], Mapping[str, str]]
    """The workflows of that size besides those of the test project, by name."""
    measure: Callable[[Line, int], Measured]


def figures(opened: Opened, runs: int, *, large: bool) -> list[Figure]:
    """All cases, small and large in turns; with *large* beside ten million rows of history, too."""
    found: list[Figure] = []
    for case in _cases(large=large):
        measured: dict[int, list[Measured]] = {size: [] for size in case.sizes}
        for _ in range(runs):
            for size in case.sizes:
                with _workflows(case.files(size)), opened() as line:
                    measured[size].append(case.measure(line, size))
        for size, each in measured.items():
            title = case.title.format(f"{size:,}")
            found += [
                Figure(name=title, unit="ms", runs=tuple(one.ms for one in each)),
                Figure(
                    name=f"{title}: processor", unit="ms", runs=tuple(one.cpu_ms for one in each)
                ),
                Figure(
                    name=f"{title}: worker grows by",
                    unit="MB",
                    runs=tuple(one.grown_mb for one in each),
                ),
            ]
    rates: dict[int, list[float]] = {delay: [] for delay in SLOW_DISK_US}
    for _ in range(runs):
        for delay, of_delay in rates.items():
            of_delay.append(_on_slow_disk(opened, delay))
    return found + [
        Figure(name=_SLOW.format(f"{delay:,}"), unit="steps/s", runs=tuple(of_delay))
        for delay, of_delay in rates.items()
    ]


def ratios(measured: Sequence[Figure]) -> dict[str, float]:
    """Large over small, by the clock; of a slow disk, what is left of W0. Medians of the pairs."""
    runs = {each.name: each.runs for each in measured}
    found = {}
    for case in _cases(large=True):
        small = runs.get(case.title.format(f"{case.sizes[0]:,}"))
        for size in case.sizes[1:]:
            large = runs.get(case.title.format(f"{size:,}"))
            if small and large:
                found[f"growth_{case.name}_{size}"] = _paired(large, small)
    fast, slow = (runs.get(_SLOW.format(f"{delay:,}")) for delay in SLOW_DISK_US)
    if fast and slow:
        found["w0_slow_disk_vs_fast"] = _paired(slow, fast)
    return found


def _paired(above: Sequence[float], below: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def _cases(*, large: bool) -> tuple[Case, ...]:
    return (
        Case(
            name="loop",
            title="item of a loop of {}",
            sizes=ITEMS,
            files=lambda _size: {"loop": _LOOP},
            measure=_loop,
        ),
        Case(
            name="chain",
            title="step of a chain of {}",
            sizes=CHAINS,
            files=lambda size: {"long": _lines("long", [f"step_{n}" for n in range(size)])},
            measure=_chain,
        ),
        Case(
            name="fan",
            title="run, {} workflows to an event",
            sizes=WORKFLOWS,
            files=lambda size: {f"fan_{n}": _lines(f"fan_{n}", ["one"]) for n in range(size)},
            measure=_fan,
        ),
        Case(
            name="workflows",
            title="step beside {} other workflows",
            sizes=WORKFLOWS,
            files=lambda size: {f"idle_{n}": _lines(f"idle_{n}", ["one"]) for n in range(size)},
            measure=lambda line, _size: _five(line),
        ),
        Case(
            name="history",
            title="step beside {} rows of history",
            sizes=(*HISTORY, HISTORY_LARGE) if large else HISTORY,
            files=lambda _size: {},
            measure=_beside_history,
        ),
    )


def _lines(name: str, steps: Sequence[str]) -> str:
    """A workflow of no work; those called ``fan_`` all wait for the same event."""
    event = "fan" if name.startswith("fan_") else name
    rows = "\n".join(f"  - {{id: {step}, task: line.nothing}}" for step in steps)
    return f"workflow: {name}\non: {event}.begun\nsteps:\n{rows}\n"


def _loop(line: Line, items: int) -> Measured:
    """Ten thousand items, in runs that loop over that many each, at most 100 of a run at a time."""
    runs = ITEMS_TOGETHER // items
    return _measure(line, "loop.begun", runs, ITEMS_TOGETHER, runs, items=list(range(items)))


def _chain(line: Line, steps: int) -> Measured:
    return _measure(line, "long.begun", CHAINS_AT_ONCE, CHAINS_AT_ONCE * steps, CHAINS_AT_ONCE)


def _fan(line: Line, workflows: int) -> Measured:
    """Runs of one step, begun by as many events as that many workflows need."""
    events = RUNS_OF_ONE_STEP // workflows
    return _measure(line, "fan.begun", events, RUNS_OF_ONE_STEP, RUNS_OF_ONE_STEP)


def _beside_history(line: Line, rows: int) -> Measured:
    """Chains of five steps beside that many rows of history of other runs."""
    with psycopg.connect(line.database_url, autocommit=True) as connection:
        connection.execute(_HISTORY.replace("%s", str(rows)).encode())
        connection.execute("VACUUM ANALYZE flowengine_history")
        connection.execute("CHECKPOINT")  # else it comes while steps are measured
    return _five(line)


def _five(line: Line) -> Measured:
    return _measure(line, "chain.begun", RUNS_OF_FIVE, 5 * RUNS_OF_FIVE, RUNS_OF_FIVE)


def _on_slow_disk(opened: Opened, delay_us: int) -> float:
    """W0 where each commit takes that much longer; the database must let us say so."""
    with opened() as line:
        with psycopg.connect(line.database_url, autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute(f"ALTER DATABASE {name} SET commit_siblings = 0")
            connection.execute(f"ALTER DATABASE {name} SET commit_delay = {delay_us}")
        return steps_per_second(line)


def _measure(
    line: Line, name: str, events: int, pieces: int, runs: int, **data: object
) -> Measured:
    """From the first begin to the last end, of what was emitted before the worker came."""
    given = [json.dumps(data)] if data else []
    line.run("-m", "tests.benchmarks.emit", "many", str(events), name, *given)
    worker = line.start("-m", "flowengine", "worker", "--concurrency", str(CONCURRENCY))
    try:
        line.until(lambda: line.number(_BEGUN) > 0, what="a begin", limit_s=LIMIT_S)
        usage, peak = Usage([worker.pid]), _Peak(worker)
        line.until(
            lambda: peak.look() and line.finished() >= runs,
            what="all runs",
            limit_s=LIMIT_S,
            every_s=0.2,
        )
        used_s = usage.seconds()
    finally:
        worker.signal(signal.SIGTERM)
    line.until(lambda: not worker.is_running, what="the worker is gone", limit_s=40)
    done = line.number(_DONE)
    assert (line.finished(), done) == (runs, pieces), f"{done} of {pieces}\n{line.story()}"
    return Measured(
        ms=line.real(_SPAN_MS) / pieces, cpu_ms=1000 * used_s / pieces, grown_mb=peak.grown_mb
    )


@contextmanager
def _workflows(files: Mapping[str, str]) -> Iterator[None]:
    """Lines that are opened meanwhile have these workflows, too."""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in files.items():
            (Path(directory) / f"{name}.yaml").write_text(text, encoding="utf-8")
        os.environ["FLOWENGINE_BENCH_WORKFLOWS"] = directory
        try:
            yield
        finally:
            del os.environ["FLOWENGINE_BENCH_WORKFLOWS"]


class _Peak:
    """The most memory that a worker was seen to hold."""

    def __init__(self, worker: Process) -> None:
        self._process = psutil.Process(worker.pid)
        self._first_mb = self._mb()
        self._most_mb = self._first_mb

    @property
    def grown_mb(self) -> float:
        """More than at first."""
        return self._most_mb - self._first_mb

    def look(self) -> bool:
        """Look once more; always true, to be asked on the way to another question."""
        self._most_mb = max(self._most_mb, self._mb())
        return True

    def _mb(self) -> float:
        return float(self._process.memory_info().rss) / 1e6

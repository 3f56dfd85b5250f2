"""flowengine as one of the systems: durable rows in PostgreSQL, quorum queues, all of it counted by SQL."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.systems import CHAIN_STEPS, WIDE_STEPS, Delays, Done
from tests.benchmarks.usage import Usage
from tests.faults.line import Line
from tests.nodes.process import Process

PROCESSES = 2
CONCURRENCY = 64
LIMIT_S = 180.0
ASKED_EVERY_S = 0.4
"""To count rows costs the database time, which counts: steps are timed by its clock, not by when we look."""

_SUCCEEDED = "SELECT count(*) FROM flowengine_step WHERE state = 'succeeded' AND kind = 'task'"
_BEGUN = "SELECT count(*) FROM flowengine_step WHERE state NOT IN ('ready', 'pending')"
_SPAN = """
SELECT extract(epoch FROM max(r.finished_at) - min(s.started_at))
FROM flowengine_run r JOIN flowengine_step s ON s.run_id = r.id"""
_LAST_END = "SELECT extract(epoch FROM max(finished_at)) FROM flowengine_run"
_WRITTEN = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)
FROM pg_stat_user_tables WHERE relname LIKE 'flowengine%'"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
_BEGINS = """
SELECT json_agg(json_build_array(r.event_id, s.step, extract(epoch FROM s.started_at)))::text
FROM flowengine_run r JOIN flowengine_step s ON s.run_id = r.id WHERE s.step IN ('one', 'five')"""


class Flowengine:
    """flowengine on a fresh database for each repetition.

    Args:
        name: what to call it.
        opened: opens a line on a fresh database.
        by_hand: steps are handed on inside a worker; else each goes through RabbitMQ.
        flames: where W0 leaves a flame graph of its workers, which costs it time; None = nowhere.
    """

    def __init__(
        self,
        name: str,
        opened: Callable[[], AbstractContextManager[Line]],
        *,
        by_hand: bool = True,
        flames: Path | None = None,
    ) -> None:
        self.name = name
        self._opened = opened
        self._by_hand = by_hand
        self._flames = flames

    def preloaded(self, runs: int) -> Done:
        """From the first begin of a step to the last end of a run, by the database's clock."""
        with self._line() as line:
            line.run("-m", "tests.benchmarks.emit", "many", str(runs))
            router = line.start("-m", "flowengine", "worker", "--roles", "routing,relay")
            ready = "SELECT count(*) FROM flowengine_step WHERE state = 'ready'"
            line.until(lambda: line.number(ready) == runs, what="all runs started", limit_s=60)
            _end(line, router)  # it publishes what it has before it ends
            before = _rows_written(line)
            with _worker(line, "--roles", "stations,beat") as worker:
                line.until(lambda: line.number(_BEGUN) > 0, what="a begin", limit_s=LIMIT_S)
                usage = Usage([worker.pid])
                with _in_flames(worker.pid, self._flames):
                    line.until_finished(runs, limit_s=LIMIT_S, every_s=ASKED_EVERY_S)
                used = usage.parts()
            rows = _rows_written(line) - before
            steps = _counted(line, runs, runs * CHAIN_STEPS)
            seconds = line.real(_SPAN)
        return Done(
            steps_per_s=steps / seconds,
            cpu_s_per_1000={who: 1000 * s / steps for who, s in used.items()},
            rows_of_step=rows / steps,
        )

    def submitted(self, runs: int) -> Done:
        """From the begin of the first ``emit`` to the last end of a run."""
        return self._worked("chain", runs, CHAIN_STEPS)

    def wide(self, runs: int) -> Done:
        """The same of ten parallel steps and their join."""
        return self._worked("wide", runs, WIDE_STEPS)

    def many(self, runs: int) -> float:
        """Submissions a second, a hundred to each ``emit_many``, while workers are busy."""
        found = self._worked("many", runs, CHAIN_STEPS).submits_per_s
        assert found is not None
        return found

    def idle(self, runs: int) -> Delays:
        """One at a time, with a warm worker."""
        with self._line() as line, _worker(line, processes=1):
            _warm(line)
            found = _emit(line, "idle", runs)
            line.until_finished(runs + _WARM, limit_s=LIMIT_S)
            begins = json.loads(line.text(_BEGINS))
        at = found["emitted"]
        delays = Delays()
        for event, step, began in begins:
            if event in at:
                into = delays.first_step if step == "one" else delays.last_step
                into.append((began - at[event]) * 1000)
        assert len(delays.first_step) == len(delays.last_step) == runs
        return delays

    def _worked(self, what: str, runs: int, steps_of_one: int) -> Done:
        with self._line() as line:
            before = _rows_written(line)
            with _worker(line) as worker:
                _warm(line)
                usage = Usage([worker.pid])
                found = _emit(line, what, runs)
                line.until_finished(runs + _WARM, limit_s=LIMIT_S, every_s=ASKED_EVERY_S)
                used = {**usage.parts(), "submitter": found["cpu"]}
                seconds = line.real(_LAST_END) - found["began"]
            every = _counted(line, runs + _WARM, runs * steps_of_one + _WARM * CHAIN_STEPS)
            rows = _rows_written(line) - before
        steps = runs * steps_of_one
        return Done(
            steps_per_s=steps / seconds,
            cpu_s_per_1000={who: 1000 * s / steps for who, s in used.items()},
            submits_per_s=runs / found["seconds"],
            rows_of_step=rows / every,
        )

    @contextmanager
    def _line(self) -> Iterator[Line]:
        with self._opened() as line:
            line.environment["FLOWENGINE_BENCH_BY_HAND"] = "1" if self._by_hand else ""
            yield line


_WARM = 100
"""Runs that make every process connect and fill its caches before anything counts."""


def _warm(line: Line) -> None:
    line.until_serving(1)
    line.run("-m", "tests.benchmarks.emit", "many", str(_WARM))
    line.until_finished(_WARM, limit_s=LIMIT_S)


def _emit(line: Line, what: str, count: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line.run("-m", "tests.benchmarks.emit", what, str(count)))
    return found


def _counted(line: Line, runs: int, steps: int) -> int:
    """All steps, once nothing is lost, doubled or stuck."""
    line.assert_whole(runs)
    found = line.number(_SUCCEEDED)
    assert found == steps, f"{found} of {steps} steps"
    return found


def _rows_written(line: Line) -> int:
    """Into flowengine's tables, once all who wrote have gone: until then they may keep their counts."""
    line.until(lambda: line.number(_OTHERS) == 0, what="nobody else is there", limit_s=60)
    return line.number(_WRITTEN)


@contextmanager
def _worker(line: Line, *arguments: str, processes: int = PROCESSES) -> Iterator[Process]:
    worker = line.start(
        *("-m", "flowengine", "worker", "--processes", str(processes)),
        *("--concurrency", str(CONCURRENCY), *arguments),
    )
    try:
        yield worker
    finally:
        _end(line, worker)


@contextmanager
def _in_flames(pid: int, to: Path | None) -> Iterator[None]:
    """What that process and its children do meanwhile, as a flame graph, where py-spy is installed."""
    program = shutil.which("py-spy")
    if to is None or program is None:
        yield
        return
    command = [program, "record", "--subprocesses", "--gil", "--rate", "250", "--pid", str(pid)]
    with subprocess.Popen(
        [*command, "--output", str(to)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as spy:
        try:
            yield
        finally:
            spy.send_signal(signal.SIGINT)  # it writes what it has seen, and ends


def _end(line: Line, worker: Process) -> None:
    worker.signal(signal.SIGTERM)
    line.until(lambda: not worker.is_running, what="the worker is gone", limit_s=40)

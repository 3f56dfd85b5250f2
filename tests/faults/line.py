"""A whole line of real processes on real parts, and the questions that tell whether it is whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from tests.nodes.process import Process, end, spawn, tail

ROOT = Path(__file__).parents[2]

LOST = """
SELECT count(*) FROM flowengine_event e
LEFT JOIN flowengine_decision d ON d.event_id = e.id
LEFT JOIN flowengine_run r ON r.id = d.run_id
WHERE r.id IS NULL OR r.state NOT IN ('succeeded')"""
DOUBLED = """
SELECT count(*) FROM (
  SELECT h.run_id, f->>'step' FROM flowengine_history h,
         json_array_elements(convert_from(h.transitions, 'UTF8')::json) f
  WHERE f->>'t' = 'step.succeeded' GROUP BY 1, 2 HAVING count(*) > 1) AS twice"""
STUCK = """
SELECT count(*) FROM flowengine_step s JOIN flowengine_run r ON r.id = s.run_id
WHERE s.state IN ('ready', 'running', 'retrying')
   OR r.state IN ('running', 'waiting', 'cancelling')"""
GAPS = """
SELECT count(*) FROM (
  SELECT first, lag(last) OVER (PARTITION BY run_id ORDER BY first) AS before
  FROM flowengine_history) AS h WHERE first <= before"""
COUNTED_TWICE = """
SELECT count(*) FROM (SELECT run_id FROM project_mark WHERE step = 'three'
                      GROUP BY run_id HAVING count(*) <> 1) AS twice"""


class Line:
    """One database, one broker, and the processes on them."""

    def __init__(
        self, *, database_url: str, broker_url: str, directory: Path, redis_url: str = ""
    ) -> None:
        self.database_url = database_url
        self.directory = directory
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "FLOWENGINE_TEST_DATABASE_URL": database_url,
            "FLOWENGINE_TEST_BROKER_URL": broker_url,
            "FLOWENGINE_TEST_REDIS_URL": redis_url,
        }
        self._processes: list[Process] = []
        self._started = 0

    def prepare(self) -> None:
        """Tables and definitions."""
        self.run("-m", "django", "migrate", "--verbosity=0")
        self.run("-m", "flowengine", "sync")

    def run(self, *arguments: str, limit_s: float = 120) -> str:
        """Run a program to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str) -> Process:
        """Start a program; it ends with the line at the latest."""
        self._started += 1
        log = self.directory / f"{self._started}-{arguments[-1].replace('/', '_')}.log"
        process = spawn(
            [sys.executable, *arguments], directory=ROOT, log=log, environment=self.environment
        )
        self._processes.append(process)
        return process

    def worker(self, *arguments: str) -> Process:
        """Start a worker as people do."""
        return self.start("-m", "flowengine", "worker", "--concurrency", "8", *arguments)

    def dying_worker(self, point: str, times: int = 1) -> Process:
        """Start a worker that is killed at that point."""
        return self.start("-m", "tests.faults.worker", point, str(times))

    def emit(self, name: str, count: int, **data: Any) -> None:
        """Emit that many events."""
        self.run("-m", "tests.faults.emitter", name, str(count), json.dumps(data))

    def emit_steadily(self, name: str, count: int, per_second: float, **data: Any) -> Process:
        """Emit them in the background."""
        return self.start(
            "-m", "tests.faults.emitter", name, str(count), json.dumps(data), str(per_second)
        )

    def number(self, question: str) -> int:
        """The one number that answers a question to the database."""
        with psycopg.connect(self.database_url, autocommit=True, connect_timeout=5) as connection:
            row = connection.execute(question).fetchone()
            assert row is not None
            return int(row[0])

    def real(self, question: str) -> float:
        """The same for a number that is not whole."""
        return float(self.text(question))

    def text(self, question: str) -> str:
        """The same for a text."""
        with psycopg.connect(self.database_url, autocommit=True, connect_timeout=5) as connection:
            row = connection.execute(question).fetchone()
            assert row is not None
            return str(row[0])

    def finished(self) -> int:
        """Runs that have succeeded."""
        return self.number("SELECT count(*) FROM flowengine_run WHERE state = 'succeeded'")

    def until(
        self, is_so: Callable[[], bool], *, what: str, limit_s: float, every_s: float = 0.05
    ) -> float:
        """Wait until *is_so*, which is asked *every_s*; the seconds it took."""
        began = time.monotonic()
        while True:
            try:
                if is_so():
                    return time.monotonic() - began
            except psycopg.Error:
                pass  # the database is away: that may be the very thing under test
            waited = time.monotonic() - began
            assert waited < limit_s, f"{what}: not within {limit_s:.0f} s\n{self.story()}"
            time.sleep(every_s)

    def until_serving(self, workers: int) -> None:
        """Wait until that many workers have a lease that is not over."""
        alive = "SELECT count(*) FROM flowengine_worker WHERE state = 'alive' AND due_at > now()"
        self.until(lambda: self.number(alive) >= workers, what="workers serve", limit_s=60)

    def until_finished(self, count: int, *, limit_s: float, every_s: float = 0.05) -> float:
        """Wait until that many runs have succeeded."""
        return self.until(
            lambda: self.finished() >= count,
            what=f"{count} runs succeed",
            limit_s=limit_s,
            every_s=every_s,
        )

    def assert_whole(self, count: int) -> None:
        """Nothing lost, nothing done twice, nothing stuck, numbers without overlap."""
        assert self.number("SELECT count(*) FROM flowengine_event") == count
        found = {
            "lost": self.number(LOST),
            "completed twice": self.number(DOUBLED),
            "stuck": self.number(STUCK),
            "numbers given twice": self.number(GAPS),
            "transactional effects not exactly once": self.number(COUNTED_TWICE),
        }
        assert not any(found.values()), f"{found}\n{self.story()}"

    def story(self) -> str:
        """What the processes said last, and where the rows stand."""
        logs = [f"--- {log.name}\n{tail(log)}" for log in sorted(self.directory.glob("*.log"))]
        try:
            with psycopg.connect(self.database_url, connect_timeout=5) as connection:
                rows = connection.execute(
                    "SELECT 'step', state, count(*) FROM flowengine_step GROUP BY 1, 2 UNION ALL"
                    " SELECT 'run', state, count(*) FROM flowengine_run GROUP BY 1, 2 UNION ALL"
                    " SELECT 'event', state, count(*) FROM flowengine_event GROUP BY 1, 2"
                ).fetchall()
        except psycopg.Error as error:
            rows = [("database", str(error), 0)]
        return "\n".join([*logs, *map(str, rows)])

    def close(self) -> None:
        """End every process it started."""
        end(
            [process for process in self._processes if process.is_running],
            gently_s=0.1,
            first=signal.SIGKILL,
        )

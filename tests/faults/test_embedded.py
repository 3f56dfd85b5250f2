"""The whole embedded process is killed, again and again; SQLite keeps the truth."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.line import ROOT
from tests.nodes.process import tail

pytestmark = [
    pytest.mark.faults,
    # A slow machine takes ten seconds for each start; what must not take long has limits of its own.
    pytest.mark.timeout(900),
]

COUNT = 150
KILLS = 12
STARTED = "worker started"
"""What the log says once the process has its lease and all its loops."""
START_WITHIN_S = 60.0
END_WITHIN_S = 180.0
DOUBLED = """
SELECT count(*) FROM (
  SELECT h.run_id, json_extract(f.value, '$.step') FROM flowengine_history h,
         json_each(CAST(h.transitions AS TEXT)) f
  WHERE json_extract(f.value, '$.t') = 'step.succeeded' GROUP BY 1, 2 HAVING count(*) > 1)"""
COUNTED_TWICE = """
SELECT count(*) FROM (SELECT run_id FROM project_mark WHERE step = 'three'
                      GROUP BY run_id HAVING count(*) <> 1)"""
UNFINISHED = "SELECT count(*) FROM flowengine_run WHERE state <> 'succeeded'"
TORN = """
SELECT (SELECT count(*) FROM project_mark WHERE step = 'emitted')
     - (SELECT count(*) FROM flowengine_event)"""
LEFT = """
SELECT 'event', e.state, count(*), min(e.due_at), '' FROM flowengine_event e GROUP BY 2
UNION ALL
SELECT 'run', r.state, count(*), min(r.due_at), '' FROM flowengine_run r GROUP BY 2
UNION ALL
SELECT 'step ' || s.step, s.state || ', attempt ' || s.attempt || ', crashes ' || s.crashes,
       count(*), min(s.due_at), coalesce(max(CAST(s.failure AS TEXT)), '')
FROM flowengine_step s WHERE s.state <> 'succeeded' GROUP BY 1, 2
UNION ALL
SELECT 'worker', w.state, count(*), min(w.due_at), '' FROM flowengine_worker w GROUP BY 2"""


class Lives:
    """One embedded line over its lives; each has a log of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "FLOWENGINE_TEST_DATABASE_URL": f"sqlite://{directory / 'line.sqlite3'}",
            "FLOWENGINE_TEST_BROKER_URL": "inproc://",
            "FLOWENGINE_TEST_REDIS_URL": "",
        }
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Tables and definitions."""
        for arguments in (("django", "migrate", "--verbosity=0"), ("flowengine", "sync")):
            subprocess.run(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env=self.environment,
                check=True,
                timeout=120,
            )

    def begin(self) -> None:
        """Start the process; returns once it works."""
        self._count += 1
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.embedded", str(COUNT)],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_WITHIN_S
        while STARTED not in self._log.read_text(encoding="utf-8"):
            assert self._process.poll() is None, f"it ended while it started\n{self.story()}"
            assert time.monotonic() < until, f"it does not start\n{self.story()}"
            threading.Event().wait(0.02)

    def kill(self) -> None:
        """End the present life, if it has not come to its end by itself."""
        process, self._process = self._process, None
        if process is not None:
            ended = process.poll()
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            assert ended in {None, 0}, f"it had ended with {ended} already\n{self.story()}"

    def end(self) -> None:
        """Let the present life come to its end by itself."""
        assert self._process is not None
        try:
            code = self._process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            pytest.fail(f"not at its end within {END_WITHIN_S:.0f} s\n{self.story()}")
        assert code == 0, f"it ended with {code}\n{self.story()}"

    def ask(self, question: str) -> object:
        """The one value that answers a question to the database."""
        return self._rows(question)[0][0]

    def story(self) -> str:
        """What the last life said last, and the rows that are not where they should end."""
        rows = "\n".join(" | ".join(map(str, row)) for row in self._rows(LEFT))
        return f"--- {self._log.name}\n{tail(self._log, lines=60)}\n--- rows\n{rows}"

    @property
    def _log(self) -> Path:
        return self.directory / f"{self._count}.log"

    def _rows(self, question: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.directory / "line.sqlite3", timeout=20) as connection:
            return list(connection.execute(question))


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Lives]:
    """A project on an SQLite file of its own, with tables and definitions."""
    lives = Lives(tmp_path)
    lives.prepare()
    yield lives
    lives.kill()


def test_an_embedded_process_killed_at_any_moment_loses_and_doubles_nothing(lives: Lives) -> None:
    moments = random.Random(24)
    for _ in range(KILLS):
        lives.begin()
        # No event to wait for: the moment is arbitrary, which is what is under test.
        threading.Event().wait(moments.uniform(0.0, 1.2))
        lives.kill()
        assert lives.ask("PRAGMA integrity_check") == "ok"

    lives.begin()
    lives.end()

    assert lives.ask("SELECT count(*) FROM flowengine_event") == COUNT
    found = {
        "torn from their business row": lives.ask(TORN),
        "unfinished": lives.ask(UNFINISHED),
        "completed twice": lives.ask(DOUBLED),
        "transactional effects not exactly once": lives.ask(COUNTED_TWICE),
    }
    assert not any(found.values()), f"{found}\n{lives.story()}"

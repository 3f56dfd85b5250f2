"""The demo shop as people run it: a process that prints its address, and a look into its database.

Nothing of Django is imported here: a test sees what the browser and the database show.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.nodes.process import Process, end, free_port, spawn, tail

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/")
STARTING_S = 60.0
STEPS = ("reserve", "charge", "pack", "hand_over", "notify")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a shop stands on."""

    broker: str = "inproc://"
    database: str = ""
    """A PostgreSQL URL; empty = an SQLite file in the shop's folder."""
    redis: str = ""


class Shop:
    """One shop: its folder, its port and, while it is open, its process."""

    def __init__(self, directory: Path, parts: Parts, *, pace: float = 1.0) -> None:
        self.port = free_port()
        self._directory = directory
        self._parts = parts
        self._pace = pace
        self._process: Process | None = None
        self._logs: list[Path] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Open it, at the port it had before; returns when it has printed its address."""
        log = self._directory / f"{len(self._logs) + 1}.log"
        self._logs.append(log)
        command = [
            *(sys.executable, "-m", "flowengine", "demo", "--no-browser"),
            *("--port", str(self.port), "--data", str(self._directory)),
            *("--broker", self._parts.broker),
            *("--database", self._parts.database),
            *("--redis", self._parts.redis),
        ]
        self._process = spawn(command, directory=ROOT, log=log, environment=self._environment)
        self.until(lambda: self._printed(log), what="the shop prints its address")
        assert int(self._printed(log)) == self.port, self.story()

    def kill(self) -> None:
        """No farewell: what a power cut does."""
        assert self._process is not None
        end([self._process], gently_s=10, first=signal.SIGKILL)

    def stop(self) -> None:
        """What ctrl-c does."""
        assert self._process is not None
        end([self._process], gently_s=20, first=signal.SIGINT)

    def close(self) -> None:
        """End it, if it runs."""
        if self._process is not None and self._process.is_running:
            self.kill()

    def manage(self, code: str, *, limit_s: float = 150) -> str:
        """Run a few lines inside the shop's Django, in a process of their own; what they print."""
        program = f"import django; django.setup()\n{code}"
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={
                **os.environ,
                **self._environment,
                "DJANGO_SETTINGS_MODULE": "flowengine.demo.settings",
                "FLOWENGINE_DEMO_DIR": str(self._directory),
                "FLOWENGINE_BROKER_URL": self._parts.broker,
                "DATABASE_URL": self._parts.database,
                "REDIS_URL": self._parts.redis,
            },
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What the database answers; the connection may read only."""
        if self._parts.database:
            options = "-c default_transaction_read_only=on"
            with psycopg.connect(self._parts.database, options=options) as connection:
                return connection.execute(question).fetchall()
        file = f"file:{self._directory / 'demo.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(file, uri=True, timeout=10)) as connection:
            return connection.execute(question).fetchall()

    def number(self, question: str) -> int:
        """The one number that answers."""
        return int(self.rows(question)[0][0])

    def states(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Every run with its state, and the states of those of its steps that have one."""
        runs: dict[str, tuple[str, dict[str, str]]] = {
            _text(run): (state, {}) for run, state in self.rows(_RUNS)
        }
        for run, step, state in self.rows(_STEPS):
            runs[_text(run)][1][step] = state
        return runs

    def until(self, is_so: Callable[[], object], *, what: str, limit_s: float = STARTING_S) -> None:
        """Wait for what no page shows."""
        deadline = time.monotonic() + limit_s
        while not is_so():
            alive = self._process is not None and self._process.is_running
            assert alive, f"the shop is gone, waiting until {what}\n{self.story()}"
            assert time.monotonic() < deadline, f"not in {limit_s} s: {what}\n{self.story()}"
            time.sleep(0.02)

    def story(self) -> str:
        """What it said last."""
        return "\n".join(f"--- {log}\n{tail(log, lines=40)}" for log in self._logs)

    @property
    def _environment(self) -> dict[str, str]:
        return {"FLOWENGINE_DEMO_PACE": str(self._pace), "PYTHONUNBUFFERED": "1"}

    def _printed(self, log: Path) -> str:
        found = ADDRESS.search(log.read_text(encoding="utf-8"))
        return found[1] if found else ""


@contextmanager
def opened(directory: Path, parts: Parts, *, pace: float) -> Iterator[Shop]:
    """A shop in that folder, killed at the end; what it said last is shown with a test that fails."""
    shop = Shop(directory, parts, pace=pace)
    try:
        shop.start()
        yield shop
    finally:
        shop.close()
        print(shop.story())  # noqa: T201 - pytest shows it where it is wanted


_RUNS = "SELECT id, state FROM flowengine_run"
_STEPS = "SELECT run_id, step, state FROM flowengine_step"


def _text(run: Any) -> str:
    """A run's id as pages write it: SQLite keeps 32 digits, PostgreSQL a UUID."""
    digits = str(run).replace("-", "")
    cuts = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
    return "-".join(digits[start:end] for start, end in cuts)

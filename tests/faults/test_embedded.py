"""The whole embedded process is killed, again and again; SQLite keeps the truth."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.faults.line import ROOT

pytestmark = pytest.mark.faults

COUNT = 150
KILLS = 12
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


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a project on an SQLite file of its own, with tables and definitions."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "FLOWENGINE_TEST_DATABASE_URL": f"sqlite://{tmp_path / 'line.sqlite3'}",
        "FLOWENGINE_TEST_BROKER_URL": "inproc://",
        "FLOWENGINE_TEST_REDIS_URL": "",
    }
    for arguments in (("-m", "django", "migrate", "--verbosity=0"), ("-m", "flowengine", "sync")):
        subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=environment, check=True, timeout=120
        )
    return environment


def test_an_embedded_process_killed_at_any_moment_loses_and_doubles_nothing(
    environment: dict[str, str], tmp_path: Path
) -> None:
    moments = random.Random(24)
    for _ in range(KILLS):
        process = _start(environment, tmp_path)
        # No event to wait for: the moment is arbitrary, which is what is under test.
        threading.Event().wait(moments.uniform(1.2, 2.5))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert _ask(tmp_path, "PRAGMA integrity_check") == "ok"

    last = _start(environment, tmp_path)
    assert last.wait(120) == 0, (tmp_path / "log").read_text()[-3000:]

    assert _ask(tmp_path, "SELECT count(*) FROM flowengine_event") == COUNT
    found = {
        "torn from their business row": _ask(tmp_path, TORN),
        "unfinished": _ask(tmp_path, UNFINISHED),
        "completed twice": _ask(tmp_path, DOUBLED),
        "transactional effects not exactly once": _ask(tmp_path, COUNTED_TWICE),
    }
    assert not any(found.values()), found


def _start(environment: dict[str, str], directory: Path) -> subprocess.Popen[bytes]:
    with (directory / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.embedded", str(COUNT)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _ask(directory: Path, question: str) -> object:
    with sqlite3.connect(directory / "line.sqlite3", timeout=20) as connection:
        row = connection.execute(question).fetchone()
    return row[0]

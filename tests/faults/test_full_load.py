"""Workers are killed again and again while there is more to do than they manage.

``FLOWENGINE_TEST_LOAD_S`` is for how long: short in ``make test``, a minute in ``make soak``.
"""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.faults.line import Line
from tests.nodes.process import Process

pytestmark = pytest.mark.faults

LOAD_S = float(os.environ.get("FLOWENGINE_TEST_LOAD_S", "8"))
AT_FIRST, PER_SECOND = 300, 60
"""Runs of five steps: those that wait when it begins, and those that come while it lasts."""
HANDED = """
SELECT count(*) FROM flowengine_history
WHERE convert_from(transitions, 'UTF8') LIKE '%"handed":true%'"""


def test_kills_under_full_load_lose_double_and_stop_nothing(line: Line) -> None:
    count = AT_FIRST + int(PER_SECOND * LOAD_S)
    line.emit("chain.begun", AT_FIRST)
    emitter = line.emit_steadily("chain.begun", count - AT_FIRST, per_second=PER_SECOND)
    workers = [_worker(line), _worker(line)]
    line.until_serving(2)
    until = time.monotonic() + LOAD_S
    kills = 0
    while time.monotonic() < until:
        workers.append(_kill_at_work(line, workers.pop(0)))
        kills += 1
    line.until(lambda: not emitter.is_running, what="all emitted", limit_s=60 + LOAD_S)

    line.until_finished(count, limit_s=120 + LOAD_S)

    line.assert_whole(count)
    assert kills >= 2
    assert line.number(HANDED) > count, "it was the path from hand to hand that was killed"


def _worker(line: Line) -> Process:
    return line.worker("--concurrency", "32")


def _kill_at_work(line: Line, worker: Process) -> Process:
    """Kill it once it has begun something; another in its place."""
    begun = (
        "SELECT count(*) FROM flowengine_step s JOIN flowengine_worker w ON w.id = s.worker_id"
        f" WHERE w.pid = {worker.pid} AND s.state = 'running'"
    )
    line.until(lambda: line.number(begun) > 0, what="it is at work", limit_s=60)
    worker.signal(signal.SIGKILL)
    return _worker(line)

"""What a worker costs when nothing happens."""

from __future__ import annotations

import signal
import time

import psutil

from tests.faults.line import Line

WATCHED_S = 20.0


def measure(line: Line) -> tuple[float, float]:
    """Percent of a core, and resident memory in MB, of one idle worker process."""
    worker = line.start("-m", "flowengine", "worker")
    alive = "SELECT count(*) FROM flowengine_worker WHERE state = 'alive'"
    line.until(lambda: line.number(alive) > 0, what="a worker", limit_s=30)
    time.sleep(3)  # imports and first connections are not what is measured
    process = psutil.Process(worker.pid)
    before = process.cpu_times()
    time.sleep(WATCHED_S)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    memory = process.memory_info().rss / 1e6
    worker.signal(signal.SIGTERM)
    line.until(lambda: not worker.is_running, what="its end", limit_s=40)
    return 100 * used / WATCHED_S, memory

"""The embedded line, all in one process on SQLite: ``python -m tests.benchmarks.embedded RUNS``.

Prints one JSON object: ``steps_per_s`` of RUNS preloaded chains of five steps, and ``first_step``, the
milliseconds from the return of each ``emit`` on the idle line to the begin of its first step.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.line import ROOT

STEPS = 5
IDLE = 60
EVERY_S = 0.05
LIMIT_S = 120.0


def measure(runs: int = 1_000) -> dict[str, Any]:
    """One repetition in a process and a database file of its own."""
    with tempfile.TemporaryDirectory() as directory:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
            "FLOWENGINE_TEST_DATABASE_URL": f"sqlite:///{Path(directory) / 'line.sqlite3'}",
            "FLOWENGINE_TEST_BROKER_URL": "inproc://",
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.embedded", str(runs)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=2 * LIMIT_S,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Prepare, preload, work, then be idle."""
    import django

    django.setup()
    from django.core.management import call_command

    from flowengine import NewEvent, emit, emit_many
    from flowengine.cli.embedded import Embedded
    from flowengine.models import RunRecord
    from flowengine.worker.program import WorkerOptions

    runs = int(sys.argv[1])
    call_command("migrate", verbosity=0)
    call_command("flow", "sync")
    emit_many([NewEvent("chain.begun", {"payload": "x" * 180}) for _ in range(runs)])
    worker = Embedded(WorkerOptions(concurrency=16), name="embedded bench")
    try:
        succeeded = RunRecord.objects.filter(state="succeeded")
        _until(lambda: succeeded.count() == runs)
        steps_per_s = runs * STEPS / _span()
        emitted = {}
        for _ in range(IDLE):
            event = emit("chain.begun", {}).event_id
            emitted[event] = time.time()
            time.sleep(EVERY_S)
        _until(lambda: succeeded.count() == runs + IDLE)
    finally:
        worker.stop()
    print(json.dumps({"steps_per_s": steps_per_s, "first_step": _delays(emitted)}))


def _until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + LIMIT_S
    while not is_so():
        assert time.monotonic() < until, "the embedded line does not end"
        time.sleep(0.02)


def _span() -> float:
    """Seconds from the first begin of a step to the last end."""
    from django.db.models import Max, Min

    from flowengine.models import StepRecord

    found = StepRecord.objects.aggregate(began=Min("started_at"), ended=Max("finished_at"))
    return float((found["ended"] - found["began"]).total_seconds())


def _delays(emitted: dict[Any, float]) -> list[float]:
    from flowengine.models import RunRecord, StepRecord

    events = dict(RunRecord.objects.filter(event_id__in=emitted).values_list("id", "event_id"))
    rows = StepRecord.objects.filter(run_id__in=events, step="one").values_list(
        "run_id", "started_at"
    )
    return [(at.timestamp() - emitted[events[run]]) * 1000 for run, at in rows if at is not None]


if __name__ == "__main__":
    main()

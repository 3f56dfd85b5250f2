"""One seed is one schedule, whatever the order of Python's sets and the number of the process."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import django, hashlib
django.setup()
from tests.simulation.play import play
for seed in range(6):
    for store in ("model", "sqlite"):
        trace = "\\n".join(play(seed, store=store, keeps_trace=True).trace)
        print(store, seed, len(trace), hashlib.sha256(trace.encode()).hexdigest())
"""


def test_a_schedule_is_the_same_in_processes_with_different_hashes() -> None:
    assert _traces(hash_seed="1") == _traces(hash_seed="2")


def _traces(hash_seed: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 12, done.stdout
    return lines

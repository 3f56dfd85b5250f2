"""Processes of services: only ours are ended, and waiting has an end."""

from __future__ import annotations

import dataclasses
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nodes.process import NodeError, Process, end, find, spawn, wait_until

SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]
STUBBORN = [
    sys.executable,
    "-c",
    """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
while True:
    signal.pause()
""",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def sleeper(tmp_path: Path, log: Path) -> Iterator[Process]:
    process = spawn(SLEEPER, directory=tmp_path, log=log)
    yield process
    end([process], gently_s=0.0, first=signal.SIGKILL)


def test_process_of_the_same_id_that_started_at_another_time_is_not_signalled(
    sleeper: Process,
) -> None:
    former = dataclasses.replace(sleeper, started="1")

    former.signal(signal.SIGKILL)

    assert not former.is_running
    assert sleeper.is_running


def test_ended_process_is_gone_and_not_found_again(sleeper: Process) -> None:
    end([sleeper], gently_s=5.0, first=signal.SIGTERM)

    assert not sleeper.is_running
    assert find(sleeper.pid) is None


def test_process_that_ignores_the_request_is_killed(tmp_path: Path, log: Path) -> None:
    stubborn = spawn(STUBBORN, directory=tmp_path, log=log)
    wait_until(
        lambda: log.read_text() == "up\n", what="it", limit_s=10.0, process=stubborn, log=log
    )

    end([stubborn], gently_s=0.1, first=signal.SIGTERM)

    assert not stubborn.is_running


def test_waiting_for_a_process_that_died_says_so_with_the_end_of_its_log(
    tmp_path: Path, log: Path
) -> None:
    failing = spawn(
        [sys.executable, "-c", "import time; print('no port'); time.sleep(0.2)"],
        directory=tmp_path,
        log=log,
    )

    with pytest.raises(NodeError, match=r"ended while starting(?s:.*)no port"):
        wait_until(lambda: False, what="it", limit_s=10.0, process=failing, log=log)


def test_waiting_ends_at_its_limit(sleeper: Process, log: Path) -> None:
    with pytest.raises(NodeError, match="not ready after 0 s"):
        wait_until(lambda: False, what="it", limit_s=0.1, process=sleeper, log=log)

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE_S = 20.0
"""How long a test waits for processes before it calls them lost."""
PROGRAM = Path(__file__).with_name("supervised.py")


class Floor:
    """A supervisor with its children, as processes, and what they report."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "line")
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(self.address)
        self._line.settimeout(PATIENCE_S)
        self.heard: list[dict[str, Any]] = []
        self.process: subprocess.Popen[bytes]

    def supervise(self, kind: str, processes: int = 1, **patience: float) -> None:
        """Start a supervisor with children of that kind."""
        wanted = {"drain_s": PATIENCE_S, **patience}
        self.process = subprocess.Popen(
            [
                *(sys.executable, str(PROGRAM), self.address, "supervise", str(processes)),
                *(json.dumps(wanted), kind),
            ],
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        )
        self.next("supervising")

    def next(self, *what: str) -> dict[str, Any]:
        """The next report that says one of these; others are kept in ``heard``."""
        while True:
            report: dict[str, Any] = json.loads(self._line.recv(65_536))
            self.heard.append(report)
            if report["what"] in what:
                return report

    def logged(self, text: str) -> float:
        """The monotonic instant at which the supervisor next logs something with that text."""
        while True:
            report = self.next("logged")
            if text in report["text"]:
                return float(report["at"])

    def signal(self, number: signal.Signals) -> None:
        """Send the supervisor a signal."""
        self.process.send_signal(number)

    def exit_code(self) -> int:
        """The exit code of the supervisor, when it has ended."""
        return self.process.wait(PATIENCE_S)

    def lost(self) -> list[str]:
        """The workers whose leases were ended so far."""
        return [each["worker_id"] for each in self.heard if each["what"] == "lease ended"]

    def count(self, what: str) -> int:
        """How many reports said that so far."""
        return sum(report["what"] == what for report in self.heard)

    def close(self) -> None:
        """End all that may be left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        for report in self.heard:
            if report["what"] == "started":
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(report["pid"], signal.SIGKILL)
        self._line.close()


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    floor = Floor(tmp_path)
    yield floor
    floor.close()


def test_each_child_has_an_id_and_a_process_group_of_its_own(floor: Floor) -> None:
    floor.supervise("good", processes=2)

    first, second = floor.next("started"), floor.next("started")

    assert first["worker_id"] != second["worker_id"]
    assert first["group"] == first["pid"]
    assert not first["is_inherited"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_to_stop_drains_all_children_and_ends_with_zero(
    floor: Floor, number: signal.Signals
) -> None:
    floor.supervise("good", processes=2)
    floor.next("started")
    floor.next("started")

    floor.signal(number)

    assert floor.exit_code() == 0
    floor.next("left")
    floor.next("left")
    assert floor.lost() == []


def test_killed_child_loses_its_lease_and_is_replaced_within_a_second(floor: Floor) -> None:
    floor.supervise("good", processes=2)
    victim, sibling = floor.next("started"), floor.next("started")

    killed_at = time.monotonic()
    os.kill(victim["pid"], signal.SIGKILL)
    restarted_at = floor.logged("started")
    successor = floor.next("started")

    assert restarted_at - killed_at < 1.0
    assert floor.lost() == [victim["worker_id"]]
    assert successor["worker_id"] not in {victim["worker_id"], sibling["worker_id"]}
    os.kill(sibling["pid"], 0)


def test_child_whose_loop_is_silent_is_killed_and_replaced(floor: Floor) -> None:
    floor.supervise("falls silent", silent_s=0.3)
    victim = floor.next("started")

    assert floor.next("lease ended")["worker_id"] == victim["worker_id"]
    assert floor.next("started")["worker_id"] != victim["worker_id"]
    with pytest.raises(ProcessLookupError):
        os.kill(victim["pid"], 0)


def test_child_that_beats_is_left_alone_for_longer_than_it_may_be_silent(floor: Floor) -> None:
    floor.supervise("recycles", silent_s=0.5)
    first = floor.next("started")

    second = floor.next("started", "lease ended")

    assert second["what"] == "started"
    assert second["worker_id"] != first["worker_id"]


def test_child_that_never_beats_is_killed_and_replaced(floor: Floor) -> None:
    floor.supervise("mute", start_s=0.5)
    floor.next("started")

    floor.next("lease ended")

    floor.next("started")


def test_child_that_recycles_itself_is_replaced_at_once_and_keeps_its_own_books(
    floor: Floor,
) -> None:
    floor.supervise("recycles")
    floor.next("started")

    ended_at = floor.logged("has recycled itself")
    restarted_at = floor.logged("started")

    assert restarted_at - ended_at < 0.4  # less than the shortest backoff
    floor.next("started")
    assert floor.lost() == []


def test_child_that_dies_at_every_start_is_tried_again_and_the_supervisor_can_be_stopped(
    floor: Floor,
) -> None:
    floor.supervise("crashes")

    floor.next("lease ended")
    floor.next("lease ended")
    floor.signal(signal.SIGTERM)

    assert floor.exit_code() == 0


def test_program_that_cannot_be_started_does_not_end_the_supervisor(floor: Floor) -> None:
    floor.supervise("missing")
    floor.logged("next try in 0.5 s")
    floor.logged("next try in 1 s")

    floor.signal(signal.SIGTERM)

    assert floor.exit_code() == 0


def test_child_that_does_not_drain_in_time_is_killed_and_its_lease_ended(floor: Floor) -> None:
    floor.supervise("stubborn", drain_s=0.3)
    child = floor.next("started")

    floor.signal(signal.SIGTERM)

    assert floor.next("lease ended")["worker_id"] == child["worker_id"]
    assert floor.exit_code() == 1
    assert floor.count("told") == 1


def test_child_that_ends_badly_while_draining_shows_in_the_exit_code(floor: Floor) -> None:
    floor.supervise("drains badly")
    floor.next("started")

    floor.signal(signal.SIGTERM)

    assert floor.exit_code() == 1


def test_second_signal_ends_all_at_once(floor: Floor) -> None:
    floor.supervise("stubborn", processes=2)
    floor.next("started")
    floor.next("started")

    floor.signal(signal.SIGTERM)
    floor.next("told")
    floor.next("told")
    floor.signal(signal.SIGINT)

    assert floor.exit_code() == 128 + signal.SIGINT
    floor.next("lease ended")
    floor.next("lease ended")


def test_child_that_is_told_to_stop_before_its_first_beat_ended_well(floor: Floor) -> None:
    floor.supervise("mute")
    floor.next("started")

    floor.signal(signal.SIGTERM)

    assert floor.exit_code() == 0
    assert floor.lost() == []


def test_children_of_a_killed_supervisor_notice_and_end(floor: Floor) -> None:
    floor.supervise("good", processes=2)
    floor.next("started")
    floor.next("started")

    floor.signal(signal.SIGKILL)

    floor.next("orphaned")
    floor.next("orphaned")

"""Processes that outlive the one that started them, and are only ended when surely ours.

A process is remembered by its id *and* its start time: ids are used again, and a file from
yesterday must not end a stranger today.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class NodeError(Exception):
    """A service could not be had; the message says what happened and the way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process, told apart from any later one of the same id."""

    pid: int
    started: str
    """Its start time as the kernel counts it."""

    @property
    def is_running(self) -> bool:
        """Whether this very process lives (a zombie does not)."""
        return _start_time(self.pid) == self.started

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still is there."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def children(self) -> list[Process]:
        """Its direct children."""
        try:
            listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii")
        except OSError:
            return []
        return [found for pid in listed.split() if (found := find(int(pid))) is not None]


def find(pid: int) -> Process | None:
    """The process of that id, if there is one."""
    started = _start_time(pid)
    return None if started is None else Process(pid=pid, started=started)


def spawn(
    command: Sequence[str | Path],
    *,
    directory: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
) -> Process:
    """Start *command* apart from this process: own session, no input, output to *log*.

    Nothing of ours stays open in it, so a caller's pipe ends when the caller does.
    """
    if _start_time(os.getpid()) is None:
        raise NodeError("private nodes need Linux's /proc: start Docker, or name running services")
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            cwd=directory,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    # The child is left to itself: _start_time reaps it, or by init after us.
    child.returncode = 0
    found = find(child.pid)
    if found is None:
        raise NodeError(f"{command[0]} ended at once; its log ends: {tail(log)}")
    return found


def end(processes: Sequence[Process], *, gently_s: float, first: signal.Signals) -> None:
    """End *processes*: *first* asks, SIGKILL follows when they are not gone in time."""
    for process in processes:
        process.signal(first)
    if _gone_within(processes, gently_s):
        return
    for process in processes:
        process.signal(signal.SIGKILL)
    if not _gone_within(processes, 10.0):
        left = ", ".join(str(process.pid) for process in processes if process.is_running)
        raise NodeError(f"process {left} does not end, not even by SIGKILL; end it by hand")


def wait_until(
    is_so: Callable[[], bool], *, what: str, limit_s: float, process: Process, log: Path
) -> None:
    """Wait until *is_so*, no longer than *limit_s* nor than *process* lives."""
    deadline = time.monotonic() + limit_s
    while not is_so():
        if not process.is_running:
            raise NodeError(f"{what} ended while starting; its log {log} ends:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise NodeError(f"{what} is not ready after {limit_s:.0f} s; see its log {log}")
        time.sleep(0.05)


def free_port() -> int:
    """A TCP port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tail(log: Path, *, lines: int = 15) -> str:
    """The end of a log, for an error message."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


def _gone_within(processes: Sequence[Process], limit_s: float) -> bool:
    deadline = time.monotonic() + limit_s
    while any(process.is_running for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _start_time(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in parentheses may hold spaces; the fields after it are state, ..., start time.
    fields = stat.rpartition(")")[2].split()
    if fields[0] not in {"Z", "X"}:
        return fields[19]
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # a dead child of ours stays until someone asks for it
    return None

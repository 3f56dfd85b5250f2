"""Processor time of a whole system: its own processes and the services that work for it."""

from __future__ import annotations

from collections.abc import Sequence

import psutil

SERVICES = frozenset({"beam.smp", "postgres", "redis-server"})


class Usage:
    """Seconds of processor time since it was made, of these processes and of the services.

    A process that has ended meanwhile is counted by its parent, which has waited for it; so the trees
    as a whole are compared, and their roots must live all the while.
    """

    def __init__(self, roots: Sequence[int]) -> None:
        self._roots = tuple(roots)
        self._before = self._total()

    def seconds(self) -> float:
        """Until now."""
        return self._total() - self._before

    def _total(self) -> float:
        found = {p.pid: p for p in psutil.process_iter(["name"]) if p.info["name"] in SERVICES}
        for root in map(psutil.Process, self._roots):
            found |= {process.pid: process for process in (root, *root.children(recursive=True))}
        return sum(_seconds(process) for process in found.values())


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # its parent counts it from now on
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)

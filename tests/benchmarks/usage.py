"""Processor time of a whole system: its own processes and the services that work for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psutil

SERVICES = {"beam.smp": "RabbitMQ", "postgres": "PostgreSQL", "redis-server": "Redis"}
"""By the name of the process: what it is."""
OWN = "workers"


class Usage:
    """Seconds of processor time since it was made, of these processes and of the services.

    A process that has ended meanwhile is counted by its parent, which has waited for it; so the trees
    as a whole are compared, and their roots must live all the while.
    """

    def __init__(self, roots: Sequence[int]) -> None:
        self._roots = tuple(roots)
        self._before = self._totals()

    def seconds(self) -> float:
        """Until now, all together."""
        return sum(self.parts().values())

    def parts(self) -> Mapping[str, float]:
        """Until now, by who has used them: ``workers``, and each service."""
        return {name: now - self._before[name] for name, now in self._totals().items()}

    def _totals(self) -> dict[str, float]:
        found = dict.fromkeys((OWN, *SERVICES.values()), 0.0)
        for process in psutil.process_iter(["name"]):
            if process.info["name"] in SERVICES:
                found[SERVICES[process.info["name"]]] += _seconds(process)
        own = {
            process.pid: process
            for root in map(psutil.Process, self._roots)
            for process in (root, *root.children(recursive=True))
        }
        found[OWN] = sum(_seconds(process) for process in own.values())
        return found


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # its parent counts it from now on
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)

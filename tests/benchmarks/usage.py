"""Processor time of a whole system: its own processes and the services that work for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import psutil

from tests.benchmarks.services import urls

SERVICES = {
    "RabbitMQ": ("FLOWENGINE_TEST_RABBITMQ_URL", "beam.smp"),
    "PostgreSQL": ("FLOWENGINE_TEST_POSTGRES_URL", "postgres"),
    "Redis": ("FLOWENGINE_TEST_REDIS_URL", "redis-server"),
}
"""Where each is, and what its processes are called."""
OWN = "workers"


class Usage:
    """Seconds of processor time since it was made, of these processes and of the services.

    A process that has ended meanwhile is counted by its parent, which has waited for it; so the trees
    as a whole are compared, and their roots must live all the while.
    """

    def __init__(self, roots: Sequence[int]) -> None:
        self._trees = {
            OWN: tuple(psutil.Process(root) for root in roots),
            **{name: tuple(_serving(*where)) for name, where in SERVICES.items()},
        }
        self._before = self._totals()

    def seconds(self) -> float:
        """Until now, all together."""
        return sum(self.parts().values())

    def parts(self) -> Mapping[str, float]:
        """Until now, by who has used them: ``workers``, and each service."""
        return {name: now - self._before[name] for name, now in self._totals().items()}

    def _totals(self) -> dict[str, float]:
        return {name: sum(map(_seconds, _trees(roots))) for name, roots in self._trees.items()}


def _serving(variable: str, name: str) -> Iterator[psutil.Process]:
    """The process that listens where the service is; where none is seen, all that are called like it.

    Other brokers and databases of this machine are nobody's work here.
    """
    port = urlsplit(urls()[variable]).port
    for each in psutil.net_connections("tcp"):
        if each.status == psutil.CONN_LISTEN and port in each.laddr[1:] and each.pid:
            yield psutil.Process(each.pid)
            return
    yield from (each for each in psutil.process_iter() if each.name() == name)


def _trees(roots: Iterable[psutil.Process]) -> Iterator[psutil.Process]:
    found = {each.pid: each for root in roots for each in (root, *root.children(recursive=True))}
    yield from found.values()


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # its parent counts it from now on
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)

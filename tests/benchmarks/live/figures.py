"""The figures of the live socket, for ``make bench``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.live import scene
from tests.faults.line import Line

BARE = "websockets + Redis"


def measured(
    lines: Callable[[], AbstractContextManager[Line]], redis_url: str, runs: int
) -> list[Figure]:
    """All of them, each run on a database of its own; the bare loop in the same run."""
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)

    def note(name: str, unit: str, value: float, system: str = "flowengine") -> None:
        found[f"live: {name}", unit, system].append(value)

    with lines() as line:
        scene.prepare(line)
        from tests.benchmarks.live import measures

        for _ in range(runs):
            waits = measures.latency(line)
            note("200 changes/s, 1,000 sockets, p50", "ms", percentile(waits, 0.5))
            note("200 changes/s, 1,000 sockets, p99", "ms", percentile(waits, 0.99))
            ours, bare = measures.fan_out(line, redis_url)
            last = "one change to 1,000 sockets, last of them"
            note(last, "ms", percentile(ours, 0.5))
            note(last, "ms", percentile(bare, 0.5), BARE)
            idle = measures.idle(line)
            note("idle, each socket holds", "kB", idle.rss_kb)
            note("idle, each socket holds", "kB", measures.bare_idle_rss_kb(line, redis_url), BARE)
            note("idle, of a core for 1,000 sockets", "%", idle.cpu_percent)
            note("idle, to each socket", "B/s", idle.bytes_per_s)
            note("idle, transactions per heartbeat", "transactions", idle.statements)
            storm = measures.storm(line)
            note("storm of 5,000, all are back", "s", storm.back_s)
            note("storm of 5,000, wrong at the end", "sockets", storm.wrong)
    return [
        Figure(name=name, unit=unit, runs=tuple(values), system=system)
        for (name, unit, system), values in found.items()
    ]

"""The figures of the live socket, for ``make bench``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.live import scene
from tests.benchmarks.live.places import Bare, Ours, Place, Stock
from tests.faults.line import Line

FRAME = "live: 200 changes/s, 1,000 sockets, {}"
CPU = "live: 200 changes/s, 1,000 sockets, processor of each change"
LAST = "live: one change to 1,000 sockets, last of them"
HOLDS = "live: idle, each socket holds"
LEFT = "live: each handshake leaves"
UNWATCHED = "live: nobody there, transactions per heartbeat"
HEALED = "live: 1,000 sockets cut off, told again, {}"
PAINTED = "live: 200 changes/s, 1,000 sockets, committed -> painted, {}"
CORE = "live: idle, of a core for 1,000 sockets"
BASE = "live: idle, of a core for the process itself"
AWAY = "live: storm of 5,000, away or wrong at the end"
RATIOS: dict[str, tuple[str, type[Place], type[Place]]] = {
    "live_frame_p99_vs_bare": (FRAME.format("p99"), Ours, Bare),
    "live_frame_p99_channels_vs_ours": (FRAME.format("p99"), Stock, Ours),
    "live_fan_out_vs_bare": (LAST, Ours, Bare),
    "live_fan_out_channels_vs_ours": (LAST, Stock, Ours),
    "live_socket_kb_vs_bare": (HOLDS, Ours, Bare),
    "live_socket_kb_channels_vs_ours": (HOLDS, Stock, Ours),
    "live_idle_cpu_vs_bare": (CORE, Ours, Bare),
}
"""One figure of one server over that of another."""


def measured(
    lines: Callable[[], AbstractContextManager[Line]],
    redis_url: str,
    chromium: str,
    runs: int,
    *,
    is_small: bool = False,
    say: Callable[[str], None] = print,
) -> list[Figure]:
    """All of them, on a database of its own; the three servers take turns."""
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)

    with lines() as line:
        scene.prepare(line)
        from tests.benchmarks.live import measures
        from tests.benchmarks.live.painted import painted

        sizes = measures.SMALL if is_small else measures.Sizes()
        ours = Ours(line)
        places: list[Place] = [ours, Bare(line, redis_url), Stock(line, redis_url)]

        def note(name: str, unit: str, value: float, place: Place = ours) -> None:
            found[name, unit, place.name].append(value)
            say(f"   {name}: {place.name}: {value:,.2f} {unit}")

        for _ in range(runs):
            for place in places:
                waits, cpu = measures.latency(place, sizes)
                note(FRAME.format("p50"), "ms", percentile(waits, 0.5), place)
                note(FRAME.format("p99"), "ms", percentile(waits, 0.99), place)
                note(CPU, "ms", cpu, place)
                note(LAST, "ms", percentile(measures.fan_out(place, sizes), 0.5), place)
                idle = measures.idle(place, sizes)
                note(HOLDS, "kB", idle.rss_kb, place)
                if not isinstance(place, Stock):  # which has no heartbeat, and does nothing
                    note(CORE, "%", idle.cpu_percent, place)
                    note(BASE, "%", idle.base_percent, place)
                    note("live: idle, to each socket", "B/s", idle.bytes_per_s, place)
                    note(LEFT, "kB", idle.handshake_kb, place)
                if place is ours:
                    note("live: idle, transactions per heartbeat", "transactions", idle.statements)
                    note(UNWATCHED, "transactions", idle.unwatched)
            healed = measures.heal(ours, sizes)
            note(HEALED.format("p50"), "ms", percentile(healed, 0.5))
            note(HEALED.format("p99"), "ms", percentile(healed, 0.99))
            shown = painted(ours, sizes, chromium)
            note(PAINTED.format("p50"), "ms", shown["p50"])
            note(PAINTED.format("p99"), "ms", shown["p99"])
            storm = measures.storm(ours, sizes)
            note("live: storm of 5,000, all are back", "s", storm.back_s)
            note(AWAY, "sockets", storm.away + storm.wrong)
        for place in places:
            place.close()
    return [
        Figure(name=name, unit=unit, runs=tuple(values), system=system)
        for (name, unit, system), values in found.items()
    ]


def ratios(figures: Sequence[Figure]) -> dict[str, float]:
    """What :data:`RATIOS` names, of what was measured: medians of the same turns."""
    medians = {(each.name, each.system): each.median for each in figures}
    return {
        name: medians[figure, above.name] / medians[figure, below.name]
        for name, (figure, above, below) in RATIOS.items()
        if medians.get((figure, below.name)) and (figure, above.name) in medians
    }

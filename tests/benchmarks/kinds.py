"""Every kind of figure that is measured by itself, by the name that ``--only`` knows it by.

What is measured beside other systems is in :mod:`tests.benchmarks.side_by_side`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tests.benchmarks import backlog, growth, loaded, memory, request
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.live import figures as live
from tests.benchmarks.services import fresh_database, fresh_line, urls

Kind = Callable[[int], list[Figure]]
"""Measures so many times."""


def kinds(*, large: bool, is_small: bool) -> Mapping[str, Kind]:
    """All of them, in the order in which they are measured.

    Args:
        large: whole backlogs, ten million rows, half an hour.
        is_small: of what is live only as much as shows that it works.
    """
    return {
        "definitions": _definitions,
        "throughput": _throughput,
        "emit": _emit,
        "request": partial(request.figures, fresh_line),
        "latency": _latency,
        "loaded": partial(loaded.figures, fresh_line),
        "idle": _idle,
        "memory": partial(memory.figures, fresh_line, large=large),
        "dead": _dead,
        "relay": partial(backlog.figures, fresh_line, large=large),
        "embedded": _embedded,
        "footprint": _footprint,
        "live": partial(_live, is_small=is_small),
        "dashboard": partial(_dashboard, large=large),
        "growth": partial(growth.figures, fresh_line, large=large),
    }


def ratios(figures: Sequence[Figure]) -> dict[str, float]:
    """What is told beside what, of what was measured."""
    return {**live.ratios(figures), **backlog.ratios(figures), **growth.ratios(figures)}


def _definitions(runs: int) -> list[Figure]:
    from tests.benchmarks.definitions import check_ms, filters_per_s, hostile_file_ms

    checks = tuple(check_ms() for _ in range(runs))
    hostile = tuple(hostile_file_ms() for _ in range(runs))
    filters = tuple(filters_per_s() for _ in range(runs))
    return [
        Figure(name="definitions.check_200_steps_ms", unit="ms", runs=checks),
        Figure(name="definitions.worst_hostile_file_ms", unit="ms", runs=hostile),
        Figure(name="expressions.filters_per_s", unit="filters/s", runs=filters),
    ]


def _throughput(runs: int) -> list[Figure]:
    from tests.benchmarks.throughput import steps_per_second

    found = []
    for _ in range(runs):
        with fresh_line() as line:
            found.append(steps_per_second(line))
    return [Figure(name="W0: durable steps, queue preloaded", unit="steps/s", runs=tuple(found))]


def _emit(runs: int) -> list[Figure]:
    from tests.benchmarks.throughput import emits_per_second

    with fresh_line() as line:
        found = [emits_per_second(line) for _ in range(runs)]
    one, many = zip(*found, strict=True)
    return [
        Figure(name="emit(), one transaction each", unit="events/s", runs=one),
        Figure(name="emit_many(100)", unit="events/s", runs=many),
    ]


def _latency(runs: int) -> list[Figure]:
    from tests.benchmarks import latency

    figures: dict[str, list[float]] = {}
    with fresh_line() as line:
        os.environ.update(line.environment)
        for n in range(runs):
            found = latency.measure(line, prefix=f"run{n}")
            for what, values in (
                ("first step", found.first_step),
                ("chain end", found.chain_end),
                ("frame", found.frame),
            ):
                for share in (0.5, 0.99):
                    name = f"emit -> {what}, idle, p{share * 100:.0f}"
                    figures.setdefault(name, []).append(percentile(values, share))
    return [Figure(name=name, unit="ms", runs=tuple(values)) for name, values in figures.items()]


def _idle(runs: int) -> list[Figure]:
    from tests.benchmarks import idle

    with fresh_line() as line:
        found = [idle.measure(line) for _ in range(runs)]
    cpu, memory = zip(*found, strict=True)
    return [
        Figure(name="idle worker", unit="% of a core", runs=cpu),
        Figure(name="idle worker, resident", unit="MB", runs=memory),
    ]


def _dead(runs: int, *, letters: int = 1_000_000) -> list[Figure]:
    with fresh_line() as line:
        asked = ("-m", "tests.benchmarks.dead", str(letters), str(runs))
        said = json.loads(line.run(*asked, limit_s=900))
    figures = [
        Figure(name=f"dead: {name}, {letters:,} letters", unit="ms", runs=tuple(found))
        for name, found in said["ms"].items()
    ]
    rate = (float(said["discarded_per_s"]),)
    return [*figures, Figure(name="dead: discarded", unit="letters/s", runs=rate)]


def _embedded(runs: int) -> list[Figure]:
    from tests.benchmarks import embedded

    found = [embedded.measure() for _ in range(runs)]
    first = tuple(percentile(each["first_step"], 0.5) for each in found)
    rates = tuple(each["steps_per_s"] for each in found)
    return [
        Figure(name="embedded: durable steps, preloaded", unit="steps/s", runs=rates),
        Figure(name="embedded: emit -> first step, idle, p50", unit="ms", runs=first),
    ]


def _dashboard(runs: int, *, large: bool) -> list[Figure]:
    from tests.benchmarks import dashboard, paint

    chromium = urls()["FLOWENGINE_TEST_CHROMIUM"]
    say = partial(print, flush=True)
    figures = dashboard.measure(runs, say=say)
    if not large:
        return [*figures, *paint.measure(runs, chromium, say=say)]
    with fresh_database() as url:
        seen = paint.measure(runs, chromium, database=url, events=1_000_000, say=say)
    return [*figures, *seen]


def _footprint(runs: int) -> list[Figure]:
    from tests.benchmarks import footprint

    found = [footprint.measure() for _ in range(runs)]
    took, held = tuple(each.ms for each in found), tuple(each.mb for each in found)
    return [
        Figure(name="import in a web process that emits", unit="ms", runs=took),
        Figure(name="import in a web process that emits, resident", unit="MB", runs=held),
    ]


def _live(runs: int, *, is_small: bool) -> list[Figure]:
    there = urls()
    redis_url, chromium = there["FLOWENGINE_TEST_REDIS_URL"], there["FLOWENGINE_TEST_CHROMIUM"]
    say = partial(print, flush=True)
    return live.measured(fresh_line, redis_url, chromium, runs, is_small=is_small, say=say)

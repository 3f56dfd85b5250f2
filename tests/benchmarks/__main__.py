"""``make bench``: measures flowengine on this machine's services, prints a table, writes bench.json.

Figures move with the machine: compare only what one run has measured. A mark that is missed is told, and
is no failure.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg

from tests.benchmarks import capacity
from tests.benchmarks.figures import Figure, Ratio, at_least, at_most, percentile, table, write
from tests.benchmarks.limits import hops_per_second, rows_per_second
from tests.benchmarks.live import figures as live
from tests.benchmarks.ours import Flowengine
from tests.benchmarks.peers.system import CELERY, DRAMATIQ
from tests.benchmarks.side_by_side import BROKERED, HOP, OURS, ROWS, Turns, measure
from tests.benchmarks.systems import Sizes, System
from tests.faults.line import ROOT, Line

SERVICES = ROOT / ".services.env"
MARKS = {
    "definitions.check_200_steps_ms": at_most(100),
    "definitions.worst_hostile_file_ms": at_most(100),
    "expressions.filters_per_s": at_least(50_000),
    "W0: durable steps, queue preloaded": at_least(2_000),
    "emit -> first step, idle, p50": at_most(3),
    "emit -> first step, idle, p99": at_most(50),
    "idle worker": at_most(0.5),
    "idle worker, resident": at_most(80),
    "dead: page of a cause, 1,000,000 letters": at_most(100),
    "dead: list of causes, 1,000,000 letters": at_most(100),
    "dead: list of letters, 1,000,000 letters": at_most(100),
    "dead: words that are nowhere, 1,000,000 letters": at_most(500),
    "embedded: durable steps, preloaded": at_least(1_500),
    "embedded: emit -> first step, idle, p50": at_most(10),
    "live: 200 changes/s, 1,000 sockets, p50": at_most(15),
    "live: 200 changes/s, 1,000 sockets, p99": at_most(60),
    "live: one change to 1,000 sockets, last of them": at_most(60),
    "live: idle, of a core for 1,000 sockets": at_most(1),
    "live: idle, to each socket": at_most(150),
    "live: nobody there, transactions per heartbeat": at_most(0.5),
    "live: 1,000 sockets cut off, told again, p99": at_most(5_000),
    "live: 200 changes/s, 1,000 sockets, committed -> painted, p50": at_most(60),
    "live: 200 changes/s, 1,000 sockets, committed -> painted, p99": at_most(250),
    "live: storm of 5,000, all are back": at_most(60),
    "live: storm of 5,000, away or wrong at the end": at_most(0),
    "dashboard: 10,000 rows at a quarter of the speed, frame p95": at_most(20),
    "dashboard: 10,000 rows at a quarter of the speed, main thread of a frame": at_most(20),
    "dashboard: 1,000 changes/s, longest task": at_most(50),
    "dashboard: 1,000 changes/s, heap grown in a minute": at_most(1),
    "dashboard: floor at a quarter of the speed, 200 runs moving, frame p95": at_most(20),
    "dashboard: floor at a quarter of the speed, 60 flows, main thread": at_most(30),
    "dashboard: 1,000 changes/s, main thread": at_most(30),
    **{
        f"dashboard: {what} of the {screen}, {events} events": at_most(mark)
        for screen in ("floor", "runs")
        for events in ("50,000", "1,000,000")
        for what, mark in (("first paint", 800), ("largest paint", 1_200), ("shift", 0.02))
    },
    "import in a web process that emits": at_most(60),
    "import in a web process that emits, resident": at_most(15),
}
"""What figures of these names are to reach, in their units."""
RATIO_MARKS = {
    "w0_vs_celery": at_least(10),
    "w0_vs_dramatiq": at_least(4.5),
    "w0_vs_pika_hop": at_least(0.5),
    "w0_hand_to_hand_vs_celery": at_least(30),
    "w0_hand_to_hand_vs_dramatiq": at_least(15),
    "w1_vs_celery": at_least(5),
    "w1_vs_dramatiq": at_least(2.5),
    "w2_vs_celery": at_least(8),
    "w2_vs_dramatiq": at_least(4),
    "emit_vs_celery": at_least(2),
    "live_fan_out_channels_vs_ours": at_least(3),
}
"""What one system is to be beside another."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="repetitions of each, at least 3")
    parser.add_argument("--only", default="", help="one kind of them")
    parser.add_argument(
        "--large",
        action="store_true",
        help="growth up to 10,000,000 rows; a dashboard of 1,000,000 runs",
    )
    parser.add_argument("--small", action="store_true", help="live: to see that it works")
    parser.add_argument(
        "--profile", action="store_true", help="flame graphs of W0 by py-spy, and nothing else"
    )
    options = parser.parse_args()
    runs = options.runs if options.small else max(3, options.runs)
    kinds: dict[str, Callable[[int], list[Figure]]] = {
        "definitions": _definitions,
        "throughput": _throughput,
        "emit": _emit,
        "latency": _latency,
        "idle": _idle,
        "dead": _dead,
        "embedded": _embedded,
        "footprint": _footprint,
        "live": partial(_live, is_small=options.small),
        "dashboard": partial(_dashboard, large=options.large),
        "growth": partial(_growth, large=options.large),
    }
    _keep_bytecode()
    with SERVICES.open() as services:
        # Two at once would take each other's messages, and each other's time.
        fcntl.flock(services, fcntl.LOCK_EX)
        if options.profile:
            _profile()
            return
        _measure(kinds, options.only, runs, is_kept=not options.small)


def _keep_bytecode() -> None:
    """What is installed has been compiled: no process that is measured does that first."""
    os.environ["PYTHONDONTWRITEBYTECODE"] = ""
    os.environ.setdefault(
        "PYTHONPYCACHEPREFIX", str(Path(tempfile.gettempdir()) / "flowengine-bench-bytecode")
    )


def _profile() -> None:
    """What is profiled is slower: no figures."""
    if shutil.which("py-spy") is None:
        raise SystemExit("py-spy is not installed: `uv tool install py-spy`")
    for name, by_hand in (("by-hand", True), ("by-broker", False)):
        flames = ROOT / f"bench-{name}.svg"
        Flowengine(name, _line, by_hand=by_hand, flames=flames).preloaded(Sizes().preloaded)
        print(flames)


def _measure(
    kinds: Mapping[str, Callable[[int], list[Figure]]], only: str, runs: int, *, is_kept: bool
) -> None:
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    for name, kind in kinds.items():
        if only in {"", name}:
            print(f"measuring {name} …", flush=True)
            figures += [_marked(each) for each in kind(runs)]
    ratios += _ratios(live.ratios(figures))
    if only in {"", "side-by-side"}:
        print("measuring side by side …", flush=True)
        turns = _side_by_side(runs)
        figures += turns.figures()
        print(capacity.table(turns.costs("W0")))
        ratios += _ratios(turns.ratios())
    print(table(figures, ratios))
    if is_kept:
        write(figures, ROOT / "bench.json", ratios)


def _marked(figure: Figure) -> Figure:
    """Marks are for our own figures."""
    return replace(figure, mark=MARKS.get(figure.name)) if figure.system == OURS else figure


def _ratios(found: Mapping[str, float]) -> list[Ratio]:
    return [Ratio(name=n, value=value, mark=RATIO_MARKS.get(n)) for n, value in found.items()]


def _side_by_side(turns: int) -> Turns:
    urls = _services()
    broker, redis = urls["FLOWENGINE_TEST_RABBITMQ_URL"], urls["FLOWENGINE_TEST_REDIS_URL"]
    systems: list[System] = [
        Flowengine(OURS, _line),
        Flowengine(BROKERED, _line, by_hand=False),
        CELERY.on(broker, redis),
        DRAMATIQ.on(broker, redis),
    ]
    limits = {
        HOP: partial(hops_per_second, broker),
        ROWS: partial(rows_per_second, urls["FLOWENGINE_TEST_POSTGRES_URL"]),
    }
    say = partial(print, "  ", flush=True)
    return measure(systems, limits, turns=turns, sizes=Sizes(), say=say)


def _services() -> dict[str, str]:
    rows = SERVICES.read_text(encoding="utf-8").splitlines()
    return dict(row.split("=", 1) for row in rows if "=" in row)


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
        with _line() as line:
            found.append(steps_per_second(line))
    return [Figure(name="W0: durable steps, queue preloaded", unit="steps/s", runs=tuple(found))]


def _emit(runs: int) -> list[Figure]:
    from tests.benchmarks.throughput import emits_per_second

    with _line() as line:
        found = [emits_per_second(line) for _ in range(runs)]
    one, many = zip(*found, strict=True)
    return [
        Figure(name="emit(), one transaction each", unit="events/s", runs=one),
        Figure(name="emit_many(100)", unit="events/s", runs=many),
    ]


def _latency(runs: int) -> list[Figure]:
    from tests.benchmarks import latency

    figures: dict[str, list[float]] = {}
    with _line() as line:
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

    with _line() as line:
        found = [idle.measure(line) for _ in range(runs)]
    cpu, memory = zip(*found, strict=True)
    return [
        Figure(name="idle worker", unit="% of a core", runs=cpu),
        Figure(name="idle worker, resident", unit="MB", runs=memory),
    ]


def _dead(runs: int, *, letters: int = 1_000_000) -> list[Figure]:
    with _line() as line:
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

    chromium = _services()["FLOWENGINE_TEST_CHROMIUM"]
    figures = dashboard.measure(runs)
    if not large:
        return [*figures, *paint.measure(runs, chromium)]
    with _database() as url:
        return [*figures, *paint.measure(runs, chromium, database=url, events=1_000_000)]


def _footprint(runs: int) -> list[Figure]:
    from tests.benchmarks import footprint

    found = [footprint.measure() for _ in range(runs)]
    took, held = tuple(each.ms for each in found), tuple(each.mb for each in found)
    return [
        Figure(name="import in a web process that emits", unit="ms", runs=took),
        Figure(name="import in a web process that emits, resident", unit="MB", runs=held),
    ]


def _live(runs: int, *, is_small: bool) -> list[Figure]:
    urls = _services()
    redis_url, chromium = urls["FLOWENGINE_TEST_REDIS_URL"], urls["FLOWENGINE_TEST_CHROMIUM"]
    say = partial(print, flush=True)
    return live.measured(_line, redis_url, chromium, runs, is_small=is_small, say=say)


def _growth(runs: int, *, large: bool) -> list[Figure]:
    from tests.benchmarks import growth

    histories = (*growth.HISTORY, growth.HISTORY_LARGE) if large else growth.HISTORY
    cases: dict[str, tuple[Callable[[Line, int], growth.Measured], tuple[int, ...]]] = {
        "item of a loop of {}": (growth.loop, growth.ITEMS),
        "step of a chain of {}": (growth.chain, growth.CHAINS),
        "run, {} workflows to an event": (growth.wide, growth.WORKFLOWS),
        "step beside {} rows of history": (growth.history, histories),
        "step, each commit {} us slower": (growth.slow_disk, growth.SLOW_DISK_US),
    }
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as directory:
        growth.write_workflows(Path(directory))
        os.environ["FLOWENGINE_BENCH_WORKFLOWS"] = directory
        for name, (measure, sizes) in cases.items():
            found: dict[int, list[growth.Measured]] = {size: [] for size in sizes}
            for _ in range(runs):
                for size in sizes:
                    with _line() as line:
                        found[size].append(measure(line, size))
            for size, measured in found.items():
                title = name.format(f"{size:,}")
                pieces = tuple(one.piece_ms for one in measured)
                grown = tuple(one.grown_mb for one in measured)
                figures += [
                    Figure(name=title, unit="ms", runs=pieces),
                    Figure(name=f"{title}: worker grows by", unit="MB", runs=grown),
                ]
    return figures


@contextmanager
def _database() -> Iterator[str]:
    """The URL of a fresh database, which is gone afterwards."""
    server = _services()["FLOWENGINE_TEST_POSTGRES_URL"]
    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield server.rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _line() -> Iterator[Line]:
    """A line on a fresh database of the services that this machine has."""
    urls = _services()
    with _database() as database_url, tempfile.TemporaryDirectory() as directory:
        line = Line(
            database_url=database_url,
            broker_url=urls["FLOWENGINE_TEST_RABBITMQ_URL"],
            redis_url=urls["FLOWENGINE_TEST_REDIS_URL"],
            directory=Path(directory),
        )
        line.environment["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
        try:
            line.prepare()
            yield line
        finally:
            line.close()


if __name__ == "__main__":
    main()

"""``make bench``: measures flowengine on this machine's services, prints a table, writes bench.json.

Figures move with the machine: compare only what one run has measured. A mark that is missed is told, and
is no failure.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tests.benchmarks import capacity, ceiling, kinds
from tests.benchmarks.figures import Figure, Ratio, table, write
from tests.benchmarks.limits import measured, two_at_once
from tests.benchmarks.marks import RATIO_MARKS, marked
from tests.benchmarks.ours import Flowengine
from tests.benchmarks.peers.system import CELERY, CELERY_PREFORK, DRAMATIQ
from tests.benchmarks.services import alone, fresh_line, urls
from tests.benchmarks.side_by_side import BROKERED, HOP, OURS, ROWS, Turns, measure
from tests.benchmarks.systems import Sizes, System
from tests.faults.line import ROOT

SIDE_BY_SIDE = "side-by-side"


def main() -> None:
    """Measure, print, write."""
    options = _options()
    runs = options.runs if options.small else max(3, options.runs)
    _keep_bytecode()
    with alone():
        if options.profile:
            _profile()
            return
        every = kinds.kinds(large=options.large, is_small=options.small)
        _measure(every, options.only, runs, is_kept=not options.small)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="repetitions of each, at least 3")
    parser.add_argument(
        "--only",
        choices=(*kinds.kinds(large=False, is_small=False), SIDE_BY_SIDE),
        help="one kind of them",
    )
    parser.add_argument(
        "--large",
        action="store_true",
        help="growth up to 10,000,000 rows; a relay's backlog to its end; memory for half an hour;"
        " a dashboard of 1,000,000 runs",
    )
    parser.add_argument("--small", action="store_true", help="live: to see that it works")
    parser.add_argument(
        "--profile", action="store_true", help="flame graphs of W0 by py-spy, and nothing else"
    )
    return parser.parse_args()


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
        Flowengine(name, fresh_line, by_hand=by_hand, flames=flames).preloaded(Sizes().preloaded)
        print(flames)


def _measure(
    every: Mapping[str, kinds.Kind], only: str | None, runs: int, *, is_kept: bool
) -> None:
    figures: list[Figure] = []
    for name, kind in every.items():
        if only in {None, name}:
            print(f"measuring {name} …", flush=True)
            figures += kind(runs)
    ratios = kinds.ratios(figures)
    if only in {None, SIDE_BY_SIDE}:
        print("measuring side by side …", flush=True)
        turns = _side_by_side(runs)
        figures += [*turns.figures(), *ceiling.figures(turns, ceiling.cores())]
        ratios |= turns.ratios()
        print(capacity.table(turns.costs("W0")))
        print(ceiling.table(turns, RATIO_MARKS, ceiling.cores()))
    figures = [marked(each) for each in figures]
    beside = [Ratio(name=n, value=value, mark=RATIO_MARKS.get(n)) for n, value in ratios.items()]
    print(table(figures, beside))
    if is_kept:
        write(figures, ROOT / "bench.json", beside)


def _side_by_side(turns: int) -> Turns:
    there = urls()
    broker, redis = there["FLOWENGINE_TEST_RABBITMQ_URL"], there["FLOWENGINE_TEST_REDIS_URL"]
    database = there["FLOWENGINE_TEST_POSTGRES_URL"]
    systems: list[System] = [
        Flowengine(OURS, fresh_line),
        Flowengine(BROKERED, fresh_line, by_hand=False),
        CELERY.on(broker, redis),
        CELERY_PREFORK.on(broker, redis),
        DRAMATIQ.on(broker, redis),
    ]
    limits = {
        HOP: partial(measured, "hop", broker),
        f"{HOP}, two connections": partial(two_at_once, "hop", broker),
        ROWS: partial(measured, "rows", database),
        f"{ROWS}, two connections": partial(two_at_once, "rows", database),
    }
    say = partial(print, "  ", flush=True)
    return measure(systems, limits, turns=turns, sizes=Sizes(), say=say)


if __name__ == "__main__":
    main()

"""Asks a table of dead letters: ``python -m tests.benchmarks.dead LETTERS TIMES``, on an empty database.

Prints one JSON object: by name, how many milliseconds it takes, as often as asked for; and how many letters were
discarded in a second.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median

GROUPS = 100
PAGE = 50
ASKED = 11
"""Times that each is asked for one figure, the middle of these."""


def main() -> None:
    """Fill, ask, discard all that is open."""
    import django

    django.setup()
    from flowengine.orchestration import dead, selections
    from tests.builders import graves
    from tests.builders.dead import NOON

    letters, times = int(sys.argv[1]), int(sys.argv[2])
    graves.fill(letters, groups=GROUPS, with_runs=False)

    def listed(query: str) -> Callable[[], object]:
        chosen = selections.parse(query, "dead_letter", NOON)
        return partial(selections.page, "dead_letter", chosen, limit=PAGE)

    asked: dict[str, Callable[[], object]] = {
        "page of a cause": partial(dead.group, graves.group_ids(1)[0]),
        "list of causes": partial(dead.groups, dead.Wanted(with_closed=True), limit=PAGE),
        "list of letters": listed("state:open"),
        "words that are nowhere": listed("nowhere"),
    }
    found: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(times):
        for name, ask in asked.items():
            found[name].append(median(_took_ms(ask) for _ in range(ASKED)))
    print(json.dumps({"ms": found, "discarded_per_s": _discarded_per_second()}))


def _took_ms(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - began)


def _discarded_per_second() -> float:
    from flowengine.orchestration import replay, selections
    from flowengine.orchestration.audit import By
    from flowengine.orchestration.replay.due import run_due
    from flowengine.store.clock import DatabaseClock

    clock = DatabaseClock()
    chosen = selections.freeze("dead_letter", "state:open", "7")
    began = time.perf_counter()
    act = replay.discard(chosen.id, By(who="7", reason="measured"))
    while replay.status(act.id).due_at is not None:
        run_due(clock.now(), limit=PAGE)
    return chosen.count / (time.perf_counter() - began)


if __name__ == "__main__":
    main()

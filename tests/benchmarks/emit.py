"""Emits and times it: ``python -m tests.benchmarks.emit WHAT COUNT …``.

========================  ===========================================================================
``chain``, ``wide``       COUNT events, one at a time, each in a transaction of its own
``many [TYPE] [DATA]``    a hundred at a time
``idle``                  one each 20 ms
``paced PER_S``           so many a second; one that is late does not put off the next
========================  ===========================================================================

Prints one JSON object: ``began`` in seconds since 1970, ``seconds`` that the emitting took, ``cpu`` seconds
of them, and ``emitted``: by the id of each event of ``idle`` the second at which emitting it began, of
``paced`` that at which it was committed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping

PAGE = 100
EVERY_S = 0.02
DATA = {"payload": "x" * 180}


def main() -> None:
    """Emit COUNT events."""
    import django

    django.setup()
    from django.db import transaction

    from flowengine import emit

    with transaction.atomic():  # the first connection and statement are not what is measured
        emit("warm.up", DATA)
        transaction.set_rollback(True)
    what, count = sys.argv[1], int(sys.argv[2])
    began_at, used_before = time.time(), time.process_time()
    began = time.perf_counter()
    emitted = _EMITTERS.get(what, _one_by_one)(what, count, *sys.argv[3:])
    found = {
        "began": began_at,
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - used_before,
        "emitted": emitted,
    }
    print(json.dumps(found))


def _one_by_one(what: str, count: int) -> Mapping[str, float]:
    from flowengine import emit

    for _ in range(count):
        emit(f"{what}.begun", DATA)
    return {}


def _many(_what: str, count: int, name: str = "chain.begun", data: str = "") -> Mapping[str, float]:
    from flowengine import NewEvent, emit_many

    given = json.loads(data) if data else DATA
    for start in range(0, count, PAGE):
        emit_many([NewEvent(name, given) for _ in range(min(PAGE, count - start))])
    return {}


def _idle(_what: str, count: int) -> Mapping[str, float]:
    from flowengine import emit

    emitted = {}
    for _ in range(count):
        at = time.time()
        emitted[str(emit("chain.begun", DATA).event_id)] = at
        time.sleep(EVERY_S)
    return emitted


def _paced(_what: str, count: int, per_s: str) -> Mapping[str, float]:
    from flowengine import emit

    emitted = {}
    began = time.perf_counter()
    for n in range(count):
        time.sleep(max(0.0, began + n / float(per_s) - time.perf_counter()))
        event = emit("timed.begun", {}).event_id
        emitted[str(event)] = time.time()
    return emitted


_EMITTERS: Mapping[str, Callable[..., Mapping[str, float]]] = {
    "many": _many,
    "idle": _idle,
    "paced": _paced,
}

if __name__ == "__main__":
    main()

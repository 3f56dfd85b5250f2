"""Emits and times it: ``python -m tests.benchmarks.emit chain|many|wide|idle COUNT``.

``chain`` and ``wide`` emit one at a time, ``many`` a hundred at a time, ``idle`` one each 20 ms. Prints one
JSON object: ``began`` in seconds since 1970, ``seconds`` that the emitting took, ``cpu`` seconds of them,
and of ``idle`` the second at which each event's emitting began, by the event's id.
"""

from __future__ import annotations

import json
import sys
import time

PAGE = 100
EVERY_S = 0.02
DATA = {"payload": "x" * 180}


def main() -> None:
    """Emit COUNT events."""
    import django

    django.setup()
    from django.db import transaction

    from flowengine import NewEvent, emit, emit_many

    what, count = sys.argv[1], int(sys.argv[2])
    with transaction.atomic():  # the first connection and statement are not what is measured
        emit("warm.up", DATA)
        transaction.set_rollback(True)
    emitted: dict[str, float] = {}
    began_at, used_before = time.time(), time.process_time()
    began = time.perf_counter()
    if what == "many":
        for _ in range(count // PAGE):
            emit_many([NewEvent("chain.begun", DATA) for _ in range(PAGE)])
    elif what == "idle":
        for _ in range(count):
            at = time.time()
            emitted[str(emit("chain.begun", DATA).event_id)] = at
            time.sleep(EVERY_S)
    else:
        for _ in range(count):
            emit(f"{what}.begun", DATA)
    found = {
        "began": began_at,
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - used_before,
        "emitted": emitted,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""Emits and times it: ``python -m tests.benchmarks.emit one|many COUNT`` prints events per second."""

from __future__ import annotations

import sys
import time

PAGE = 100


def main() -> None:
    """Emit COUNT events of the chain."""
    import django

    django.setup()
    from django.db import transaction

    from flowengine import NewEvent, emit, emit_many

    how, count = sys.argv[1], int(sys.argv[2])
    data = {"payload": "x" * 180}
    with transaction.atomic():  # the first connection and statement are not what is measured
        emit("warm.up", data)
        transaction.set_rollback(True)
    began = time.perf_counter()
    if how == "one":
        for _ in range(count):
            emit("chain.begun", data)
    else:
        for _ in range(count // PAGE):
            emit_many([NewEvent("chain.begun", data) for _ in range(PAGE)])
    print(count / (time.perf_counter() - began))


if __name__ == "__main__":
    main()

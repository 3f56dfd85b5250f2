"""Submits work to a peer: ``python -m tests.benchmarks.peers.submit PEER chain|wide|idle COUNT``.

Prints one JSON object: ``began`` in seconds since 1970, ``seconds`` that the submissions took, ``cpu``
seconds of them, and of ``idle`` the milliseconds from the begin of each submission to the begin of its
first and the begin of its last step.
"""

from __future__ import annotations

import importlib
import json
import sys
import time

PAYLOAD = "x" * 180
STEPS = 5
BRANCHES = 10
EVERY_S = 0.02


def main() -> None:
    """Submit, and say how long it took."""
    peer = importlib.import_module(f"tests.benchmarks.peers.{sys.argv[1]}_app")
    what, count = sys.argv[2], int(sys.argv[3])
    first: list[float] = []
    last: list[float] = []
    began_at, used_before = time.time(), time.process_time()
    began = time.perf_counter()
    if what == "chain":
        for _ in range(count):
            peer.submit_chain(PAYLOAD, STEPS)
    elif what == "wide":
        for _ in range(count):
            peer.submit_wide(PAYLOAD, BRANCHES)
    else:
        submitted: list[tuple[float, str]] = []
        for _ in range(count):
            submitted.append((time.time(), peer.submit_chain(PAYLOAD, STEPS)))
            time.sleep(EVERY_S)
        for at, ids in submitted:
            one, five = ids.split()
            first.append((peer.answer(one) - at) * 1000)
            last.append((peer.answer(five) - at) * 1000)
    found = {
        "began": began_at,
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - used_before,
        "first": first,
        "last": last,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""Emits events: ``python -m tests.faults.emitter TYPE COUNT [JSON] [PER_SECOND]``."""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    """Emit, each event in a transaction of its own; at most PER_SECOND where that is given."""
    import django

    django.setup()
    from flowengine import emit

    name, count = sys.argv[1], int(sys.argv[2])
    data = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    pause_s = 1 / float(sys.argv[4]) if len(sys.argv) > 4 else 0.0
    for n in range(count):
        emit(name, {"n": n, "order": n, **data})
        time.sleep(pause_s)


if __name__ == "__main__":
    main()

"""A worker that dies at a named point: ``python -m tests.faults.worker POINT [TIMES]``.

It is killed by SIGKILL when it passes POINT for the TIMES-th time: no clean-up, as in a power cut.
"""

from __future__ import annotations

import os
import signal
import sys
import threading


def main() -> None:
    """Work until the point is passed."""
    import django

    django.setup()
    from flowengine.broker.connect import connect
    from flowengine.conf import settings
    from flowengine.worker.program import Program, WorkerOptions

    point = sys.argv[1]
    left = [int(sys.argv[2]) if len(sys.argv) > 2 else 1]

    def fault(passed: str) -> None:
        if passed == point:
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    broker = connect(settings().BROKER_URL, name="dying worker")
    broker.start()
    Program(WorkerOptions(concurrency=8), broker, fault=fault).start()
    threading.Event().wait(120)


if __name__ == "__main__":
    main()

"""A worker inside this process, beside a web server or a reloader."""

from __future__ import annotations

import atexit
import logging
import threading

from flowengine.broker.connect import connect
from flowengine.conf import settings
from flowengine.worker.program import Program, WorkerOptions

STOP_WITHIN_S = 2.0
"""How long steps may go on when the process is to end; then they are handed back."""


class Embedded:
    """Works from the moment it is made until :meth:`stop`, at the latest until the process ends."""

    def __init__(self, options: WorkerOptions, *, name: str) -> None:
        self._broker = connect(settings().BROKER_URL, name=name)
        self._broker.start()
        self._program = Program(options, self._broker)
        self._program.start()
        self._stopped = threading.Event()
        # A reloader ends the process by sys.exit: without this, what runs would wait for its lease.
        atexit.register(self.stop)

    def wait(self) -> None:
        """Until it is stopped."""
        self._stopped.wait()

    def stop(self, within_s: float = STOP_WITHIN_S) -> bool:
        """Let what runs finish for a moment, hand the rest back (blocks). Idempotent.

        False = a task that does not listen still holds a thread, which Python would wait for.
        """
        if self._stopped.is_set():
            return True
        self._stopped.set()
        atexit.unregister(self.stop)
        clean = self._program.drain(within_s)
        self._broker.close()
        return clean


def log_to_stderr() -> None:
    """Show flowengine's own log, unless the project has said where logs go."""
    logger = logging.getLogger("flowengine")
    if logger.hasHandlers():
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)

"""``flow worker``: one worker process, or a supervisor over several."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from types import FrameType
from uuid import UUID

from flowengine.broker.connect import connect
from flowengine.conf import settings
from flowengine.store import workers
from flowengine.store.clock import DatabaseClock
from flowengine.worker.liveness import from_environment
from flowengine.worker.program import Program, WorkerOptions
from flowengine.worker.supervisor import Patience, Supervisor

logger = logging.getLogger("flowengine.worker")

KILL_AFTER_GRACE_S = 5.0
LOOK_S = 1.0
"""How often a worker asks itself whether it is to be recycled."""
COLLECT_EVERY = 20_000
"""Objects made and kept before Python looks for cycles among them; a batch makes thousands."""


def run(options: WorkerOptions) -> int:
    """Work until told to stop (blocks); the exit code.

    SIGTERM and SIGINT drain: no more claims, what runs may end within ``GRACE_S``, the rest is handed
    back. A second one hands back at once.
    """
    if options.processes == 1:
        return _serve(options)
    command = [sys.executable, "-m", "flowengine", "worker", *arguments(options)]
    patience = Patience(drain_s=settings().GRACE_S + KILL_AFTER_GRACE_S)
    return Supervisor(
        command, processes=options.processes, patience=patience, end_lease=_end_lease
    ).run()


def arguments(options: WorkerOptions) -> list[str]:
    """The command line of one of the processes."""
    line = ["--roles", ",".join(sorted(options.roles)), "--concurrency", str(options.concurrency)]
    if options.stations is not None:
        line += ["--stations", ",".join(options.stations)]
    return line


def settle_memory() -> None:
    """Leave what has been loaded out of Python's search for cycles, and let it search less often.

    At its defaults a tenth of the work under load was to look through Django again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY, *gc.get_threshold()[1:])


def _end_lease(worker: UUID) -> None:
    workers.expire(worker, DatabaseClock().now())


def _serve(options: WorkerOptions) -> int:
    liveness = from_environment(os.environ)
    stop, hurry = threading.Event(), threading.Event()

    def heard(_number: int, _frame: FrameType | None) -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, heard)
    broker = connect(settings().BROKER_URL, name=f"flowengine worker {os.getpid()}")
    broker.start()
    program = Program(
        options,
        broker,
        worker=liveness.worker_id if liveness else None,
        pulse=liveness.beat if liveness else lambda: None,
    )
    if not program.start(stop):
        broker.close()
        logger.info("ended before it had begun")
        return 0
    settle_memory()
    while not stop.wait(LOOK_S):
        if program.wants_to_recycle() or (liveness is not None and liveness.is_orphaned):
            break
    logger.info("draining")
    clean = program.drain(settings().GRACE_S, hurry=hurry)
    broker.close()
    logger.info("ended")
    if not clean:
        # A task that did not listen still holds a thread, and Python would wait for it.
        logging.shutdown()
        os._exit(0)
    return 0

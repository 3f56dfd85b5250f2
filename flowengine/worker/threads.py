"""Threads for ``def`` tasks. Unlike an executor's, one that hangs can be given up."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from contextvars import Context
from queue import SimpleQueue

from flowengine.worker import connections

Work = Callable[[], Callable[[], None]]
"""Does the work, and gives what is to be said of it. Neither raises."""


class TaskThreads:
    """As many threads as work at the same time; they are kept, and end with the process.

    They are daemons: a task that hangs must not hold up the end of the process.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._numbers = itertools.count(1)

    def run(self, work: Work) -> None:
        """Do *work* in a thread of its own, at once, in a fresh context.

        Raises:
            RuntimeError: the system gives no more threads; nothing was begun.
        """
        with self._lock:
            is_waiting = self._idle > 0
            if is_waiting:
                self._idle -= 1
        if not is_waiting:
            self._start()
        self._queue.put(work)

    def abandon(self, thread: threading.Thread) -> None:
        """Count on *thread* no longer: should its task ever return, the thread ends."""
        with self._lock:
            self._threads.discard(thread)

    def close(self, timeout_s: float) -> bool:
        """End the threads that have nothing to do, wait for the others; False = some still work."""
        with self._lock:
            threads = tuple(self._threads)
        for _ in threads:
            self._queue.put(None)
        until = time.monotonic() + timeout_s
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _start(self) -> None:
        thread = threading.Thread(
            target=self._serve, name=f"flowengine-task-{next(self._numbers)}", daemon=True
        )
        with self._lock:
            self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:
            self.abandon(thread)
            raise

    def _serve(self) -> None:
        try:
            while (work := self._queue.get()) is not None:
                # What one task puts into context variables (language, time zone) ends with it.
                report = Context().run(work)
                is_usable = connections.release()
                # Idle before it is told: the answer to the report may be the next order.
                is_kept = self._become_idle(is_usable=is_usable)
                report()
                if not is_kept:
                    break
        finally:
            connections.close()
            self.abandon(threading.current_thread())

    def _become_idle(self, *, is_usable: bool) -> bool:
        with self._lock:
            is_kept = is_usable and threading.current_thread() in self._threads
            self._idle += is_kept
            return is_kept

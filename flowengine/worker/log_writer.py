"""Writes what attempts log, about once a second and while they are at work, where all of it is kept.

It stands beside the work: no attempt waits for it, none fails with it, and an attempt that logs nothing
costs nothing. What a process has logged in its last second is lost where it is killed.
"""

from __future__ import annotations

import logging

from django.db import Error

from flowengine.store import attempt_logs
from flowengine.store.attempt_logs import Logged
from flowengine.store.clock import Clock
from flowengine.tasks.attempt import Attempt
from flowengine.worker import logs

logger = logging.getLogger("flowengine.worker")

PAGE = 500
"""Attempts of one statement: two megabytes at most."""


class LogWriter:
    """Writes for the process; one is enough."""

    def __init__(self, clock: Clock) -> None:
        """From here on it is remembered which attempts log."""
        self._clock = clock
        logs.remember()

    def write_once(self) -> bool:
        """Write a page of what was logged since the last look; True where there may be more.

        Raises:
            django.db.Error: the database is away. Nothing is forgotten: the next look tries again.
        """
        attempts = logs.take(PAGE)
        if not attempts:
            return False
        try:
            attempt_logs.write([_logged(each) for each in attempts], self._clock.now())
        except Error:
            logs.put_back(attempts)
            raise
        return len(attempts) == PAGE

    def end(self) -> None:
        """Write what is left, as far as that is possible; it is remembered no more."""
        try:
            while self.write_once():
                pass
        except Error as error:
            logger.warning("what attempts have logged last could not be written: %s", error)
        finally:
            logs.forget()


def _logged(attempt: Attempt) -> Logged:
    return Logged(
        run_id=attempt.run_id,
        step=attempt.step,
        item=attempt.item,
        attempt=attempt.attempt,
        text=attempt.kept_log.text(),
    )

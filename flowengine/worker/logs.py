"""Hears what tasks log, in whichever logger, and gives each line to the attempt that it is of.

By the factory of records, not by a handler: a handler at the root would hear nothing of loggers that do not
hand on, and would end that Python prints warnings where nobody has configured anything.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from flowengine.tasks.attempt import Attempt, current

UNWRITTEN_MAX = 1_000
"""Attempts of which lines wait to be written; while there are so many, nothing is kept of others."""

# One that may be taken twice: what is collected as garbage in here may log, too.
_lock = threading.RLock()
_before: Callable[..., logging.LogRecord] | None = None
_unwritten: dict[Attempt, None] | None = None
"""Those that have logged since they were last taken, in order; None = nobody takes them."""


def listen() -> None:
    """Hear what is logged in this process from now on; once is enough."""
    global _before  # noqa: PLW0603 - there is one factory of records in a process
    with _lock:
        if _before is None:
            _before = logging.getLogRecordFactory()
            logging.setLogRecordFactory(_heard)


def remember() -> None:
    """From now on, remember which attempts have logged: somebody takes them, again and again."""
    global _unwritten  # noqa: PLW0603 - as there is one factory of records
    with _lock:
        _unwritten = _unwritten or {}


def take(limit: int) -> list[Attempt]:
    """Attempts that have logged since they were last taken, at most *limit*, the first of them first."""
    with _lock:
        unwritten = _unwritten or {}
        found = list(islice(unwritten, limit))
        for attempt in found:
            del unwritten[attempt]
    return found


def put_back(attempts: Iterable[Attempt]) -> None:
    """These could not be written: they are taken again."""
    with _lock:
        if _unwritten is not None:
            _unwritten.update(dict.fromkeys(attempts))


def forget() -> None:
    """Nobody takes them any more."""
    global _unwritten  # noqa: PLW0603 - as there is one factory of records
    with _lock:
        _unwritten = None


def _heard(*args: Any, **kwargs: Any) -> logging.LogRecord:
    assert _before is not None, "it was put before this"
    record = _before(*args, **kwargs)
    attempt = current()
    if attempt is not None:
        attempt.kept_log.keep(record)
        if _unwritten is not None:
            _remember(attempt)
    return record


def _remember(attempt: Attempt) -> None:
    with _lock:
        if _unwritten is not None and len(_unwritten) < UNWRITTEN_MAX:
            _unwritten[attempt] = None

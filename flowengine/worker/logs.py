"""Hears what tasks log, in whichever logger, and gives each line to the attempt that it is of.

By the factory of records, not by a handler: a handler at the root would hear nothing of loggers that do not
hand on, and would end that Python prints warnings where nobody has configured anything.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from flowengine.tasks.attempt import current

_lock = threading.Lock()
_before: Callable[..., logging.LogRecord] | None = None


def listen() -> None:
    """Hear what is logged in this process from now on; once is enough."""
    global _before  # noqa: PLW0603 - there is one factory of records in a process
    with _lock:
        if _before is None:
            _before = logging.getLogRecordFactory()
            logging.setLogRecordFactory(_heard)


def _heard(*args: Any, **kwargs: Any) -> logging.LogRecord:
    assert _before is not None, "it was put before this"
    record = _before(*args, **kwargs)
    attempt = current()
    if attempt is not None:
        attempt.kept_log.keep(record)
    return record

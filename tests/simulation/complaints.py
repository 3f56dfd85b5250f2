"""What the product reports as an error is one: its log is part of the oracle."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flowengine.orchestration.turns import RunUnheard
from tests.simulation.invariants import Violated
from tests.simulation.model.errors import is_slow

ROOT = "flowengine"


class _Listener(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Warnings are the daily bread of a simulation."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and is_slow(error):
            return  # that one statement took too long is to be told, and is no mistake
        if isinstance(error, RunUnheard):
            return  # it follows from what was told, and judged here, a moment ago
        raise Violated(f"log: {record.getMessage()}: {error!r}") from error


@contextmanager
def heard() -> Iterator[None]:
    """Within, an error in the product's log is a violation, and nothing of it is printed."""
    logger = logging.getLogger(ROOT)
    before = (logger.handlers, logger.propagate, logger.level)
    logger.handlers, logger.propagate = [_Listener(logging.ERROR)], False
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.handlers, logger.propagate = before[:2]
        logger.setLevel(before[2])

"""The last lines that an attempt has logged, in memory: kept in the database only where it fails."""

from __future__ import annotations

import logging
from collections import deque
from datetime import UTC, datetime
from typing import final

from flowengine.engine.printable import printable

LINES_MAX = 100
LINE_LENGTH_MAX = 1_000
LOG_LENGTH_MAX = 4_000
"""Characters of all lines together."""


@final
class KeptLog:
    """The last lines; written by the thread or coroutine of the attempt, read by whoever ends it."""

    __slots__ = ("_count", "_lines")

    def __init__(self) -> None:
        self._lines: deque[str] | None = None  # most attempts log nothing
        self._count = 0

    def keep(self, record: logging.LogRecord) -> None:
        """Keep what *record* says; whatever its arguments do when they are written down, it goes on."""
        try:
            text = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                text = f"{text} {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        except Exception:  # noqa: BLE001 - foreign code; the handlers of the project will tell of it
            text = f"{record.msg!s:.200} (it cannot be written down)"
        if not text:
            return
        if self._lines is None:
            self._lines = deque(maxlen=LINES_MAX)
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"{at[11:23]}Z {record.levelname} {record.name}: {text[:LINE_LENGTH_MAX]}"
        self._lines.append(printable(line))
        self._count += 1

    def text(self) -> str:
        """The last lines, as many as fit, and how many came before; empty = it has logged nothing."""
        lines = [] if self._lines is None else list(self._lines)
        size, first = 0, len(lines)
        while first > 0 and size + len(lines[first - 1]) + 1 <= LOG_LENGTH_MAX:
            first -= 1
            size += len(lines[first]) + 1
        left_out = self._count - (len(lines) - first)
        before = [f"… {left_out} lines before"] if left_out else []
        return "\n".join([*before, *lines[first:]])

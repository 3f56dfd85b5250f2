"""An exception as a :class:`Failure`: foreign code raised it, so nothing about it is trusted.

What is kept goes into the database and in front of people: it is cut, and cleaned of characters that
a database refuses, because one such text would make a whole batch fail.
"""

from __future__ import annotations

import math
import traceback
from datetime import timedelta
from types import TracebackType
from typing import Any

from flowengine.conf import project_version
from flowengine.engine.printable import printable
from flowengine.engine.run import Failure
from flowengine.errors import AttemptCancelled, Permanent, RetryAfter, SoftTimeout
from flowengine.worker import output
from flowengine.worker.frames import frames_of

MESSAGE_LENGTH_MAX = 2_000
NAME_LENGTH_MAX = 200
BASES_MAX = 20
TRACEBACK_LENGTH_MAX = 16_000
DETAILS_MAX_BYTES = 16 * 1024
RETRY_AFTER_MAX_S = timedelta(days=366).total_seconds()
_TIMEOUT = "Timeout"


class Unfit(Exception):
    """The attempt fails for a reason that the worker itself found; carries the failure."""

    def __init__(self, code: str, message: str, *, fe: str) -> None:
        super().__init__(message)
        text = printable(message[:MESSAGE_LENGTH_MAX])
        self.failure = Failure(code=code, message=text, fe=fe, permanent=True)


def failure_of(error: BaseException, *, timeout: timedelta) -> Failure:
    """What is kept of *error*; never raises, whatever the exception does when it is looked at."""
    match error:
        case Unfit():
            return error.failure
        case SoftTimeout():
            return timed_out(timeout)
        case AttemptCancelled():
            return Failure(code="Cancelled", message=_message(error))
    return Failure(
        code=_name(type(error)),
        message=_message(error),
        bases=tuple(_name(base) for base in type(error).__mro__[1:-1][:BASES_MAX]),
        permanent=isinstance(error, Permanent),
        retry_after_s=_retry_after_s(error),
        traceback=_traceback(error),
        frames=frames_of(_of_the_task(error.__traceback__)),
        version=project_version(),
        details=_details(error),
    )


def timed_out(timeout: timedelta, *, fenced_after_s: float | None = None, log: str = "") -> Failure:
    """The failure of an attempt whose time was over; *fenced_after_s*: it did not notice."""
    message = f"its time of {timeout.total_seconds():g} s was over"
    if fenced_after_s is not None:
        message += f", and it had not noticed {fenced_after_s:g} s later; it was given up"
    return Failure(code=_TIMEOUT, message=message, log=log)


def _name(kind: type) -> str:
    return printable(kind.__name__[:NAME_LENGTH_MAX])


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException as problem:  # noqa: BLE001 - __str__ is foreign code too
        text = f"(its text cannot be read: {type(problem).__name__})"
    if not isinstance(error, Exception):
        text = f"the task raised {type(error).__name__}({text}), which ends threads, not attempts"
    return printable(text[:MESSAGE_LENGTH_MAX])


def _retry_after_s(error: BaseException) -> float | None:
    if not isinstance(error, RetryAfter):
        return None
    # NaN and infinity are floats too; no instant is that far away.
    if math.isnan(error.seconds):
        return None
    return min(max(error.seconds, 0.0), RETRY_AFTER_MAX_S)


def _details(error: BaseException) -> Any:
    if not isinstance(error, Permanent) or error.details is None:
        return None
    try:
        return output.plain(error.details, size_max_bytes=DETAILS_MAX_BYTES)
    except Exception:  # noqa: BLE001 - details that cannot be kept must not hide the failure
        return None


def _traceback(error: BaseException) -> str:
    try:
        lines = traceback.format_exception(
            type(error), error, _of_the_task(error.__traceback__), limit=-50
        )
        text = "".join(lines)
    except BaseException:  # noqa: BLE001 - __repr__ and __cause__ are foreign code too
        return "(the traceback cannot be read)"
    if len(text) > TRACEBACK_LENGTH_MAX:
        half = TRACEBACK_LENGTH_MAX // 2
        text = f"{text[:half]}\n  ...\n{text[-half:]}"
    return printable(text)


def _of_the_task(trace: TracebackType | None) -> TracebackType | None:
    """Without the worker's own frame, which is the same in every traceback."""
    return trace.tb_next if trace is not None and trace.tb_next is not None else trace

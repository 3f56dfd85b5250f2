"""A limit in time for what is computed from foreign texts, in the thread that computes it.

Every expression is bounded by itself, and so is every file; but a loop has as many expressions as its list
has items. So the clock is looked at with each call of a function, by the interpreter's profile hook: what
flowengine computes ends soon after its time, wherever it is, and nothing of it stays (ADR 0048).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import FrameType

_PACKAGE = __name__.partition(".")[0]
_CLOSED_UNSEEN = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
"""What the interpreter calls when it is forgotten, too; what is raised there goes nowhere, and the hook
is gone with it."""


class OutOfTime(BaseException):
    """It took too long, and was ended; no error, so that nobody who is prepared for any goes on."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """End what is done inside after so many seconds.

    It must hold no lock and write nothing: it may end between any two calls.

    Raises:
        OutOfTime: from inside.
    """
    ends_at = time.monotonic() + seconds

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if time.monotonic() > ends_at and _is_heard(frame, event):
            raise OutOfTime

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)


def _is_heard(frame: FrameType, event: str) -> bool:
    """Whether what is raised there arrives at who has called it.

    Only flowengine's own functions are known to be called by somebody, and by nobody who drops what they
    raise. Others may be called by the interpreter, in the middle of anything: when garbage is collected,
    or when something is forgotten.
    """
    package = frame.f_globals.get("__name__", "").partition(".")[0]
    if package != _PACKAGE:
        return False
    return event == "c_call" or (event == "call" and not frame.f_code.co_flags & _CLOSED_UNSEEN)

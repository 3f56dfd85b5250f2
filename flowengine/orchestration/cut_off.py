"""A limit in time for what is computed from foreign texts, in the thread that computes it.

Every expression is bounded by itself, and so is every file; but a loop has as many expressions as its list
has items. So the clock is looked at with each call of a function, by the interpreter's profile hook: what
is computed in Python ends soon after its time, wherever it is, and nothing of it stays.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import FrameType

_CLOSED_UNSEEN = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
"""What the interpreter calls when it is forgotten, too; what is raised there goes nowhere, and the hook
is gone with it."""
_CALLED_UNSEEN = frozenset({"weakref", "_weakrefset"})
"""Modules that it calls when something else is forgotten."""


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
        if time.monotonic() <= ends_at:
            return
        if event not in {"call", "c_call"} or _is_unseen(frame):
            return
        if event == "c_call" or not frame.f_code.co_flags & _CLOSED_UNSEEN:
            raise OutOfTime

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)


def _is_unseen(frame: FrameType | None) -> bool:
    """Whether it, or one that has called it, was called because something was forgotten."""
    while frame is not None:
        if frame.f_code.co_name == "__del__" or frame.f_globals.get("__name__") in _CALLED_UNSEEN:
            return True
        frame = frame.f_back
    return False

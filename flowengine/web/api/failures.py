"""Why something failed: the class and the place for all who may look, the text for who may see payloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowengine.engine.run import Frame, Try
from flowengine.representations import instant
from flowengine.store import inspect
from flowengine.web.api.masked import Masked, MaskedText
from flowengine.web.api.paging import Instant, Shape

JSON = Any
"""Any JSON value that is sent to us; in an answer it is ``Masked``."""

_OPEN = frozenset({"code", "fe", "bases", "permanent", "step", "item", "attempts", "version"})
"""The members of a stored failure that say nothing of what was worked with."""


class FrameTold(Shape):
    """One line of a traceback."""

    file: str
    line: int
    name: str
    """The function."""
    is_own: bool
    """It is the project's: not of a library, of Python or of flowengine."""


class TryTold(Shape):
    """How one attempt failed."""

    attempt: int
    code: str
    frames: list[FrameTold]
    worker: str
    version: str
    """Of the project, as that process had it."""
    started_at: Instant | None
    ended_at: Instant | None
    message: MaskedText = ""
    """Only with ``view_payload``, as the rest."""
    traceback: MaskedText = ""
    log: MaskedText = ""
    """The last lines that it has logged: 4,000 characters at most."""


class FailureTold(Shape):
    """Why something failed."""

    code: str
    """The error's class, or a code of the engine."""
    fe: str
    step: str | None
    item: str
    attempts: int
    version: str
    frames: list[FrameTold]
    """Where it was raised, outermost first."""
    tries: list[TryTold]
    """The failed attempts: the first, and the last few of many."""
    message: MaskedText = ""
    """Only with ``view_payload``, as the rest."""
    traceback: MaskedText = ""
    details: Masked = None


def failure_told(encoded: Any, *, with_text: bool) -> dict[str, Any] | None:
    """A stored failure; what an error says only *with_text*."""
    failure = inspect.failure(encoded)
    if failure is None:
        return None
    told = {
        "code": failure.code,
        "fe": failure.fe,
        "step": failure.step,
        "item": failure.item,
        "attempts": failure.attempts,
        "version": failure.version,
        "frames": [_frame(each) for each in failure.frames],
        "tries": [_try(each, with_text=with_text) for each in failure.tries],
    }
    if not with_text:
        return told
    text = {"message": failure.message, "traceback": failure.traceback, "details": failure.details}
    return {**told, **text}


def without_text(failure: Mapping[str, Any]) -> dict[str, Any]:
    """A failure of the history, without what an error says."""
    return {name: value for name, value in failure.items() if name in _OPEN}


def _frame(frame: Frame) -> dict[str, Any]:
    return {"file": frame.file, "line": frame.line, "name": frame.name, "is_own": frame.is_own}


def _try(each: Try, *, with_text: bool) -> dict[str, Any]:
    told = {
        "attempt": each.attempt,
        "code": each.code,
        "frames": [_frame(frame) for frame in each.frames],
        "worker": each.worker,
        "version": each.version,
        "started_at": instant(each.started_at),
        "ended_at": instant(each.ended_at),
    }
    if not with_text:
        return told
    return {**told, "message": each.message, "traceback": each.traceback, "log": each.log}

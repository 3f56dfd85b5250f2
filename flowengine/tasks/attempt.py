"""What a running task may know and say: the ``ctx`` parameter.

A worker cannot stop a thread. It raises a *stop sign*; the task meets it at its next checkpoint,
:meth:`Attempt.check` or :meth:`Attempt.progress`, as an exception. The first sign stays: an attempt
that is out of time does not become a cancelled one.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, final
from uuid import UUID

from flowengine.engine.event import Event
from flowengine.engine.identity import idempotency_key
from flowengine.engine.printable import printable
from flowengine.engine.run import Item
from flowengine.errors import AttemptCancelled, CallerError, SoftTimeout
from flowengine.tasks.kept_log import KeptLog

NOTE_LENGTH_MAX = 200
"""Characters of a progress note that are kept."""
NOTIFICATIONS_MAX = 20
"""What one attempt may tell people; more is logged and left out."""

Stop = SoftTimeout | AttemptCancelled

_current: ContextVar[Attempt | None] = ContextVar("flowengine_attempt", default=None)


def current() -> Attempt | None:
    """The attempt this code runs for, in its thread or coroutine; None outside a task.

    Threads that a task starts by itself do not inherit it.
    """
    return _current.get()


@final
class StopSign:
    """Raised by the pool, read by the task; safe between threads because it is set once."""

    __slots__ = ("_stop",)

    def __init__(self) -> None:
        self._stop: Stop | None = None

    @property
    def stop(self) -> Stop | None:
        """What was raised; None = go on."""
        return self._stop

    def put_up(self, stop: Stop) -> bool:
        """Tell the task; False, and nothing, when it has been told already."""
        if self._stop is not None:
            return False
        self._stop = stop
        return True


def _nobody(_fraction: float, _note: str) -> None:
    """Where progress goes when nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a task tells who watches its run."""

    title: str
    text: str = ""
    url: str = ""
    """Where it leads: a path of this site or an http(s) URL; empty = to the run."""


@final
class Attempt:
    """One attempt of one step, as its task sees it.

    Made by the worker; a test makes its own with the fields it needs.
    """

    def __init__(
        self,
        *,
        run_id: UUID,
        keys: UUID | None = None,
        step: str,
        event: Event,
        deadline: datetime,
        item: Item = "",
        attempt: int = 1,
        workflow: str = "",
        undoes: str | None = None,
        stop_sign: StopSign | None = None,
        on_progress: Callable[[float, str], None] = _nobody,
    ) -> None:
        self.run_id = run_id
        self._keys = keys or run_id
        self.step = step
        self.item = item
        """In which items of the loops around the step: empty in none, ``3``, ``3.7``."""
        self.attempt = attempt
        """The number of this attempt; it grows over retries, crashes and hand-backs."""
        self.workflow = workflow
        self.undoes = undoes
        """Of an undo: the ``idempotency_key`` that the step it undoes had; else None."""
        self.event = event
        """The event that started the run."""
        self.deadline = deadline
        """When its time is over; aware, UTC."""
        self.kept_log = KeptLog()
        """What it logs, for its failure."""
        self._stop_sign = stop_sign or StopSign()
        self._on_progress = on_progress
        self._notifications: list[Notification] = []

    @cached_property
    def idempotency_key(self) -> str:
        """The same for every attempt of this step and item, and for no other.

        A replay has those of the first run, unless new ones were asked for. Hand it to payment
        providers and the like, so that they do a thing once.
        """
        return idempotency_key(self._keys, self.step, self.item)

    @cached_property
    def logger(self) -> AttemptLogger:
        """A logger named ``flowengine.task`` whose records carry run, step, attempt and event."""
        return AttemptLogger(logging.getLogger("flowengine.task"), self.log_fields)

    @property
    def log_fields(self) -> dict[str, Any]:
        """The ids that belong into each log record of this attempt."""
        return {
            "run": str(self.run_id),
            "step": self.step,
            "item": self.item,
            "attempt": self.attempt,
            "event": str(self.event.id),
        }

    @property
    def stop(self) -> Stop | None:
        """Why it should end; None = go on."""
        return self._stop_sign.stop

    @property
    def cancelled(self) -> bool:
        """True once the task should end: its run was cancelled, or its time is over."""
        return self.stop is not None

    def check(self) -> None:
        """A checkpoint: go on, or end here.

        Raises:
            AttemptCancelled: the run was cancelled, or the worker is going away.
            SoftTimeout: the time of the step is over; a moment later the attempt counts as failed
                whatever it does.
        """
        stop = self.stop
        if stop is not None:
            # A new one each time: an exception raised twice would grow its traceback.
            raise type(stop)(stop.message)

    def progress(self, fraction: float, note: str = "") -> None:
        """Say how far the work is, 0 to 1, with a short note for people; a checkpoint as well.

        May be called as often as one likes: what comes too fast is left out, the last word counts.
        Values a little outside are moved to the border.

        Raises:
            CallerError: *fraction* is no number.
            AttemptCancelled, SoftTimeout: as :meth:`check`.
        """
        self.check()
        try:
            number = float(fraction)
        except (TypeError, ValueError):
            number = math.nan
        if math.isnan(number):
            raise CallerError(
                f"progress is a number from 0 to 1, not {fraction!r}: ctx.progress(done / total)"
            )
        self._on_progress(min(1.0, max(0.0, number)), printable(str(note)[:NOTE_LENGTH_MAX]))

    def notify(self, title: str, text: str = "", url: str | None = None) -> None:
        """Tell who watches the run something, in their inboxes.

        It is written with the end of this attempt, whichever that is. Said again by another attempt of
        the step, in the same words, it is told once.

        Args:
            title: what it is about, in a few words; 200 characters are kept.
            text: more of it; 500 characters are kept.
            url: where it leads, ``/orders/17/`` or ``https://…``; None = to the run.

        Raises:
            CallerError: there is no title, or *url* is neither a path of this site nor http(s).
        """
        heading = printable(str(title).strip())
        if not heading:
            raise CallerError('a notification needs a title: ctx.notify("Your export is ready")')
        if len(self._notifications) >= NOTIFICATIONS_MAX:
            self.logger.warning("an attempt tells at most %d things", NOTIFICATIONS_MAX)
            return
        self._notifications.append(
            Notification(title=heading, text=printable(str(text).strip()), url=_safe(url))
        )

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """What it has told so far, in order."""
        return tuple(self._notifications)


def _safe(url: str | None) -> str:
    """The URL, which leads to this site or, openly, to another: nothing that a browser would run."""
    if not url:
        return ""
    path = url.startswith("/") and not url.startswith(("//", "/\\"))
    if not url.isprintable() or not (path or url.startswith(("https://", "http://"))):
        raise CallerError(f"a notification leads to a path or an http(s) URL, not to {url!r:.80}")
    return url


class AttemptLogger(logging.LoggerAdapter[logging.Logger]):
    """Adds the ids of the attempt to each record and keeps the caller's own ``extra``."""

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        """The ids win: nobody can log in another attempt's name."""
        kwargs["extra"] = {**(kwargs.get("extra") or {}), **(self.extra or {})}
        return msg, kwargs


def enter(attempt: Attempt) -> None:
    """Make *attempt* what :func:`current` gives in this context; the caller owns the context."""
    _current.set(attempt)

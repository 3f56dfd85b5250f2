"""``transaction: true``: a task's database work and its step's end commit together, exactly once.

The task runs first, on its thread's own connection; at the end the same transaction locks the run,
checks the attempt, decides, saves and commits. The run is never locked while user code runs, and a
late attempt, fenced meanwhile, takes its own work back with it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import Error, InterfaceError, OperationalError

from flowengine.engine.messages import Failed, GivenBack, Succeeded
from flowengine.engine.run import Failure, Item
from flowengine.engine.states import StepState
from flowengine.errors import FlowengineError
from flowengine.orchestration.advance import Told, Work, apply
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.notify import said_by
from flowengine.store import sql, steps
from flowengine.store.clock import Clock
from flowengine.store.outage import has_lost_connection
from flowengine.tasks.attempt import Notification

logger = logging.getLogger("flowengine.worker")

ASK_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a transactional attempt ended."""

    message: Succeeded | Failed | GivenBack
    """How. It has yet to be decided, unless *committed* says that it is saved."""
    committed: Committed | None = None
    """All is saved: this is left to say. None = nothing was saved."""
    notifications: tuple[Notification, ...] = ()
    """What its task has said, where nothing was saved."""
    fenced: bool = False
    """The attempt was not the current one any more: its work is undone, nothing is left to say."""


class _TakeBack(Exception):
    """Rolls the transaction back; carries what is to be told instead."""

    def __init__(self, ended: Ended) -> None:
        super().__init__()
        self.ended = ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """Which attempt it is."""

    run_id: UUID
    step: str
    item: Item
    attempt: int
    said: Callable[[], tuple[Notification, ...]] = tuple
    """What its task has said to who watches; asked when it has ended."""


def perform(which: Performed, call: Callable[[], Succeeded | Failed], clock: Clock) -> Ended:
    """Run *call* and save its end in one transaction of the calling thread."""
    ended: Ended | None = None
    has_begun = False
    try:
        with sql.writing(durable=True):
            has_begun = True
            ended = _save(which, call(), clock)
    except _TakeBack as back:
        return replace(back.ended, notifications=which.said())
    except Error as error:
        if not has_begun:
            return Ended(message=_given_back(which))
        if not _has_lost_answer(error):
            # A lock or statement time-out, a deferred constraint, a full disk: the transaction is
            # undone, and what undid it may do so again. It uses a try.
            return Ended(message=_failed(which, error))
        return _find_out(which, error)
    except Exception:
        if ended is None:
            raise
        logger.exception("a hook after the commit failed", extra={"run": str(which.run_id)})
    return ended


def _has_lost_answer(error: Error) -> bool:
    """Whether the answer may have been lost on its way, as against: the answer is no."""
    return sql.is_postgresql() and has_lost_connection(error)


def _given_back(which: Performed) -> GivenBack:
    return GivenBack(step=which.step, item=which.item, attempt=which.attempt)


def _failed(which: Performed, error: Exception) -> Failed:
    failure = Failure(
        code=type(error).__name__,
        message=str(error),
        bases=tuple(base.__name__ for base in type(error).__mro__[1:-1]),
    )
    return Failed(step=which.step, item=which.item, attempt=which.attempt, failure=failure)


def _save(which: Performed, message: Succeeded | Failed, clock: Clock) -> Ended:
    """Save the end in the open transaction, or take the task's work back with it."""
    if isinstance(message, Failed):
        raise _TakeBack(Ended(message=message))
    told = Told(
        run_id=which.run_id, message=message, said=said_by(which.step, which.item, which.said())
    )
    advanced = apply(Work(told=(told,)), clock.now(), wait=True)
    if advanced.refused:
        refused = FlowengineError("the end of the step could not be decided")
        raise _TakeBack(Ended(message=_failed(which, refused)))
    if advanced.stale:
        raise _TakeBack(Ended(message=message, fenced=True))
    return Ended(message=message, committed=advanced.committed)


def _find_out(which: Performed, error: Exception) -> Ended:
    """The answer to COMMIT was lost, or there was none: read, never repeat blindly (I18)."""
    run_id, place = which.run_id, (which.step, which.item)
    logger.warning(
        "the end of a transaction is not known; asking",
        exc_info=error,
        extra={"run": str(run_id), "step": which.step, "attempt": which.attempt},
    )
    while True:
        sql.connection().close()
        try:
            row = steps.load({(run_id, place)}).get(run_id, {}).get(place)
        except (OperationalError, InterfaceError):
            time.sleep(ASK_AGAIN_S)
            continue
        if row is not None and row.attempt == which.attempt and row.state is StepState.SUCCEEDED:
            # Its hints were not sent: the rows they speak of become overdue by themselves.
            ended = Succeeded(
                step=which.step, item=which.item, attempt=which.attempt, output=row.output
            )
            return Ended(message=ended, committed=Committed())
        return Ended(message=_given_back(which))

"""Saving a batch in spite of one bad item in it.

A transaction that fails on its *content* is split in halves until the guilty item stands alone; then
that item is failed with what the database said, and all others are saved. A transaction that fails
because the database is away is the caller's to repeat.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from django.db import InterfaceError, OperationalError

from flowengine.engine.messages import Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.orchestration.advance import Advanced, Told, Work, advance
from flowengine.store.clock import Clock

logger = logging.getLogger("flowengine.worker")


def save(work: Work, clock: Clock) -> Advanced:
    """Advance *work*; at most log2(items) repeats for one guilty item.

    Raises:
        django.db.OperationalError, django.db.InterfaceError: the database is away; what is in
            memory must be told again.
    """
    try:
        return advance(work, clock.now())
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - foreign content: whatever it breaks, only it fails
        return _split(work, clock, error)


def _split(work: Work, clock: Clock, error: Exception) -> Advanced:
    size = len(work.told) + len(work.wanted) + len(work.progress)
    if size == 1:
        return _convict(work, clock, error)
    first, second = _halves(work)
    result = save(first, clock)
    rest = save(replace(second, places=work.places - len(result.begun)), clock)
    result.committed.add(rest.committed)
    result.begun += rest.begun
    result.reserved += rest.reserved
    result.unknown += rest.unknown
    result.later_told += rest.later_told
    result.later_wanted += rest.later_wanted
    result.stale += rest.stale
    return result


def _halves(work: Work) -> tuple[Work, Work]:
    """The batch in two, in its order: what ended, then what is wanted, then progress."""
    cut = (len(work.told) + len(work.wanted) + len(work.progress)) // 2
    told = min(cut, len(work.told))
    wanted = min(cut - told, len(work.wanted))
    progress = cut - told - wanted
    first = replace(
        work,
        told=work.told[:told],
        wanted=work.wanted[:wanted],
        progress=work.progress[:progress],
    )
    second = replace(
        work,
        told=work.told[told:],
        wanted=work.wanted[wanted:],
        progress=work.progress[progress:],
    )
    return first, second


def _convict(work: Work, clock: Clock, error: Exception) -> Advanced:
    """The guilty item alone: a result becomes a failure; anything else is left out."""
    for told in work.told:
        message = told.message
        logger.error(
            "a message to a run was refused",
            exc_info=error,
            extra={"run": str(told.run_id), "message_kind": type(message).__name__},
        )
        if isinstance(message, Succeeded | Failed):
            failure = Failure(
                code="InvalidOutput",
                message=f"what the task left cannot be stored: {type(error).__name__}",
                fe="FE422",
                permanent=True,
            )
            failed = Failed(step=message.step, attempt=message.attempt, failure=failure)
            plain = replace(work, told=(Told(run_id=told.run_id, message=failed),))
            return advance(plain, clock.now())
    if work.wanted:
        logger.error(
            "a step could not be claimed; it stays ready",
            exc_info=error,
            extra={"run": str(work.wanted[0].run_id), "step": work.wanted[0].step},
        )
    return Advanced()

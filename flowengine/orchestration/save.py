"""Saving a batch in spite of one bad item in it.

A transaction that fails on its *content* is split in halves until the guilty item stands alone; that
one is failed with what the database said, and all others are saved. A transaction that fails because
the database is away, or takes no writes at all, is the caller's to repeat.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from django.db import DatabaseError, InterfaceError, OperationalError

from flowengine.engine.messages import Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.orchestration.advance import advance
from flowengine.orchestration.work import Advanced, Told, Work
from flowengine.store import sql

logger = logging.getLogger("flowengine.orchestration")

AWAY = (OperationalError, InterfaceError)


def save(work: Work, now: datetime, *, wait: bool = False) -> Advanced:
    """Advance *work*; at most log2(items) repeats for one guilty item.

    What cannot be stored at all is in ``refused``, and its rows stay as they are. Runs that are locked
    elsewhere are left for later, or waited for.

    Raises:
        django.db.OperationalError, django.db.InterfaceError: the database is away, or read-only.
            Part of the batch may be saved; telling it again is stale, and what has begun unheard is
            found by looking at what this worker holds.
    """
    try:
        return advance(work, now, wait=wait)
    except AWAY:
        raise
    except Exception as error:  # noqa: BLE001 - foreign content: whatever it breaks, only it fails
        if len(work.told) + len(work.wanted) + len(work.progress) == 1:
            return _convict(work, now, error)
    first, second = _halves(work)
    result = save(first, now, wait=wait)
    result.add(save(second, now, wait=wait))
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


def _convict(work: Work, now: datetime, error: Exception) -> Advanced:
    """The guilty item alone: a result becomes a failure; what cannot even fail is refused."""
    if not _takes_writes():
        raise OperationalError(f"the database takes no writes: {error}") from error
    for told in work.told:
        logger.error(
            "a message to a run was refused by the database",
            exc_info=error,
            extra={"run": str(told.run_id), "told": type(told.message).__name__},
        )
        return _as_failure(work, told, now, error)
    for wanted in work.wanted:
        logger.error(
            "a step could not be begun; it stays ready",
            exc_info=error,
            extra={"run": str(wanted.run_id), "step": wanted.step},
        )
    return Advanced()


def _as_failure(work: Work, told: Told, now: datetime, error: Exception) -> Advanced:
    message = told.message
    if not isinstance(message, Succeeded | Failed):
        return Advanced(refused=[told])
    failure = Failure(
        code="InvalidOutput",
        message=f"what the task left cannot be stored: {type(error).__name__}",
        fe="FE422",
        permanent=True,
    )
    failed = Failed(step=message.step, item=message.item, attempt=message.attempt, failure=failure)
    try:
        plain = Told(run_id=told.run_id, message=failed)
        return advance(replace(work, told=(plain,)), now)
    except AWAY:
        raise
    except Exception:
        logger.exception("not even its failure can be stored", extra={"run": str(told.run_id)})
        return Advanced(refused=[told])


def _takes_writes() -> bool:
    """Whether the database stores anything now: a standby or a full disk is nobody's guilt."""
    try:
        with sql.writing():
            sql.execute("UPDATE flowengine_worker SET pid = pid", {})
    except DatabaseError:
        return False
    return True

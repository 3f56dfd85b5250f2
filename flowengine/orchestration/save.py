"""Saving a batch in spite of one bad item in it.

A transaction that fails on its *content* is split in halves until the guilty item stands alone; all
others are saved. A transaction that fails because the database is away, or takes no writes at all, is
the caller's to repeat.

The guilty one is said in another way, so that its run does not hang: what has happened stays true, but
what would follow from it cannot be stored, and so the run ends with a failure that says so. What cannot
be said at all is put off, and stays in nobody's way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import DatabaseError, OperationalError

from flowengine.engine.failures import unwritable
from flowengine.engine.messages import Failed, Halt, Message, Succeeded
from flowengine.engine.run import Failure
from flowengine.orchestration.advance import advance
from flowengine.orchestration.halving import in_halves
from flowengine.orchestration.trace import put_off
from flowengine.orchestration.work import Advanced, Progress, Told, Wanted, Work
from flowengine.store import runs, sql
from flowengine.store.outage import Trouble, trouble_of

logger = logging.getLogger("flowengine.orchestration")

_Item = Told | Wanted | Progress


def save(work: Work, now: datetime, *, wait: bool = False) -> Advanced:
    """Advance *work*; at most log2(items) repeats for one guilty item.

    What cannot be stored at all is in ``refused``, and its rows stay as they are, but are not due for
    a while. Runs that are locked elsewhere are left for later, or waited for.

    Raises:
        django.db.Error: the database is away, or read-only. Part of the batch may be saved; telling it
            again is stale, and what has begun unheard is found by looking at what this worker holds.
    """
    items: list[_Item] = [*work.told, *work.wanted, *work.progress]
    if not items:
        return Advanced()
    do = partial(_save, work, now=now, wait=wait)
    return in_halves(items, do, partial(_convict, work, now=now, wait=wait))


def halted(run_id: UUID, error: Exception, now: datetime) -> Advanced | None:
    """End this run, of which nothing that would follow can be stored; None = *error* says no such thing."""
    if trouble_of(error) is not Trouble.CONTENT or not isinstance(error, DatabaseError):
        return None
    told = Told(run_id=run_id, message=Halt(failure=unwritable(type(error).__name__)))
    return save(Work(told=(told,)), now, wait=True)


def _save(work: Work, items: Sequence[_Item], *, now: datetime, wait: bool) -> Advanced:
    if len(items) == len(work.told) + len(work.wanted) + len(work.progress):
        return advance(work, now, wait=wait)
    part = replace(
        work,
        places=None,  # they are counted for the whole: of a part nothing is handed on
        told=[each for each in items if isinstance(each, Told)],
        wanted=[each for each in items if isinstance(each, Wanted)],
        progress=[each for each in items if isinstance(each, Progress)],
    )
    return advance(part, now, wait=wait)


def _convict(work: Work, item: _Item, error: Exception, *, now: datetime, wait: bool) -> Advanced:
    """The guilty item alone."""
    if not _takes_writes():
        raise OperationalError(f"the database takes no writes: {error}") from error
    if isinstance(item, Progress):
        return Advanced()
    if isinstance(item, Told):
        logger.error(
            "a message to a run was refused by the database",
            exc_info=error,
            extra={"run": str(item.run_id), "told": type(item.message).__name__},
        )
        # What took too long may not do so the next time: that must cost nobody his run.
        if trouble_of(error) is not Trouble.SLOW:
            for messages in _other_ways(item.message, error):
                saved = _said(work, item, messages, now=now, wait=wait)
                if saved is not None:
                    return saved
    _put_off(item.run_id, error, now)
    return Advanced(refused=[item]) if isinstance(item, Told) else Advanced()


def _other_ways(message: Message, error: Exception) -> Iterator[tuple[Message, ...]]:
    """What to tell the run instead, the truest first: a run that is told to end lets nothing follow."""
    end = Halt(failure=unwritable(type(error).__name__))
    if isinstance(message, Succeeded | Failed):
        failure = Failure(
            code="InvalidOutput",
            message=f"what the task left cannot be stored: {type(error).__name__}",
            fe="FE422",
            permanent=True,
        )
        plain = Failed(
            step=message.step, item=message.item, attempt=message.attempt, failure=failure
        )
        if isinstance(message, Succeeded):
            yield (end, message)
        yield (plain,)
        yield (end, plain)
    else:
        yield (end, message)
    yield (replace(end, at_once=True),)


def _said(
    work: Work, guilty: Told, messages: Sequence[Message], *, now: datetime, wait: bool
) -> Advanced | None:
    """What came of telling it these instead; None where that cannot be stored either."""
    told = tuple(Told(run_id=guilty.run_id, message=each) for each in messages)
    try:
        saved = advance(replace(work, told=told, wanted=(), progress=()), now, wait=wait)
    except Exception as error:
        if trouble_of(error) is not Trouble.CONTENT:
            raise
        logger.info("nor can this be stored: %s", error, extra={"run": str(guilty.run_id)})
        return None
    if saved.refused:
        return None
    if saved.later_told:
        return Advanced(later_told=[guilty])
    return saved


def _put_off(run_id: UUID, error: Exception, now: datetime) -> None:
    with sql.writing():
        put_off(dict.fromkeys(runs.hold([run_id]), error), now)


def _takes_writes() -> bool:
    """Whether the database stores anything now: a standby or a full disk is nobody's guilt."""
    try:
        with sql.writing():
            sql.execute("UPDATE flowengine_worker SET pid = pid", {})
    except DatabaseError:
        return False
    return True

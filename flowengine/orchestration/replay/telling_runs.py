"""Cancelling, holding and releasing the runs that a selection names, as acts that beats carry out.

A run that another transaction holds is not waited for, so that a beat stands still for nobody: it is
told with a later page.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate, takewhile
from uuid import UUID

from django.db.models import Count

from flowengine.conf import settings
from flowengine.engine.messages import Cancel, Hold, Message, Release
from flowengine.engine.states import RunState
from flowengine.errors import ReplayRefused
from flowengine.models import RunRecord, SelectionItemRecord
from flowengine.orchestration import selections
from flowengine.orchestration.advance import Advanced, Told, Work, apply
from flowengine.orchestration.audit import By, Entry
from flowengine.orchestration.halving import in_halves
from flowengine.orchestration.replay.bulk import Bulk, Done, begin
from flowengine.orchestration.replay.verdict import at_rest, ended
from flowengine.store import sql
from flowengine.store.replays import ACTIVE, Replay, ReplayState

logger = logging.getLogger("flowengine.orchestration")

PAGE = 200
"""Runs told in one transaction."""
ROWS_MAX = 5_000
"""What they may have at work together; one alone has as much as it has."""
LOOK_AGAIN = timedelta(seconds=0.5)
"""Until those that others hold are told again, where nothing else is left to do."""
_MESSAGES: Mapping[Bulk, Callable[[str, str], Message]] = {
    Bulk.CANCEL: lambda who, why: Cancel(by=who, reason=why),
    Bulk.HOLD: lambda who, why: Hold(by=who, reason=why),
    Bulk.RELEASE: lambda who, why: Release(by=who, reason=why),
}


_OPEN = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.WAITING})
_FITS: Mapping[Bulk, frozenset[str]] = {
    Bulk.CANCEL: _OPEN | {RunState.HELD},
    Bulk.HOLD: _OPEN,
    Bulk.RELEASE: _OPEN | {RunState.HELD},
}


def tell_runs(mode: Bulk, selection_id: UUID, by: By, *, request_key: str | None = None) -> Replay:
    """Cancel, hold or release each run that a selection names; those that it does not fit stay as they are.

    The caller has checked the permission, ``mode.permission``.

    Args:
        mode: what each is told.
        selection_id: what was chosen.
        by: who wants it, why, and from where.
        request_key: names the request: the same again is the same act. None = it is another.

    Returns:
        The act; ``done`` where one page was enough.

    Raises:
        ReasonMissing: FE513.
        ReplayRefused: FE521, dead letters are discarded, not told; or the request key names another act.
        SelectionRefused: there is no such selection, or it is not of runs.
    """
    if mode not in _MESSAGES:
        raise ReplayRefused(f"runs are not told to '{mode}'")
    return begin(mode, page, selection_id, by, request_key=request_key)


def plan(mode: Bulk, selection_id: UUID) -> dict[str, int]:
    """How many of the runs that a selection names are in which state; those that it may fit first.

    One statement, over all of them. Whether one fits is decided when it is told.
    """
    alias = settings().DATABASE
    named = SelectionItemRecord.objects.using(alias).filter(selection_id=selection_id)
    rows = RunRecord.objects.using(alias).filter(pk__in=named.values("object_id"))
    counts = dict(rows.order_by().values_list("state").annotate(count=Count("pk")))
    return dict(sorted(counts.items(), key=lambda each: (each[0] not in fits(mode), each[0])))


def fits(mode: Bulk) -> frozenset[str]:
    """The states of runs in which that may change something."""
    return _FITS[mode]


def page(act: Replay, now: datetime) -> Done:
    """Tell the next page of an act that is held."""
    if act.state not in ACTIVE:
        return Done(act=at_rest(act))
    at, waiting = int(act.verdict.get("at", 0)), [*map(UUID, act.verdict.get("later", ()))]
    fresh = selections.objects(act.selection_id, after=at, limit=PAGE - len(waiting))
    ids = _not_too_large([*waiting, *fresh])
    advanced = _told(Bulk(act.mode), act, ids, now)
    changed = {run_id for run_id, _head in advanced.committed.heads}
    later = [*(each.run_id for each in advanced.later_told), *waiting[len(ids) :]]
    failed = len({each.run_id for each in advanced.refused} - changed)
    ended_well = [run_id for run_id in ids if run_id in changed]
    act = replace(
        act,
        sent=act.sent + len(ended_well) + failed,
        succeeded=act.succeeded + len(ended_well),
        failed=act.failed + failed,
        skipped=act.skipped + len(ids) - len(ended_well) - len(advanced.later_told) - failed,
        verdict={
            **act.verdict,
            "at": at + max(0, len(ids) - len(waiting)),
            "later": [*map(str, later)],
        },
        due_at=now if len(ids) > len(advanced.later_told) else now + LOOK_AGAIN,
    )
    is_over = act.succeeded + act.failed + act.skipped >= act.total
    return Done(
        act=ended(act, ReplayState.DONE, now) if is_over else act,
        entries=[_entry(act, run_id) for run_id in ended_well],
        committed=advanced.committed,
    )


def _not_too_large(ids: Sequence[UUID]) -> Sequence[UUID]:
    """The first of these runs, as many as have no more at work than one transaction can end."""
    rows = RunRecord.objects.using(settings().DATABASE).filter(pk__in=ids)
    at_work = {run: busy + asleep for run, busy, asleep in rows.values_list("id", "busy", "asleep")}
    sums = accumulate(at_work.get(run_id, 0) for run_id in ids)
    few = sum(1 for _ in takewhile(lambda count: count <= ROWS_MAX, sums))
    return ids[: max(1, few)]


def _told(mode: Bulk, act: Replay, ids: Sequence[UUID], now: datetime) -> Advanced:
    """What came of telling these runs; one that cannot be stored keeps no other from it."""
    message = _MESSAGES[mode](act.by, act.reason)

    def tell(told: Sequence[Told]) -> Advanced:
        with sql.writing():
            return apply(Work(told=tuple(told)), now)

    told = [Told(run_id=run_id, message=message) for run_id in ids]
    return in_halves(told, tell, _refused) if told else Advanced()


def _refused(told: Told, error: Exception) -> Advanced:
    logger.error("a run cannot be told", extra={"run": str(told.run_id)}, exc_info=error)
    return Advanced(refused=[told])


def _entry(act: Replay, run_id: UUID) -> Entry:
    return Entry(
        by=By(who=act.by, reason=act.reason, door=act.door, address=act.address),
        verb=f"run.{act.mode}",
        kind="run",
        object_id=str(run_id),
        selection_id=act.selection_id,
        replay_id=act.id,
    )

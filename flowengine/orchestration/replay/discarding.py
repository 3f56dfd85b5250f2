"""Discarding what a selection names: an act of the same kind as a replay, which beats carry out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flowengine.errors import ReplayRefused
from flowengine.orchestration import selections
from flowengine.orchestration.audit import By
from flowengine.orchestration.replay.bulk import Bulk, Done, begin
from flowengine.orchestration.replay.verdict import at_rest, ended
from flowengine.store import dead_letters
from flowengine.store.replays import ACTIVE, Replay, ReplayState

PAGE = 1000
"""Letters closed in one transaction."""


def discard(selection_id: UUID, by: By) -> Replay:
    """Close what a selection names and is still open. A selection is discarded once: again is the same act.

    The caller has checked the permission ``discard``.

    Returns:
        The act; ``done`` where one page was enough.

    Raises:
        ReasonMissing: FE513.
        ReplayRefused: FE521, the act was stopped.
        SelectionRefused: there is no such selection, or it is not of dead letters.
    """
    act = begin(Bulk.DISCARD, page, selection_id, by, request_key=f"{Bulk.DISCARD}/{selection_id}")
    if act.state == ReplayState.STOPPED:
        raise ReplayRefused("the discarding of this was stopped: choose anew what is still open")
    return act


def page(act: Replay, now: datetime) -> Done:
    """Close the next page of an act that is held."""
    if act.state not in ACTIVE:
        return Done(act=at_rest(act))
    ids = selections.objects(act.selection_id, after=act.succeeded + act.skipped, limit=PAGE)
    closed = dead_letters.close(
        ids, "discarded", reason=act.reason, by=act.by, now=now, before=("open",)
    )
    count = len(closed)
    act = replace(
        act,
        sent=act.sent + count,
        succeeded=act.succeeded + count,
        skipped=act.skipped + len(ids) - count,
        due_at=now,
    )
    return Done(act=act if len(ids) == PAGE else ended(act, ReplayState.DONE, now))

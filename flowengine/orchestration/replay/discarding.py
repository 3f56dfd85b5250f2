"""Discarding what a selection names: an act of the same kind as a replay, which beats carry out.

The first page is closed in the transaction that begins the act, so what is small is done at once. The
others follow by the beats, each page with the act's row, in which it stands how far it has come: whoever
dies in between, another one goes on from there.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.engine.identity import uuid7
from flowengine.engine.pace import Pace
from flowengine.engine.printable import printable
from flowengine.errors import ReplayRefused
from flowengine.orchestration import audit, selections
from flowengine.orchestration.audit import By, Entry, wants_reason
from flowengine.orchestration.replay.options import Options
from flowengine.orchestration.replay.subjects import DEAD_LETTER
from flowengine.orchestration.replay.verdict import DISCARD, ended, with_verdict
from flowengine.store import dead_letters, replays, sql, wake
from flowengine.store.clock import DatabaseClock
from flowengine.store.replays import ACTIVE, Replay, ReplayState

REASON_MAX = 4000
"""Characters of the reason that each letter keeps."""
PAGE = 1000
"""Letters closed in one transaction."""
_clock = DatabaseClock()


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
    wants_reason(by)
    chosen = selections.load(selection_id, DEAD_LETTER)
    now = _clock.now()
    act = Replay(
        id=uuid7(int(now.timestamp() * 1000), os.urandom(10)),
        selection_id=selection_id,
        kind=DEAD_LETTER,
        mode=DISCARD,
        options=Options().stored(),
        pace=msgspec.json.encode(Pace()).decode(),
        state=ReplayState.RUNNING,
        by=by.who,
        reason=printable(by.reason.strip()[:REASON_MAX]),
        door=by.door,
        address=by.address,
        total=chosen.count,
        request_key=f"{DISCARD}/{selection_id}",
        created_at=now,
    )
    with sql.writing():
        if not replays.insert(act):
            return _begun_before(act)
        act = page(act, now)
        replays.save(act)
        entry = Entry(
            by=by,
            verb=DISCARD,
            kind=DEAD_LETTER,
            selection_id=selection_id,
            replay_id=act.id,
            details={"count": act.total},
        )
        audit.record([entry], now)
    wake.wake_after_commit(settings().DATABASE)
    return act


def page(act: Replay, now: datetime) -> Replay:
    """Close the next page of an act that is held; the act then, to be saved in the same transaction."""
    if act.state not in ACTIVE:
        return with_verdict(replace(act, due_at=None))
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
    return act if len(ids) == PAGE else ended(act, ReplayState.DONE, now)


def _begun_before(act: Replay) -> Replay:
    assert act.request_key is not None, "nothing else is unique"
    known = replays.by_request(act.request_key)
    if known is None:
        raise ReplayRefused(f"selection {act.selection_id} is being discarded by somebody else")
    if known.state == ReplayState.STOPPED:
        raise ReplayRefused("the discarding of this was stopped: choose anew what is still open")
    return known

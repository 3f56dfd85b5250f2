"""Acts upon a selection that send nothing: what was chosen is closed, or told, page by page.

The first page is done in the transaction that begins the act, so what is small is done at once. The
others follow by the beats, each page with the act's row, in which it stands how far it has come: whoever
dies in between, another one goes on from there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.engine.identity import uuid7
from flowengine.engine.pace import Pace
from flowengine.engine.printable import printable
from flowengine.errors import ReplayRefused
from flowengine.orchestration import audit, selections
from flowengine.orchestration.audit import By, Entry, wants_reason
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.replay.options import Options
from flowengine.orchestration.telling import tell
from flowengine.store import replays, sql, wake
from flowengine.store.clock import DatabaseClock
from flowengine.store.replays import Replay, ReplayState

REASON_MAX = 4000
"""Characters of the reason that is kept with each thing."""
_clock = DatabaseClock()


class Bulk(StrEnum):
    """What happens to each thing; the mode of the act's row, and the verb of its row in the audit."""

    DISCARD = "discard"
    """A dead letter is closed."""
    CANCEL = "cancel"
    """A run is told to end."""
    HOLD = "hold"
    """A run begins no further step."""
    RELEASE = "release"
    """A run that somebody holds goes on."""

    @property
    def kind(self) -> str:
        """Of what the selection is."""
        return "dead_letter" if self is Bulk.DISCARD else "run"

    @property
    def permission(self) -> str:
        """Of ``flowengine``, without which nobody may."""
        return _NEEDS[self]


BULK = frozenset(each.value for each in Bulk)
_NEEDS = {
    Bulk.DISCARD: "discard",
    Bulk.CANCEL: "cancel_run",
    Bulk.HOLD: "hold_run",
    Bulk.RELEASE: "hold_run",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one page has come to."""

    act: Replay
    """As it is to be saved, in the same transaction."""
    entries: Sequence[Entry] = ()
    """For the audit, one for each thing where each has a row of its own there."""
    committed: Committed = field(default_factory=Committed)
    """What is to be told after the commit."""


Page = Callable[[Replay, datetime], Done]
"""Does the next page of an act that is held."""


def begin(mode: Bulk, page: Page, selection_id: UUID, by: By, *, request_key: str | None) -> Replay:
    """Begin the act, and do its first page.

    Args:
        mode: what is done.
        page: does it.
        selection_id: what was chosen.
        by: who wants it, why, and from where. The caller has checked his permission.
        request_key: names the request: the same again is the same act. None = it is another.

    Returns:
        The act; ``done`` where one page was enough.

    Raises:
        ReasonMissing: FE513.
        ReplayRefused: FE521, the request key names another act.
        SelectionRefused: there is no such selection, or it is of another kind.
    """
    wants_reason(by)
    chosen = selections.load(selection_id, mode.kind)
    now = _clock.now()
    act = Replay(
        id=uuid7(int(now.timestamp() * 1000), os.urandom(10)),
        selection_id=selection_id,
        kind=chosen.kind,
        mode=mode,
        options=Options().stored(),
        pace=msgspec.json.encode(Pace()).decode(),
        state=ReplayState.RUNNING,
        by=by.who,
        reason=printable(by.reason.strip()[:REASON_MAX]),
        door=by.door,
        address=by.address,
        total=chosen.count,
        request_key=request_key,
        created_at=now,
    )
    with sql.writing():
        if not replays.hold_selection(selection_id):
            raise ReplayRefused(f"what selection {selection_id} names is not kept any more")
        if not replays.insert(act):
            return _begun_before(act)
        done = page(act, now)
        replays.save(done.act)
        entry = Entry(
            by=by,
            verb=mode,
            kind=mode.kind,
            selection_id=selection_id,
            replay_id=act.id,
            details={"count": act.total},
        )
        audit.record([entry, *done.entries], now)
    if done.committed.heads:
        tell(done.committed, now)
    wake.wake_after_commit(settings().DATABASE)
    return done.act


def _begun_before(act: Replay) -> Replay:
    """The act that the same request has begun."""
    assert act.request_key is not None, "nothing else is unique"
    known = replays.by_request(act.request_key)
    if known is None or (known.selection_id, known.mode) != (act.selection_id, act.mode):
        raise ReplayRefused("this request key was used for another act")
    return known

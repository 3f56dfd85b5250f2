"""How a replay goes: its counts, its verdict, and what became of each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowengine.conf import settings
from flowengine.errors import ReplayRefused
from flowengine.models import ReplayItemRecord
from flowengine.store import replays
from flowengine.store.replays import Replay


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayItem:
    """One item: the original, its copy, and what came of it."""

    object_id: UUID
    n: int
    state: str
    """``pending``, ``sent``, ``succeeded``, ``failed``, ``skipped``, ``refused``."""
    detail: str
    event_id: UUID | None
    run_id: UUID | None
    before_sha256: str
    after_sha256: str
    difference: str
    """JSON Patch; empty = nothing was edited."""
    sent_at: datetime | None
    ended_at: datetime | None


def status(replay_id: UUID) -> Replay:
    """The replay as it stands.

    Raises:
        ReplayRefused: FE521, there is none.
    """
    found = replays.get(replay_id)
    if found is None:
        raise ReplayRefused(f"there is no replay {replay_id}")
    return found


def newest(limit: int) -> list[Replay]:
    """Replays, the newest first."""
    return replays.newest(limit)


def items(
    replay_id: UUID, *, state: str = "", after: int = 0, limit: int = 50
) -> Sequence[ReplayItem]:
    """Items of a replay in the order of its selection, after the number *after*.

    Args:
        replay_id: the replay.
        state: only those in it; empty = all.
        after: the number of the last one of the page before.
        limit: of the page.
    """
    rows = ReplayItemRecord.objects.using(settings().DATABASE).filter(replay_id=replay_id)
    if state:
        rows = rows.filter(state=state)
    found = rows.filter(n__gt=after).order_by("n")[:limit]
    names = ReplayItem.__dataclass_fields__
    return [ReplayItem(**values) for values in found.values(*names)]

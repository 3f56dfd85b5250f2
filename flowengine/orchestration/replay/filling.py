"""Giving a replay its items, page by page: the first with the request, the others by the beats.

However much was chosen, a request writes one page. What another replay has is skipped, and says who has it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flowengine.store import replay_items
from flowengine.store.replays import Replay

PAGE = 2000
"""Items that are written in one transaction."""
_FILLED = "filled"


def filled(replay: Replay, now: datetime) -> Replay:
    """The replay, held or new, with its next page of items; the same where it has all."""
    left = unfilled(replay)
    if not left:
        return replay
    after = replay.total - left
    upto = after + min(left, PAGE)
    taken = replay_items.fill(replay.id, after, upto, now)
    verdict = {name: value for name, value in replay.verdict.items() if name != _FILLED}
    if upto < replay.total:
        verdict[_FILLED] = upto
    return replace(replay, skipped=replay.skipped + taken, verdict=verdict)


def unfilled(replay: Replay) -> int:
    """How many of what was chosen are no items yet."""
    return replay.total - int(replay.verdict.get(_FILLED, replay.total))


def empty(replay: Replay) -> Replay:
    """The new replay, which gets all its items from now on."""
    return replace(replay, verdict={**replay.verdict, _FILLED: 0})


def cut(replay: Replay) -> Replay:
    """The replay that gets no more items: what is none yet is skipped."""
    verdict = {name: value for name, value in replay.verdict.items() if name != _FILLED}
    return replace(replay, skipped=replay.skipped + unfilled(replay), verdict=verdict)

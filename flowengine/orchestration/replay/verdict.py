"""What a replay has come to, counted and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from flowengine.orchestration.replay.outcome import Ending
from flowengine.store.replays import Replay

DISCARD = "discard"
"""The mode of an act that sends nothing, but closes what was chosen."""


def in_row(before: Replay, endings: Sequence[Ending]) -> Replay:
    """The replay after these have ended, in this order."""
    failed_in_row = int(before.verdict.get("failed_in_row", 0))
    for each in endings:
        if each.state == "failed":
            failed_in_row += 1
        elif each.state == "succeeded":
            failed_in_row = 0
    counts = [each.state for each in endings]
    return replace(
        before,
        succeeded=before.succeeded + counts.count("succeeded"),
        failed=before.failed + counts.count("failed"),
        skipped=before.skipped + counts.count("skipped"),
        verdict={**before.verdict, "failed_in_row": failed_in_row},
    )


def moved(replay: Replay, now: datetime) -> Replay:
    """The replay of which something was sent or has ended now."""
    return replace(replay, verdict={**replay.verdict, "moved_at": now.isoformat()})


def moved_at(replay: Replay) -> datetime:
    """When something was last sent or ended; when it was asked for, where nothing was."""
    text = replay.verdict.get("moved_at")
    return replay.created_at if text is None else datetime.fromisoformat(text)


def ended(replay: Replay, state: str, now: datetime) -> Replay:
    """The replay that is over."""
    return with_verdict(replace_state(replay, state, now))


def replace_state(replay: Replay, state: str, now: datetime) -> Replay:
    """It has nothing more to do."""
    return replace(replay, state=state, due_at=None, ended_at=now)


def with_verdict(replay: Replay) -> Replay:
    """The replay with what is to be said of it."""
    why = replay.verdict.get("why")
    words = (
        f"{replay.succeeded} of {replay.total} discarded, {replay.skipped} were not open"
        if replay.mode == DISCARD
        else f"{replay.sent} of {replay.total} replayed: {replay.succeeded} succeeded,"
        f" {replay.failed} failed again, {replay.skipped} skipped"
    )
    return replace(
        replay, verdict={**replay.verdict, "words": f"{words}; stopped: {why}" if why else words}
    )

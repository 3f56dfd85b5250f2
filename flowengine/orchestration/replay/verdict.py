"""What a replay has come to, counted and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flowengine.orchestration.replay.outcome import Ending
from flowengine.store.replays import Replay, ReplayState

PROPOSED_FOR = timedelta(days=7)
"""A replay that nobody has approved in this time is stopped: it keeps others from what it has."""
PAUSED_FOR = timedelta(days=30)
"""The same of one that nobody has let go on: it was forgotten."""

_BULK = {
    "discard": "{done} of {total} discarded, {skipped} were not open",
    "cancel": "{done} of {total} cancelled, {skipped} had ended",
    "hold": "{done} of {total} held, {skipped} were not at work",
    "release": "{done} of {total} go on, {skipped} were not held",
}
"""What is said of acts that send nothing, by their mode."""


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


def expires_at(state: str, created_at: datetime, verdict: Mapping[str, Any]) -> datetime | None:
    """When a replay is stopped that is proposed or paused, unless somebody lets it go on before.

    None = it is neither.
    """
    if state == ReplayState.PROPOSED:
        return created_at + PROPOSED_FOR
    if state == ReplayState.PAUSED:
        return datetime.fromisoformat(verdict["paused_at"]) + PAUSED_FOR
    return None


def end_of_patience(replay: Replay) -> datetime | None:
    """The same."""
    return expires_at(replay.state, replay.created_at, replay.verdict)


def at_rest(replay: Replay) -> Replay:
    """The replay that waits for people: it is looked at again when it is to be stopped, if ever."""
    return with_verdict(replace(replay, due_at=end_of_patience(replay)))


def ended(replay: Replay, state: str, now: datetime) -> Replay:
    """The replay that is over."""
    return with_verdict(replace_state(replay, state, now))


def replace_state(replay: Replay, state: str, now: datetime) -> Replay:
    """It has nothing more to do."""
    return replace(replay, state=state, due_at=None, ended_at=now)


def with_verdict(replay: Replay) -> Replay:
    """The replay with what is to be said of it."""
    why = replay.verdict.get("why")
    if replay.mode in _BULK:
        words = _BULK[replay.mode].format(
            done=replay.succeeded, total=replay.total, skipped=replay.skipped
        )
        if replay.failed:
            words += f", {replay.failed} could not be told"
    else:
        words = (
            f"{replay.sent} of {replay.total} replayed: {replay.succeeded} succeeded,"
            f" {replay.failed} failed again, {replay.skipped} skipped"
        )
    return replace(
        replay, verdict={**replay.verdict, "words": f"{words}; stopped: {why}" if why else words}
    )

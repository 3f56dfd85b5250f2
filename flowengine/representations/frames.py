"""The frames that speak of a topic, and the names and positions in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flowengine.representations.rows import Json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_OUTCOMES = {
    "no_match": "There was nothing to do.",
    "duplicate": "This has been asked for already.",
    "debounced": "A later request has taken its place.",
    "dropped": "There were too many requests at once; please try again later.",
    "skipped": "This is under way already.",
    "overflow": "Too many are waiting already; please try again later.",
}
"""What is said where an event started no run; every other outcome: it could not be started."""


def topic(run_id: UUID) -> str:
    """The name under which a run is watched."""
    return f"run:{run_id}"


def epoch(created_at: datetime) -> str:
    """The epoch of a run: its numbers mean something only beside this."""
    return f"{(created_at - _EPOCH) // timedelta(microseconds=1):x}"


def snapshot(name: str, position: tuple[str, int], view: Json) -> Json:
    """The whole view of the topic *name*, as of *position* (epoch, head)."""
    return {"t": "snap", "c": name, "e": position[0], "o": position[1], "s": view}


def changes(
    name: str,
    position: tuple[str, int],
    after: int,
    entries: list[Json],
    *,
    at: datetime | None = None,
) -> Json:
    """What came after the number *after*, up to *position*; empty = nothing came.

    *at* is when the newest of it was decided, where that is known.
    """
    e, o = position
    frame = {"t": "pub", "c": name, "e": e, "f": after + 1, "o": o, "d": entries}
    if at is not None:
        frame["at"] = (at - _EPOCH) // timedelta(milliseconds=1)
    return frame


def pending(name: str) -> Json:
    """Nothing is known of this id, or nothing may be said."""
    return {"t": "pending", "c": name}


def ended(name: str, outcome: str) -> Json:
    """The event was decided upon and no run of this id will come."""
    message = _OUTCOMES.get(outcome, "This could not be started.")
    return {"t": "end", "c": name, "outcome": outcome, "message": message}

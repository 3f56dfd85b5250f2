"""The frames that speak of a run, and the names and positions in them."""

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


def snapshot(run_id: UUID, position: tuple[str, int], view: Json) -> Json:
    """The whole view, as of *position* (epoch, head)."""
    return {"t": "snap", "c": topic(run_id), "e": position[0], "o": position[1], "s": view}


def changes(run_id: UUID, position: tuple[str, int], after: int, entries: list[Json]) -> Json:
    """What came after the number *after*, up to *position*; empty = nothing came."""
    e, o = position
    return {"t": "pub", "c": topic(run_id), "e": e, "f": after + 1, "o": o, "d": entries}


def pending(run_id: UUID) -> Json:
    """Nothing is known of this id, or nothing may be said."""
    return {"t": "pending", "c": topic(run_id)}


def ended(run_id: UUID, outcome: str) -> Json:
    """The event was decided upon and no run of this id will come."""
    message = _OUTCOMES.get(outcome, "This could not be started.")
    return {"t": "end", "c": topic(run_id), "outcome": outcome, "message": message}

"""PURE: why a step that is ready has no worker yet."""

from __future__ import annotations

import shlex
from datetime import datetime, timedelta

from flowengine.engine.breaker import Door
from flowengine.orchestration.why.facts import (
    Act,
    Queue,
    Reason,
    Stopped,
    reason_of,
    sentence,
    user_of,
)

SOON = timedelta(seconds=2)
"""Who has waited for less is taken in a moment: nothing is to be said of it."""
BEFORE_MAX = 1_000
"""More that are taken before it are not counted."""


def of_work(row: Stopped, queue: Queue, now: datetime, *, with_text: bool) -> Reason | None:
    """Why nobody has taken *row* yet; None where it has only just come.

    Args:
        row: a step that is ready.
        queue: how its station stands.
        now: the database's clock.
        with_text: also what an error says.
    """
    if queue.station.door in _CLOSED:
        return _closed(row, queue, with_text=with_text)
    if not queue.workers:
        name = queue.station.name
        return reason_of(
            row,
            "unserved",
            f"No worker serves the station {name}.",
            act=_start(name, "Start a worker"),
        )
    if queue.station.door is Door.DRAINING:
        text = f"The station {queue.station.name} is open at a measured pace; {_before(queue)}."
        return reason_of(row, "draining", text, act=Act(label="See the station", place="stations"))
    return _in_line(row, queue, now)


def _in_line(row: Stopped, queue: Queue, now: datetime) -> Reason | None:
    name, cap = queue.station.name, queue.station.cap
    if cap is not None and queue.here >= cap.places:
        text = (
            f"The word of {user_of(cap.by)} lets the station {name} do {cap.places} at the same time, and so many are"
            f" under way; {_before(queue)}."
        )
        return reason_of(row, "capped", text, act=Act(label="See the station", place="stations"))
    if queue.busy >= queue.places:
        text = (
            f"All {queue.places} places of the workers at the station {name} are taken;"
            f" {_before(queue)}."
        )
        return reason_of(row, "busy", text, act=_start(name, "Start more workers"))
    if row.since is not None and now - row.since < SOON and not queue.before:
        return None
    text = (
        f"{queue.busy} of {queue.places} places of the workers at the station {name} are taken;"
        f" {_before(queue)}."
    )
    return reason_of(row, "soon", text, act=Act(label="See the station", place="stations"))


def _closed(row: Stopped, queue: Queue, *, with_text: bool) -> Reason:
    station = queue.station
    opened = Act(
        label="Open the station",
        place="stations",
        command=f"stations resume {shlex.quote(station.name)} --reason …",
    )
    if station.door is Door.PAUSED:
        by = f" by {user_of(station.by)}" if station.by else ""
        why = f": {station.reason}" if station.reason else ""
        text = f"The station {station.name} is paused{by}{why}"
        return reason_of(row, "paused", sentence(text), since=station.since, act=opened)
    # What the breaker gives as its reason is what an error says.
    why = f": {station.reason}" if station.reason and with_text else ""
    tried = ", and one item is being tried" if station.door is Door.PROBING else ""
    text = f"The breaker of the station {station.name} has closed it{tried}{why}"
    return reason_of(
        row,
        "parked",
        sentence(text),
        since=station.since,
        until=None if station.door is Door.PROBING else station.due_at,
        until_word="next try",
        act=opened,
    )


def _before(queue: Queue) -> str:
    if not queue.before:
        return "it is the next"
    if queue.before >= BEFORE_MAX:
        return f"more than {BEFORE_MAX:,} are before it"
    return f"about {queue.before:,} {'is' if queue.before == 1 else 'are'} before it"


def _start(station: str, label: str) -> Act:
    return Act(label=label, place="workers", command=f"worker --stations {shlex.quote(station)}")


_CLOSED = frozenset(door for door in Door if door.is_closed)

"""What the floor comes to: what holds the line up, and what needs somebody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flowengine.engine.breaker import Door
from flowengine.engine.gauge import WINDOW_S
from flowengine.orchestration.floor.lines import Lane
from flowengine.orchestration.floor.look import Scene
from flowengine.representations import instant
from flowengine.representations.rows import Json
from flowengine.store.floor import COUNT_MAX

WAITS_S = 1.0
"""What waits for less holds nothing up."""
_COUNTED = {
    "held": ("run is held", "runs are held", "state:held"),
    "approvals": ("approval waits", "approvals wait", None),
    "unrouted": ("event is not routed", "events are not routed", "state:pending,published"),
}
_DOORS = {
    Door.PAUSED: ("paused", "{name} is paused"),
    Door.PARKED: ("parked", "{name} is closed by its breaker"),
    Door.PROBING: ("parked", "{name} is closed by its breaker, and tried"),
}


def bottleneck(scene: Scene, stations: Sequence[Json]) -> Json | None:
    """The station where what waits would take longest to be done at the pace of the last minute.

    Args:
        scene: the floor.
        stations: the same stations as JSON.

    Returns:
        None where nothing waits for longer than a second.
    """
    before = scene.now - timedelta(seconds=WAITS_S)
    late = [
        (_backlog_s(each), each)
        for each, place in zip(stations, scene.lines.places, strict=True)
        if each["waiting"] and _is_before(scene.ready[place].oldest_at, before)
    ]
    if not late:
        return None
    _wait_s, worst_one = max(late, key=lambda pair: (pair[0], pair[1]["id"]))
    workflow, step = _first_stop(scene, worst_one["id"])
    return {
        "station": worst_one["id"],
        "workflow": workflow,
        "step": step,
        "waiting": worst_one["waiting"],
        "more": worst_one["waiting_more"],
        "busy": worst_one["busy"],
        "limit": worst_one["limit"],
        "since": worst_one["oldest_at"],
        "act": _act(worst_one),
        "text": _sentence(step, worst_one),
    }


def worst(scene: Scene, lane: Lane) -> str | None:
    """The step of a lane where most waits for a worker; None where nothing does."""
    counts = [
        (scene.ready[stop.place].count, -number, stop.step)
        for number, stop in enumerate(lane.stops)
        if stop.place is not None
    ]
    most = max(counts, default=(0, 0, ""))
    return most[2] if most[0] else None


def needs(scene: Scene) -> list[Json]:
    """What somebody is to see to, of runs, events and doors."""
    found = []
    for kind, (one, many, query) in _COUNTED.items():
        counted = scene.counted.get((kind, ""))
        if counted is not None and counted.count:
            is_more = counted.count >= COUNT_MAX
            number = f"{counted.count:,}{'+' if is_more else ''}"
            text = f"1 {one}" if counted.count == 1 else f"{number} {many}"
            found.append(need(kind, text, counted.count, counted.at, more=is_more, q=query))
    for name, station in sorted(scene.doors.items()):
        if station.door in _DOORS:
            kind, text = _DOORS[station.door]
            found.append(need(kind, text.format(name=name), 1, station.since, subject=name))
        if station.cap is not None:
            text = f"{name} does at most {station.cap.places:,} at the same time"
            found.append(need("capped", text, 1, station.cap.since, subject=name))
    return found


def need(
    kind: str,
    text: str,
    count: int,
    since: datetime | None,
    *,
    more: bool = False,
    subject: str | None = None,
    q: str | None = None,
) -> Json:
    """One line of what needs somebody.

    Args:
        kind: what is the matter.
        text: the same for people.
        count: how many.
        since: since when.
        more: there are more than were counted.
        subject: of whom, or of what.
        q: the filter that finds them, in the list of such things.
    """
    return {
        "kind": kind,
        "n": count,
        "more": more,
        "since": instant(since),
        "text": text,
        "subject": subject,
        "q": q,
    }


def _backlog_s(station: Json) -> float:
    """How long what waits there takes; where nothing was done for a minute, a minute for each."""
    ended = station["done"] + station["failed"]
    return float(station["waiting"] * WINDOW_S / max(1.0, ended))


def _is_before(at: datetime | None, before: datetime) -> bool:
    return at is not None and at <= before


def _first_stop(scene: Scene, station: str) -> tuple[str, str]:
    for lane in scene.lines.lanes:
        for stop in lane.stops:
            if stop.place is not None and f"{stop.place[1]}@{stop.place[0]}" == station:
                return lane.workflow, stop.step
    raise LookupError(station)


def _act(station: Json) -> str:
    """What helps."""
    if Door(station["door"]).is_closed:
        return "resume"
    if not station["workers"]:
        return "start_worker"
    return "scale" if station["busy"] >= station["limit"] else "see_runs"


def _sentence(step: str, station: Json) -> str:
    waiting = f"{station['waiting']:,}{'+' if station['waiting_more'] else ''} waiting"
    if Door(station["door"]).is_closed:
        return f"{step}: {waiting}, the station is closed"
    if not station["workers"]:
        return f"{step}: {waiting}, and no worker serves it"
    return f"{step}: {waiting}, {station['busy']} of {station['limit']} busy"

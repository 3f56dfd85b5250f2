"""The floor as JSON: lanes, stations, and the runs that stand at them; nothing of what they carry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flowengine import access
from flowengine.engine.breaker import Door, Station
from flowengine.engine.gauge import WINDOW_S, Sum
from flowengine.orchestration.floor import judgement
from flowengine.orchestration.floor.lines import Lane, Place, Stop
from flowengine.orchestration.floor.look import TOKENS_MAX, Scene
from flowengine.representations import instant, unturned, words
from flowengine.representations.rows import Json
from flowengine.store.floor import EVENTS_MAX, Row

LANES_WITH_TOKENS = 8
"""Where there are more lanes, runs are shown one by one only on the floor of so many of them."""
_NOTHING = Sum()


def floor_view(scene: Scene) -> Json:
    """All of it."""
    with_tokens = len(scene.lines.lanes) <= LANES_WITH_TOKENS
    found = [_station(scene, place, with_tokens=with_tokens) for place in scene.lines.places]
    lanes = [_lane(scene, lane, with_tokens=with_tokens) for lane in scene.lines.lanes]
    failed = scene.counted.get(("failed", ""))
    return {
        "at": instant(scene.now),
        "window_s": int(WINDOW_S),
        "lanes": lanes,
        "stations": found,
        "bottleneck": judgement.bottleneck(scene, found),
        "needs": judgement.needs(scene),
        "last_failure_at": None if failed is None else instant(failed.at),
    }


def station_id(place: Place) -> str:
    """What a station of the floor is called: ``payments.charge@default``."""
    queue, task = place
    return f"{task}@{queue}"


def _station(scene: Scene, place: Place, *, with_tokens: bool) -> Json:
    queue, task = place
    ready, busy = scene.ready[place], scene.busy.get(place, ())
    retrying = scene.retrying.get(place, ())
    serving = [each for each in scene.members if each.serves(scene.now) and queue in each.stations]
    total = scene.sums.stations.get(place, _NOTHING)
    limit = sum(each.concurrency for each in serving)
    door = scene.doors.get(queue)
    if door is not None and door.cap is not None:
        limit = min(limit, door.cap.places)
    rows = [*busy[:TOKENS_MAX], *_by_age(ready.rows), *_by_age(retrying)]
    tokens = _tokens(scene, rows) if with_tokens else []
    return {
        "id": station_id(place),
        "task": task,
        "queue": queue,
        "workflows": list(scene.lines.workflows_at[place]),
        **door_view(door),
        "busy": len(busy),
        "limit": limit,
        "workers": len(serving),
        "waiting": ready.count,
        "waiting_more": ready.is_more,
        "oldest_at": instant(ready.oldest_at),
        **rates_view(total),
        "retrying": len(retrying),
        "tokens": tokens,
        "beyond": max(0, len(busy) + ready.count + len(retrying) - len(tokens)),
    }


def door_view(station: Station | None) -> Json:
    """Whether it gives out work. The breaker's reason is what an error says: it stays out."""
    if station is None:
        return {"door": Door.OPEN.value, "since": None, "reason": None, "by": ""}
    return {
        "door": station.door.value,
        "since": instant(station.since),
        "reason": unturned(station.reason) if station.by and station.reason else None,
        "by": station.by,
    }


def rates_view(total: Sum) -> Json:
    """What was done in the last minute."""
    return {
        "per_s": round(total.done / WINDOW_S, 3),
        "done": round(total.done),
        "failed": round(total.failed),
        "failed_share": round(total.failed_share, 4),
        "p50_ms": _ms(total.quantile_ms(0.5)),
        "p95_ms": _ms(total.quantile_ms(0.95)),
        "last_at": instant(total.last_at),
    }


def _ms(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")


def _lane(scene: Scene, lane: Lane, *, with_tokens: bool) -> Json:
    stops = [_stop(scene, lane, stop, with_tokens=with_tokens) for stop in lane.stops]
    total = scene.sums.workflows.get(lane.workflow, _NOTHING)
    here = {stop.place for stop in lane.stops if stop.place is not None}
    queued = [scene.ready[place] for place in here]
    return {
        "workflow": lane.workflow,
        "title": lane.title,
        "events": [{"type": name, "per_min": _per_min(scene, name)} for name in lane.types],
        "done_per_min": round(total.done),
        "failed_per_min": round(total.failed),
        "last_done_at": instant(total.last_at),
        "waiting": sum(each.count for each in queued) + sum(each["waiting"] for each in stops),
        "waiting_more": any(each.is_more for each in queued)
        or any(each["waiting_more"] for each in stops),
        "worst": judgement.worst(scene, lane),
        "stops": stops,
    }


def _stop(scene: Scene, lane: Lane, stop: Stop, *, with_tokens: bool) -> Json:
    waiting = scene.waiting.get((lane.workflow, stop.step), ())
    return {
        "step": stop.step,
        "title": unturned(stop.title),
        "kind": stop.kind,
        "line": stop.line,
        "block": stop.block,
        "branch": stop.branch,
        "loop": stop.is_loop,
        "station": None if stop.place is None else station_id(stop.place),
        "waiting": len(waiting),
        "waiting_more": stop.place is None and stop.step in scene.is_more,
        "tokens": _tokens(scene, _by_age(waiting)) if with_tokens else [],
    }


def _per_min(scene: Scene, name: str) -> float | None:
    """How many come in a minute; of very many, as fast as the newest came. None = of a pattern."""
    counted = scene.counted.get(("event", name))
    if counted is None:
        return None
    if counted.count < EVENTS_MAX or counted.at is None:
        return counted.count
    took_s = max(0.001, (scene.now - counted.at).total_seconds())
    return round(counted.count * WINDOW_S / took_s)


def _by_age(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.since is None, row.since, row.run_id))


def _tokens(scene: Scene, rows: Sequence[Row]) -> list[Json]:
    is_open = access.is_default()
    found = []
    for row in rows[:TOKENS_MAX]:
        facts = scene.facts.get(row.run_id)
        if facts is None:
            continue  # It is being deleted.
        found.append(
            {
                "run": str(row.run_id) if is_open else None,
                "title": unturned(facts.title or words(facts.workflow)) if is_open else "",
                "subject": None if facts.subject is None else unturned(facts.subject),
                "workflow": facts.workflow,
                "step": row.step,
                "item": row.item,
                "state": row.state,
                "since": instant(row.since),
            }
        )
    return found

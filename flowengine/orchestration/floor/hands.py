"""Who works, and what waits for them: worker processes, and the queues that they serve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flowengine.conf import settings
from flowengine.definitions.catalog import Catalog
from flowengine.engine.breaker import Cap, Station
from flowengine.engine.gauge import WINDOW_S, Sum, Sums
from flowengine.orchestration.floor.judgement import need
from flowengine.orchestration.floor.lines import Place, lines_of
from flowengine.orchestration.floor.shape import door_view, rates_view
from flowengine.representations import instant, unturned
from flowengine.representations.rows import Json
from flowengine.store import dead_totals, fleet, floor, stations
from flowengine.store.fleet import Member
from flowengine.store.floor import Ready, Row
from flowengine.store.workers import WorkerState

WORKERS_MAX = 200
NOW_MAX = 4
"""Attempts that are shown of each worker."""
Versions = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Queues and worker processes as they were read."""

    now: datetime
    queues: Sequence[str]
    wanted: frozenset[str]
    """Those that a workflow names."""
    doors: Mapping[str, Station]
    members: Sequence[Member]
    sums: Sums
    ready: Mapping[str, int]
    """Up to ten thousand."""
    oldest: Mapping[str, datetime]
    busy: Sequence[Row]
    retrying: Mapping[str, int]


def names(catalog: Catalog, doors: Iterable[str]) -> list[str]:
    """All queues that workflows name, and those that somebody has spoken of."""
    return sorted({*catalog.stations(), "default", *doors})


def look(
    catalog: Catalog,
    now: datetime,
    queues: Collection[str] | None = None,
    *,
    doors: Mapping[str, Station] | None = None,
) -> Hands:
    """Read how it stands with these queues; None = with all. Five statements, four with the *doors*."""
    doors = stations.every() if doors is None else doors
    shown = names(catalog, doors) if queues is None else sorted(queues)
    lines = lines_of(catalog)
    members = fleet.members(now)
    waiting = floor.ready([place for place in lines.places if place[0] in set(shown)])
    steps = {stop.step for lane in lines.lanes for stop in lane.stops if stop.place is not None}
    alive = [each.id for each in members if each.is_alive(now)]
    busy, asleep = floor.at_work(alive, sorted(steps))
    return Hands(
        now=now,
        queues=shown,
        wanted=catalog.stations(),
        doors=doors,
        members=members,
        sums=fleet.sums(members, now),
        ready=stations.ready(shown),
        oldest=oldest_of(waiting),
        busy=busy,
        retrying=Counter(row.station for row in asleep if row.state == "retrying"),
    )


def dead(catalog: Catalog) -> dict[str, int]:
    """How many dead letters are open of the steps of each queue; one statement.

    Of a step that several workflows have at several queues, that of the workflow that died there last.
    """
    queues = {
        (lane.workflow, stop.step): stop.place[0]
        for lane in lines_of(catalog).lanes
        for stop in lane.stops
        if stop.place is not None
    }
    found: Counter[str] = Counter()
    for workflow, step, count in dead_totals.by_step():
        queue = queues.get((workflow, step))
        if queue is not None:
            found[queue] += count
    return dict(found)


def oldest_of(ready: Mapping[Place, Ready]) -> dict[str, datetime]:
    """Since when something waits at each queue where anything does."""
    oldest: dict[str, datetime] = {}
    for (queue, _task), each in ready.items():
        if each.oldest_at is not None:
            oldest[queue] = min(each.oldest_at, oldest.get(queue, each.oldest_at))
    return oldest


def queue_view(hands: Hands, name: str) -> Json:
    """One queue; without the breaker's reason, which is what an error says."""
    serving = [each for each in hands.members if each.serves(hands.now) and name in each.stations]
    total = Sum()
    for (queue, _task), each in hands.sums.stations.items():
        if queue == name:
            total.add(each)
    rates = rates_view(total)
    door = hands.doors.get(name, Station(name=name))
    return {
        "name": name,
        **door_view(door),
        "due_at": instant(door.due_at),
        "fingerprint": door.fingerprint,
        "trips": door.trips,
        "cap": _cap_view(door.cap),
        "ready": hands.ready[name],
        "oldest_at": instant(hands.oldest.get(name)),
        "busy": sum(row.station == name for row in hands.busy),
        "limit": sum(each.concurrency for each in serving),
        "workers": len(serving),
        "is_served": bool(serving),
        "retrying": hands.retrying.get(name, 0),
        "in_per_s": round(total.came / WINDOW_S, 3),
        "out_per_s": round(total.ended / WINDOW_S, 3),
        **{key: rates[key] for key in ("p95_ms", "failed_share", "last_at")},
    }


def _cap_view(cap: Cap | None) -> Json | None:
    if cap is None:
        return None
    return {
        "places": cap.places,
        "since": instant(cap.since),
        "by": cap.by,
        "reason": unturned(cap.reason),
    }


def worker_view(
    member: Member, now: datetime, *, busy: Sequence[Row], latest: Versions | None
) -> Json:
    """One worker process.

    Args:
        member: the process.
        now: the database's clock.
        busy: what workers are at.
        latest: the versions that were started last.
    """
    held = [row for row in busy if row.worker_id == member.id]
    counted = fleet.sums([member], now).stations.values()
    lease = timedelta(seconds=settings().LEASE_S)
    plain = (
        *("name", "host", "pid", "version", "project_version", "concurrency", "state"),
        *("wanted", "wanted_by", "wanted_reason"),
    )
    instants = ("due_at", "started_at", "seen_at", "consumed_at", "wanted_since")
    return {
        "id": str(member.id),
        **{name: getattr(member, name) for name in plain},
        "stations": list(member.stations),
        "is_alive": member.is_alive(now),
        "is_silent": member.is_silent(now, lease=lease),
        "is_behind": member.is_alive(now) and versions(member) != latest,
        "busy": len(held),
        "per_s": round(sum(each.ended for each in counted) / WINDOW_S, 3),
        "now": [
            {
                "run": str(row.run_id),
                "task": row.task,
                "step": row.step,
                "since": instant(row.since),
            }
            for row in sorted(held, key=lambda row: (str(row.since), row.run_id))[:NOW_MAX]
        ],
        **{name: instant(getattr(member, name)) for name in instants},
    }


def without_run(attempt: Json) -> Json:
    """What a worker is at, for who may not see which run it is."""
    return {name: attempt[name] for name in ("task", "step", "since")}


def versions(member: Member) -> Versions:
    """Of flowengine, and of the project."""
    return member.version, member.project_version


def newest(members: Iterable[Member], now: datetime) -> Versions | None:
    """The versions of the process that was started last, of those that live."""
    alive = [each for each in members if each.is_alive(now)]
    last = max(alive, key=lambda each: (each.started_at, each.id), default=None)
    return None if last is None else versions(last)


def needs(
    members: Sequence[Member],
    wanted: Collection[str],
    oldest: Mapping[str, datetime],
    now: datetime,
) -> list[Json]:
    """What somebody is to see to, of workers: silent ones, queues without any, old versions.

    Args:
        members: the processes.
        wanted: the queues that workflows name.
        oldest: since when something waits, by queue.
        now: the database's clock.
    """
    lease = timedelta(seconds=settings().LEASE_S)
    found = [
        need("silent", f"{each.name} is silent", 1, each.seen_at, subject=each.name)
        for each in members
        if each.is_silent(now, lease=lease)
    ]
    found += [
        need("resting", f"{each.name} takes nothing more", 1, each.wanted_since, subject=each.name)
        for each in members
        if each.is_alive(now) and each.wanted == WorkerState.DRAINING
    ]
    served = {queue for each in members if each.serves(now) for queue in each.stations}
    for name in sorted(set(wanted) - served):
        text = f"No worker serves {name}"
        found.append(need("unserved", text, 1, oldest.get(name), subject=name))
    latest = newest(members, now)
    behind = Counter(
        versions(each) for each in members if each.is_alive(now) and versions(each) != latest
    )
    for old, count in sorted(behind.items()):
        which = " ".join(filter(None, old)) or "an unknown version"
        text = f"{count} worker{'s run' if count > 1 else ' runs'} {which}"
        found.append(need("skew", text, count, None, subject=which))
    return found


def workers_view(hands: Hands) -> Json:
    """All queues, and the processes that were heard of last and have not ended."""
    there = [each for each in hands.members if each.state != "ended"][:WORKERS_MAX]
    latest = newest(hands.members, hands.now)
    return {
        "workers": [worker_view(each, hands.now, busy=hands.busy, latest=latest) for each in there],
        "queues": [queue_view(hands, name) for name in hands.queues],
        "needs": needs(hands.members, hands.wanted, hands.oldest, hands.now),
    }

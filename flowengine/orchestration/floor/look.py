"""Looking at the floor: all that is needed of it, in six statements, however much there is of anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from flowengine import access
from flowengine.engine.breaker import Station
from flowengine.engine.gauge import WINDOW_S, Sums
from flowengine.orchestration.floor.lines import Lines, Place
from flowengine.store import fleet, floor, stations
from flowengine.store.fleet import Member
from flowengine.store.floor import Counted, Facts, Ready, Row

TOKENS_MAX = 12
"""Runs that are shown one by one at a station, or at a step where they wait."""
LATE_S = 10.0
"""An event that should have been routed for so long is worth a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The floor as it was read."""

    now: datetime
    lines: Lines
    doors: Mapping[str, Station]
    """By queue; those that somebody, or the breaker, has spoken of."""
    members: Sequence[Member]
    sums: Sums
    ready: Mapping[Place, Ready]
    busy: Mapping[Place, Sequence[Row]]
    retrying: Mapping[Place, Sequence[Row]]
    waiting: Mapping[tuple[str, str], Sequence[Row]]
    """By workflow and step: what waits for anything but a worker."""
    is_more: frozenset[str]
    """The steps of which more wait than were read."""
    facts: Mapping[UUID, Facts]
    """Of the runs of the rows; without those of what only is counted."""
    counted: Mapping[tuple[str, str], Counted]


def look(now: datetime, lines: Lines) -> Scene:
    """Read where everything stands."""
    doors = stations.every()
    members = fleet.members(now)
    ready = floor.ready(lines.places)
    steps = {stop.step for lane in lines.lanes for stop in lane.stops}
    alive = [each.id for each in members if each.is_alive(now)]
    busy, asleep = floor.at_work(alive, sorted(steps))
    at_places = _by_place(busy)
    shown = chain(
        (row for each in ready.values() for row in each.rows),
        (row for rows in at_places.values() for row in rows[:TOKENS_MAX]),
        asleep,
    )
    facts = floor.facts({row.run_id for row in shown})
    counted = floor.counted(
        lines.types,
        now=now,
        deployed=fleet.deployed_at(members, now) or now,
        since=now - timedelta(seconds=WINDOW_S),
        late=now - timedelta(seconds=LATE_S),
    )
    waits = [row for row in asleep if row.state != "retrying"]
    return Scene(
        now=now,
        lines=lines,
        doors=doors,
        members=members,
        sums=fleet.sums(members, now),
        ready=ready,
        busy=at_places,
        retrying=_by_place([row for row in asleep if row.state == "retrying"]),
        waiting=_by_step(waits, facts),
        is_more=_full(asleep),
        facts=facts if access.is_default() else _nameless(facts),
        counted=counted,
    )


def _by_place(rows: Sequence[Row]) -> dict[Place, list[Row]]:
    found: defaultdict[Place, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.station, row.task].append(row)
    return found


def _by_step(rows: Sequence[Row], facts: Mapping[UUID, Facts]) -> dict[tuple[str, str], list[Row]]:
    found: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.run_id in facts:
            found[facts[row.run_id].workflow, row.step].append(row)
    return found


def _full(rows: Sequence[Row]) -> frozenset[str]:
    counts: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.step] += 1
    return frozenset(step for step, count in counts.items() if count >= floor.ASLEEP_MAX)


def _nameless(facts: Mapping[UUID, Facts]) -> dict[UUID, Facts]:
    """Where the project decides who may see which run, nobody is told here which they are."""
    return {
        run_id: Facts(workflow=each.workflow, title="", subject=None)
        for run_id, each in facts.items()
    }

"""What has died and is open, by causes: the counts, and what is new; never what an error says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flowengine.orchestration import dead
from flowengine.orchestration.dead import HOURS, Group
from flowengine.orchestration.floor.judgement import need
from flowengine.representations import instant
from flowengine.representations.rows import Json
from flowengine.store import dead_totals, fleet
from flowengine.store.dead_groups import hour_of
from flowengine.store.dead_totals import GROUPS_MAX as CAUSES_MAX
from flowengine.store.dead_totals import Counts

GROUPS_MAX = 50

_PLAIN = (*("kind", "code", "error_type", "place", "step", "state", "owner", "note", "split_by"),)
_INSTANTS = ("state_at", "first_at", "last_at", "snoozed_until")
_WORDS: Mapping[str, tuple[str, str]] = {
    "new": ("new cause", "new causes"),
    "regressed": ("cause is back", "causes are back"),
    "open": ("known cause", "known causes"),
}


def group_view(group: Group) -> dict[str, Any]:
    """A cause, without its title."""
    row = group.row
    return {
        "id": str(row.id),
        **{name: getattr(row, name) for name in _PLAIN},
        **{name: instant(getattr(row, name)) for name in _INSTANTS},
        "count": group.count,
        "open_count": group.open_count,
        "closed_count": group.closed_count,
    }


def hours(group: Group, now: datetime) -> list[int]:
    """How many died of it in each of the last 24 hours, oldest first."""
    kept, this = json.loads(group.row.hours), hour_of(now)
    return [kept.get(str(hour), 0) for hour in range(this - HOURS + 1, this + 1)]


def dead_view(now: datetime) -> Json:
    """The causes that have something open, and what is to be said of all of them. Five statements."""
    found = dead.groups(limit=GROUPS_MAX + 1)
    shown = found[:GROUPS_MAX]
    workflows = dead_totals.workflows([each.row.id for each in shown])
    deployed = fleet.deployed_at(fleet.members(now), now) or now
    counted = dead_totals.causes(now, deployed)
    letters, last_at = counted[("letters", "")]
    return {
        "groups": [
            {
                **group_view(each),
                "workflow": workflows.get(each.row.id),
                "hours": hours(each, now),
            }
            for each in shown
        ],
        "more": len(found) > GROUPS_MAX,
        "open_groups": sum(count for (what, _), (count, _at) in counted.items() if what == "cause"),
        "open_letters": letters,
        "needs": needs(counted),
        "last_at": instant(last_at),
    }


def needs(counted: Counts) -> list[Json]:
    """What somebody is to see to: what is new, what has come back, and what is known and still open."""
    totals: dict[str, tuple[int, datetime | None]] = {}
    for (what, state), (count, at) in counted.items():
        if what == "cause":
            word = state if state in _WORDS else "open"
            number, since = totals.get(word, (0, None))
            first = min((each for each in (since, at) if each is not None), default=None)
            totals[word] = number + count, first
    fresh, _at = counted.get(("fresh", ""), (0, None))
    found = []
    for word, (one, many) in _WORDS.items():
        count, since = totals.get(word, (0, None))
        if not count:
            continue
        more = count >= CAUSES_MAX
        text = f"1 {one}" if count == 1 else f"{count:,}{'+' if more else ''} {many}"
        if word == "new" and fresh:
            text += f", {fresh} since the deploy"
        found.append(need(f"causes_{word}", text, count, since, more=more))
    return found

"""Rows of causes: their tallies folded in, and what people do about them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flowengine.store import dead_places, dead_tables, sql

HOURS_KEPT = 24 * 7
"""The rate of a group is known for so many hours back."""
_LOCK = """
SELECT id FROM flowengine_dead_group WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"""
_TALLIES = """
SELECT id, group_id, count, open_count, died, at, version FROM flowengine_dead_tally
ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED"""
_FOLDED = "DELETE FROM flowengine_dead_tally WHERE id = ANY(%(ids)s::bigint[])"
_READ = """
SELECT id, state, state_at, count, open_count, first_at, last_at, hours, is_moving,
  (merged_into IS NOT NULL OR split_by IS NOT NULL), snoozed_until, version
FROM flowengine_dead_group WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"""
_WRITTEN = (
    *("state", "state_at", "snoozed_until", "count", "open_count", "first_at", "last_at", "hours"),
    "is_moving",
)
_REPLAYED = """
UPDATE flowengine_dead_group SET state = 'replayed', state_at = %(now)s
WHERE id IN (
  SELECT id FROM flowengine_dead_group WHERE id = ANY(%(ids)s) AND state <> 'replayed'
    AND NOT (state = 'regressed' AND state_at >= %(begun)s)
  ORDER BY id FOR UPDATE)"""
_SET = "UPDATE flowengine_dead_group SET {} = %(value)s WHERE id = %(id)s"
_STATE = """
UPDATE flowengine_dead_group SET state = %(state)s, state_at = %(now)s
WHERE id = %(id)s AND state = ANY(%(from)s)"""
_MERGE = """
UPDATE flowengine_dead_group SET merged_into = %(into)s, is_moving = TRUE
WHERE id = ANY(%(ids)s) OR merged_into = ANY(%(ids)s)"""
_SPLIT = """
UPDATE flowengine_dead_group SET split_by = %(field)s, is_moving = TRUE WHERE id = %(id)s"""
_MOVING = """
SELECT id FROM flowengine_dead_group WHERE is_moving ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"""
_WAITING = """
SELECT EXISTS (SELECT 1 FROM flowengine_dead_tally),
  EXISTS (SELECT 1 FROM flowengine_dead_group WHERE is_moving)"""
_SETTLED = "UPDATE flowengine_dead_group SET is_moving = FALSE WHERE id = %(id)s"


@dataclass(slots=True, kw_only=True)
class _Sum:
    """The tallies of one group, together."""

    count: int = 0
    open_count: int = 0
    first_at: datetime
    last_at: datetime
    died_at: datetime | None = None
    """The last new failure; None = there was none among them."""
    hours: Counter[int] = field(default_factory=Counter)
    versions: set[str] = field(default_factory=set)
    """Of the project, in which they failed; without those that say none."""


def lock(ids: Iterable[UUID]) -> set[UUID]:
    """Lock these groups, in the order of their ids; those that exist."""
    return {sql.as_uuid(row[0]) for row in sql.query(_LOCK, {"ids": sorted(set(ids))})}


def fold(now: datetime, *, limit: int) -> int:
    """Add the oldest tallies to their groups, and see what that says of them; how many they were.

    A group that was replayed or resolved and fails again has *regressed*, and is not snoozed; so has one
    that was acknowledged and fails in another version of the project. One that was replayed and has nothing
    open any more is *resolved*.
    """
    tallies = sql.query(_TALLIES, {"limit": limit})
    if not tallies:
        return 0
    sums = _sums(tallies)
    rows = sql.query(_READ, {"ids": sorted(sums)})
    gone = sums.keys() - {sql.as_uuid(row[0]) for row in rows}
    if gone:
        dead_places.restore(sorted(gone), now)
        rows += sql.query(_READ, {"ids": sorted(gone)})
    sql.update(
        dead_tables.DEAD_GROUP,
        _WRITTEN,
        ("id",),
        [(*_added(row, sums[sql.as_uuid(row[0])], now), sql.as_uuid(row[0])) for row in rows],
    )
    sql.execute(_FOLDED, {"ids": [row[0] for row in tallies]})
    return len(tallies)


def mark_replayed(ids: Sequence[UUID], now: datetime, *, begun: datetime) -> None:
    """Letters of these groups go through the line again: what fails from *now* on is a regression.

    A group that has regressed since that replay was *begun* stays so, whatever is sent of it.
    """
    if ids:
        sql.execute(_REPLAYED, {"ids": list(ids), "now": now, "begun": begun})


def set_state(group: UUID, state: str, now: datetime, *, before: Sequence[str]) -> bool:
    """Give the group that state where it is in one of *before*; False = it is not."""
    given = {"id": group, "state": state, "now": now, "from": list(before)}
    return sql.execute(_STATE, given) == 1


def set_owner(group: UUID, owner: str) -> None:
    """Who sees to it; empty = nobody."""
    sql.execute(_SET.format("owner"), {"id": group, "value": owner})


def set_version(group: UUID, version: str) -> None:
    """The project's version in which somebody has acknowledged it; empty = it says none."""
    sql.execute(_SET.format("version"), {"id": group, "value": version})


def set_note(group: UUID, text: str) -> None:
    """What people say about it."""
    sql.execute(_SET.format("note"), {"id": group, "value": text})


def set_snooze(group: UUID, until: datetime | None) -> None:
    """Until when nobody wants to hear of it; None = that is over."""
    sql.execute(_SET.format("snoozed_until"), {"id": group, "value": until})


def merge(ids: Sequence[UUID], into: UUID) -> None:
    """The letters of these groups, and those to come, belong to *into*; they are moved bit by bit."""
    sql.execute(_MERGE, {"ids": list(ids), "into": into})


def split(group: UUID, by: str) -> None:
    """The letters of the group, and those to come, go to groups of their own by the field *by*."""
    sql.execute(_SPLIT, {"id": group, "field": by})


def waiting() -> tuple[bool, bool]:
    """Whether there are tallies to fold, and whether there are letters to move; changes nothing."""
    [(tallies, letters)] = sql.query(_WAITING, {})
    return bool(tallies), bool(letters)


def moving() -> UUID | None:
    """A group whose letters are on their way to other groups, locked; None where there is none."""
    rows = sql.query(_MOVING, {})
    return sql.as_uuid(rows[0][0]) if rows else None


def settled(group: UUID) -> None:
    """None of its letters is on its way any more."""
    sql.execute(_SETTLED, {"id": group})


def hour_of(at: datetime) -> int:
    """The number of the hour, since 1970."""
    return int(at.timestamp()) // 3600


def _sums(tallies: Iterable[Sequence[Any]]) -> dict[UUID, _Sum]:
    found: dict[UUID, _Sum] = {}
    for _id, group, count, open_count, died, given, version in tallies:
        at = sql.as_datetime(given)
        assert at is not None, "a tally has a time"
        each = found.setdefault(sql.as_uuid(group), _Sum(first_at=at, last_at=at))
        each.count += count
        each.open_count += open_count
        if died:
            each.first_at = min(each.first_at, at)
            each.last_at = max(each.last_at, at)
            each.died_at = max(each.died_at or at, at)
            each.hours[hour_of(at)] += died
            each.versions |= {version} if version else set()
    return found


def _added(row: Sequence[Any], added: _Sum, now: datetime) -> tuple[Any, ...]:
    """The columns of a group after its tallies."""
    state, state_at, first_at, last_at = row[1], *map(sql.as_datetime, (row[2], row[5], row[6]))
    assert state_at is not None, "a group has times"
    assert first_at is not None
    assert last_at is not None
    snoozed_until = sql.as_datetime(row[10])
    open_count = row[4] + added.open_count
    is_newer = added.died_at is not None and added.died_at > state_at
    if state == "acknowledged":
        # It was known, something was deployed, and there it is again.
        if is_newer and row[11] and added.versions - {row[11]}:
            state, state_at, snoozed_until = "regressed", now, None
    elif state in {"replayed", "resolved"}:
        if is_newer:
            state, state_at, snoozed_until = "regressed", now, None
        elif state == "replayed" and open_count <= 0:
            state, state_at = "resolved", now
    if added.died_at is not None:
        first_at, last_at = min(first_at, added.first_at), max(last_at, added.died_at)
    is_moving, sends_on = bool(row[8]), bool(row[9])
    return (
        *(state, state_at, snoozed_until, row[3] + added.count, open_count, first_at, last_at),
        _hours(json.loads(row[7]), added.hours, now),
        # A letter that was buried while this group was merged or split may stand here.
        is_moving or (sends_on and added.count > 0),
    )


def _hours(kept: Mapping[str, int], added: Counter[int], now: datetime) -> str:
    oldest = hour_of(now - timedelta(hours=HOURS_KEPT))
    hours: defaultdict[int, int] = defaultdict(int, {int(name): n for name, n in kept.items()})
    for hour, died in added.items():
        hours[hour] += died
    return json.dumps({str(hour): n for hour, n in sorted(hours.items()) if hour >= oldest})

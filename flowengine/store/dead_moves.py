"""Moving dead letters to the groups that they belong to now, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.engine.dead_letter import Cause
from flowengine.store import dead_places, dead_tables, sql
from flowengine.store.dead_groups import hour_of

_OPEN = frozenset({"open", "replaying"})
_PAGE = """
SELECT d.id, d.fingerprint, d.workflow, d.digest, d.event_type, d.source, d.version, d.message,
  d.state, d.created_at, g.kind, g.code, g.title, g.error_type, g.place, g.step
FROM flowengine_dead_letter d JOIN flowengine_dead_group g ON g.id = d.group_id
WHERE d.group_id = %(group)s ORDER BY d.created_at, d.id LIMIT %(limit)s FOR UPDATE OF d"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    id: UUID
    cause: Cause
    workflow: str
    digest: str
    event_type: str
    source: str
    version: str
    message: str
    is_open: bool
    died_at: datetime


def move(group: UUID, now: datetime, *, limit: int) -> int:
    """Send the oldest letters of a group, which keeps none, to where they belong; how many they were."""
    letters = [_letter(row) for row in sql.query(_PAGE, {"group": group, "limit": limit})]
    if not letters:
        return 0
    targets = dead_places.find(letters, now)
    moved = [
        (target, letter) for target, letter in zip(targets, letters, strict=True) if target != group
    ]
    sql.update(
        dead_tables.DEAD_LETTER,
        ("group_id",),
        ("id",),
        [(target, letter.id) for target, letter in moved],
    )
    dead_places.tally([*_gone(group, moved, now), *_come(moved)])
    return len(moved)


def _gone(
    group: UUID, moved: Sequence[tuple[UUID, _Letter]], now: datetime
) -> list[tuple[UUID, int, int, int, datetime]]:
    if not moved:
        return []
    return [(group, -len(moved), -sum(letter.is_open for _target, letter in moved), 0, now)]


def _come(
    moved: Sequence[tuple[UUID, _Letter]],
) -> list[tuple[UUID, int, int, int, datetime]]:
    """Per group and hour, so that its rate, its first and its last are right as well."""
    by_hour: dict[tuple[UUID, int], list[_Letter]] = defaultdict(list)
    for target, letter in moved:
        by_hour[target, hour_of(letter.died_at)].append(letter)
    rows: list[tuple[UUID, int, int, int, datetime]] = []
    for (target, _hour), letters in by_hour.items():
        for part in (letters[:1], letters[1:]):
            if part:
                open_count = sum(letter.is_open for letter in part)
                rows.append((target, len(part), open_count, len(part), part[-1].died_at))
    return rows


def _letter(row: Sequence[Any]) -> _Letter:
    died_at = sql.as_datetime(row[9])
    assert died_at is not None, "a letter has a time"
    return _Letter(
        id=sql.as_uuid(row[0]),
        cause=Cause(
            fingerprint=row[1],
            kind=row[10],
            code=row[11],
            title=row[12],
            error_type=row[13],
            place=row[14],
            step=row[15],
        ),
        workflow=row[2],
        digest=row[3],
        event_type=row[4],
        source=row[5],
        version=row[6],
        message=row[7],
        is_open=row[8] in _OPEN,
        died_at=died_at,
    )

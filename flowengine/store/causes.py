"""Reading what led to an event and what followed from it: bounded in depth and in width, never under a lock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.models import RunRecord
from flowengine.store import parents, sql

UP_MAX = 20
"""Events that led to one, one before the other: a chain has no more of its own."""
DOWN_MAX = 3
"""How deep it is followed what an event has led to."""
EACH_MAX = 20
"""Events that follow from one; more are not told."""
EVENTS_MAX = 200
RUNS_MAX = 200

_UUID = "'^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'"
_READ = "e.id, e.type, e.subject, e.state, e.created_at, e.causation_id, e.hops, e.parent, e.again"
_UP = f"""
WITH RECURSIVE up(id, cause, depth) AS (
  SELECT e.id, e.causation_id, 0 FROM flowengine_event e WHERE e.id = %(event)s
  UNION ALL
  SELECT c.id, c.causation_id, up.depth + 1 FROM up JOIN flowengine_event c ON c.id = {{cause}}
  WHERE up.depth < {UP_MAX})
SELECT {_READ} FROM up JOIN flowengine_event e ON e.id = up.id ORDER BY up.depth DESC"""
_UP_POSTGRESQL = _UP.format(cause=f"CASE WHEN up.cause ~ {_UUID} THEN up.cause::uuid END")
_UP_SQLITE = _UP.format(cause="replace(up.cause, '-', '')")
_DOWN = f"""
WITH RECURSIVE down(id, depth) AS (
  SELECT e.id, 0 FROM flowengine_event e WHERE e.id = %(event)s
  UNION ALL
  SELECT c.id, d.depth + 1 FROM down d {{followers}} WHERE d.depth < {DOWN_MAX})
SELECT {_READ} FROM down JOIN flowengine_event e ON e.id = down.id
WHERE down.depth > 0 LIMIT {EVENTS_MAX + 1}"""
_DOWN_POSTGRESQL = _DOWN.format(
    followers=f"""CROSS JOIN LATERAL (
    SELECT f.id FROM flowengine_event f WHERE f.causation_id = d.id::text
    ORDER BY f.created_at LIMIT {EACH_MAX}) c"""
)
_DASHED = " || '-' || ".join(
    f"substr(d.id, {begin}, {length})"
    for begin, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
)
"""A UUID as it is written, of one as SQLite keeps it."""
_DOWN_SQLITE = _DOWN.format(
    followers=f"""JOIN flowengine_event c ON c.rowid IN (
    SELECT f.rowid FROM flowengine_event f WHERE f.causation_id = {_DASHED}
    ORDER BY f.created_at LIMIT {EACH_MAX})"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caused:
    """An event, with what it says of where it comes from."""

    id: UUID
    type: str
    subject: str | None
    state: str
    created_at: datetime
    cause: UUID | None
    """The event that directly caused it; None = there is none, or it is no event of ours."""
    hops: int
    caller: UUID | None
    """Of a call: the run whose step called."""
    is_again: bool
    """It is part of a replay: people have caused it."""


def up(event: UUID) -> list[Caused]:
    """The event, and before it those that led to it, the first cause first; one statement."""
    text = _UP_POSTGRESQL if sql.is_postgresql() else _UP_SQLITE
    return [_caused(row) for row in sql.query(text, {"event": event})]


def down(event: UUID) -> tuple[list[Caused], bool]:
    """What followed from the event, and whether some of it may be left out; one statement."""
    text = _DOWN_POSTGRESQL if sql.is_postgresql() else _DOWN_SQLITE
    found = [_caused(row) for row in sql.query(text, {"event": event})]
    followers: dict[UUID | None, int] = {}
    for each in found:
        followers[each.cause] = followers.get(each.cause, 0) + 1
    is_cut = len(found) > EVENTS_MAX or any(count >= EACH_MAX for count in followers.values())
    return found[:EVENTS_MAX], is_cut


def runs(event_ids: Collection[UUID]) -> tuple[Sequence[RunRecord], bool]:
    """The runs that these events started, in order, and whether there are more; one statement."""
    rows = RunRecord.objects.using(settings().DATABASE).filter(event_id__in=list(event_ids))
    found = list(
        rows.defer("inputs", "output", "failure").order_by("created_at", "id")[: RUNS_MAX + 1]
    )
    return found[:RUNS_MAX], len(found) > RUNS_MAX


def _caused(row: Sequence[Any]) -> Caused:
    event_id, kind, subject, state, created_at, cause, hops, parent, again = row
    return Caused(
        id=sql.as_uuid(event_id),
        type=kind,
        subject=subject,
        state=state,
        created_at=sql.as_datetime(created_at) or created_at,
        cause=_uuid(cause),
        hops=hops,
        caller=_caller(parent),
        is_again=again is not None,
    )


def _caller(parent: str | None) -> UUID | None:
    try:
        found = parents.decoded(parent)
    except msgspec.DecodeError:
        return None
    return None if found is None else found.run


def _uuid(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        return None

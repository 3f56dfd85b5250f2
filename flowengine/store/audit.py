"""Rows of what people did: added under one lock, in one chain, never changed.

The triggers of the migration refuse to change or delete a row. Each row's hash is made of its own fields
and of the hash before it, so that whoever gets around them has to make all that follows anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flowengine.store import dead_tables, sql

_COLUMNS = (
    *("id", "number", "at", "who", "verb", "reason", "door", "address", "kind", "object_id"),
    *("selection_id", "replay_id", "details", "before_sha256", "after_sha256", "chain_sha256"),
)
_HASHED = _COLUMNS[:-1]
_CHAIN = 0x666C6F7761756469
"""The key of PostgreSQL's lock that makes the writers stand in line."""
_NEWEST = "SELECT number, chain_sha256 FROM flowengine_audit ORDER BY number DESC LIMIT 1"
_KEPT = "SELECT 1 FROM flowengine_audit WHERE id = %(id)s"
_PAGE = f"""
SELECT {", ".join(_COLUMNS)} FROM flowengine_audit
WHERE number > %(after)s ORDER BY number LIMIT %(limit)s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One act, as it is kept."""

    id: UUID
    at: datetime
    who: str
    """The key of a user; empty = the system."""
    verb: str
    reason: str
    door: str
    """``api``, ``cli``, ``admin``, ``page``, ``code`` or ``system``."""
    address: str
    kind: str
    """What it was done to: ``dead_letter``, ``run`` …"""
    object_id: str
    selection_id: UUID | None
    replay_id: UUID | None
    details: str
    """JSON mapping."""
    before_sha256: str
    after_sha256: str


@dataclass(frozen=True, slots=True)
class Link:
    """A row's place in the chain."""

    number: int
    chain_sha256: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A row as it was found."""

    row: Row
    link: Link


START = Link(0, "")
"""What stands before the first row."""


def append(rows: Sequence[Row]) -> None:
    """Add *rows* to the chain, in this order.

    From here to the end of the transaction nobody else can add any: to be called last.
    """
    if not rows:
        return
    newest = _hold_newest()
    values = []
    for row in rows:
        number = newest.number + 1
        newest = Link(number, chained(newest.chain_sha256, number, row))
        values.append((*_fields(number, row), newest.chain_sha256))
    sql.insert(dead_tables.AUDIT, _COLUMNS, values)


def is_kept(row: UUID) -> bool:
    """Whether there is that row. Until the transaction ends, nobody else is told of it."""
    if sql.is_postgresql():
        sql.query("SELECT pg_advisory_xact_lock(%(key)s::bigint)", {"key": row.int >> 65})
    return bool(sql.query(_KEPT, {"id": row}))


def chained(before: str, number: int, row: Row) -> str:
    """The hash of a row that has that number and follows the hash *before*; 64 hex digits."""
    fields = [_plain(value) for value in _fields(number, row)]
    text = json.dumps([before, *fields], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def pages(size: int = 1000) -> Iterator[list[Stored]]:
    """All rows by their numbers, in pages; without locks."""
    after = 0
    while found := sql.query(_PAGE, {"after": after, "limit": size}):
        yield [_stored(row) for row in found]
        after = found[-1][1]


def _hold_newest() -> Link:
    if sql.is_postgresql():
        sql.query("SELECT pg_advisory_xact_lock(%(key)s::bigint)", {"key": _CHAIN})
    for number, chain in sql.query(_NEWEST, {}):
        return Link(number, chain)
    return START


def _fields(number: int, row: Row) -> tuple[Any, ...]:
    """The values of ``_HASHED``."""
    return (row.id, number, *(getattr(row, name) for name in _HASHED[2:]))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value


def _stored(found: Sequence[Any]) -> Stored:
    values = dict(zip(_COLUMNS, found, strict=True))
    number, chain = values.pop("number"), values.pop("chain_sha256")
    values["at"] = sql.as_datetime(values["at"])
    for name in ("id", "selection_id", "replay_id"):
        values[name] = None if values[name] is None else sql.as_uuid(values[name])
    return Stored(Row(**values), Link(number, chain))

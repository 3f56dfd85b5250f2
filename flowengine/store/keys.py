"""Rows of admission keys <-> what the gates remember. Locked before any run (architecture §2.6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from flowengine.engine.rules.gates import (
    Gate,
    Key,
    Places,
    Quiet,
    State,
    Used,
    due_of,
)
from flowengine.engine.rules.slots import Slots
from flowengine.store import sql, tables

_NOTHING = b"null"
_LOCK = """
SELECT id, gate, state FROM flowengine_key WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"""
_BURSTS = """
SELECT id, workflow, state FROM flowengine_key
WHERE gate = 'debounce' AND due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s"""
_PAGE = 1000
_WAITING = """
SELECT id, state FROM flowengine_key WHERE gate = 'debounce' AND due_at IS NOT NULL AND id > %(after)s
ORDER BY id LIMIT %(limit)s"""
# Materialised: a plain subquery may be asked again for each row, and would give others each time.
_FORGET = """
DELETE FROM flowengine_key WHERE id IN (
  WITH old AS MATERIALIZED (
    SELECT id FROM flowengine_key WHERE gate IN ('idempotency', 'throttle')
    AND due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
  SELECT id FROM old)"""

_encode = msgspec.json.encode
_decoders = {
    Gate.IDEMPOTENCY: msgspec.json.Decoder(Used | None),
    Gate.DEBOUNCE: msgspec.json.Decoder(Quiet | None),
    Gate.THROTTLE: msgspec.json.Decoder(Slots | None),
    Gate.CONCURRENCY: msgspec.json.Decoder(Places | None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A debounce whose period is over."""

    key: UUID
    workflow: str
    quiet: Quiet


def lock(wanted: Collection[Key], also: Collection[UUID] = ()) -> dict[UUID, State | None]:
    """What is remembered of these keys, locked in the order of ids until the transaction ends.

    A key that has no row gets one: two transactions that see it for the first time meet in it. Those
    of which nothing is to be remembered are deleted by :func:`save`. Of the keys in *also*, those
    without a row are left out.
    """
    by_id = {key.id: key for key in wanted}
    ids = sorted(by_id.keys() | set(also))
    found: dict[UUID, State | None] = {}
    # Again where a row was deleted between the two statements by who had locked it before.
    while True:
        sql.insert(
            tables.KEY,
            ("id", "workflow", "gate", "key", "state"),
            [
                (key_id, key.workflow, key.gate, _storable(key.text), _NOTHING)
                for key_id, key in sorted(by_id.items())
                if key_id not in found
            ],
            ignore=True,
        )
        found |= held(ids)
        if found.keys() >= by_id.keys():
            return found


def held(ids: Sequence[UUID]) -> dict[UUID, State | None]:
    """The same of keys by their ids; those without a row are left out."""
    return {
        sql.as_uuid(row[0]): _decoders[Gate(row[1])].decode(row[2])
        for row in sql.query(_LOCK, {"ids": sorted(ids)})
    }


def seen(ids: Sequence[UUID]) -> dict[UUID, State | None]:
    """The same without locks: for who only looks."""
    return {
        sql.as_uuid(row[0]): _decoders[Gate(row[1])].decode(row[2])
        for row in sql.query(_LOCK.removesuffix(" FOR UPDATE"), {"ids": sorted(ids)})
    }


def save(before: Mapping[UUID, State | None], after: Mapping[UUID, State | None]) -> None:
    """Remember of these locked keys what has changed; a key of which nothing is left is deleted."""
    kept = {key: state for key, state in after.items() if state is not None and not _is_idle(state)}
    sql.update(
        tables.KEY,
        ("state", "due_at"),
        ("id",),
        [
            (_encoded(state), due_of(state), key)
            for key, state in sorted(kept.items())
            if state != before.get(key)
        ],
    )
    gone = sorted(key for key in before if key not in kept)
    if gone:
        sql.execute("DELETE FROM flowengine_key WHERE id = ANY(%(ids)s)", {"ids": gone})


def bursts(now: datetime, *, limit: int) -> list[Burst]:
    """Debounces that are over, oldest first; without locks."""
    return [
        Burst(
            key=sql.as_uuid(row[0]), workflow=row[1], quiet=msgspec.json.decode(row[2], type=Quiet)
        )
        for row in sql.query(_BURSTS, {"now": now, "limit": limit})
    ]


def oldest_burst() -> datetime | None:
    """When the oldest event was written that waits for the end of a burst; None where none does."""
    oldest: datetime | None = None
    after = UUID(int=0)
    while rows := sql.query(_WAITING, {"after": after, "limit": _PAGE}):
        written_at = min(msgspec.json.decode(row[1], type=Quiet).written_at for row in rows)
        oldest = written_at if oldest is None else min(oldest, written_at)
        after = sql.as_uuid(rows[-1][0])
    return oldest


def put_off(key: UUID, until: datetime) -> None:
    """Do not look at what is due of this key before that."""
    values = {"id": key, "until": until}
    sql.execute("UPDATE flowengine_key SET due_at = %(until)s WHERE id = %(id)s", values)


def forget(now: datetime, *, limit: int) -> int:
    """Delete keys whose windows are over; how many they were."""
    return sql.execute(_FORGET, {"now": now, "limit": limit})


def _is_idle(state: State) -> bool:
    return isinstance(state, Places) and state.is_idle


def _encoded(state: State) -> bytes:
    return _encode(replace(state, members=()) if isinstance(state, Places) else state)


def _storable(text: str) -> str:
    """The key as people see it, without what a text column cannot hold; the id tells it apart."""
    return text.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()

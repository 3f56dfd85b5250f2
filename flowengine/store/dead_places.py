"""Where a dead letter belongs: the group of its cause, or where that was merged into or split.

Who buries reads the groups of his letters, adds those that are not there, and adds tallies. He changes
no row that another one changes too: two hundred workers that bury one cause do not wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import NAMESPACE_OID, UUID, uuid5

from flowengine.engine.dead_letter import Cause, normalised
from flowengine.store import dead_tables, sql

SPLIT_FIELDS = ("workflow", "digest", "event_type", "source", "version", "message")
"""By what a group may be split."""
HOPS_MAX = 8
"""So often may a group send its letters on: a part of a group may be merged or split in its turn."""
_VALUE_MAX = 200
_NAMESPACE = uuid5(NAMESPACE_OID, "flowengine dead group")
_GROUPS = """
SELECT id, fingerprint, merged_into, split_by FROM flowengine_dead_group WHERE id = ANY(%(ids)s)"""
_FIRST = """
SELECT group_id, fingerprint, kind, code, message, step FROM (
  SELECT d.*, row_number() OVER (PARTITION BY d.group_id ORDER BY d.created_at) AS place
  FROM flowengine_dead_letter d WHERE d.group_id = ANY(%(ids)s)) AS found
WHERE place = 1"""
_COLUMNS = (
    *("id", "fingerprint", "kind", "code", "title", "error_type", "place", "step", "state"),
    *("state_at", "owner", "note", "count", "open_count", "first_at", "last_at", "hours"),
    "is_moving",
)


class Placed(Protocol):
    """What of a letter says where it belongs."""

    @property
    def cause(self) -> Cause:
        """What it has in common with others."""

    @property
    def workflow(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def event_type(self) -> str: ...

    @property
    def source(self) -> str | None: ...

    @property
    def version(self) -> str: ...

    @property
    def message(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    fingerprint: str
    merged_into: UUID | None
    split_by: str | None


def group_id(fingerprint: str) -> UUID:
    """The id of the group of all letters with that fingerprint."""
    return uuid5(_NAMESPACE, fingerprint)


def find(letters: Sequence[Placed], now: datetime) -> list[UUID]:
    """The group of each letter, in order; those that are not there yet are written."""
    known: dict[UUID, _Group | None] = {}
    at = [(group_id(letter.cause.fingerprint), letter.cause.fingerprint) for letter in letters]
    for _hop in range(HOPS_MAX):
        unread = sorted({group for group, _fingerprint in at} - known.keys())
        if not unread:
            break
        known |= dict.fromkeys(unread) | _load(unread)
        at = [
            _next(place, letter, known[place[0]]) for place, letter in zip(at, letters, strict=True)
        ]
    new: dict[UUID, tuple[str, Placed]] = {}
    for (group, fingerprint), letter in zip(at, letters, strict=True):
        if known.get(group) is None:
            new[group] = (fingerprint, letter)
    _add(new, now)
    return [group for group, _fingerprint in at]


def restore(ids: Sequence[UUID], now: datetime) -> None:
    """Write those of these groups that have letters and are not there.

    They were deleted because nothing was left of them, while somebody who had still seen them buried.
    """
    rows: list[tuple[Any, ...]] = []
    for group, fingerprint, kind, code, message, step in sql.query(_FIRST, {"ids": list(ids)}):
        known = (sql.as_uuid(group), fingerprint, kind, code, normalised(message), "", "")
        rows.append((*known, step or "", "new", now, "", "", 0, 0, now, now, "{}", False))
    sql.insert(dead_tables.DEAD_GROUP, _COLUMNS, rows, ignore=True)


def tally(
    rows: Iterable[tuple[UUID, int, int, int, datetime]], *, version: str | None = None
) -> None:
    """Note for groups how many letters came, how many of these are open, how many died, and when.

    With the project's version in which they died; None = none did.
    """
    sql.insert(
        dead_tables.DEAD_TALLY,
        ("group_id", "count", "open_count", "died", "at", "version"),
        [(*row, version) for row in sorted(rows)],
    )


def _load(ids: Sequence[UUID]) -> dict[UUID, _Group | None]:
    return {
        sql.as_uuid(row[0]): _Group(
            fingerprint=row[1],
            merged_into=None if row[2] is None else sql.as_uuid(row[2]),
            split_by=row[3],
        )
        for row in sql.query(_GROUPS, {"ids": list(ids)})
    }


def _next(place: tuple[UUID, str], letter: Placed, group: _Group | None) -> tuple[UUID, str]:
    """Where a group that does not keep the letter sends it; the group itself where it keeps it."""
    if group is None:
        return place
    if group.merged_into is not None:
        return (group.merged_into, "")
    if group.split_by is None:
        return place
    value = normalised_value(letter, group.split_by)
    fingerprint = f"{group.fingerprint}|{group.split_by}={value}"
    return (group_id(fingerprint), fingerprint)


def normalised_value(letter: Placed, field: str) -> str:
    """What letters have to share to stay together when their group is split by *field*."""
    return str(getattr(letter, field) or "")[:_VALUE_MAX].replace("\x00", "")


def _add(new: dict[UUID, tuple[str, Placed]], now: datetime) -> None:
    """In the order of their ids: two that add the same ones wait for each other, never both."""
    rows: list[tuple[Any, ...]] = []
    for group, (fingerprint, letter) in sorted(new.items(), key=lambda item: item[0]):
        cause = letter.cause
        part = fingerprint.partition("|")[2]
        title = f"{cause.title} ({part})" if part else cause.title
        rows.append(
            (
                *(group, fingerprint, cause.kind, cause.code, title, cause.error_type),
                *(cause.place, cause.step, "new", now, "", "", 0, 0, now, now, "{}", False),
            )
        )
    sql.insert(dead_tables.DEAD_GROUP, _COLUMNS, rows, ignore=True)

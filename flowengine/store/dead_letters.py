"""Rows of dead letters: written with the failure they tell of, never changed in their cause.

Whoever adds or closes letters adds to the tallies of their groups in the same transaction, and to
nothing that another one adds to.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec
from msgspec.structs import replace

from flowengine.conf import project_version
from flowengine.engine.dead_letter import Cause
from flowengine.engine.run import Failure
from flowengine.store import dead_places, dead_tables, sql

BODY_MAX_BYTES = 1024 * 1024
"""More of a body is not kept: no event of that size could ever be accepted."""
_MESSAGE_MAX = 4000
_NAMESPACE = uuid5(NAMESPACE_OID, "flowengine dead letter")
_COLUMNS = (
    *("id", "kind", "code", "message", "fingerprint", "group_id", "event_id", "run_id", "workflow"),
    *("digest", "step", "item", "event_type", "source", "tries", "worker", "version", "body"),
    *("headers", "failure", "state", "reason", "closed_by", "created_at"),
)
_WORKERS = "SELECT id, name FROM flowengine_worker WHERE id = ANY(%(ids)s)"
_MOVE = """
UPDATE flowengine_dead_letter SET state = %(state)s, replay_id = COALESCE(%(replay)s, replay_id)
WHERE id IN (
  SELECT id FROM flowengine_dead_letter WHERE id = ANY(%(ids)s) AND state = %(from)s
  ORDER BY id FOR UPDATE)
RETURNING id"""
_OF_RUNS = """
SELECT id FROM flowengine_dead_letter
WHERE run_id = ANY(%(runs)s) AND state = 'open' AND kind = 'failed run'"""
_CLOSE = """
UPDATE flowengine_dead_letter
SET state = %(state)s, reason = %(reason)s, closed_by = %(by)s, closed_at = %(now)s
WHERE id IN (
  SELECT id FROM flowengine_dead_letter WHERE id = ANY(%(ids)s) AND state = ANY(%(from)s)
  ORDER BY id FOR UPDATE)
RETURNING id, group_id"""

_AGAIN = """
UPDATE flowengine_dead_letter SET state = 'open', reason = '', closed_by = '', closed_at = NULL
WHERE id IN (
  SELECT id FROM flowengine_dead_letter
  WHERE id = ANY(%(ids)s) AND state IN ('resolved', 'discarded') ORDER BY id FOR UPDATE)
RETURNING group_id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One thing that died, to be written."""

    id: UUID
    cause: Cause
    message: str
    event_id: UUID | None = None
    run_id: UUID | None = None
    workflow: str = ""
    digest: str = ""
    event_type: str = ""
    source: str | None = None
    """Of the event; None = this project's own, or it could not be read."""
    body: bytes | None = None
    """What the broker delivered; the first 1 MiB."""
    headers: Mapping[str, Any] | None = None
    failure: Failure | None = None

    @property
    def version(self) -> str:
        """Of the project that failed, else of that which buries it; empty = it does not say one."""
        return (self.failure.version if self.failure else "") or project_version()

    @property
    def kind(self) -> str:
        """``failed run`` …"""
        return self.cause.kind

    @property
    def code(self) -> str:
        """``FE`` and three digits."""
        return self.cause.code

    @property
    def step(self) -> str | None:
        """In which it happened; None = in none."""
        return self.cause.step or None


def insert(letters: Sequence[DeadLetter], now: datetime) -> None:
    """Write new dead letters, their groups and tallies; one whose id is there already is no second one.

    Where it was closed, it is open again: what was given up for good has come once more, and died.

    A number of statements that does not depend on that of the letters.
    """
    if not letters:
        return
    letters = [*{letter.id: letter for letter in letters}.values()]
    names = _names_of_workers(letters)
    groups = dead_places.find(letters, now)
    rows = [_row(letter, group, names, now) for letter, group in zip(letters, groups, strict=True)]
    new = sql.insert_new(dead_tables.DEAD_LETTER, _COLUMNS, rows, key="id")
    added = Counter(
        group for letter, group in zip(letters, groups, strict=True) if letter.id in new
    )
    old = [letter.id for letter in letters if letter.id not in new]
    again = sql.query(_AGAIN, {"ids": old}) if old else []
    reopened = Counter(sql.as_uuid(row[0]) for row in again)
    dead_places.tally(
        [
            *((group, n, n, n, now) for group, n in added.items()),
            *((group, 0, n, n, now) for group, n in reopened.items()),
        ],
        version=project_version(),
    )


def claim(ids: Sequence[UUID], replay_id: UUID) -> list[UUID]:
    """Those of *ids* that were open, and are this replay's from now on; sorted.

    The one gate: of any number that claim a letter at the same time, one gets it.
    """
    given = {"ids": list(ids), "from": "open", "state": "replaying", "replay": replay_id}
    return sorted(sql.as_uuid(row[0]) for row in sql.query(_MOVE, given)) if ids else []


def reopen(ids: Sequence[UUID]) -> list[UUID]:
    """Those of *ids* that were being replayed, and are open again."""
    given = {"ids": list(ids), "from": "replaying", "state": "open", "replay": None}
    return sorted(sql.as_uuid(row[0]) for row in sql.query(_MOVE, given)) if ids else []


def close(
    ids: Sequence[UUID],
    state: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    before: Sequence[str] = ("open", "replaying"),
) -> list[UUID]:
    """Those of *ids* that were in one of the states *before*, and are ``resolved`` or ``discarded``."""
    if not ids:
        return []
    given = {"ids": list(ids), "from": list(before), "state": state}
    rows = sql.query(_CLOSE, {**given, "reason": reason, "by": by, "now": now})
    closed = Counter(sql.as_uuid(group) for _id, group in rows)
    dead_places.tally((group, 0, -n, 0, now) for group, n in closed.items())
    return sorted(sql.as_uuid(row[0]) for row in rows)


def close_of_runs(runs: Sequence[UUID], *, reason: str, by: str, now: datetime) -> list[UUID]:
    """Resolve the open letters of these failed runs, which go on: should they fail again, that is new."""
    rows = sql.query(_OF_RUNS, {"runs": list(runs)}) if runs else []
    ids = [sql.as_uuid(row[0]) for row in rows]
    return close(ids, "resolved", reason=reason, by=by, now=now, before=("open",))


def id_of_delivery(body: bytes, headers: Mapping[str, Any]) -> UUID:
    """The id of the dead letter of a delivery: the same bytes delivered again are the same letter.

    What a broker adds on the way (``x-…``: counters, former deaths) does not count.
    """
    kept = {name: value for name, value in headers.items() if not name.startswith("x-")}
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode())
    digest.update(body)
    return uuid5(_NAMESPACE, digest.hexdigest())


def _row(
    letter: DeadLetter, group: UUID, names: Mapping[str, str], now: datetime
) -> tuple[Any, ...]:
    failure = None if letter.failure is None else _with_names(letter.failure, names)
    tries = () if failure is None else failure.tries
    return (
        *(letter.id, letter.kind, letter.code, _text(letter.message)[:_MESSAGE_MAX]),
        *(letter.cause.fingerprint, group, letter.event_id, letter.run_id, letter.workflow),
        *(letter.digest, letter.step, "" if failure is None else failure.item),
        *(_text(letter.event_type), _text(letter.source or "")),
        0 if failure is None else failure.attempts,
        *(tries[-1].worker if tries else "", letter.version),
        None if letter.body is None else letter.body[:BODY_MAX_BYTES],
        # ASCII with escapes: any text a header may hold goes into a text column.
        json.dumps(dict(letter.headers or {}), default=str),
        None if failure is None else msgspec.json.encode(failure),
        *("open", "", "", now),
    )


def _names_of_workers(letters: Sequence[DeadLetter]) -> dict[str, str]:
    """The names of the processes that tried, by their ids, both as text."""
    ids = {
        each.worker
        for letter in letters
        if letter.failure is not None
        for each in letter.failure.tries
        if each.worker
    }
    if not ids:
        return {}
    rows = sql.query(_WORKERS, {"ids": sorted(map(UUID, ids))})
    return {str(sql.as_uuid(row[0])): row[1] for row in rows}


def _with_names(failure: Failure, names: Mapping[str, str]) -> Failure:
    tries = tuple(
        replace(each, worker=names.get(each.worker, each.worker)) for each in failure.tries
    )
    return replace(failure, tries=tries)


def _text(text: str) -> str:
    """The text without what a text column cannot hold."""
    return text.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()

"""Rows of dead letters: written with the failure they tell of, never changed in their cause."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec

from flowengine.engine.run import Failure
from flowengine.store import sql, tables

BODY_MAX_BYTES = 1024 * 1024
"""More of a body is not kept: no event of that size could ever be accepted."""
_MESSAGE_MAX = 4000
_NAMESPACE = uuid5(NAMESPACE_OID, "flowengine dead letter")
_COLUMNS = (
    *("id", "kind", "code", "message", "fingerprint", "event_id", "run_id", "workflow", "step"),
    *("body", "headers", "failure", "state", "created_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One thing that died, to be written."""

    id: UUID
    kind: str
    """Language §4.11: ``unreadable``, ``bad event``, ``failed run`` …"""
    code: str
    """``FE`` and three digits."""
    message: str
    fingerprint: str
    """Equal for failures of one cause."""
    event_id: UUID | None = None
    run_id: UUID | None = None
    workflow: str = ""
    step: str | None = None
    body: bytes | None = None
    """What the broker delivered; the first 1 MiB."""
    headers: Mapping[str, Any] | None = None
    failure: Failure | None = None


def insert(letters: Sequence[DeadLetter], now: datetime) -> None:
    """Write new dead letters; one whose id is there already is left as it is."""
    sql.insert(
        tables.DEAD_LETTER,
        _COLUMNS,
        [
            (
                *(letter.id, letter.kind, letter.code, _text(letter.message)[:_MESSAGE_MAX]),
                *(letter.fingerprint, letter.event_id, letter.run_id, letter.workflow),
                letter.step,
                None if letter.body is None else letter.body[:BODY_MAX_BYTES],
                # ASCII with escapes: any text a header may hold goes into a text column.
                json.dumps(dict(letter.headers or {}), default=str),
                None if letter.failure is None else msgspec.json.encode(letter.failure),
                *("open", now),
            )
            for letter in letters
        ],
        ignore=True,
    )


def id_of_delivery(body: bytes, headers: Mapping[str, Any]) -> UUID:
    """The id of the dead letter of a delivery: the same bytes delivered again are the same letter.

    What a broker adds on the way (``x-…``: counters, former deaths) does not count.
    """
    kept = {name: value for name, value in headers.items() if not name.startswith("x-")}
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode())
    digest.update(body)
    return uuid5(_NAMESPACE, digest.hexdigest())


def _text(text: str) -> str:
    """The text without what a text column cannot hold."""
    return text.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()

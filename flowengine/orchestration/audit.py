"""What people did: who, when, why, from where; written in the transaction of its effect.

A row without its effect, or an effect without its row, cannot be committed. What is written stays: the
database refuses to change it, and :func:`verify` finds what was changed in spite of that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.engine.identity import uuid7
from flowengine.engine.printable import printable
from flowengine.store import audit
from flowengine.store.audit import START, Link, Stored, chained

_TEXT_MAX = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act, to be written."""

    who: str
    """The key of a user; empty = the system."""
    verb: str
    """``replay.start``, ``discard`` …"""
    reason: str = ""
    door: str = "api"
    """``api``, ``cli``, ``admin`` or ``system``."""
    address: str = ""
    """Where from: an IP address or a host."""
    kind: str = ""
    """What it was done to: dead_letter, dead_group, run, event, replay, selection, station."""
    object_id: str = ""
    selection_id: UUID | None = None
    replay_id: UUID | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON; UUIDs and instants become text."""
    before_sha256: str = ""
    """Of a payload as it was; empty = none was changed."""
    after_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a look at the whole chain has found."""

    rows: int
    """Rows that are as they were written."""
    head: Link
    """The last of them. Kept elsewhere, it shows whether rows were cut off at the end."""
    broken_at: int | None = None
    """The number of the first row that is not as it was written, or is missing; None = none."""


def record(entries: Sequence[Entry], now: datetime) -> None:
    """Write what was done, in the caller's transaction; one lock, three statements.

    To be called last in it: until it ends, nobody else can write of what he did.
    """
    audit.append([_row(entry, now) for entry in entries])


def verify() -> Verified:
    """Look at every row, in the order in which they were written."""
    link = START
    for page in audit.pages():
        for found in page:
            if not _follows(link, found):
                return Verified(rows=link.number, head=link, broken_at=link.number + 1)
            link = found.link
    return Verified(rows=link.number, head=link)


def _follows(before: Link, found: Stored) -> bool:
    number = before.number + 1
    return found.link == Link(number, chained(before.chain_sha256, number, found.row))


def _row(entry: Entry, now: datetime) -> audit.Row:
    return audit.Row(
        id=uuid7(int(now.timestamp() * 1000), os.urandom(10)),
        at=now,
        who=_text(entry.who),
        verb=entry.verb,
        reason=_text(entry.reason),
        door=entry.door,
        address=_text(entry.address),
        kind=entry.kind,
        object_id=entry.object_id,
        selection_id=entry.selection_id,
        replay_id=entry.replay_id,
        details=json.dumps(dict(entry.details), default=str, sort_keys=True),
        before_sha256=entry.before_sha256,
        after_sha256=entry.after_sha256,
    )


def _text(text: str) -> str:
    """The text as a text column can hold it."""
    return printable(text)[:_TEXT_MAX]

"""What people did: who, when, why, from where; written in the transaction of its effect.

A row without its effect, or an effect without its row, cannot be committed. What is written stays: the
database refuses to change it, and :func:`verify` finds what was changed in spite of that.

Only people's acts are here, and what stations do by themselves. What a program does without naming
anybody stands in the history of what it did it to.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest

from flowengine.access import user_key
from flowengine.engine.identity import act_id, uuid7
from flowengine.engine.printable import printable
from flowengine.errors import ReasonMissing
from flowengine.store import audit
from flowengine.store.audit import START, Link, Stored, chained

_TEXT_MAX = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who does something, why, and from where."""

    who: str
    """The key of a user, or ``cli:<login>``; empty = nobody, it is a program that acts by itself."""
    reason: str = ""
    door: str = "api"
    """``api``, ``cli``, ``admin``, ``page``, ``code`` (the project's own) or ``system``."""
    address: str = ""
    """An IP address or a host."""
    key: str = ""
    """Names what he does: the same again is the same act. Empty = each is another."""

    @property
    def is_person(self) -> bool:
        """Somebody has to answer for it: it is kept in the audit."""
        return bool(self.who)

    @property
    def is_user(self) -> bool:
        """It is a user of the project: not just somebody at a terminal."""
        return self.is_person and not self.who.startswith("cli:")


NOBODY = By(who="", door="code")
"""A program that acts by itself."""


def from_request(request: HttpRequest, reason: str, door: str) -> By:
    """The signed-in user, at the address that the server was called from."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    return By(who=user_key(request.user), reason=reason, door=door, address=address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A payload that somebody has changed, or given."""

    before_sha256: str = ""
    """As it was; empty = there was none."""
    after_sha256: str
    difference: str = ""
    """JSON: the operations of a JSON Patch; empty = it is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act, to be written."""

    by: By
    verb: str
    """``replay.start``, ``discard`` …"""
    kind: str = ""
    """What it was done to: dead_letter, dead_group, run, event, replay, station, workflow, rule, view …"""
    object_id: str = ""
    selection_id: UUID | None = None
    replay_id: UUID | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON; UUIDs and instants become text."""
    edit: Edit | None = None
    """None = no payload was changed."""


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


def is_done(by: By, verb: str, kind: str, object_id: object) -> bool:
    """Whether he has done this to it before, under the same key; in the transaction that would do it.

    Asked at the same moment twice, the second waits for what the first does.
    """
    return bool(by.key) and audit.is_kept(_named(by, verb, kind, str(object_id)))


def wants_reason(by: By) -> None:
    """Refuse what is done without a reason.

    Raises:
        ReasonMissing: FE513.
    """
    if not by.reason.strip():
        raise ReasonMissing("say why: this is kept with what is done")


def digest(payload: object) -> str:
    """The SHA-256 of plain JSON with sorted names, as hex."""
    return hashlib.sha256(msgspec.json.encode(payload, order="sorted")).hexdigest()


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


def _named(by: By, verb: str, kind: str, object_id: str) -> UUID:
    return act_id(by.who, by.key, verb, kind, object_id)


def _row(entry: Entry, now: datetime) -> audit.Row:
    by, edit, details = entry.by, entry.edit, dict(entry.details)
    done_to = entry.object_id or str(entry.replay_id or "")
    chance = uuid7(int(now.timestamp() * 1000), os.urandom(10))
    if edit is not None and edit.difference:
        details["difference"] = json.loads(edit.difference)
    return audit.Row(
        id=_named(by, entry.verb, entry.kind, done_to) if by.key else chance,
        at=now,
        who=_text(by.who),
        verb=entry.verb,
        reason=_text(by.reason.strip()),
        door=by.door,
        address=_text(by.address),
        kind=entry.kind,
        object_id=entry.object_id,
        selection_id=entry.selection_id,
        replay_id=entry.replay_id,
        details=json.dumps(details, default=str, sort_keys=True),
        before_sha256="" if edit is None else edit.before_sha256,
        after_sha256="" if edit is None else edit.after_sha256,
    )


def _text(text: str) -> str:
    """The text as a text column can hold it."""
    return printable(text)[:_TEXT_MAX]

"""What is to be sent of inboxes: claimed for a while, then marked as sent or put off.

A claim moves the instant at which a row is due: who dies with it leaves a row that is due again. The two
ways out, ``mail`` and ``push``, each have columns of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowengine.representations.inbox import Notice
from flowengine.store import sql, tables
from flowengine.store.inbox import COLUMNS, LISTED, notice

WAYS = ("mail", "push")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One notification that is due to be sent."""

    user: str
    due_at: datetime
    tries: int
    """How often sending it has failed."""
    is_wanted: bool
    """It has not been seen, and is in the inbox."""
    notice: Notice


def due(way: str, now: datetime, *, limit: int) -> list[Outgoing]:
    """What is due by that way, the oldest first, locked; what another has locked is left out."""
    rows = sql.query(
        f"SELECT {COLUMNS}, user_key, {way}_at, {way}_tries,"
        f" seen_at IS NULL AND read_at IS NULL AND {LISTED}"
        f" FROM flowengine_notification WHERE {way}_at <= %(now)s ORDER BY {way}_at, at, id"
        " LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
        {"now": now, "limit": limit},
    )
    found = []
    for row in rows:
        *read, user, due_at, tries, is_wanted = row
        at = sql.as_datetime(due_at)
        assert at is not None, "what is due has its instant"
        found.append(
            Outgoing(
                user=user, due_at=at, tries=tries, is_wanted=bool(is_wanted), notice=notice(read)
            )
        )
    return found


def put_off(way: str, rows: Sequence[tuple[UUID, datetime | None, int]]) -> None:
    """Id, when it is due again (None = never), and how often sending it has failed."""
    sql.update(
        tables.NOTIFICATION,
        (f"{way}_at", f"{way}_tries"),
        ("id",),
        [(at, tries, each) for each, at, tries in rows],
    )


def mailed(ids: Collection[UUID], now: datetime) -> None:
    """These were sent by e-mail."""
    sql.update(
        tables.NOTIFICATION, ("mail_at", "mailed_at"), ("id",), [(None, now, each) for each in ids]
    )

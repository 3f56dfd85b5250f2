"""What a user does with his inbox: one act over many items, under the head of his inbox.

An act is set-based and says what shall be so; doing it twice changes nothing more. It touches that user's
own rows only: the id of another's is an id of nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from flowengine.store import sql
from flowengine.store.inbox import LISTED, NO_INBOX
from flowengine.store.notifications import open_inboxes
from flowengine.store.progress import Position


class Act(StrEnum):
    """What may be done with items."""

    SEEN = "seen"
    READ = "read"
    UNREAD = "unread"
    ARCHIVE = "archive"
    SNOOZE = "snooze"
    RESTORE = "restore"
    """Back into the inbox, from the archive or from sleep."""


_DO: dict[Act, tuple[str, str]] = {
    Act.SEEN: ("seen_at = %(now)s", f"seen_at IS NULL AND {LISTED}"),
    Act.READ: (
        "read_at = %(now)s, seen_at = coalesce(seen_at, %(now)s), acted_at = %(now)s",
        f"read_at IS NULL AND {LISTED}",
    ),
    Act.UNREAD: ("read_at = NULL, acted_at = %(now)s", f"read_at IS NOT NULL AND {LISTED}"),
    Act.ARCHIVE: ("archived_at = %(now)s, snoozed_until = NULL, acted_at = %(now)s", LISTED),
    Act.SNOOZE: ("snoozed_until = %(until)s, acted_at = %(now)s", LISTED),
    Act.RESTORE: (
        "archived_at = NULL, snoozed_until = NULL, acted_at = %(now)s",
        f"NOT ({LISTED})",
    ),
}
"""By act, what is set and on which rows."""

_UNDO: dict[Act, str] = {
    Act.READ: "read_at = NULL",
    Act.UNREAD: "read_at = acted_at",
    Act.ARCHIVE: "archived_at = NULL",
    Act.SNOOZE: "snoozed_until = NULL",
}
"""By act that can be undone, what is set on the rows that it was the last to change."""

_HEAD = "SELECT epoch, number FROM flowengine_inbox WHERE user_key = %(user)s FOR UPDATE"
_RAISE = "UPDATE flowengine_inbox SET number = %(number)s WHERE user_key = %(user)s"
_COUNTS = f"""
SELECT count(*), count(CASE WHEN seen_at IS NULL THEN 1 END) FROM flowengine_notification
WHERE user_key = %(user)s AND read_at IS NULL AND {LISTED}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an act has led to."""

    position: Position
    unread: int
    unseen: int
    changed: int
    """Items that are not what they were."""


def do(
    user: str,
    act: Act,
    now: datetime,
    *,
    ids: Collection[UUID] | None = None,
    until: datetime | None = None,
) -> Done:
    """Do it with the items of those ids; None = all that are in the inbox.

    A snooze needs *until*. Opens a transaction, or is a part of the one that is open.
    """
    sets, which = _DO[act]
    if ids is not None:
        which += " AND id = ANY(%(ids)s::uuid[])"
    values: dict[str, object] = {"now": now}
    if ids is not None:
        values |= {"ids": sorted(ids)}
    if act is Act.SNOOZE:
        values |= {"until": until}
    return _change(user, sets, which, values)


def undo(user: str, act: Act, at: datetime) -> Done:
    """Take back what *act* did at that instant, where nothing was done with the item since."""
    return _change(user, f"{_UNDO[act]}, acted_at = NULL", "acted_at = %(at)s", {"at": at})


def _change(user: str, sets: str, which: str, values: dict[str, object]) -> Done:
    with sql.writing():
        open_inboxes([user])
        rows = sql.query(_HEAD, {"user": user})
        epoch, head = rows[0] if rows else NO_INBOX
        changed = sql.execute(
            f"UPDATE flowengine_notification SET {sets}, number = %(number)s"
            f" WHERE user_key = %(user)s AND {which}",
            {**values, "user": user, "number": head + 1},
        )
        if changed:
            head += 1
            sql.execute(_RAISE, {"user": user, "number": head})
        unread, unseen = sql.query(_COUNTS, {"user": user})[0]
    return Done(position=(epoch, head), unread=unread, unseen=unseen, changed=changed)

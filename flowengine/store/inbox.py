"""Reading inboxes: for many users at once, one statement each for what is asked.

The head, the counts and the items come from the same statement, and so from one moment: a badge never
says another number than the list under it. What has no number yet is shown all the same; it is told
again with its number, which is harmless.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from flowengine.representations import Json, inbox
from flowengine.store import sql
from flowengine.store.progress import Position

ITEMS_MAX = 50
"""Items of one inbox that are shown, the newest; who is further behind is shown it whole."""

NO_INBOX: Position = ("0", 0)
"""Where an inbox stands that nothing was ever put into."""

LISTED = "archived_at IS NULL AND snoozed_until IS NULL"
"""What is in the inbox: not put away, not asleep."""

COLUMNS = (
    "id, kind, tone, title, text, word, step, item, url, run_id, at, seen_at IS NOT NULL AS seen,"
    f" read_at IS NOT NULL AS read, {LISTED} AS listed, number"
)
_READ = (
    "i.id, i.kind, i.tone, i.title, i.text, i.word, i.step, i.item, i.url, i.run_id, i.at, i.seen,"
    " i.read, i.listed, i.number"
)
_COUNTS = f"""
(SELECT count(*) FROM flowengine_notification n
 WHERE n.user_key = k.user_key AND n.read_at IS NULL AND {LISTED}),
(SELECT count(*) FROM flowengine_notification n
 WHERE n.user_key = k.user_key AND n.read_at IS NULL AND n.seen_at IS NULL AND {LISTED})"""

_HEADS = (
    "SELECT user_key, epoch, number FROM flowengine_inbox WHERE user_key = ANY(%(users)s::text[])"
)

_WHOLE = f"""
SELECT k.user_key, h.epoch, h.number, {_COUNTS}, {_READ}
FROM unnest(%(users)s::text[]) AS k(user_key)
LEFT JOIN flowengine_inbox h ON h.user_key = k.user_key
LEFT JOIN LATERAL (SELECT {COLUMNS} FROM flowengine_notification
  WHERE user_key = k.user_key AND {LISTED} ORDER BY at DESC, id DESC LIMIT {ITEMS_MAX}) i ON true
ORDER BY k.user_key, i.at DESC, i.id DESC"""
_WHOLE_SQLITE = f"""
SELECT k.user_key, h.epoch, h.number, {_COUNTS}, {_READ}
FROM (SELECT value ->> 0 AS user_key FROM json_each(%(rows)s)) k
LEFT JOIN flowengine_inbox h ON h.user_key = k.user_key
LEFT JOIN (SELECT {COLUMNS} FROM flowengine_notification) i ON i.id IN (
  SELECT id FROM flowengine_notification
  WHERE user_key = k.user_key AND {LISTED} ORDER BY at DESC, id DESC LIMIT {ITEMS_MAX})
ORDER BY k.user_key, i.at DESC, i.id DESC"""

_CHANGED = "(number > k.after OR number IS NULL)"
_CHANGES = f"""
SELECT k.user_key, h.epoch, h.number, {_COUNTS}, {_READ}
FROM unnest(%(users)s::text[], %(after)s::integer[]) AS k(user_key, after)
LEFT JOIN flowengine_inbox h ON h.user_key = k.user_key
LEFT JOIN LATERAL (
  (SELECT {COLUMNS} FROM flowengine_notification
   WHERE user_key = k.user_key AND number > k.after ORDER BY number DESC LIMIT {ITEMS_MAX + 1})
  UNION ALL
  (SELECT {COLUMNS} FROM flowengine_notification
   WHERE user_key = k.user_key AND number IS NULL LIMIT {ITEMS_MAX + 1})
) i ON true
ORDER BY k.user_key, i.at, i.id"""
_CHANGES_SQLITE = f"""
SELECT k.user_key, h.epoch, h.number, {_COUNTS}, {_READ}
FROM (SELECT value ->> 0 AS user_key, value ->> 1 AS after FROM json_each(%(rows)s)) k
LEFT JOIN flowengine_inbox h ON h.user_key = k.user_key
LEFT JOIN (SELECT {COLUMNS} FROM flowengine_notification) i ON i.id IN (
  SELECT id FROM flowengine_notification
  WHERE user_key = k.user_key AND {_CHANGED} ORDER BY number DESC LIMIT {ITEMS_MAX + 1})
ORDER BY k.user_key, i.at, i.id"""


_TABS = {
    "inbox": LISTED,
    "unread": f"read_at IS NULL AND {LISTED}",
    "snoozed": "snoozed_until IS NOT NULL AND archived_at IS NULL",
    "archived": "archived_at IS NOT NULL",
}
"""By tab of the page, what stands in it."""
_OLDER = """
AND (at, id) < (SELECT at, id FROM flowengine_notification
                WHERE id = %(before)s AND user_key = %(user)s)"""


@dataclass(slots=True, kw_only=True)
class Inbox:
    """One user's inbox at one moment."""

    position: Position
    unread: int
    unseen: int
    items: list[Json] = field(default_factory=list)
    """The newest first."""

    @property
    def view(self) -> Json:
        """As a ``snap`` frame holds it."""
        return inbox.inbox_view(self.items, self.unread, self.unseen)


@dataclass(slots=True, kw_only=True)
class Changes:
    """What happened to one user's inbox after a number."""

    position: Position
    entries: list[tuple[int, Json]] = field(default_factory=list)
    """Each with its number: who stands there or further has it. What has no number yet has the next one.
    The oldest first."""
    counts: Json
    """The last entry of any frame made of these."""
    is_whole: bool = True
    """False = more happened than is told: show the inbox itself."""

    def after(self, number: int) -> list[Json]:
        """The entries for who stands at *number*."""
        return [*(entry for n, entry in self.entries if n > number), self.counts]


def heads(users: Collection[str]) -> dict[str, Position]:
    """Where the inbox of each of these users stands; all of them are there."""
    rows = sql.query(_HEADS, {"users": list(users)})
    return dict.fromkeys(users, NO_INBOX) | {row[0]: (row[1], row[2]) for row in rows}


def look(users: Collection[str]) -> dict[str, Inbox]:
    """The inbox of each of these users, with its position, from one statement."""
    found: dict[str, Inbox] = {}
    for user, epoch, number, unread, unseen, *row in sql.query_rows(
        _WHOLE, _WHOLE_SQLITE, {}, {"users": sorted(users)}
    ):
        mine = found.setdefault(
            user, Inbox(position=_position(epoch, number), unread=unread, unseen=unseen)
        )
        if row[0] is not None:
            mine.items.append(inbox.item(notice(row)))
    return found


def changes(after: Mapping[str, int]) -> dict[str, Changes]:
    """What happened to the inbox of each user after that number, from one statement."""
    users = sorted(after)
    found: dict[str, Changes] = {}
    for user, epoch, number, unread, unseen, *row in sql.query_rows(
        _CHANGES, _CHANGES_SQLITE, {}, {"users": users, "after": [after[user] for user in users]}
    ):
        position = _position(epoch, number)
        mine = found.setdefault(
            user, Changes(position=position, counts=inbox.counts(unread, unseen))
        )
        if row[0] is None:
            continue
        own = position[1] + 1 if row[-1] is None else row[-1]
        told = inbox.told(inbox.item(notice(row))) if row[-2] else inbox.gone(sql.as_uuid(row[0]))
        mine.entries.append((own, told))
        mine.is_whole = len(mine.entries) <= ITEMS_MAX
    return found


def notice(row: Collection[Any]) -> inbox.Notice:
    """The notice of a row of ``COLUMNS``."""
    id_, kind, tone, title, text, word, step, item, url, run_id, at, seen, read, *_rest = row
    run = None if run_id is None else sql.as_uuid(run_id)
    instant = sql.as_datetime(at)
    assert instant is not None, "every row has its instant"
    return inbox.Notice(
        id=sql.as_uuid(id_),
        kind=kind,
        tone=tone,
        title=title,
        text=text,
        word=word,
        step=step,
        url=url or _leads_to(kind, run, step, item),
        run_id=run,
        at=instant,
        is_seen=bool(seen),
        is_read=bool(read),
    )


def _leads_to(kind: str, run: UUID | None, step: str, item: str) -> str:
    """The page of the run, or where the approval is answered; empty where there is none of ours."""
    if run is None:
        return ""
    name, place = "flowengine:run", [str(run)]
    if kind == "approval":
        name, place = "flowengine:approval", [str(run), step, *([item] if item else [])]
    try:
        return reverse(name, args=place)
    except NoReverseMatch:
        return ""


def _position(epoch: str | None, number: int | None) -> Position:
    return NO_INBOX if epoch is None or number is None else (epoch, number)


def page_of(user: str, tab: str, before: UUID | None) -> tuple[list[Json], bool]:
    """A page of one tab of one user's inbox, newest first; and whether there are older ones.

    *before* is the id of the last item of the page before; None = the first page.
    """
    older = "" if before is None else _OLDER
    rows = sql.query(
        f"SELECT {COLUMNS} FROM flowengine_notification WHERE user_key = %(user)s AND {_TABS[tab]}"
        f"{older} ORDER BY at DESC, id DESC LIMIT {ITEMS_MAX + 1}",
        {"user": user, "before": before} if older else {"user": user},
    )
    return [inbox.item(notice(row)) for row in rows[:ITEMS_MAX]], len(rows) > ITEMS_MAX

"""Writing notifications: by runs, without any lock of the user's, and numbering them afterwards.

Who ends a run writes rows without numbers and never waits for another worker that tells the same user
something. Numbers are given in a transaction of their own, under the head of each inbox; a head that
somebody holds is left to whoever looks next.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from uuid import UUID

from flowengine.engine.run import Item
from flowengine.store import sql, tables

_COLUMNS = (
    *("id", "user_key", "kind", "tone", "title", "text", "word", "step", "item", "url", "run_id"),
    *("at", "mail_at", "mail_tries", "push_at", "push_tries"),
)

_SET_WITHDRAWN = "archived_at = %(now)s, number = NULL, mail_at = NULL, push_at = NULL"
_WITHDRAWN = """n.kind = 'approval' AND n.archived_at IS NULL AND n.run_id = k.run_id
AND n.step = k.step AND n.item = k.item AND (k.asked = '' OR k.asked = n.user_key)
RETURNING user_key"""
_WITHDRAW = f"""
UPDATE flowengine_notification AS n SET {_SET_WITHDRAWN}
FROM unnest(%(runs)s::uuid[], %(steps)s::text[], %(items)s::text[], %(users)s::text[])
  AS k(run_id, step, item, asked) WHERE {_WITHDRAWN}"""
_WITHDRAW_SQLITE = f"""
UPDATE flowengine_notification AS n SET {_SET_WITHDRAWN}
FROM (SELECT value ->> 0 AS run_id, value ->> 1 AS step, value ->> 2 AS item, value ->> 3 AS asked
      FROM json_each(%(rows)s)) k WHERE {_WITHDRAWN}"""

_WATCHERS = """
SELECT id, watchers, watcher_groups FROM flowengine_run WHERE id = ANY(%(ids)s::uuid[])"""

_DUE = """
SELECT user_key, 0 FROM (
  SELECT DISTINCT user_key FROM flowengine_notification WHERE number IS NULL LIMIT %(limit)s) f
UNION ALL
SELECT user_key, 1 FROM (
  SELECT user_key FROM flowengine_notification WHERE snoozed_until <= %(now)s LIMIT 1) s"""
_HOLD = """
SELECT user_key FROM flowengine_inbox WHERE user_key = ANY(%(users)s::text[])
ORDER BY user_key FOR UPDATE SKIP LOCKED"""
_WAIT_FOR = """
SELECT user_key FROM flowengine_inbox WHERE user_key = ANY(%(users)s::text[])
ORDER BY user_key FOR UPDATE"""
_NUMBER = """
UPDATE flowengine_notification AS n SET number = h.number + 1 FROM flowengine_inbox h
WHERE h.user_key = n.user_key AND n.number IS NULL AND n.user_key = ANY(%(users)s::text[])"""
_RAISE = """
UPDATE flowengine_inbox SET number = number + 1 WHERE user_key = ANY(%(users)s::text[])
RETURNING user_key, number"""

# Materialised: a plain subquery may be asked again for each row, and would give others each time.
_BACK = """
UPDATE flowengine_notification
SET at = snoozed_until, snoozed_until = NULL, seen_at = NULL, read_at = NULL, number = NULL
WHERE id IN (
  WITH due AS MATERIALIZED (
    SELECT id FROM flowengine_notification WHERE snoozed_until <= %(now)s
    ORDER BY snoozed_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
  SELECT id FROM due)
RETURNING user_key"""
_FORGET = """
DELETE FROM flowengine_notification WHERE id IN (
  WITH old AS MATERIALIZED (
    SELECT id FROM flowengine_notification WHERE at < %(before)s
    ORDER BY at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
  SELECT id FROM old)
RETURNING user_key"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing to tell one user."""

    id: UUID
    user: str
    kind: str
    tone: str
    title: str
    text: str = ""
    word: str = ""
    step: str = ""
    item: str = ""
    url: str = ""
    run_id: UUID | None = None


def insert(
    notes: Sequence[Note],
    now: datetime,
    *,
    mail_after: timedelta | None,
    push_after: timedelta | None,
) -> None:
    """Write *notes*; what has been told already is left as it is. They have no numbers yet.

    Args:
        notes: at most one of an id.
        now: when it happened.
        mail_after: an e-mail is due after that, if it is not seen by then; None = never.
        push_after: the same of a push.
    """
    mail_at = None if mail_after is None else now + mail_after
    push_at = None if push_after is None else now + push_after
    rows = [
        (
            *(note.id, note.user, note.kind, note.tone, note.title, note.text, note.word),
            *(note.step, note.item, note.url, note.run_id, now, mail_at, 0, push_at, 0),
        )
        for note in notes
    ]
    sql.insert(tables.NOTIFICATION, _COLUMNS, rows, ignore=True)


def withdraw(asked: Collection[tuple[UUID, str, Item, str]], now: datetime) -> list[str]:
    """Put away what asks for an answer; the keys of those whose inboxes changed.

    Args:
        asked: run, step and item of the approval, and of whom; empty = of all.
        now: when.
    """
    if not asked:
        return []
    runs, steps, items, users = zip(*sorted(asked), strict=True)
    columns = {"runs": runs, "steps": steps, "items": items, "users": users}
    rows = sql.query_rows(_WITHDRAW, _WITHDRAW_SQLITE, {"now": now}, columns)
    return sorted({row[0] for row in rows})


def watchers(runs: Collection[UUID]) -> dict[UUID, tuple[list[str], list[str]]]:
    """The keys of the users, and the names of the groups, who may watch each of these runs."""
    rows = sql.query(_WATCHERS, {"ids": list(runs)})
    return {sql.as_uuid(row[0]): (json.loads(row[1]), json.loads(row[2])) for row in rows}


def due(now: datetime, *, limit: int) -> tuple[list[str], bool]:
    """The keys of users of whose notifications some have no number; and whether any is to come back."""
    rows = sql.query(_DUE, {"now": now, "limit": limit})
    return sorted(row[0] for row in rows if not row[1]), any(row[1] for row in rows)


def number(users: Iterable[str]) -> list[tuple[str, int]]:
    """Give numbers to what has none; the new heads of the inboxes that were not held elsewhere."""
    keys = sorted(set(users))
    if not keys:
        return []
    open_inboxes(keys)
    held = [row[0] for row in sql.query(_HOLD, {"users": keys})]
    if not held:
        return []
    sql.execute(_NUMBER, {"users": held})
    return [(row[0], row[1]) for row in sql.query(_RAISE, {"users": held})]


def open_inboxes(users: Sequence[str]) -> None:
    """Make the heads of inboxes that had none; *users* in order, so that nobody waits in a circle."""
    rows = [(user, token_hex(4), 0) for user in users]
    sql.insert(tables.INBOX, ("user_key", "epoch", "number"), rows, ignore=True)


def wake(now: datetime, *, limit: int) -> list[str]:
    """Bring back what was snoozed until now, as if new; the user of each, at most *limit*."""
    return [row[0] for row in sql.query(_BACK, {"now": now, "limit": limit})]


def forget(before: datetime, *, limit: int) -> int:
    """Delete the oldest from before that, at most *limit*; how many they were.

    Their inboxes begin a new epoch: who watches is shown the whole again.
    """
    users = [row[0] for row in sql.query(_FORGET, {"before": before, "limit": limit})]
    if users:
        held = [row[0] for row in sql.query(_WAIT_FOR, {"users": sorted(set(users))})]
        sql.update(tables.INBOX, ("epoch",), ("user_key",), [(token_hex(4), user) for user in held])
    return len(users)

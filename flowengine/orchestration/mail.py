"""E-mail of what was not seen in time, as each user prefers: at once, by the hour, by the day.

A mail is claimed before it is sent and marked after: it is sent at least once, and twice only where a
process dies in between. Then both have the same ``Message-ID``, by which mail programs know the second.
No transaction is open while a mail server is spoken to.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.mail import get_connection

from flowengine.conf import settings
from flowengine.orchestration.letters import Letter, letter
from flowengine.orchestration.recipients import users_of
from flowengine.orchestration.sending_times import (
    TRIES_MAX,
    after_quiet,
    again_at,
    sent_at,
    zone_of,
)
from flowengine.store import outgoing, preferences, sql
from flowengine.store.outgoing import Outgoing
from flowengine.store.preferences import Preference

logger = logging.getLogger("flowengine.orchestration")

PAGE = 200
"""Notifications looked at together."""
LEASE = timedelta(minutes=10)
"""How long a claim holds."""
BUDGET_S = 60.0
"""For how long one page of mails is sent; what is left over is claimed again."""
SERVER_TIMEOUT_S = 10.0

_NEVER = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail to one user: all that is due to him."""

    user: Any
    wanted: Preference
    rows: Sequence[Outgoing]


def run_once(now: datetime, monotonic: Callable[[], float] = time.monotonic) -> bool:
    """Send what is due, a page; True where more may be due at once."""
    if settings().INBOX_MAIL_AFTER_S is None:
        return False
    with sql.writing():
        rows = outgoing.due("mail", now, limit=PAGE)
        mails = _claim(rows, now) if rows else []
    if mails:
        _send_all(mails, now, monotonic)
    return len(rows) == PAGE


def _claim(rows: Sequence[Outgoing], now: datetime) -> list[Mail]:
    """What is to be sent now; the other rows are put off or done with."""
    keys = {row.user for row in rows}
    wanted, users = preferences.of(keys), users_of(keys)
    moved: list[tuple[UUID, datetime | None, int]] = []
    taken: defaultdict[str, list[Outgoing]] = defaultdict(list)
    for row in rows:
        at = _when(row, wanted[row.user], users)
        if at is not None and at <= now:
            taken[row.user].append(row)
            at = now + LEASE
        moved.append((row.notice.id, at, row.tries))
    outgoing.put_off("mail", moved)
    return [Mail(user=users[user], wanted=wanted[user], rows=mine) for user, mine in taken.items()]


def _when(row: Outgoing, wanted: Preference, users: Mapping[str, Any]) -> datetime | None:
    """When it is sent; None = never, for it was seen, or nobody wants it."""
    user = users.get(row.user)
    if not (row.is_wanted and wanted.email and user is not None and _address(user)):
        return _NEVER
    # What has failed is not put off to the next digest.
    return after_quiet(row.due_at, wanted) if row.tries else sent_at(row.due_at, wanted)


def _send_all(mails: Sequence[Mail], now: datetime, monotonic: Callable[[], float]) -> None:
    """Send them over one connection; each is marked as soon as it is sent."""
    ends_at = monotonic() + BUDGET_S
    connection = get_connection(timeout=SERVER_TIMEOUT_S)
    for mail in mails:
        if monotonic() >= ends_at:
            return
        ids = [row.notice.id for row in mail.rows]
        try:
            connection.send_messages([_message(mail).as_email(connection)])
        except Exception as error:  # noqa: BLE001 - a back end is foreign code, and so is its server
            logger.warning(
                "an e-mail was not sent",
                extra={"notifications": [str(each) for each in ids], "error": repr(error)},
            )
            _put_off(mail, now)
        else:
            with sql.writing():
                outgoing.mailed(ids, now)
    connection.close()


def _put_off(mail: Mail, now: datetime) -> None:
    """Try again later, with longer and longer waits, and at last not at all."""
    with sql.writing():
        outgoing.put_off(
            "mail",
            [
                (
                    row.notice.id,
                    _NEVER if row.tries + 1 >= TRIES_MAX else again_at(now, row.tries + 1),
                    row.tries + 1,
                )
                for row in mail.rows
            ],
        )


def _message(mail: Mail) -> Letter:
    return letter(
        address=_address(mail.user),
        key=mail.rows[0].user,
        notices=[row.notice for row in mail.rows],
        language=mail.wanted.language,
        zone=zone_of(mail.wanted),
    )


def _address(user: Any) -> str:
    """Where the user gets mail; empty where he gets none, or is switched off."""
    if not getattr(user, "is_active", True):
        return ""
    return str(getattr(user, user.get_email_field_name(), "") or "")

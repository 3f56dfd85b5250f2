"""Pushes to browsers of what was not seen at once (Web Push, RFC 8030; VAPID, RFC 8292).

Off without a key. What is pushed is encrypted for the browser alone (RFC 8291): its maker's server, to
which it is sent, cannot read it. Only the servers of browsers' makers are spoken to, whatever address a
page has given. A push is claimed before it is sent; one that fails is tried again with longer waits.
"""

from __future__ import annotations

import json
import logging
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext, override

from flowengine.conf import settings
from flowengine.errors import SettingsError
from flowengine.orchestration.recipients import users_of
from flowengine.orchestration.sending_times import TRIES_MAX, after_quiet, again_at
from flowengine.representations.inbox import SENTENCES, Notice
from flowengine.representations.words import unturned
from flowengine.store import outgoing, preferences, push_subscriptions, sql
from flowengine.store.outgoing import Outgoing
from flowengine.store.preferences import Preference
from flowengine.store.push_subscriptions import Subscription

logger = logging.getLogger("flowengine.orchestration")

HOSTS = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    ".notify.windows.com",
)
"""The servers of browsers' makers; one that begins with a dot stands for all below it."""
PAGE = 100
LEASE = timedelta(minutes=5)
BUDGET_S = 60.0
SERVER_TIMEOUT_S = 10.0
KEPT_S = 24 * 60 * 60
"""For how long a push waits for a browser that is off."""
GONE = frozenset({404, 410})
"""What a server answers of a browser that does not want to be pushed to any more."""

Send = Callable[[Subscription, str], int]
"""Sends a text to a browser; the status of the answer. What it raises is a failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Push:
    """One notification, on its way to the browsers of its user."""

    row: Outgoing
    wanted: Preference
    subscriptions: Sequence[Subscription]


def is_known(endpoint: str) -> bool:
    """It is an address at the server of a browser's maker."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_listed = any(host == each or (each[0] == "." and host.endswith(each)) for each in HOSTS)
    return parts.scheme == "https" and port in {None, 443} and not parts.username and is_listed


def run_once(
    now: datetime, send: Send | None = None, monotonic: Callable[[], float] = time.monotonic
) -> bool:
    """Push what is due, a page; True where more may be due at once."""
    if settings().PUSH_KEY is None:
        return False
    with sql.writing():
        rows = outgoing.due("push", now, limit=PAGE)
        pushes = _claim(rows, now) if rows else []
    ends_at = monotonic() + BUDGET_S
    for push in pushes:
        if monotonic() >= ends_at:
            break
        _send(push, send or sent, now)
    return len(rows) == PAGE


def public_key() -> str:
    """What browsers subscribe with: the public half of ``PUSH_KEY``, base64url; empty without one."""
    key = settings().PUSH_KEY
    return "" if key is None else _public_half(key)


def sent(subscription: Subscription, text: str) -> int:
    """Send *text* to a browser, for real; the status of the answer."""
    pywebpush = _library("pywebpush")
    session = _library("requests").Session()
    session.max_redirects = 0  # a server that sends us on could send us anywhere
    try:
        response = pywebpush.webpush(
            subscription_info={
                "endpoint": subscription.endpoint,
                "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth},
            },
            data=text,
            vapid_private_key=settings().PUSH_KEY,
            vapid_claims={"sub": settings().PUSH_CONTACT or "mailto:nobody@localhost"},
            ttl=KEPT_S,
            timeout=SERVER_TIMEOUT_S,
            requests_session=session,
        )
    except pywebpush.WebPushException as error:
        if error.response is None:
            raise
        return int(error.response.status_code)
    return int(response.status_code)


def _claim(rows: Sequence[Outgoing], now: datetime) -> list[_Push]:
    keys = {row.user for row in rows}
    wanted, browsers = preferences.of(keys), push_subscriptions.of(keys)
    users = users_of(keys)
    moved: list[tuple[UUID, datetime | None, int]] = []
    taken: list[_Push] = []
    for row in rows:
        mine, browser = wanted[row.user], browsers.get(row.user, [])
        is_active = getattr(users.get(row.user), "is_active", row.user in users)
        at: datetime | None = None
        if row.is_wanted and mine.push and browser and is_active:
            at = after_quiet(row.due_at, mine)
            if at <= now:
                taken.append(_Push(row=row, wanted=mine, subscriptions=browser))
                at = now + LEASE
        moved.append((row.notice.id, at, row.tries))
    outgoing.put_off("push", moved)
    return taken


def _send(push: _Push, send: Send, now: datetime) -> None:
    """Send it to each browser; it is done once one has it, or none is left."""
    text = _text(push.row.notice, push.wanted.language)
    statuses = [_status(each, text, send) for each in push.subscriptions]
    gone = [
        each.endpoint
        for each, status in zip(push.subscriptions, statuses, strict=True)
        if status in GONE
    ]
    if gone:
        push_subscriptions.delete(push.row.user, gone)
    has_arrived = any(200 <= status < 300 for status in statuses)
    tries = push.row.tries + 1
    is_over = has_arrived or len(gone) == len(statuses) or tries >= TRIES_MAX
    with sql.writing():
        again = None if is_over else again_at(now, tries)
        outgoing.put_off("push", [(push.row.notice.id, again, tries)])


def _status(subscription: Subscription, text: str, send: Send) -> int:
    """The status of the answer; 0 = there was none."""
    try:
        return send(subscription, text) if is_known(subscription.endpoint) else 410
    except SettingsError:
        raise
    except Exception as error:  # noqa: BLE001 - a library and a server of others
        logger.warning("a push was not sent", extra={"error": repr(error)})
        return 0


def _text(notice: Notice, language: str) -> str:
    with override(language or None):
        said = notice.text or gettext(SENTENCES.get(notice.word, "")).format(step=notice.step)
    shown = {"title": unturned(notice.title), "text": unturned(said), "url": notice.url}
    return json.dumps({**shown, "id": str(notice.id)})


@cache
def _public_half(key: str) -> str:
    vapid = _library("py_vapid").Vapid
    serialization = _library("cryptography.hazmat.primitives.serialization")
    pair = vapid.from_file(key) if Path(key).is_file() else vapid.from_string(key)
    point = pair.public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def _library(name: str) -> Any:
    """A module of the extra ``push``.

    Raises:
        SettingsError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise SettingsError(
            "FLOWENGINE['PUSH_KEY'] is set, and what pushes is not installed:"
            " pip install 'django-flowengine[push]'"
        ) from error

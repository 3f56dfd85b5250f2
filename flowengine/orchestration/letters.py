"""The e-mail that tells a user what he has not seen: subject, text and HTML from templates.

A project may put its own ``flowengine/mail/…`` templates before ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit
from uuid import uuid5
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext, override

from flowengine.conf import settings
from flowengine.representations.inbox import SENTENCES, Notice
from flowengine.representations.words import unturned

UNSUBSCRIBE_SALT = "flowengine.unsubscribe"
SHOWN_MAX = 50
"""Notifications in one mail; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An e-mail, ready to be sent."""

    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)

    def as_email(self, connection: BaseEmailBackend) -> EmailMultiAlternatives:
        """As Django sends it, from ``DEFAULT_FROM_EMAIL``."""
        email = EmailMultiAlternatives(
            subject=self.subject,
            body=self.text,
            to=[self.to],
            headers=self.headers,
            connection=connection,
        )
        email.attach_alternative(self.html, "text/html")
        return email


def letter(
    *, address: str, key: str, notices: Sequence[Notice], language: str, zone: ZoneInfo
) -> Letter:
    """The mail to the user of that key about *notices*, the oldest first.

    Args:
        address: where to.
        key: the user's.
        notices: one or more.
        language: a code; empty = the project's.
        zone: in which times are told.
    """
    with override(language or django_settings.LANGUAGE_CODE), timezone.override(zone):
        unsubscribe = _absolute("flowengine:inbox-unsubscribe", unsubscribe_token(key))
        context = {
            "items": [_shown(each) for each in notices[:SHOWN_MAX]],
            "more": max(0, len(notices) - SHOWN_MAX),
            "inbox": _absolute("flowengine:inbox"),
            "preferences": _absolute("flowengine:inbox-preferences"),
            "unsubscribe": unsubscribe,
        }
        return Letter(
            to=address,
            subject=_subject(notices),
            text=render_to_string("flowengine/mail/inbox.txt", context),
            html=render_to_string("flowengine/mail/inbox.html", context),
            headers=_headers(notices, unsubscribe),
        )


def unsubscribe_token(key: str) -> str:
    """What lets its holder stop the e-mails to the user of that key, and nothing else."""
    return signing.dumps(key, salt=UNSUBSCRIBE_SALT)


def unsubscribed(token: str) -> str | None:
    """Whose e-mails the holder of *token* may stop; None where it was not signed here."""
    try:
        return str(signing.loads(token, salt=UNSUBSCRIBE_SALT))
    except signing.BadSignature:
        return None


def _subject(notices: Sequence[Notice]) -> str:
    first = " ".join(unturned(notices[0].title).split())
    if len(notices) == 1:
        return f"{first}: {_sentence(notices[0])}" if notices[0].word else first
    return ngettext(
        "%(title)s and %(count)d more", "%(title)s and %(count)d more", len(notices) - 1
    ) % {"title": first, "count": len(notices) - 1}


def _headers(notices: Sequence[Notice], unsubscribe: str) -> dict[str, str]:
    # The same notifications make the same id: a mail that is sent twice is known as one.
    name = uuid5(notices[0].id, ",".join(sorted(str(each.id) for each in notices)))
    host = urlsplit(settings().SITE_URL or "").hostname or "flowengine"
    headers = {"Message-ID": f"<{name}@{host}>", "Auto-Submitted": "auto-generated"}
    if unsubscribe:
        headers["List-Unsubscribe"] = f"<{unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _shown(notice: Notice) -> dict[str, object]:
    return {
        "title": unturned(notice.title),
        "text": _sentence(notice),
        "url": _absolute_url(notice.url),
        "at": timezone.localtime(notice.at),
        "tone": notice.tone,
    }


def _sentence(notice: Notice) -> str:
    """What is said of it; our own sentence in the language that is on."""
    if notice.text or notice.word not in SENTENCES:
        return unturned(notice.text)
    return gettext(SENTENCES[notice.word]).format(step=unturned(notice.step))


def _absolute(name: str, *arguments: str) -> str:
    try:
        return _absolute_url(reverse(name, args=arguments))
    except NoReverseMatch:
        return ""


def _absolute_url(url: str) -> str:
    """The URL with the place of the project before it; empty where that is not known."""
    if urlsplit(url).scheme or not url:
        return url
    site = settings().SITE_URL
    return urljoin(site, url) if site else ""

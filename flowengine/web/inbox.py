"""The inbox in the browser and over HTTP: its page, and what is done with what is in it.

An act is a POST of a form or of JSON; both are the user's own, and an id of somebody else's item is an id
of nothing. A form leads back to where it was sent from, with a way to undo.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from flowengine import signals
from flowengine.access import user_key
from flowengine.conf import settings
from flowengine.store import inbox, inbox_acts
from flowengine.store.clock import system_now
from flowengine.store.inbox_acts import Act, Done
from flowengine.web.asking import BadBody, body_of, endpoint, page, refused
from flowengine.web.inbox_shown import shown
from flowengine.web.words import say

IDS_MAX = 500
SNOOZE_MAX = timedelta(days=366)
TABS = {
    "inbox": _("All"),
    "unread": _("Unread"),
    "snoozed": _("Later"),
    "archived": _("Archived"),
}
UNDOABLE = {
    Act.READ: "inbox.read",
    Act.UNREAD: "inbox.read",
    Act.ARCHIVE: "inbox.archived",
    Act.SNOOZE: "inbox.snoozed",
}
"""The acts that can be taken back, and what is said when one was done."""


@require_safe
@never_cache
@page
def inbox_page(request: HttpRequest) -> HttpResponse:
    """All of my notifications, newest first, in tabs; a page at a time."""
    given = request.GET.get("tab", "")
    tab = given if given in TABS else "inbox"
    undo = request.GET.get("undo", "")
    undoes = next((word for act, word in UNDOABLE.items() if undo.startswith(f"{act} ")), "")
    before = _id(request.GET.get("before", ""))
    key = user_key(request.user)
    items, has_more = inbox.page_of(key, tab, before)
    context = {
        "items": [shown(item) for item in items],
        "tab": tab,
        "tabs": [{"name": name, "title": title} for name, title in TABS.items()],
        "older": items[-1]["id"] if has_more else "",
        "undo": undo if undoes else "",
        "undo_said": say(undoes) if undoes else "",
        "here": f"{request.path}?tab={tab}",
    }
    return render(request, "flowengine/inbox_page.html", context)


@require_http_methods(["POST"])
@csrf_protect
@endpoint
def act(request: HttpRequest, name: str) -> HttpResponse:
    """POST ``{"ids": […] | "all", "until": …}``; the position that the inbox has then, and the counts.

    ``undo`` is a text that takes the act back: POST it as ``{"undo": …}`` to ``undo``.
    """
    if name != "undo" and name not in set(Act):
        return refused("not_found", status=404)
    is_form = request.content_type != "application/json"
    body: dict[str, Any] = _form_body(request) if is_form else body_of(request)
    done, undo = _undone(request, body) if name == "undo" else _done(request, Act(name), body)
    if done.changed:
        _tell(user_key(request.user), done)
    if is_form:
        return _back(request, undo)
    epoch, number = done.position
    told = {"e": epoch, "o": number, "unread": done.unread, "unseen": done.unseen}
    return JsonResponse({**told, "undo": undo or None})


def _done(request: HttpRequest, wanted: Act, body: dict[str, Any]) -> tuple[Done, str]:
    now = system_now()
    until = _until(body.get("until"), now) if wanted is Act.SNOOZE else None
    done = inbox_acts.do(
        user_key(request.user), wanted, now, ids=_ids(body.get("ids")), until=until
    )
    return done, f"{wanted} {now.isoformat()}" if wanted in UNDOABLE and done.changed else ""


def _undone(request: HttpRequest, body: dict[str, Any]) -> tuple[Done, str]:
    name, _, text = str(body.get("undo", "")).partition(" ")
    at = _instant(text)
    if name not in UNDOABLE or at is None:
        raise BadBody("`undo` is what an act has answered")
    return inbox_acts.undo(user_key(request.user), Act(name), at), ""


def _form_body(request: HttpRequest) -> dict[str, Any]:
    ids = request.POST.getlist("id")
    return {
        "ids": "all" if ids == ["all"] else ids,
        "until": request.POST.get("until", ""),
        "undo": request.POST.get("undo", ""),
    }


def _ids(given: Any) -> Collection[UUID] | None:
    """The ids that are meant; None = all.

    Raises:
        BadBody: they are no ids, or too many.
    """
    if given == "all":
        return None
    if not isinstance(given, list) or len(given) > IDS_MAX:
        raise BadBody(f'`ids` is "all", or a list of at most {IDS_MAX} ids')
    try:
        return {UUID(each) for each in given}
    except (ValueError, TypeError, AttributeError) as error:
        raise BadBody("one of `ids` is no id") from error


def _until(given: Any, now: datetime) -> datetime:
    """When it shall come back: an instant to come, or so many hours from now.

    Raises:
        BadBody: it is neither.
    """
    text = str(given)
    at = now + timedelta(hours=int(text)) if text.isdecimal() and len(text) < 5 else _instant(text)
    if at is None or not now < at <= now + SNOOZE_MAX:
        raise BadBody("`until` is an instant to come, with its zone, within a year")
    return at


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if at.tzinfo is None else at


def _tell(key: str, done: Done) -> None:
    """Let the user's other pages know, once it is committed."""
    heads = [(key, done.position[1])]
    transaction.on_commit(partial(_send, heads), using=settings().DATABASE)


def _send(heads: list[tuple[str, int]]) -> None:
    signals.inbox_changed.send_robust(sender=None, heads=heads)


def _back(request: HttpRequest, undo: str) -> HttpResponse:
    """Where the form says that it stands, if that is here; on our own page with a way to undo."""
    where = request.POST.get("next", "")
    own = resolve_url("flowengine:inbox")
    if not url_has_allowed_host_and_scheme(
        where, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        where = own
    if undo and where.partition("?")[0] == own:
        where += f"{'&' if '?' in where else '?'}{urlencode({'undo': undo})}"
    return HttpResponseRedirect(where)

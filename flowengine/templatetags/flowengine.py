"""``{% load flowengine %}``: a run in a page, true at first paint, live from then on.

``{% flow_assets %}`` goes once into the page's head; ``{% flow_progress run %}`` wherever a run is to
be seen, ``{% flow_inbox %}``, ``{% flow_toasts %}`` and ``{% flow_connection %}`` once in a page. Without JavaScript the page shows how the run stood when it was made, and says as of when.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote
from uuid import UUID

from django import template
from django.conf import settings as django_settings
from django.shortcuts import resolve_url
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString

from flowengine.access import is_known, user_key
from flowengine.live import grants
from flowengine.representations import Json, instant, topic, unturned
from flowengine.store.clock import system_now
from flowengine.web.approvals import answer_urls
from flowengine.web.assets import assets
from flowengine.web.fragments import fragment
from flowengine.web.frames import frame_of, read_ahead, run_about, run_id_of, subject_of
from flowengine.web.inbox_shown import inbox_part
from flowengine.web.shown import (
    Links,
    ended_shown,
    every_step,
    expected_shown,
    is_waiting_approval,
    local_time,
    run_shown,
)
from flowengine.web.words import say

register = template.Library()
register.tag("flow_fragment", fragment)


@register.simple_tag(takes_context=True)
def flow_assets(context: Context) -> SafeString:
    """The style sheet and the script, with the nonce of the page's policy where it has one."""
    nonce = context.get("csp_nonce")
    if nonce is None:
        nonce = getattr(context.get("request"), "csp_nonce", None)
    return assets(context.get("request"), nonce)


@register.simple_tag(takes_context=True)
def flow_prefetch(context: Context, runs: Any) -> str:
    """Read many runs at once, before each is shown by ``{% flow_progress %}``.

    Args:
        context: the page's.
        runs: ids of runs, their records, or rows with a ``run_id``.
    """
    read_ahead(context.get("request"), runs or (), _user(context))
    return ""


@register.inclusion_tag("flowengine/inbox.html", takes_context=True)
def flow_inbox(
    context: Context,
    placement: str = "bottom-end",
    *,
    tabs: bool = True,
    page_size: int = 50,
    empty_text: str = "",
) -> dict[str, Any]:
    """The inbox of who looks: a bell with the number of what is unread, and the list under it.

    Args:
        context: the page's; its ``request`` says who looks.
        placement: ``bottom-end`` or ``bottom-start``: to which side the list opens.
        tabs: whether one may choose between all and what is unread.
        page_size: how many items the list has, at most 50; all of them are on the page of the inbox.
        empty_text: what is said where there is nothing, instead of our words.

    Nothing is shown to who is not logged in. Without JavaScript the list opens, and every act works.
    """
    user = _user(context)
    if not (is_known(user) and _url("flowengine:inbox")):
        # Without the pages of ``flowengine.urls`` nothing in it would lead anywhere.
        return {"frame": None}
    request = context.get("request")
    return {
        **inbox_part(user_key(user), page_size),
        "placement": placement,
        "tabs": tabs,
        "page_size": page_size,
        "empty_text": empty_text,
        "socket": _url("flowengine:socket"),
        "here": request.get_full_path() if request is not None else "",
        "csrf_token": context.get("csrf_token", ""),
    }


@register.inclusion_tag("flowengine/toasts.html", takes_context=True)
def flow_toasts(
    context: Context,
    position: str = "bottom-end",
    *,
    max: int = 3,  # noqa: A002 - the element's own word
    duration: int = 6000,
) -> dict[str, Any]:
    """Where news of the inbox appears for a moment, while the page is looked at.

    Args:
        context: the page's.
        position: ``top-`` or ``bottom-``, and ``start``, ``center`` or ``end``.
        max: at once.
        duration: milliseconds; failures stay until they are closed.
    """
    return {
        "is_shown": is_known(_user(context)),
        "socket": _url("flowengine:socket"),
        "position": position,
        "max": max,
        "duration": duration,
    }


@register.inclusion_tag("flowengine/connection.html")
def flow_connection() -> dict[str, Any]:
    """A strip that says when the page is not live; hidden while it is."""
    return {"socket": _url("flowengine:socket")}


@register.inclusion_tag("flowengine/progress.html", takes_context=True)
def flow_progress(
    context: Context,
    run: Any = None,
    label: str = "",
    *,
    subject: Any = None,
    latest: bool = True,
    compact: bool = False,
    variant: str = "",
    grant: bool = False,
    on_done: str = "",
    hide_when_done: bool = False,
    done: str = "",
    failed: str = "",
    offline: str = "",
) -> dict[str, Any]:
    """One run, as the page's user may see it.

    Args:
        context: the page's; its ``request`` says who looks.
        run: the run's id (as ``emit()`` gives it in ``run_ids``), or its record.
        subject: instead of a run: what it is about, the text that its event has, or a row of a model
            (``order/17`` for the order 17); shown is a run about it that the user may see.
        latest: the newest of these; else the oldest.
        label: stands in place of the run's own title.
        compact: a small one, for lists of many.
        variant: ``line`` (or nothing), ``steps``, ``bar`` or ``ring``: how much is shown of it.
        grant: the page itself decides that its reader may see the run, who need not be logged in.
        on_done: where the page leads on when the run is seen to be done.
        hide_when_done: nothing is shown once it is done.
        done: what is shown besides when it is done: text, or HTML that is marked as safe.
        failed: the same when it has failed.
        offline: the same while the page is not live.

    Without a grant nothing is shown to who is not logged in. A run that is not there yet is shown as expected, and
    appears by itself; one that the user may not see looks the same, and never appears.
    """
    user = _user(context)
    run_id = run_id_of(run)
    if run_id is None and subject:
        run_id = run_about(subject_of(subject), user, latest=latest, is_granted=grant)
    if not (grant or is_known(user)):
        return {"is_shown": False}
    slots = (("done", done), ("failed", failed), ("offline", offline))
    wanted = {
        "variant": variant,
        "is_compact": compact,
        "on_done": on_done,
        "hide_when_done": hide_when_done,
        "slots": [(name, content) for name, content in slots if content],
    }
    label = unturned(str(label))
    if run_id is None:
        return {**_awaited(subject, label), **wanted}
    return {**_of_run(context, run_id, label, is_granted=grant), **wanted}


def _of_run(context: Context, run_id: UUID, label: str, *, is_granted: bool) -> dict[str, Any]:
    """The values of the template for a run, as the page's user may see it."""
    request, user = context.get("request"), _user(context)
    frame = frame_of(request, run_id, user, is_granted=is_granted)
    now = system_now()
    return {
        "is_shown": True,
        "frame": frame,
        "run_id": str(run_id),
        "grant": _grant(run_id, user) if is_granted else "",
        "label": label,
        "as_of": say("live.as_of", time=local_time(instant(now) or "")),
        "as_of_text": instant(now),
        "socket": _url("flowengine:socket"),
        "page": _url("flowengine:run", run_id),
        "approvals": _url("flowengine:run-approvals", run_id),
        "login": _login(),
        **_shown(frame, label, run_id, user, getattr(request, "path", "")),
    }


def _awaited(subject: Any, label: str) -> dict[str, Any]:
    """The values of the template for the first run about *subject*, which appears when it begins."""
    now = system_now()
    return {
        "is_shown": bool(subject),
        "subject": subject_of(subject),
        "label": label,
        "as_of": say("live.as_of", time=local_time(instant(now) or "")),
        "as_of_text": instant(now),
        "socket": _url("flowengine:socket"),
        "login": _login(),
        **expected_shown(label),
    }


def _user(context: Context) -> Any:
    """Who looks; None where the page does not say."""
    return getattr(context.get("request"), "user", None) or context.get("user")


def _grant(run_id: UUID, user: Any) -> str:
    """Leave to watch that run: for who looks, or, where nobody is logged in, for who has the page."""
    return grants.mint([topic(run_id)], user_key(user) if is_known(user) else None)


def _url(name: str, *arguments: Any) -> str:
    """The URL, or nothing where ``flowengine.urls`` is not included: then the script's default."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def _login() -> str:
    """Where one logs in, for who is signed out meanwhile; empty where that cannot be said."""
    try:
        return str(resolve_url(django_settings.LOGIN_URL))
    except NoReverseMatch:
        return ""


def _shown(frame: Json, label: str, run_id: UUID, user: Any, here: str) -> dict[str, Any]:
    """The values of the template, for each kind of frame."""
    match frame["t"]:
        case "snap":
            return run_shown(frame["s"], label, _links(frame["s"], run_id, user, here))
        case "pending":
            return expected_shown(label)
        case _:
            return ended_shown(frame, label)


def _links(view: Json, run_id: UUID, user: Any, here: str) -> Links:
    """Where the steps of a run lead: to the run that they have started, or to where one answers.

    Nothing leads to the page that one is on, whose path is *here*.
    """
    is_asking = any(is_waiting_approval(step) for step in every_step(view["steps"]))
    answers = answer_urls(run_id, user) if is_asking else {}

    def link(step: Json) -> str:
        if is_waiting_approval(step):
            url = answers.get(step["id"], "")
            return "" if unquote(url) == here else url
        return _url("flowengine:run", step["child"]) if "child" in step else ""

    return link

"""``{% load flowengine %}``: a run in a page, true at first paint, live from then on.

``{% flow_assets %}`` goes once into the page's head; ``{% flow_progress run %}`` wherever a run is to
be seen. Without JavaScript the page shows how the run stood when it was made, and says as of when.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote
from uuid import UUID

from django import template
from django.conf import settings as django_settings
from django.shortcuts import resolve_url
from django.template.context import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString

from flowengine.access import is_known, view_run
from flowengine.models import RunRecord
from flowengine.representations import Json, ended, instant, pending, snapshot, unturned
from flowengine.store import progress
from flowengine.store.clock import system_now
from flowengine.web.approvals import answer_urls
from flowengine.web.shown import (
    Links,
    ended_shown,
    every_step,
    expected_shown,
    is_waiting_approval,
    local_time,
    run_shown,
)
from flowengine.web.words import say, translated

register = template.Library()


@register.simple_tag(takes_context=True)
def flow_assets(context: Context) -> SafeString:
    """The style sheet and the script, with the nonce of the page's policy where it has one."""
    nonce = context.get("csp_nonce")
    if nonce is None:
        nonce = getattr(context.get("request"), "csp_nonce", None)
    # A nonce that is lazy is false until it is read: ask for its text, not whether it is there.
    attribute = "" if nonce is None else format_html(' nonce="{}"', str(nonce))
    own = translated()
    return format_html(
        '<link rel="stylesheet" href="{}"{}>\n{}<script type="module" src="{}"{}></script>',
        static("flowengine/flowengine.css"),
        attribute,
        json_script(own, "flow-words") if own else "",
        static("flowengine/flowengine.js"),
        attribute,
    )


@register.inclusion_tag("flowengine/progress.html", takes_context=True)
def flow_progress(
    context: Context, run: Any, label: str = "", *, compact: bool = False
) -> dict[str, Any]:
    """One run, as the page's user may see it.

    Args:
        context: the page's; its ``request`` says who looks.
        run: the run's id (as ``emit()`` gives it in ``run_ids``), or its record.
        label: stands in place of the run's own title.
        compact: a small one, for lists of many.

    Nothing is shown to who is not logged in. A run that is not there yet is shown as expected, and
    appears by itself; one that the user may not see looks the same, and never appears.
    """
    request = context.get("request")
    user = getattr(request, "user", None) or context.get("user")
    run_id = _id_of(run)
    if run_id is None or not is_known(user):
        return {"frame": None}
    frame = _frame(run_id, user)
    now = system_now()
    label = unturned(str(label))
    run_page = _url("flowengine:run", run_id)
    return {
        "frame": frame,
        "run_id": str(run_id),
        "label": label,
        "is_compact": compact,
        "as_of": say("live.as_of", time=local_time(instant(now) or "")),
        "as_of_text": instant(now),
        "socket": _url("flowengine:socket"),
        "poll": _url("flowengine:run-json", run_id),
        "page": run_page,
        "approvals": _url("flowengine:run-approvals", run_id),
        "login": _login(),
        **_shown(frame, label, run_id, user, getattr(request, "path", "")),
    }


def _id_of(run: Any) -> UUID | None:
    """The id of what the template gave; None for nothing (a name that has no value there)."""
    if isinstance(run, RunRecord):
        return run.id
    if isinstance(run, UUID) or not run:
        return run or None
    return UUID(str(run))


def _frame(run_id: UUID, user: Any) -> Json:
    """What the socket would say first."""
    run = progress.runs([run_id]).get(run_id)
    if run is not None and view_run(user, run):
        return snapshot(run_id, progress.position(run), progress.views([run])[run_id])
    gone = progress.ended([run_id]).get(run_id)
    if gone is not None and view_run(user, gone[0]):
        return ended(run_id, gone[1])
    return pending(run_id)


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

"""Acts upon many rows: what is chosen is frozen, a page says what would be done, and a reason does it.

The action of a list freezes the chosen rows and leads to a page of their selection. To look at that page
changes nothing; its form, with a reason, does. The page may be reloaded, and the form sent twice: the
second finds that it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowengine.access import user_key, view_payload
from flowengine.errors import CallerError
from flowengine.models import ReplayRecord, SelectionRecord
from flowengine.orchestration import groups, replay, selections
from flowengine.orchestration.groups import By
from flowengine.orchestration.replay import Mode

REASON_MAX = 2_000
SHOWN_MAX = 20


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=REASON_MAX, widget=forms.Textarea({"rows": 3})
    )


class ReplayForm(ReasonForm):
    """Why, and at what pace."""

    canary = forms.IntegerField(
        label=gettext_lazy("So many first"), min_value=0, max_value=1000, initial=3
    )
    rate = forms.FloatField(
        label=gettext_lazy("Then per second"), min_value=0.01, max_value=1000, initial=10
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What can be done with a selection."""

    permission: str
    title: Any
    form: type[ReasonForm]
    do: Callable[[HttpRequest, str, SelectionRecord, By, dict[str, Any]], HttpResponse]
    """Given the request, the name of the site, what was chosen, who does it, and the form."""


def by(request: HttpRequest, reason: str) -> By:
    """The signed-in user, at the address that the server was called from."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    return By(who=user_key(request.user), reason=reason, door="admin", address=address)


def choose(request: HttpRequest, site: str, act: str, query: str) -> HttpResponse | None:
    """Freeze the dead letters that *query* finds, and go to the page of that act; None = it cannot be."""
    try:
        chosen = selections.freeze("dead_letter", query, user_key(request.user))
    except CallerError as error:
        messages.error(request, error.message)
        return None
    return redirect(f"{site}:flowengine_act", act, chosen.id)


def act_urls(model_admin: admin.ModelAdmin[Any]) -> list[URLPattern]:
    """The URL of the pages, for the admin of dead letters."""

    def page(request: HttpRequest, act: str, selection_id: UUID) -> HttpResponse:
        return act_page(request, model_admin.admin_site, act, selection_id)

    return [
        path(
            "act/<str:act>/<uuid:selection_id>/",
            model_admin.admin_site.admin_view(page),
            name="flowengine_act",
        )
    ]


def act_page(
    request: HttpRequest, site: admin.AdminSite, name: str, selection_id: UUID
) -> HttpResponse:
    """What was chosen, what would be done with it, and the form.

    Raises:
        Http404: there is no such act or selection, or it is none of this user's business.
    """
    act, chosen = ACTS.get(name), _selection(selection_id)
    if act is None or chosen is None or not _may(request, act):
        raise Http404
    mode = request.POST.get("mode") or request.GET.get("mode") or Mode.RESUME.value
    form = act.form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = {**form.cleaned_data, "mode": mode}
        try:
            return act.do(request, site.name, chosen, by(request, given["reason"]), given)
        except CallerError as error:
            form.add_error(None, error.message)
    context = {
        **site.each_context(request),
        "title": act.title,
        "form": form,
        "chosen": chosen,
        "changelist": f"{site.name}:flowengine_deadletterrecord_changelist",
        **(_planned(request, chosen, mode) if name == "replay" else {}),
    }
    return TemplateResponse(request, "flowengine/admin/act.html", context)


def ask_why(
    request: HttpRequest, site: admin.AdminSite, title: Any, chosen: Sequence[UUID]
) -> str | TemplateResponse:
    """The reason that was given for the action at hand; the page that asks for it where none was.

    The page sends the same action for the same rows once more.
    """
    form = ReasonForm(request.POST if "apply" in request.POST else None)
    if form.is_valid():
        return str(form.cleaned_data["reason"])
    hidden = [("action", request.POST["action"]), ("apply", "1")]
    context = {
        **site.each_context(request),
        "title": title,
        "form": form,
        "hidden": [*hidden, *((ACTION_CHECKBOX_NAME, str(each)) for each in chosen)],
        "count": len(chosen),
        "changelist": f"{site.name}:flowengine_deadgrouprecord_changelist",
    }
    return TemplateResponse(request, "flowengine/admin/act.html", context)


def query_of(ids: Sequence[UUID], *, key: str = "id") -> str:
    """The query that finds these."""
    return f"{key}:{','.join(str(each) for each in ids)}"


def _may(request: HttpRequest, act: Act) -> bool:
    user = request.user
    return user.has_perm("flowengine.view_dead_letter") and user.has_perm(act.permission)


def _selection(selection_id: UUID) -> SelectionRecord | None:
    try:
        return selections.load(selection_id, "dead_letter")
    except CallerError:
        return None


def _planned(request: HttpRequest, chosen: SelectionRecord, mode: str) -> dict[str, Any]:
    """What a replay would do."""
    if mode not in set(Mode):
        raise Http404
    plan = replay.plan(chosen.id, mode, limit=SHOWN_MAX)
    refused = [item for item in plan.items if item.word != "eligible"]
    return {
        "mode": mode,
        "modes": [each.value for each in Mode],
        "plan": plan,
        "counts": [(word.replace("_", " "), count) for word, count in plan.counts.items()],
        "refused": refused,
        "shows_text": view_payload(request.user),
    }


def _discard(
    request: HttpRequest, site: str, chosen: SelectionRecord, person: By, _given: dict[str, Any]
) -> HttpResponse:
    count = groups.discard(chosen.id, person)
    messages.success(request, _("Discarded: %d") % count)
    return redirect(f"{site}:flowengine_deadletterrecord_changelist")


def _replay(
    request: HttpRequest, site: str, chosen: SelectionRecord, person: By, given: dict[str, Any]
) -> HttpResponse:
    begun = replay.start(
        chosen.id,
        given["mode"],
        {},
        {"canary": given["canary"], "rate": given["rate"]},
        by=person.who,
        reason=person.reason,
        door=person.door,
        address=person.address,
        # Sent twice, by a double click or after going back, it is the same replay.
        request_key=f"{person.who}/admin/{chosen.id}",
    )
    messages.success(request, _("The replay has begun; this page shows how it goes."))
    model = ReplayRecord._meta.model_name  # noqa: SLF001 - public in effect
    return redirect(reverse(f"{site}:flowengine_{model}_change", args=[begun.id]))


ACTS = {
    "discard": Act(
        permission="flowengine.discard",
        title=gettext_lazy("Discard dead letters"),
        form=ReasonForm,
        do=_discard,
    ),
    "replay": Act(
        permission="flowengine.replay",
        title=gettext_lazy("Replay dead letters"),
        form=ReplayForm,
        do=_replay,
    ),
}
"""By the name in the URL."""

"""Acts upon many rows: what is chosen is frozen, a page says what would be done, and a reason does it.

The action of a list freezes the chosen rows and leads to a page of their selection. To look at that page
changes nothing; its form, with a reason, does. The page may be reloaded, and the form sent twice: the
second finds that it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowengine.access import SEE, user_key, view_payload
from flowengine.errors import CallerError
from flowengine.models import ReplayRecord, SelectionRecord
from flowengine.orchestration import replay, selections
from flowengine.orchestration.audit import By, from_request
from flowengine.orchestration.masked import mask
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
    return from_request(request, reason, "admin")


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
    if act is None or chosen is None or not may(request, SEE["dead_letter"], act.permission):
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
        "words": selections.shown(chosen, with_text=view_payload(request.user))[1],
        "changelist": f"{site.name}:flowengine_deadletterrecord_changelist",
        **(_planned(request, chosen, mode) if name == "replay" else {}),
    }
    return TemplateResponse(request, "flowengine/admin/act.html", context)


def act_on_each(
    request: HttpRequest,
    model_admin: admin.ModelAdmin[Any],
    rows: QuerySet[Any],
    do: Callable[[Any, By], object],
    said: Any,
) -> HttpResponse | None:
    """Do it to each of the chosen rows, by their keys, with a reason; those that refuse are told one by one.

    Args:
        request: with the action.
        model_admin: whose list it is.
        rows: what was chosen.
        do: given the key, and who does it.
        said: what to say in the end, with ``%d`` for how many it was done to.
    """
    chosen = list(rows.values_list("pk", flat=True)[: model_admin.list_per_page])
    reason = ask_why(request, model_admin, chosen)
    if not isinstance(reason, str):
        return reason
    done = 0
    for key in chosen:
        try:
            do(key, by(request, reason))
        except CallerError as error:
            messages.error(request, f"{key}: {error.message}")
        else:
            done += 1
    messages.success(request, said % done)
    return None


def ask_why(
    request: HttpRequest, model_admin: admin.ModelAdmin[Any], chosen: Sequence[Any]
) -> str | TemplateResponse:
    """The reason that was given for the action at hand; the page that asks for it where none was.

    The page sends the same action for the same rows once more.
    """
    form = ReasonForm(request.POST if "apply" in request.POST else None)
    if form.is_valid():
        return str(form.cleaned_data["reason"])
    site, name = model_admin.admin_site, request.POST["action"]
    action = model_admin.get_action(name)
    assert action is not None, "it is being taken"
    hidden = [("action", name), ("apply", "1")]
    context = {
        **site.each_context(request),
        "title": action[2],
        "form": form,
        "hidden": [*hidden, *((ACTION_CHECKBOX_NAME, str(each)) for each in chosen)],
        "count": len(chosen),
        "changelist": f"{site.name}:flowengine_{model_admin.opts.model_name}_changelist",
    }
    return TemplateResponse(request, "flowengine/admin/act.html", context)


def query_of(ids: Sequence[UUID], *, key: str = "id") -> str:
    """The query that finds these."""
    return f"{key}:{','.join(str(each) for each in ids)}"


def may(request: HttpRequest, *names: str) -> bool:
    """This user has all of these permissions of flowengine."""
    return all(request.user.has_perm(f"flowengine.{name}") for name in names)


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
    refused = [
        replace(item, why=mask().text(item.why)) for item in plan.items if item.word != "eligible"
    ]
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
    begun = replay.discard(chosen.id, person)
    if begun.ended_at is None:
        messages.success(request, _("The discarding has begun; this page shows how it goes."))
        return _page_of(site, begun)
    messages.success(request, _("Discarded: %d") % begun.succeeded)
    return redirect(f"{site}:flowengine_deadletterrecord_changelist")


def _replay(
    request: HttpRequest, site: str, chosen: SelectionRecord, person: By, given: dict[str, Any]
) -> HttpResponse:
    begun = replay.start(
        chosen.id,
        given["mode"],
        {},
        {"canary": given["canary"], "rate": given["rate"]},
        by=person,
        # Sent twice, by a double click or after going back, it is the same replay.
        request_key=f"{person.who}/admin/{chosen.id}",
    )
    messages.success(request, _("The replay has begun; this page shows how it goes."))
    return _page_of(site, begun)


def _page_of(site: str, begun: replay.Replay) -> HttpResponse:
    model = ReplayRecord._meta.model_name  # noqa: SLF001 - public in effect
    return redirect(reverse(f"{site}:flowengine_{model}_change", args=[begun.id]))


ACTS = {
    "discard": Act(
        permission="discard",
        title=gettext_lazy("Discard dead letters"),
        form=ReasonForm,
        do=_discard,
    ),
    "replay": Act(
        permission="replay",
        title=gettext_lazy("Replay dead letters"),
        form=ReplayForm,
        do=_replay,
    ),
}
"""By the name in the URL."""

"""Approvals in the browser and over HTTP: what waits for me, and my answer to it.

Who may answer sees the question, and nobody else; to all others it is as if there were none. An answer
that comes twice, by a double click or from another tab, is taken once: the second finds that it has
been given.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from flowengine.access import answer_approval, read_groups, user_key, view_run
from flowengine.errors import AnswerRefused, NotPermitted, RunRefused
from flowengine.orchestration import acts
from flowengine.orchestration.audit import from_request
from flowengine.representations import Json, instant, unturned, words
from flowengine.store import approvals, progress
from flowengine.store.approvals import Approval
from flowengine.web.asking import BadBody, body_of, endpoint, page, refused
from flowengine.web.fields import Field, field, typed

SHOWN_MAX = 100
"""Approvals on the list of one user."""
COMMENT_MAX = 2_000


def answer_urls(run_id: UUID, user: Any) -> dict[str, str]:
    """Where *user* answers which approval of a run, by step; those in loops are on the list only."""
    return {
        each.step: url_of(each)
        for each in approvals.waiting_in(run_id)
        if not each.item and is_open_to(user, each)
    }


def url_of(approval: Approval) -> str:
    """The page of an approval; empty where ``flowengine.urls`` is not included."""
    place = [approval.run_id, approval.step, *([approval.item] if approval.item else [])]
    try:
        return reverse("flowengine:approval", args=place)
    except NoReverseMatch:
        return ""


def is_open_to(user: Any, approval: Approval) -> bool:
    """It waits for *user*, who may answer and has not."""
    return (
        approval.is_waiting
        and answer_approval(user, approval.asked, approval.requester)
        and approval.answer_of(user_key(user)) is None
    )


@require_safe
@never_cache
@page
def approval_list(request: HttpRequest) -> HttpResponse:
    """The page of what waits for me."""
    context = {"approvals": [_shown(each) for each in _mine(request.user)]}
    return render(request, "flowengine/approvals.html", context)


@require_safe
@never_cache
@endpoint
def approvals_json(request: HttpRequest) -> HttpResponse:
    """The same for programs."""
    return JsonResponse({"approvals": [_told(each) for each in _mine(request.user)]})


@require_safe
@never_cache
@endpoint
def run_approvals_json(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What of one run waits for me: what a live page asks when an approval begins to wait."""
    mine = [each for each in approvals.waiting_in(run_id) if is_open_to(request.user, each)]
    return JsonResponse({"approvals": [_told(each) for each in mine[:SHOWN_MAX]]})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@csrf_protect
@page
def approval_page(request: HttpRequest, run_id: UUID, step: str, item: str = "") -> HttpResponse:
    """One approval: the question and the form; after the answer, what was said."""
    approval = _found(request.user, run_id, step, item)
    if request.method != "POST":
        return _page(request, approval, _fields(approval))
    answer = request.POST.get("answer")
    if answer not in {"approve", "reject"}:
        problem = _("Please say whether you approve or reject.")
        return _page(request, approval, _fields(approval), problem=problem, status=422)
    approved = answer == "approve"
    fields, form = typed(
        _fields(approval),
        {key: str(value) for key, value in request.POST.items()},
        lenient=not approved,
    )
    comment = request.POST.get("comment", "")[:COMMENT_MAX]
    if approved and any(each.problem for each in fields):
        return _page(request, approval, fields, comment=comment, status=422)
    try:
        _answer(request, approval, approved=approved, comment=comment, form=form)
    except (AnswerRefused, RunRefused, NotPermitted):
        # Most often it was answered meanwhile, here or elsewhere: the page says what is so now.
        now = _found(request.user, run_id, step, item)
        if is_open_to(request.user, now):
            problem = _("This answer was not taken. Please look at it again.")
            return _page(request, now, fields, comment=comment, problem=problem, status=422)
    return redirect(url_of(approval) or request.path)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@csrf_protect
@endpoint
def approval_json(request: HttpRequest, run_id: UUID, step: str, item: str = "") -> HttpResponse:
    """One approval for programs; POST ``{"approved": true, "comment": "", "form": {}}`` answers it.

    404 for what is not asked of this user, 409 for what is answered already or any more, 422 for a
    form that does not fit.
    """
    try:
        approval = _found(request.user, run_id, step, item)
    except Http404:
        return refused("not_found", status=404)
    if request.method != "POST":
        return JsonResponse(_told(approval))
    body = body_of(request)
    approved, comment, form = body.get("approved"), body.get("comment", ""), body.get("form", {})
    if not isinstance(approved, bool):
        raise BadBody("`approved` is true or false")
    if not isinstance(comment, str) or not isinstance(form, dict):
        raise BadBody("`comment` is text and `form` an object")
    try:
        _answer(
            request,
            approval,
            approved=approved,
            comment=comment[:COMMENT_MAX],
            form=form,
        )
    except AnswerRefused as error:
        is_open = is_open_to(request.user, _found(request.user, run_id, step, item))
        code, status = ("bad_form", 422) if is_open else ("answered", 409)
        return refused(code, str(error), status=status)
    except (RunRefused, NotPermitted):
        return refused("not_found", status=404)
    return JsonResponse(_told(_found(request.user, run_id, step, item)))


def _answer(
    request: HttpRequest, approval: Approval, *, approved: bool, comment: str, form: dict[str, Any]
) -> None:
    acts.answer(
        approval.run_id,
        approval.step,
        item=approval.item,
        user=request.user,
        approved=approved,
        comment=comment,
        form=form,
        by=from_request(request, "", "page"),
    )


def _mine(user: Any) -> list[Approval]:
    read_groups([user])
    return [each for each in approvals.waiting() if is_open_to(user, each)][:SHOWN_MAX]


def _found(user: Any, run_id: UUID, step: str, item: str) -> Approval:
    """The approval, for who may answer it or has answered it.

    Raises:
        Http404: for everybody else, and where there is none.
    """
    approval = approvals.one(run_id, step, item)
    if approval is None:
        raise Http404
    has_answered = approval.answer_of(user_key(user)) is not None
    if not has_answered and not answer_approval(user, approval.asked, approval.requester):
        raise Http404
    return approval


def _fields(approval: Approval) -> list[Field]:
    return [
        field(name, each["schema"], required=each["required"], default=each["default"])
        for name, each in approval.asked["form"].items()
    ]


def _page(
    request: HttpRequest,
    approval: Approval,
    fields: list[Field],
    *,
    comment: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    run = progress.runs([approval.run_id]).get(approval.run_id)
    context = {
        **_shown(approval),
        "fields": fields,
        "comment": comment,
        "comment_max": COMMENT_MAX,
        "problem": problem,
        "is_open": is_open_to(request.user, approval),
        "answer": approval.answer_of(user_key(request.user)),
        "run_id": approval.run_id if run is not None and view_run(request.user, run) else None,
    }
    return render(request, "flowengine/approval.html", context, status=status)


def _shown(approval: Approval) -> dict[str, Any]:
    """The values of the page for one approval."""
    return {
        "approval": approval,
        **_named(approval),
        "question": unturned(approval.asked["ask"]),
        "given": len(approval.answers),
        "wanted": approval.asked["quorum"],
        "url": url_of(approval),
    }


def _told(approval: Approval) -> Json:
    """One approval for programs."""
    return {
        "run": str(approval.run_id),
        "step": approval.step,
        "item": approval.item,
        **_named(approval),
        "workflow": approval.workflow,
        "ask": unturned(approval.asked["ask"]),
        "form": approval.asked["form"],
        "answers": {"given": len(approval.answers), "wanted": approval.asked["quorum"]},
        "state": str(approval.state),
        "due_at": instant(approval.due_at),
        "url": url_of(approval),
    }


def _named(approval: Approval) -> dict[str, str]:
    return {
        "title": unturned(approval.title or words(approval.step)),
        "run_title": unturned(approval.run_title or approval.workflow),
    }

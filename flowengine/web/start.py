"""Starting a workflow by hand: a form from its inputs, or JSON.

Only workflows with a ``manual`` trigger, and only for who may: the members of its groups, or who has
``flowengine.start_workflow``. To all others it is as if there were no such workflow.
"""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from flowengine.access import start_workflow, user_key
from flowengine.definitions.model import ManualTrigger, Workflow
from flowengine.errors import CallerError
from flowengine.orchestration import active, start
from flowengine.representations import words
from flowengine.store.clock import DatabaseClock
from flowengine.web.asking import BadBody, body_of, endpoint, page, refused
from flowengine.web.fields import Field, field, typed

KEY_MAX = 100
"""Characters of the key that makes two clicks one start."""

_clock = DatabaseClock()


@require_safe
@never_cache
@page
def workflow_list(request: HttpRequest) -> HttpResponse:
    """The page of what this user may start."""
    mine = [each for each in active.catalog().workflows.values() if may_start(request.user, each)]
    context = {"workflows": [_shown(each) for each in sorted(mine, key=lambda each: each.name)]}
    return render(request, "flowengine/workflows.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@csrf_protect
@page
def start_page(request: HttpRequest, workflow: str) -> HttpResponse:
    """The form of one workflow; once it is sent, the page of the run."""
    found = _found(request.user, workflow)
    if request.method != "POST":
        return _page(request, found, _fields(found), key=token_urlsafe(16))
    given = {name: str(value) for name, value in request.POST.items()}
    fields, inputs = typed(_fields(found), given)
    key = given.get("key", "")[:KEY_MAX]
    if any(each.problem for each in fields):
        return _page(request, found, fields, key=key, status=422)
    try:
        run_id = _start(request.user, found, inputs, key)
    except CallerError as error:
        return _page(request, found, fields, key=key, problem=str(error), status=422)
    return redirect("flowengine:run", run_id)


@require_http_methods(["POST"])
@csrf_protect
@endpoint
def start_json(request: HttpRequest, workflow: str) -> HttpResponse:
    """POST ``{"inputs": {…}, "key": "…"}`` starts it; 202 with the id that its run will have.

    The same *key* again is the same run. 404 for what this user may not start, 422 for inputs that
    do not fit.
    """
    try:
        found = _found(request.user, workflow)
    except Http404:
        return refused("not_found", status=404)
    body = body_of(request)
    inputs, key = body.get("inputs", {}), body.get("key", "")
    if not isinstance(inputs, dict) or not isinstance(key, str) or len(key) > KEY_MAX:
        raise BadBody(f"`inputs` is an object and `key` a text of at most {KEY_MAX} characters")
    try:
        run_id = _start(request.user, found, inputs, key)
    except CallerError as error:
        return refused("bad_inputs", str(error), status=422)
    return JsonResponse({"run": str(run_id)}, status=202)


@require_http_methods(["POST"])
@csrf_protect
@endpoint
def start_now(request: HttpRequest, workflow: str) -> HttpResponse:
    """POST the inputs, as a JSON object or as a form; 201 with the id of the run.

    The same header ``Idempotency-Key`` again is the same run. Refusals as of :func:`start_json`.
    """
    try:
        found = _found(request.user, workflow)
    except Http404:
        return refused("not_found", status=404)
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > KEY_MAX:
        raise BadBody(f"an Idempotency-Key has at most {KEY_MAX} characters")
    if request.content_type == "application/json":
        inputs = body_of(request)
    else:
        given = {name: str(value) for name, value in request.POST.items()}
        fields, inputs = typed(_fields(found), given)
        problems = {each.name: str(each.problem) for each in fields if each.problem}
        if problems:
            return refused("bad_inputs", "some inputs do not fit", status=422, problems=problems)
    try:
        run_id = _start(request.user, found, inputs, key)
    except CallerError as error:
        return refused("bad_inputs", str(error), status=422)
    return JsonResponse({"run": str(run_id)}, status=201)


def may_start(user: Any, workflow: Workflow) -> bool:
    """One of its ``manual`` triggers lets *user* start it."""
    return any(
        start_workflow(user, trigger.groups)
        for trigger in workflow.triggers
        if isinstance(trigger, ManualTrigger)
    )


def _found(user: Any, name: str) -> Workflow:
    """The version of the workflow that takes new runs.

    Raises:
        Http404: there is none, or this user may not start it.
    """
    found = active.catalog().workflows.get(name)
    if found is None or not may_start(user, found):
        raise Http404
    return found


def _start(user: Any, workflow: Workflow, inputs: dict[str, Any], key: str) -> UUID:
    who = user_key(user)
    # A user's keys are his own: nobody's start is swallowed by another's.
    own_key = f"{workflow.name}/{who}/{key}" if key else None
    started = start.start(workflow.name, inputs, actor=who, key=own_key, now=_clock.now())
    return started.run_ids[workflow.name]


def _fields(workflow: Workflow) -> list[Field]:
    return [
        field(each.name, each.schema, required=each.required, default=each.default)
        for each in workflow.inputs
    ]


def _page(
    request: HttpRequest,
    workflow: Workflow,
    fields: list[Field],
    *,
    key: str,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {**_shown(workflow), "fields": fields, "key": key, "problem": problem}
    return render(request, "flowengine/start.html", context, status=status)


def _shown(workflow: Workflow) -> dict[str, Any]:
    return {
        "name": workflow.name,
        "title": words(workflow.name.replace("-", " ").replace(".", " ")),
        "description": workflow.description,
    }

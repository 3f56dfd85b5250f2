"""How a run goes, over HTTP: a page, and the frame that the socket would send, for where there is none."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from flowengine.access import is_known, view_run
from flowengine.representations import Json, changes, ended, pending, snapshot, topic, unturned
from flowengine.store import progress
from flowengine.web.asking import page


@require_safe
@never_cache
def run_json(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The whole view with its position; with ``?e=…&o=…`` of the head, only that nothing came.

    404 with a ``pending`` frame for a run that does not exist, not yet, or not for this user; 401 for
    who is not logged in.
    """
    user = request.user
    if not is_known(user):
        return JsonResponse({"t": "err", "c": topic(run_id), "code": "signed_out"}, status=401)
    run = progress.runs([run_id]).get(run_id)
    if run is None:
        gone = progress.ended([run_id]).get(run_id)
        if gone is not None and view_run(user, gone[0]):
            return JsonResponse(ended(topic(run_id), gone[1]))
        return _not_found(run_id)
    if not view_run(user, run):
        progress.ended([run_id])  # The same work as for a run that is missing: time says nothing.
        return _not_found(run_id)
    at = progress.position(run)
    if (request.GET.get("e"), request.GET.get("o")) == (at[0], str(at[1])):
        return JsonResponse(changes(topic(run_id), at, at[1], []))
    view: Json = progress.views([run])[run_id]
    return JsonResponse(snapshot(topic(run_id), at, view))


@require_safe
@never_cache
@page
def run_page(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run, live, for who may watch it.

    A run that is not there yet is expected here: somebody was sent to it who has just started it. So
    is one that this user may not watch: nobody is told that it exists.
    """
    run = progress.runs([run_id]).get(run_id)
    title = ""
    if run is not None and view_run(request.user, run):
        title = unturned(run.title or run.workflow)
    return render(request, "flowengine/run.html", {"run_id": run_id, "title": title})


@require_safe
@never_cache
def socket_needs_asgi(_request: HttpRequest) -> HttpResponse:
    """What a browser gets at the socket's path when the project is not served by our application."""
    response = HttpResponse(
        "This is the live socket of flowengine. Open it as a WebSocket, and serve the project with "
        "ASGI: application = flowengine.routing.application(get_asgi_application())\n",
        content_type="text/plain; charset=utf-8",
        status=426,
    )
    response["Upgrade"] = "websocket"
    return response


def _not_found(run_id: UUID) -> HttpResponse:
    return JsonResponse(pending(topic(run_id)), status=404)

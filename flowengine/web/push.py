"""A browser that lets itself be pushed to says so here; and the script that it runs for a push."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from flowengine.access import user_key
from flowengine.conf import settings
from flowengine.orchestration.pushes import is_known
from flowengine.store import push_subscriptions
from flowengine.store.clock import system_now
from flowengine.store.push_subscriptions import Subscription
from flowengine.web.asking import BadBody, body_of, endpoint, refused

WORKER = Path(__file__).parent.parent / "static" / "flowengine" / "push-worker.js"
TEXT_MAX = 2_000


@require_http_methods(["POST", "DELETE"])
@csrf_protect
@endpoint
def subscription(request: HttpRequest) -> HttpResponse:
    """POST what ``PushManager.subscribe()`` gave, as JSON; DELETE ``{"endpoint": …}`` forgets it.

    204; 404 where the project pushes nothing, 422 for an address that is no known browser's.
    """
    if settings().PUSH_KEY is None:
        return refused("not_found", status=404)
    body, user = body_of(request), user_key(request.user)
    url = _text(body, "endpoint")
    if request.method == "DELETE":
        push_subscriptions.delete(user, [url])
        return HttpResponse(status=204)
    if not is_known(url):
        return refused("unknown_host", "pushes go to the servers of browsers only", status=422)
    keys = body.get("keys")
    if not isinstance(keys, dict):
        raise BadBody("`keys` is an object")
    wanted = Subscription(
        user=user, endpoint=url, p256dh=_text(keys, "p256dh"), auth=_text(keys, "auth")
    )
    push_subscriptions.save(wanted, system_now())
    return HttpResponse(status=204)


@require_safe
def service_worker(_request: HttpRequest) -> HttpResponse:
    """The service worker: same origin as the page, wherever static files are."""
    response = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@cache
def _worker() -> bytes:
    return WORKER.read_bytes()


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_MAX:
        raise BadBody(f"`{name}` is a text of at most {TEXT_MAX} characters")
    return value

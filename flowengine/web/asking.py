"""What pages and endpoints have in common: who asks, and what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse

from flowengine.access import is_known

Json = dict[str, Any]
View = Callable[..., HttpResponse]


class BadBody(ValueError):
    """What was sent is no JSON object."""


def page(view: View) -> View:
    """Who is not logged in is sent to log in, and comes back."""

    @wraps(view)
    def entered(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if not is_known(request.user):
            return redirect_to_login(request.get_full_path())
        return view(request, *arguments, **named)

    return entered


def endpoint(view: View) -> View:
    """Who is not logged in gets 401; what is no JSON object, 400."""

    @wraps(view)
    def entered(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if not is_known(request.user):
            return refused("signed_out", status=401)
        try:
            return view(request, *arguments, **named)
        except BadBody as error:
            return refused("bad_body", str(error), status=400)

    return entered


def body_of(request: HttpRequest) -> Json:
    """The JSON object that was sent; an empty one where nothing was.

    Raises:
        BadBody: it is none.
    """
    return object_of(request.body or b"{}")


def object_of(raw: bytes) -> Json:
    """The JSON object that these bytes are.

    Raises:
        BadBody: they are none.
    """
    try:
        body = json.loads(raw, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise BadBody("the body is no JSON") from error
    if not isinstance(body, dict):
        raise BadBody("the body is no JSON object")
    return body


def no_constant(name: str) -> Any:
    """For ``json.loads``: NaN and Infinity, which Python would read, are no JSON.

    Raises:
        ValueError: always.
    """
    raise ValueError(name)


def refused(code: str, message: str = "", *, status: int, **more: Any) -> JsonResponse:
    """What an endpoint says where it does nothing."""
    return JsonResponse({"code": code, "message": message, **more}, status=status)

"""All operations together; and how a request finds its own."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, URLResolver
from django.urls.resolvers import RoutePattern
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from flowengine.errors import FlowengineError
from flowengine.web.api import (
    attempt_logs,
    audit,
    causes,
    dead_letters,
    definitions,
    event_types,
    events,
    floor,
    groups,
    notices,
    people,
    replays,
    runs,
    sandbox,
    schedules,
    selections,
    stations,
    timelines,
    views,
    workers,
)
from flowengine.web.api.gate import NOBODY, Session
from flowengine.web.api.problems import (
    ProblemTold,
    Refusal,
    malformed,
    not_found,
    of_error,
    of_fields,
    response,
)
from flowengine.web.asking import BadBody, object_of

PREFIX = "/flow/api/v1/"
"""Where the document of the API says that it is; a project may include it elsewhere."""


class _Bodies(Parser):
    """Bodies are JSON objects: no NaN, no list."""

    def parse_body(self, request: HttpRequest) -> Any:
        return object_of(request.body or b"{}")


api = NinjaAPI(
    title="flowengine",
    version="1",
    description="Runs, events, definitions and what failed: see, decide, replay.",
    openapi_url=None,  # The document is committed; a running project serves none.
    docs_url=None,
    auth=Session(NOBODY),
    parser=_Bodies(),
    urls_namespace="flowengine-api",
)
for _each in (
    floor,
    runs,
    attempt_logs,
    events,
    event_types,
    dead_letters,
    groups,
    selections,
    replays,
    definitions,
    sandbox,
    schedules,
    stations,
    timelines,
    causes,
    views,
    workers,
    notices,
    people,
    audit,
):
    api.add_router("", _each.door.router)


@api.exception_handler(Refusal)
def _refused(request: HttpRequest, error: Refusal) -> HttpResponse:
    return response(request, error)


@api.exception_handler(FlowengineError)
def _of_engine(request: HttpRequest, error: FlowengineError) -> HttpResponse:
    return response(request, of_error(error))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, _error: Http404) -> HttpResponse:
    return response(request, not_found())


@api.exception_handler(ValidationError)
def _misfit(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return response(request, of_fields(error.errors))


@api.exception_handler(HttpError)
def _unread(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The library itself refuses only bodies that it could not read."""
    cause = error.__cause__
    detail = str(cause) if isinstance(cause, BadBody) else error.message
    return response(request, malformed(detail, status=400))


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return response(request, malformed(str(error), status=413))


_resolver = URLResolver(RoutePattern(""), api.urls[0])


def answer(request: HttpRequest, place: str) -> HttpResponse:
    """What the operation at *place*, below the prefix, says."""
    try:
        found = _resolver.resolve(place)
    except Resolver404:
        return response(request, not_found())
    said: HttpResponse = found.func(request, *found.args, **found.kwargs)
    if said.status_code == 405:
        problem = Refusal(405, "FE806", f"There is {said['Allow']} here.")
        allowed, said = said["Allow"], response(request, problem)
        said["Allow"] = allowed
    said["X-Content-Type-Options"] = "nosniff"
    return said


def document() -> dict[str, Any]:
    """The OpenAPI document of the whole API."""
    found: dict[str, Any] = api.get_openapi_schema(path_prefix=PREFIX)
    schemas = found["components"]["schemas"]
    schemas["Problem"] = ProblemTold.model_json_schema()
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in found["paths"].values():
        for operation in methods.values():
            operation["responses"]["default"] = {"description": "Refused", "content": content}
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    return found

"""How the API refuses: ``application/problem+json`` (RFC 9457), with a code of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel, ConfigDict

from flowengine.errors import (
    AnswerRefused,
    AuthorError,
    CallerError,
    EditRefused,
    EnvironmentFault,
    EventRefused,
    FlowengineError,
    NotPermitted,
    QueryRefused,
    ReasonMissing,
    SelectionRefused,
    StartRefused,
    ViewRefused,
)

TITLES: Mapping[int, str] = {
    400: "Not understood",
    401: "Signed out",
    403: "Not permitted",
    404: "Not found",
    405: "No such method",
    409: "Not as it stands",
    413: "Too large",
    422: "Does not fit",
    429: "Too often",
    500: "Failed",
    503: "Away",
}
_STATUS: tuple[tuple[type[FlowengineError], int], ...] = (
    (NotPermitted, 403),
    (EditRefused, 422),
    (EventRefused, 422),
    (StartRefused, 422),
    (QueryRefused, 422),
    (SelectionRefused, 422),
    (ReasonMissing, 422),
    (ViewRefused, 422),
    (AnswerRefused, 409),
    (CallerError, 409),
    (AuthorError, 422),
    (EnvironmentFault, 503),
)
"""The first that fits counts."""


class ProblemTold(BaseModel):
    """How anything is refused (RFC 9457)."""

    model_config = ConfigDict(use_attribute_docstrings=True, title="Problem")

    type: str
    """``urn:flowengine:`` and the code."""
    title: str
    status: int
    detail: str
    """For people: what, and the way out."""
    code: str
    """``FE`` and three digits, as in the reference of errors."""
    instance: str
    """The path that was asked."""
    errors: list[dict[str, str]] = []
    """Where a request does not fit: each ``place`` (``query.limit``) with its ``message``."""


class Refusal(Exception):
    """The request is answered with a problem."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        """``FE`` and three digits."""
        self.detail = detail
        """For people: what, and the way out."""
        self.more = more
        """Further members of the problem."""


def not_found() -> Refusal:
    """There is none, or it is none of this user's business: nobody can tell which."""
    return Refusal(404, "FE803", "There is no such thing, or you may not see it.")


def malformed(detail: str, *, status: int = 422, **more: Any) -> Refusal:
    """Something in the request is not of the form that it must have."""
    return Refusal(status, "FE804", detail, **more)


def of_error(error: FlowengineError) -> Refusal:
    """What a refusal of the engine is over HTTP."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return Refusal(status, error.code, error.message)


def of_fields(errors: Iterable[Mapping[str, Any]]) -> Refusal:
    """What does not fit, each with its place: ``query.limit``, ``body.reason``."""
    found = [
        {"place": ".".join(str(part) for part in each["loc"]), "message": str(each["msg"])}
        for each in errors
    ]
    detail = "; ".join(f"{each['place']}: {each['message']}" for each in found)
    return malformed(detail, errors=found)


def response(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The problem, as it goes over the wire."""
    problem = {
        "type": f"urn:flowengine:{refusal.code}",
        "title": TITLES[refusal.status],
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        "instance": request.path,
        **refusal.more,
    }
    return HttpResponse(
        json.dumps(problem), content_type="application/problem+json", status=refusal.status
    )

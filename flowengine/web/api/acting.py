"""What acts have in common: who does it, why, and from where."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from pydantic import Field

from flowengine.orchestration.audit import By, from_request
from flowengine.web.api.paging import TEXT_MAX, Given


class Reason(Given):
    """Why; kept with what is done."""

    reason: Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]


def by(request: HttpRequest, reason: str) -> By:
    """The signed-in user, at the address that the server was called from."""
    return from_request(request, reason, "api")

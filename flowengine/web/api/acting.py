"""What acts have in common: who does it, why, and from where."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from pydantic import Field

from flowengine import access
from flowengine.orchestration.groups import By
from flowengine.web.api.paging import TEXT_MAX, Given


class Reason(Given):
    """Why; kept with what is done."""

    reason: Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]


class PerhapsReason(Given):
    """Why, where there is something to say."""

    reason: Annotated[str, Field(max_length=TEXT_MAX)] = ""


def by(request: HttpRequest, reason: str) -> By:
    """The signed-in user, at the address that the server was called from."""
    return By(
        who=access.user_key(request.user),
        reason=reason,
        door="api",
        address=str(request.META.get("REMOTE_ADDR", "")),
    )

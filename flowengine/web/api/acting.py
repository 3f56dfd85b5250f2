"""What acts have in common: who does it, why, and from where."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from pydantic import Field

from flowengine.orchestration.audit import By, from_request
from flowengine.web.api.paging import TEXT_MAX, Given, Shape
from flowengine.web.api.problems import of_fields

KEY_MAX = 100
"""Characters of the header ``Idempotency-Key``."""


class Reason(Given):
    """Why; kept with what is done."""

    reason: Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]


class Removed(Shape):
    """It is not there any more."""

    id: UUID


def by(request: HttpRequest, reason: str) -> By:
    """The signed-in user, at the address that the server was called from, and what he calls the act.

    Its name is the key with what was asked under it: another limit, or other inputs, are another act.

    Raises:
        Refusal: 422, its name is too long.
    """
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > KEY_MAX:
        says = f"it has at most {KEY_MAX} characters"
        raise of_fields([{"loc": ("header", "Idempotency-Key"), "msg": says}])
    named = f"{key}\n{sha256(request.body).hexdigest()}" if key else ""
    return replace(from_request(request, reason, "api"), key=named)

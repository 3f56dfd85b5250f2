"""What lists and selections are asked for, and whether this user may ask that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from django.http import HttpRequest
from pydantic import Field

from flowengine import access
from flowengine.orchestration.selections import Filter, parse
from flowengine.store.clock import system_now
from flowengine.store.newest import Found
from flowengine.web.api.gate import Need, permission
from flowengine.web.api.paging import TEXT_MAX, Paged
from flowengine.web.api.problems import Refusal

Query = Annotated[str, Field(max_length=TEXT_MAX)]
"""``state:failed workflow:order since:2h``; see the reference."""

SEE: Mapping[str, Need] = {kind: permission(name) for kind, name in access.SEE.items()}
"""What one needs to see things of a kind."""


class Listed(Paged):
    """A part of what a filter finds."""

    q: Query = ""
    """``state:failed workflow:order since:2h``; see the reference."""


def all_told(page: dict[str, Any], found: Found[Any]) -> dict[str, Any]:
    """The page of a list, with how far it was looked back where that was not to the end."""
    return page if found.searched is None else {**page, "searched_newest": found.searched}


def wanted(request: HttpRequest, query: str, kind: str) -> Filter:
    """What *query* asks for among the things of that kind.

    Raises:
        QueryRefused: it cannot be understood.
        Refusal: 403, it looks into texts that this user may not see: by the answers he would read them.
    """
    # Nothing is decided by this clock: it says from when on a person wants to see things.
    found = parse(query, kind, system_now())
    if found.texts and kind == "dead_letter" and not access.view_payload(request.user):
        raise Refusal(
            403, "FE802", "To look for words in error texts needs flowengine.view_payload."
        )
    return found

"""Saved views: filters of a list under a name, one's own and the team's."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from flowengine import access
from flowengine.orchestration import views
from flowengine.orchestration.views import View
from flowengine.web.api import filters
from flowengine.web.api.acting import Removed, by
from flowengine.web.api.gate import SIGNED_IN, Door, demand
from flowengine.web.api.paging import Given, Shape
from flowengine.web.api.problems import not_found

door = Door("views")

Kind = Literal["run", "event", "dead_letter"]
SHARE = ("share_view",)
"""Permissions of who saves or removes what is the team's."""


class OfKind(Given):
    """Of which list."""

    kind: Kind


class ViewGiven(Given):
    """What to keep."""

    kind: Kind
    name: Annotated[str, Field(max_length=200)]
    """1 to 60 characters; one of that name is another from now on."""
    q: filters.Query
    is_team: bool = False
    """Everybody's; needs ``share_view``."""


class ViewTold(Shape):
    """A filter under a name."""

    id: UUID | None
    """null = it is always there."""
    kind: Kind
    name: str
    q: str
    is_team: bool
    created_by: str
    """The key of a user; empty = it is always there."""
    problem: str
    """Why the filter is not understood any more; empty = it is."""


class ViewsTold(Shape):
    """All that somebody may choose from."""

    items: list[ViewTold]
    """Those always there, the team's, one's own."""


@door.get("views", needs=SIGNED_IN, answer=ViewsTold)
def list_views(request: HttpRequest, query: Query[OfKind]) -> Any:
    """The views of a list: those always there, the team's and one's own. Needs to see such things.

    A team's view that looks for words in error texts is not told without ``view_payload``.
    """
    _must_see(request, query.kind)
    found = views.of_user(query.kind, access.user_key(request.user))
    with_text = query.kind != "dead_letter" or access.view_payload(request.user)
    return {"items": [_told(each) for each in found if with_text or not each.has_texts]}


@door.post("views", needs=SIGNED_IN, answer=ViewTold, status=201)
def save_view(request: HttpRequest, body: ViewGiven) -> Any:
    """Keep a filter under a name; the same name again changes what it finds. For the team: ``share_view``."""
    _must_see(request, body.kind)
    if body.is_team:
        demand(request, SHARE)
    filters.wanted(request, body.q, body.kind)
    user = access.user_key(request.user)
    owner = views.TEAM if body.is_team else user
    return _told(views.save(body.kind, body.name, body.q, owner=owner, by=by(request, "")))


@door.post("views/{uuid:view_id}/remove", needs=SIGNED_IN, answer=Removed)
def remove_view(request: HttpRequest, view_id: Path[UUID]) -> Any:
    """Keep a view no longer. What is the team's needs ``share_view``."""
    person = by(request, "")
    found = views.find(view_id, access.user_key(request.user))
    if found is None and views.is_removed(view_id, person):
        return {"id": view_id}
    if found is None or not filters.SEE[found.kind].is_met(request.user):
        raise not_found()
    if found.is_team:
        demand(request, SHARE)
    views.remove(view_id, person)
    return {"id": view_id}


def _must_see(request: HttpRequest, kind: str) -> None:
    if not filters.SEE[kind].is_met(request.user):
        raise not_found()


def _told(view: View) -> dict[str, Any]:
    names = ("id", "kind", "name", "is_team", "created_by", "problem")
    return {**{name: getattr(view, name) for name in names}, "q": view.query}

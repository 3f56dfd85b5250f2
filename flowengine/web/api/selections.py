"""Selections: what a bulk act is about, frozen when it is chosen."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from flowengine import access
from flowengine.conf import settings
from flowengine.models import SelectionItemRecord, SelectionRecord
from flowengine.orchestration import selections as frozen
from flowengine.representations import instant
from flowengine.web.api import filters
from flowengine.web.api.gate import SIGNED_IN, Door
from flowengine.web.api.paging import (
    Given,
    Instant,
    Page,
    Paged,
    Shape,
    cursor,
    number_after,
    page_of,
)
from flowengine.web.api.problems import Refusal, not_found, of_fields

door = Door("selections")


class Choice(Given):
    """What to choose."""

    kind: Literal["dead_letter", "run", "event"]
    q: filters.Query
    """What it finds now is chosen."""
    ids: Annotated[list[UUID], Field(max_length=frozen.IDS_MAX, default_factory=list)]
    """These, instead of what *q* finds, which is empty then."""


class SelectionTold(Shape):
    """What was chosen."""

    id: UUID
    kind: str
    query: str
    """Without ``view_payload``, ``…`` stands for words that are looked for in error texts."""
    words: str
    """The same for people."""
    count: int
    created_at: Instant
    created_by: str


class ItemTold(Shape):
    """One thing that a selection names."""

    n: int
    """Its number, from 1, oldest first."""
    object_id: UUID


@door.post("selections", needs=SIGNED_IN, answer=SelectionTold, status=201)
def create_selection(request: HttpRequest, body: Choice) -> Any:
    """Choose what a filter finds now; what comes later has no part in it. Needs to see such things."""
    need = filters.SEE[body.kind]
    if not need.is_met(request.user):
        raise Refusal(403, "FE802", f"This needs {need.name}.")
    if body.kind == "run" and not access.is_default():
        # Whether a run may be seen is then asked one by one, and the number alone would say too much.
        raise Refusal(
            403, "FE802", "Runs cannot be chosen in bulk where CAN_VIEW_RUN decides who sees which."
        )
    user = access.user_key(request.user)
    if body.ids:
        if body.q:
            raise of_fields([{"loc": ("body", "ids"), "msg": "either these or what q finds"}])
        return _told(request, frozen.freeze_these(body.kind, body.ids, user))
    filters.wanted(request, body.q, body.kind)
    return _told(request, frozen.freeze(body.kind, body.q, user))


@door.get("selections/{uuid:selection_id}", needs=SIGNED_IN, answer=SelectionTold)
def get_selection(request: HttpRequest, selection_id: Path[UUID]) -> Any:
    """One selection, for who may see such things."""
    return _told(request, visible(request, selection_id))


@door.get("selections/{uuid:selection_id}/items", needs=SIGNED_IN, answer=Page[ItemTold])
def list_selection_items(
    request: HttpRequest, selection_id: Path[UUID], query: Query[Paged]
) -> Any:
    """The ids of what a selection names, oldest first."""
    visible(request, selection_id)
    rows = SelectionItemRecord.objects.using(settings().DATABASE).filter(
        selection_id=selection_id, n__gt=number_after(query.after)
    )
    return page_of(
        list(rows.order_by("n")[: query.limit + 1]),
        query.limit,
        lambda row: {"n": row.n, "object_id": row.object_id},
        lambda row: cursor(row.n),
    )


def visible(request: HttpRequest, selection_id: UUID) -> SelectionRecord:
    """The selection, if this user may see things of its kind.

    Raises:
        Refusal: 404.
    """
    rows = SelectionRecord.objects.using(settings().DATABASE)
    found = rows.filter(pk=selection_id, kind__in=kinds_for(request.user)).first()
    if found is None:
        raise not_found()
    return found


def kinds_for(user: Any) -> list[str]:
    """Of which kinds of things *user* may see what was chosen of them, by whomever.

    Not of runs where ``CAN_VIEW_RUN`` decides who sees which: the command line chooses among all.
    """
    kinds = [kind for kind, need in filters.SEE.items() if need.is_met(user)]
    return kinds if access.is_default() else [kind for kind in kinds if kind != "run"]


def _told(request: HttpRequest, selection: SelectionRecord) -> dict[str, Any]:
    query, words = frozen.shown(selection, with_text=access.view_payload(request.user))
    return {
        **{name: getattr(selection, name) for name in ("id", "kind", "count", "created_by")},
        "query": query,
        "words": words,
        "created_at": instant(selection.created_at),
    }

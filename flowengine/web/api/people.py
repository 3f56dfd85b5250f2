"""People: who is signed in and may do what, and what waits for somebody's answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query

from flowengine import access
from flowengine.representations import instant, unturned, words
from flowengine.store import approvals, progress
from flowengine.store.approvals import Approval
from flowengine.web.api.gate import SIGNED_IN, Door, permission
from flowengine.web.api.masked import MaskedText
from flowengine.web.api.paging import (
    Instant,
    Page,
    Paged,
    Shape,
    cursor,
    page_of,
    parts_of,
    place_of,
)

door = Door("people")
_NEVER = datetime.max.replace(tzinfo=UTC)
"""In a cursor: there is no time limit."""


class SessionTold(Shape):
    """Who is signed in."""

    user: str
    """The user's key."""
    name: str
    permissions: list[str]
    """Those of flowengine that the user has, without the ``flowengine.``."""


class ApprovalTold(Shape):
    """An approval that waits; without its question and its form, which are payload."""

    run_id: UUID
    step: str
    item: str
    title: str
    run_title: str
    workflow: str
    users: list[str]
    groups: list[str]
    given: int
    """Answers so far."""
    wanted: int
    is_mine: bool
    """This user may answer it, at ``approvals/<run>/<step>/``."""
    due_at: Instant | None
    asked_at: Instant | None
    ask: MaskedText = ""
    """The question; only with ``view_payload``, or where it is mine."""


@door.get("session", needs=SIGNED_IN, answer=SessionTold)
def get_session(request: HttpRequest) -> Any:
    """Who is signed in, and what of flowengine he may do."""
    user: Any = request.user
    ours = (name for name in user.get_all_permissions() if name.startswith("flowengine."))
    return {
        "user": access.user_key(user),
        "name": user.get_username(),
        "permissions": sorted(name.removeprefix("flowengine.") for name in ours),
    }


@door.get("approvals", needs=permission("view_run"), answer=Page[ApprovalTold])
def list_approvals(request: HttpRequest, query: Query[Paged]) -> Any:
    """Approvals of all runs that wait, the most pressing first.

    Where the project decides itself who may watch a run, those of others are left out: a page may be
    shorter than *limit* and still not be the last.
    """
    access.read_groups([request.user])
    found = approvals.page(_place_after(query.after), query.limit + 1)
    with_text = access.view_payload(request.user)
    page = page_of(found, query.limit, lambda each: each, _cursor)
    visible = _visible(request, page["items"])
    told = [_told(request, each, with_text=with_text) for each in visible]
    return {**page, "items": told}


def _visible(request: HttpRequest, found: Sequence[Approval]) -> list[Approval]:
    """Those of runs that this user may see."""
    if access.is_default():
        return list(found)
    runs = progress.runs({each.run_id for each in found})
    return [
        each
        for each in found
        if each.run_id in runs and access.view_run(request.user, runs[each.run_id])
    ]


def _cursor(each: Approval) -> str:
    due, *which = each.place
    return cursor(due or _NEVER, *which)


def _place_after(text: str) -> approvals.Place | None:
    """What :func:`_cursor` has made a text of; None for the first page."""
    if not text:
        return None
    at, key, step, item = parts_of(text, 4)
    due, run = place_of(at, key)
    return None if due == _NEVER else due, run, step, item


def _told(request: HttpRequest, each: Approval, *, with_text: bool) -> dict[str, Any]:
    is_mine = (
        access.answer_approval(request.user, each.asked, each.requester)
        and each.answer_of(access.user_key(request.user)) is None
    )
    told = {
        "run_id": each.run_id,
        "step": each.step,
        "item": each.item,
        "title": unturned(each.title or words(each.step)),
        "run_title": unturned(each.run_title or each.workflow),
        "workflow": each.workflow,
        "users": each.asked.get("users", []),
        "groups": each.asked.get("groups", []),
        "given": len(each.answers),
        "wanted": each.asked["quorum"],
        "is_mine": is_mine,
        "due_at": instant(each.due_at),
        "asked_at": instant(each.asked_at),
    }
    return {**told, "ask": unturned(each.asked["ask"])} if with_text or is_mine else told

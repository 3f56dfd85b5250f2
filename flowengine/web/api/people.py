"""People: who is signed in and may do what, and what waits for somebody's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query

from flowengine import access
from flowengine.representations import instant, unturned, words
from flowengine.store import approvals, progress
from flowengine.store.approvals import Approval
from flowengine.web.api.gate import SIGNED_IN, Door, permission
from flowengine.web.api.paging import Instant, Page, Paged, Shape, cursor, page_of, parts_of

door = Door("people")


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
    ask: str = ""
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
    """Approvals of all runs that wait, the most pressing first; of those, the first 2,000."""
    access.read_groups([request.user])
    waiting = _visible(request, approvals.waiting())
    place = tuple(parts_of(query.after, 3)) if query.after else None
    if place is not None:
        places = [_place(each) for each in waiting]
        # One that was answered meanwhile has no place any more: the list begins anew.
        waiting = waiting[places.index(place) + 1 :] if place in places else waiting
    with_text = access.view_payload(request.user)
    return page_of(
        waiting,
        query.limit,
        lambda each: _told(request, each, with_text=with_text),
        lambda each: cursor(*_place(each)),
    )


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


def _place(each: Approval) -> tuple[str, str, str]:
    return str(each.run_id), each.step, each.item


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

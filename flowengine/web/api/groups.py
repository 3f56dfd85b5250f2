"""Causes of dead letters: the list, one with what its letters have in common, and triage."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import AwareDatetime, Field

from flowengine import access
from flowengine.orchestration import dead, groups
from flowengine.orchestration.floor import deaths
from flowengine.store import dead_totals
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.acting import Reason, by
from flowengine.web.api.filters import all_told
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.masked import MaskedText
from flowengine.web.api.paging import (
    TEXT_MAX,
    Given,
    Instant,
    Page,
    Paged,
    Shape,
    cursor,
    page_of,
    place_after,
)
from flowengine.web.api.problems import Refusal, not_found

door = Door("causes")
SEE = permission("view_dead_letter")
TRIAGE = permission("triage_dead_letter")
_clock = DatabaseClock()

State = Literal["new", "acknowledged", "replayed", "resolved", "regressed"]


class GroupQuery(Paged):
    """Which causes; of several conditions, all hold."""

    state: State | None = None
    kind: Annotated[str, Field(max_length=50)] = ""
    """``failed run`` …"""
    owner: Annotated[str, Field(max_length=200)] | None = None
    """The key of a user; empty = nobody's."""
    text: Annotated[str, Field(max_length=200)] = ""
    """Somewhere in the title, the class or the place, of the newest 10,000 causes; ``searched_newest``
    says where there are older ones. Needs ``view_payload``."""
    with_closed: bool = False
    """Also those without an open letter."""
    with_snoozed: bool = False
    """Also those that nobody wants to hear of now."""


class GroupTold(Shape):
    """A cause."""

    id: UUID
    kind: str
    code: str
    """``FE`` and three digits."""
    error_type: str
    """The name of the error's class; empty = there was no exception."""
    place: str
    """The deepest frame of the project's own code: ``file:line name``."""
    step: str
    state: State
    owner: str
    note: str
    count: int
    open_count: int
    closed_count: int
    split_by: str | None
    state_at: Instant
    first_at: Instant
    last_at: Instant
    snoozed_until: Instant | None
    title: MaskedText = ""
    """The message without what differs from case to case; only with ``view_payload``."""


class ListedGroupTold(GroupTold):
    """A cause, as a list shows it."""

    workflow: str | None
    """Of its newest letter."""
    hours: list[int]
    """How many died in each of the last 24 hours, oldest first."""


class CommonTold(Shape):
    """What most letters of a cause share, and fewer of the others."""

    field: str
    value: str
    share: float
    """Of the letters that were looked at, 0 to 1."""
    elsewhere: float | None
    """The same of letters of other causes; null = there are none."""


class OneGroupTold(GroupTold):
    """A cause, as its page shows it."""

    rate: list[int]
    """How many died in each of the last 24 hours, oldest first."""
    affected: dict[str, dict[str, int]]
    """By field: its most frequent values among the last letters, with how many have each."""
    common: list[CommonTold]
    sampled: int
    """Letters that *affected* and *common* were seen in."""
    merged: list[UUID]
    """The causes that were merged into it."""


class Assignment(Reason):
    """Who sees to it."""

    owner: Annotated[str, Field(max_length=200)]
    """The key of a user; empty = nobody."""


class Note(Given):
    """What is said about it, in the place of what was said before."""

    text: Annotated[str, Field(max_length=TEXT_MAX)]
    reason: Annotated[str, Field(max_length=TEXT_MAX)] = ""
    """Why; empty = the text says it."""


class Snooze(Reason):
    """Until when nobody wants to hear of it."""

    until: AwareDatetime | None
    """Null = that is over."""


class Merge(Reason):
    """Which causes are the same as this one."""

    groups: Annotated[list[UUID], Field(min_length=1, max_length=groups.MERGED_MAX)]


class Split(Reason):
    """By what its letters are told apart."""

    field: Annotated[str, Field(max_length=50)]


@door.get("groups", needs=SEE, answer=Page[ListedGroupTold])
def list_groups(request: HttpRequest, query: Query[GroupQuery]) -> Any:
    """Causes of dead letters, that which failed last first."""
    with_text = access.view_payload(request.user)
    if query.text and not with_text:
        raise Refusal(
            403, "FE802", "To look for words in error texts needs flowengine.view_payload."
        )
    wanted = dead.Wanted(
        states=() if query.state is None else (query.state,),
        kind=query.kind,
        owner=query.owner,
        text=query.text,
        with_closed=query.with_closed,
        with_snoozed=query.with_snoozed,
    )
    found = dead.groups(wanted, after=place_after(query.after), limit=query.limit + 1)
    workflows, now = dead_totals.workflows([group.row.id for group in found]), _clock.now()

    def told(group: dead.Group) -> dict[str, Any]:
        shown = _told(group, with_text=with_text)
        hours = deaths.hours(group, now)
        return {**shown, "workflow": workflows.get(group.row.id), "hours": hours}

    page = page_of(found, query.limit, told, lambda group: cursor(group.row.last_at, group.row.id))
    return all_told(page, found)


@door.get("groups/{uuid:group_id}", needs=SEE, answer=OneGroupTold)
def get_group(request: HttpRequest, group_id: Path[UUID]) -> Any:
    """One cause, with what its letters have in common."""
    return _page(request, group_id)


@door.post("groups/{uuid:group_id}/acknowledge", needs=TRIAGE, answer=OneGroupTold)
def acknowledge_group(request: HttpRequest, group_id: Path[UUID], body: Reason) -> Any:
    """Somebody has seen it."""
    _visible(request, group_id)
    groups.acknowledge(group_id, by(request, body.reason))
    return _page(request, group_id)


@door.post("groups/{uuid:group_id}/assign", needs=TRIAGE, answer=OneGroupTold)
def assign_group(request: HttpRequest, group_id: Path[UUID], body: Assignment) -> Any:
    """Somebody sees to it from now on."""
    _visible(request, group_id)
    groups.assign(group_id, body.owner, by(request, body.reason))
    return _page(request, group_id)


@door.post("groups/{uuid:group_id}/note", needs=TRIAGE, answer=OneGroupTold)
def note_group(request: HttpRequest, group_id: Path[UUID], body: Note) -> Any:
    """Say something about it."""
    _visible(request, group_id)
    groups.note(group_id, body.text, by(request, body.reason))
    return _page(request, group_id)


@door.post("groups/{uuid:group_id}/snooze", needs=TRIAGE, answer=OneGroupTold)
def snooze_group(request: HttpRequest, group_id: Path[UUID], body: Snooze) -> Any:
    """Nobody wants to hear of it for a while; it ends when the cause regresses."""
    _visible(request, group_id)
    groups.snooze(group_id, body.until, by(request, body.reason))
    return _page(request, group_id)


@door.post("groups/{uuid:group_id}/resolve", needs=TRIAGE, answer=OneGroupTold)
def resolve_group(request: HttpRequest, group_id: Path[UUID], body: Reason) -> Any:
    """The cause is gone; if it fails again, it has regressed."""
    _visible(request, group_id)
    groups.resolve(group_id, by(request, body.reason))
    return _page(request, group_id)


@door.post("groups/{uuid:group_id}/merge", needs=TRIAGE, answer=OneGroupTold)
def merge_groups(request: HttpRequest, group_id: Path[UUID], body: Merge) -> Any:
    """Other causes are the same as this one: their letters, and those to come, belong to it."""
    _visible(request, group_id)
    groups.merge(body.groups, group_id, by(request, body.reason))
    return _page(request, group_id)


@door.post("groups/{uuid:group_id}/split", needs=TRIAGE, answer=OneGroupTold)
def split_group(request: HttpRequest, group_id: Path[UUID], body: Split) -> Any:
    """Its letters, and those to come, make a cause for each value of a field."""
    _visible(request, group_id)
    groups.split(group_id, body.field, by(request, body.reason))
    return _page(request, group_id)


def _told(group: dead.Group, *, with_text: bool) -> dict[str, Any]:
    return {
        **deaths.group_view(group),
        **({"title": group.row.title} if with_text else {}),
    }


def _page(request: HttpRequest, group_id: UUID) -> dict[str, Any]:
    found = dead.group(group_id)
    if found is None:
        raise not_found()
    return {
        **_told(found.group, with_text=access.view_payload(request.user)),
        "rate": list(found.rate),
        "affected": {name: dict(values) for name, values in found.affected.items()},
        "common": [
            {name: getattr(each, name) for name in ("field", "value", "share", "elsewhere")}
            for each in found.common
        ],
        "sampled": found.sampled,
        "merged": list(found.merged),
    }


def _visible(request: HttpRequest, group_id: UUID) -> None:
    """Raise where there is no such cause, or this user may not see any."""
    if not SEE.is_met(request.user) or not dead.exists(group_id):
        raise not_found()

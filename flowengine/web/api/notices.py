"""Rules of notifications: what somebody wants to be told of in the inbox, for himself or for a group."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from flowengine.access import user_key
from flowengine.conf import settings
from flowengine.models import NotificationRuleRecord
from flowengine.orchestration.notices import rules
from flowengine.orchestration.notices.happenings import NEEDS
from flowengine.orchestration.notices.rules import FILTER_MAX, OWN_MAX, TooMany, Wish
from flowengine.orchestration.recipients import group_exists
from flowengine.representations import instant
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.acting import Removed, by
from flowengine.web.api.gate import SIGNED_IN, Door, demand, permission
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
from flowengine.web.api.problems import Refusal, malformed, not_found, of_fields

door = Door("notifications")
SHARE = permission("share_rule")
What = Literal[
    "run.failed",
    "cause.new",
    "cause.regressed",
    "station.closed",
    "station.unserved",
    "approval.asked",
    "worker.silent",
]
_clock = DatabaseClock()


class RuleTold(Shape):
    """A rule."""

    id: UUID
    what: What
    filter: str
    """Words that must all stand in it; ``workflow:order`` for one workflow. Empty = each."""
    group: str
    """The name of the group that is told; empty = this user is."""
    mail: bool
    """By e-mail too, where it was not seen in time."""
    per_hour: int
    """Notifications at most; what more there is to tell is said together."""
    is_muted: bool
    created_at: Instant
    created_by: str
    """The key of a user."""
    sent: int
    """Notifications in its hour."""
    kept_back: int
    """What it has not told of in its hour."""


class RuleGiven(Given):
    """A rule to be made."""

    what: What
    filter: Annotated[str, Field(max_length=FILTER_MAX)] = ""
    group: Annotated[str, Field(max_length=150)] = ""
    """The name of a group to be told, with ``share_rule`` and a reason; empty = tell me."""
    mail: bool = False
    per_hour: Annotated[int, Field(ge=1, le=100)] = 10
    reason: Annotated[str, Field(max_length=TEXT_MAX)] = ""


class MaybeReason(Given):
    """Why; needed for what concerns a group."""

    reason: Annotated[str, Field(max_length=TEXT_MAX)] = ""


@door.get("notification-rules", needs=SIGNED_IN, answer=Page[RuleTold])
def list_notification_rules(request: HttpRequest, query: Query[Paged]) -> Any:
    """My rules, and those of my groups; with ``share_rule`` those of every group. The last made first."""
    rows = _visible(request).order_by("-created_at", "-id")
    place = place_after(query.after)
    if place is not None:
        at, key = place
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=key))
    found = list(rows[: query.limit + 1])
    return page_of(found, query.limit, _told, lambda row: cursor(row.created_at, row.id))


@door.post("notification-rules", needs=SIGNED_IN, answer=RuleTold, status=201)
def make_notification_rule(request: HttpRequest, body: RuleGiven) -> Any:
    """Be told of something from now on, or have a group told."""
    demand(request, [NEEDS[body.what], *(["share_rule"] if body.group else [])])
    if body.mail and settings().INBOX_MAIL_AFTER_S is None:
        text = "this project sends no e-mail: it has no INBOX_MAIL_AFTER_S"
        raise of_fields([{"loc": ("body", "mail"), "msg": text}])
    if body.group and not group_exists(body.group):
        raise of_fields([{"loc": ("body", "group"), "msg": "there is no group of that name"}])
    wish = Wish(
        what=body.what,
        filter=" ".join(body.filter.split()),
        user="" if body.group else user_key(request.user),
        group=body.group,
        mail=body.mail,
        per_hour=body.per_hour,
    )
    try:
        with _found():
            return _told(rules.make(wish, by(request, body.reason), _clock.now()))
    except TooMany:
        raise malformed(f"There are enough rules: at most {OWN_MAX} of one owner.") from None


@door.post("notification-rules/{uuid:rule_id}/mute", needs=SIGNED_IN, answer=RuleTold)
def mute_notification_rule(request: HttpRequest, rule_id: Path[UUID], body: MaybeReason) -> Any:
    """Tell nothing for now."""
    return _muted(request, rule_id, body.reason, is_muted=True)


@door.post("notification-rules/{uuid:rule_id}/unmute", needs=SIGNED_IN, answer=RuleTold)
def unmute_notification_rule(request: HttpRequest, rule_id: Path[UUID], body: MaybeReason) -> Any:
    """Tell again, of what comes from now on."""
    return _muted(request, rule_id, body.reason, is_muted=False)


@door.post("notification-rules/{uuid:rule_id}/remove", needs=SIGNED_IN, answer=Removed)
def remove_notification_rule(request: HttpRequest, rule_id: Path[UUID], body: MaybeReason) -> Any:
    """Take a rule away; what it has told stays told."""
    person = by(request, body.reason)
    try:
        _changeable(request, rule_id)
    except Refusal as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND or not rules.is_removed(rule_id, person):
            raise
        return {"id": rule_id}
    with _found():
        rules.remove(rule_id, person, _clock.now())
    return {"id": rule_id}


def _muted(request: HttpRequest, rule_id: UUID, reason: str, *, is_muted: bool) -> dict[str, Any]:
    _changeable(request, rule_id)
    with _found():
        return _told(rules.mute(rule_id, by(request, reason), _clock.now(), is_muted=is_muted))


@contextmanager
def _found() -> Iterator[None]:
    """Refuse with 404 where somebody has taken the rule away since it was looked for."""
    try:
        yield
    except NotificationRuleRecord.DoesNotExist:
        raise not_found() from None


def _visible(request: HttpRequest) -> Any:
    user: Any = request.user
    groups = user.groups.values_list("name", flat=True) if hasattr(user, "groups") else []
    return rules.visible(user_key(user), groups, all_groups=SHARE.is_met(user))


def _changeable(request: HttpRequest, rule_id: UUID) -> NotificationRuleRecord:
    """A rule that this user may change.

    Raises:
        Refusal: 404, there is none to be seen; 403, it is a group's.
    """
    row: NotificationRuleRecord | None = _visible(request).filter(pk=rule_id).first()
    if row is None:
        raise not_found()
    if row.group_name:
        demand(request, ["share_rule"])
    return row


def _told(row: NotificationRuleRecord) -> dict[str, Any]:
    names = ("id", "what", "filter", "mail", "per_hour", "is_muted", "created_by")
    return {
        **{name: getattr(row, name) for name in names},
        "group": row.group_name,
        "created_at": instant(row.created_at),
        "sent": row.sent,
        "kept_back": row.kept_back,
    }

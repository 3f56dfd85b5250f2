"""What people do to rules: make one, mute it, take it away.

A rule of one's own is nobody else's business. One of a group tells others, so it takes a permission and a
reason, and is kept in the audit.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from flowengine.conf import settings
from flowengine.engine.identity import act_id, uuid7
from flowengine.engine.printable import printable
from flowengine.models import NotificationRuleRecord
from flowengine.orchestration import audit, once
from flowengine.orchestration.audit import By, Entry, wants_reason
from flowengine.orchestration.recipients import users_of
from flowengine.store import rules, sql
from flowengine.store.rules import NO_LETTER, RULES_MAX

OWN_MAX = 50
"""Rules of one user, or of one group."""
FILTER_MAX = 200
"""Characters of a filter."""
_REMOVE = "rule.remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a rule is to be."""

    what: str
    """See ``happenings.NEEDS``."""
    filter: str = ""
    user: str = ""
    """The key of who is told; empty = the *group* is."""
    group: str = ""
    mail: bool = False
    per_hour: int = 10


class TooMany(Exception):
    """There are as many rules as there may be, of this owner or of all."""


def make(wish: Wish, by: By, now: datetime) -> NotificationRuleRecord:
    """Tell so from now on; under the key of *by*, once.

    Raises:
        NotificationRuleRecord.DoesNotExist: a group's, made under that key and taken away since.
        ReasonMissing: FE513, of a group's.
        TooMany: there are enough already.
    """
    owned = Q(user_key=wish.user, group_name=wish.group)
    chance = uuid7(int(now.timestamp() * 1000), os.urandom(10))
    rule = act_id(by.who, by.key, "rule.make") if by.key else chance
    with sql.writing():
        made = _rows().filter(pk=rule).first()
        if made is not None:
            return made
        if audit.is_done(by, "rule.make", "rule", rule):
            return _rows().get(pk=rule)
        if _rows().count() >= RULES_MAX:
            _forget_gone()
        if _rows().count() >= RULES_MAX or _rows().filter(owned).count() >= OWN_MAX:
            raise TooMany
        told = {
            "what": wish.what,
            "filter": printable(wish.filter)[:FILTER_MAX],
            "user_key": wish.user,
            "group_name": wish.group,
            "mail": wish.mail,
            "per_hour": wish.per_hour,
            "created_at": now,
            "created_by": by.who,
            "looked_at": now,
            "looked_id": NO_LETTER,
        }
        # The same, sent at the same moment, is waited for.
        row, is_new = _rows().get_or_create(id=rule, defaults=told)
        if is_new:
            _keep("rule.make", row, by, now)
    return row


def mute(rule: UUID, by: By, now: datetime, *, is_muted: bool) -> NotificationRuleRecord:
    """Tell nothing for now, or tell again what comes from now on.

    Raises:
        NotificationRuleRecord.DoesNotExist: somebody has taken it away.
        ReasonMissing: FE513, of a group's.
    """
    verb = "rule.mute" if is_muted else "rule.unmute"
    with sql.writing():
        row = _rows().select_for_update().get(pk=rule)
        if audit.is_done(by, verb, "rule", rule):
            return row
        row.is_muted = is_muted
        row.looked_at, row.looked_id = now, NO_LETTER
        row.save(using=settings().DATABASE, update_fields=["is_muted", "looked_at", "looked_id"])
        _keep(verb, row, by, now)
    return row


def remove(rule: UUID, by: By, now: datetime) -> None:
    """Take it away, with what it remembers; what it has told stays told. As :func:`mute`."""
    with sql.writing():
        row = _rows().select_for_update().filter(pk=rule).first()
        if row is None:
            if is_removed(rule, by):
                return  # the same, sent at the same moment, was waited for
            raise NotificationRuleRecord.DoesNotExist
        rules.forget([rule])
        _rows().filter(pk=rule).delete()
        once.keep(by, _REMOVE, rule, now)
        _keep(_REMOVE, row, by, now)


def is_removed(rule: UUID, by: By) -> bool:
    """Whether he has taken it away before, under the same key."""
    return once.is_done(by, _REMOVE, rule)


def visible(
    user: str, groups: Collection[str], *, all_groups: bool
) -> QuerySet[NotificationRuleRecord]:
    """The rules of this user and of these groups; or of every group."""
    of_groups = ~Q(group_name="") if all_groups else Q(group_name__in=list(groups))
    return _rows().filter(Q(user_key=user) | of_groups)


def _forget_gone() -> None:
    """Take away the rules of users who are not there any more: nobody else can."""
    keys = set(_rows().exclude(user_key="").values_list("user_key", flat=True))
    gone = _rows().filter(user_key__in=keys - users_of(keys).keys())
    rules.forget(gone.values_list("id", flat=True))
    gone.delete()


def _rows() -> QuerySet[NotificationRuleRecord]:
    return NotificationRuleRecord.objects.using(settings().DATABASE)


def _keep(verb: str, row: NotificationRuleRecord, by: By, now: datetime) -> None:
    if not row.group_name:
        return
    wants_reason(by)
    details: Mapping[str, object] = {
        "what": row.what,
        "filter": row.filter,
        "group": row.group_name,
        "mail": row.mail,
        "per_hour": row.per_hour,
    }
    entry = Entry(by=by, verb=verb, kind="rule", object_id=str(row.id), details=details)
    audit.record([entry], now)

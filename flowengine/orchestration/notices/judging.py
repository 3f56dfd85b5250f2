"""Which rule wants what, and how much of it is told at once: nothing here reads or writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flowengine.orchestration.notices.happenings import Happening
from flowengine.store.rules import Rule

HOUR = timedelta(hours=1)
APART_MAX = 3
"""So many things of one look are told one by one; more are told together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One notification of a rule."""

    first: Happening | None
    """What it is about; None = all of it was kept back before."""
    more: int = 0
    """So many more, which are not said one by one."""
    since: datetime | None = None
    """Of what was kept back: since when."""


def fits(rule: Rule, each: Happening) -> bool:
    """Whether the rule is about that thing: its kind, its words, and not before the rule was made."""
    if rule.what != each.what or (each.at is not None and each.at < rule.created_at):
        return False
    words = each.words.casefold()
    for word in rule.filter.casefold().split():
        name, colon, workflow = word.partition(":")
        if colon and name == "workflow":
            if each.workflow.casefold() != workflow:
                return False
        elif word not in words:
            return False
    return True


def judge(rule: Rule, found: Sequence[Happening], now: datetime) -> tuple[Rule, list[Telling]]:
    """What the rule tells of what it has *found* now, and the rule as it has counted that.

    At most ``per_hour`` notifications in an hour, which begins with the first of them; what is kept
    back is said, as a number, when the next one begins.
    """
    told: list[Telling] = []
    if rule.hour_at is not None and now - rule.hour_at >= HOUR:
        if rule.kept_back:
            told.append(Telling(first=None, more=rule.kept_back, since=rule.hour_at))
        rule = replace(rule, hour_at=None, sent=0, kept_back=0)
    left = rule.per_hour - rule.sent - len(told)
    if left <= 0:
        rule = replace(rule, kept_back=rule.kept_back + len(found))
    elif len(found) <= min(left, APART_MAX):
        told += [Telling(first=each) for each in found]
    else:
        told.append(Telling(first=found[0], more=len(found) - 1))
    if told:
        rule = replace(rule, hour_at=rule.hour_at or now, sent=rule.sent + len(told))
    return rule, told

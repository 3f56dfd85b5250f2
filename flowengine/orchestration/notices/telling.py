"""Looking now and then at what there is to tell, and writing it into the inboxes of who wants it.

One transaction for all rules, and as many statements whatever they find. Two processes that look at the
same time share the rules between them; what one has told, none tells again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from flowengine.conf import settings
from flowengine.definitions.catalog import Catalog
from flowengine.orchestration import notify
from flowengine.orchestration.notices.happenings import NEEDS, TONES, Happening, look
from flowengine.orchestration.notices.judging import Telling, fits, judge
from flowengine.orchestration.recipients import members_of, permitted_to
from flowengine.store import notifications, rules, sql
from flowengine.store.notifications import Note
from flowengine.store.rules import LETTERS_MAX, NO_LETTER, Rule

SETTLED = timedelta(seconds=30)
"""A transaction that was open for so long has committed: nothing older is still to come."""
_IDS = uuid5(NAMESPACE_OID, "flowengine notification rules")
_TOGETHER = {
    "run.failed": _("More runs have failed"),
    "cause.new": _("More new causes"),
    "cause.regressed": _("More causes are back"),
    "station.closed": _("More stations are closed"),
    "station.unserved": _("More stations are not served"),
    "approval.asked": _("More approvals wait"),
    "worker.silent": _("More workers are silent"),
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What a rule tells, and to whom."""

    rule: Rule
    telling: Telling
    readers: Sequence[str]


def run_once(catalog: Catalog, now: datetime) -> bool:
    """Tell what there is to tell; True where there may be more at once."""
    if not rules.any_in_force():
        return False
    with sql.writing():
        held = rules.held()
        if not held:
            return False
        after = min(rule.looked for rule in held)
        seen = look({rule.what for rule in held}, catalog, after, now)
        found = seen.found
        new = _new(held, found, now)
        letters = [(each.at, each.key) for each in found if each.at and each.key]
        is_full = len(letters) == LETTERS_MAX
        looked = letters[-1] if is_full else max(after, (now - SETTLED, NO_LETTER))
        judged = [judge(rule, new[rule], now) for rule in held]
        rules.count([replace(rule, looked=max(rule.looked, looked)) for rule, _told in judged])
        there = [each.thing for each in found]
        rules.forget_over(
            [rule.id for rule in held],
            there,
            after[0] - SETTLED,
            more_causes=seen.more_causes,
            more_asked=seen.more_asked,
        )
        users = _write([(rule, each) for rule, told in judged for each in told], now)
    notify.number(users)
    return is_full


def _new(
    held: Sequence[Rule], found: Sequence[Happening], now: datetime
) -> Mapping[Rule, list[Happening]]:
    """By rule, what it had not found before."""
    wanted = [
        (rule, each)
        for rule in held
        for each in found
        if fits(rule, each) and not _was_looked_at(rule, each)
    ]
    hits = rules.hit([(rule.id, each.thing) for rule, each in wanted], now)
    new: dict[Rule, list[Happening]] = {rule: [] for rule in held}
    for rule, each in wanted:
        if (rule.id, each.thing) in hits:
            new[rule].append(each)
    return new


def _was_looked_at(rule: Rule, each: Happening) -> bool:
    """It is read once more only because another rule has not come so far; this one's hit may be forgotten."""
    return each.at is not None and each.key is not None and (each.at, each.key) <= rule.looked


def _write(told: Sequence[tuple[Rule, Telling]], now: datetime) -> list[str]:
    """Write the notifications; the keys of their readers."""
    if not told:
        return []
    groups = members_of({rule.group for rule, _telling in told if rule.group})
    named = [(rule, [rule.user] if rule.user else groups.get(rule.group, [])) for rule, _ in told]
    may = {
        needs: set(permitted_to(f"flowengine.{needs}", {key for _, keys in named for key in keys}))
        for needs in {NEEDS[rule.what] for rule, _telling in told}
    }
    readers = [[key for key in keys if key in may[NEEDS[rule.what]]] for rule, keys in named]
    every = [
        _Told(rule, telling, keys) for (rule, telling), keys in zip(told, readers, strict=True)
    ]
    mail_after = settings().INBOX_MAIL_AFTER_S
    by_mail = None if mail_after is None else timedelta(seconds=mail_after)
    push = settings().INBOX_PUSH_AFTER_S if settings().PUSH_KEY else None
    push_after = None if push is None else timedelta(seconds=push)
    for mail, after in ((False, None), (True, by_mail)):
        notes = list(_notes(each for each in every if each.rule.mail is mail))
        notifications.insert(notes, now, mail_after=after, push_after=push_after)
    return sorted({key for keys in readers for key in keys})


def _notes(told: Iterable[_Told]) -> Iterable[Note]:
    for each in told:
        title, text, url, thing = _said(each.rule, each.telling)
        for key in each.readers:
            yield Note(
                id=uuid5(_IDS, f"{each.rule.id}\0{thing}\0{key}"),
                user=key,
                kind="message",
                tone=TONES[each.rule.what],
                title=title[: notify.TITLE_MAX],
                text=text[: notify.TEXT_MAX],
                url=url,
            )


def _said(rule: Rule, telling: Telling) -> tuple[str, str, str, str]:
    """Title, text and URL, and what makes it one of its kind."""
    first, more = telling.first, telling.more
    if first is None:
        text = ngettext("%(n)s since %(at)s", "%(n)s since %(at)s", more) % {
            "n": more,
            "at": f"{telling.since:%H:%M} UTC",
        }
        return str(_TOGETHER[rule.what]), text, "", f"kept:{telling.since}"
    if not more:
        return first.title, first.text, first.url, f"{first.thing}:{first.at}"
    text = ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more}
    joined = gettext("%(text)s, %(more)s") % {"text": first.text, "more": text}
    return (
        first.title,
        joined if first.text else text,
        first.url,
        f"{first.thing}:{first.at}:{more}",
    )

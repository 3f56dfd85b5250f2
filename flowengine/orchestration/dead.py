"""Reading dead letters: their causes, what these have in common, and one of them with all its tries.

No answer depends on how many letters there are: counts are kept, and what letters have in common is seen
in the last two hundred.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Now

from flowengine.conf import settings
from flowengine.engine.run import Failure
from flowengine.models import DeadGroupRecord, DeadLetterRecord, DeadTallyRecord
from flowengine.orchestration import querying
from flowengine.orchestration.masked import mask
from flowengine.store import sql
from flowengine.store.clock import DatabaseClock
from flowengine.store.dead_groups import hour_of
from flowengine.store.newest import Found, among_newest

SAMPLE = 200
"""Letters that are looked at for what a group has in common, and as many of all groups together."""
FIELDS = ("workflow", "digest", "event_type", "source", "version", "worker", "code", "step")
HOURS = 24
_SHARE_MIN = 0.8
_MORE_MIN = 0.2
"""By how much the share in the group is above that elsewhere, to be worth saying."""
_VALUES_SHOWN = 20
_SORT = ("-last_at", "-id")
_RUNS = "SELECT id, actor, labels FROM flowengine_run WHERE id = ANY(%(ids)s)"
_failure = msgspec.json.Decoder(Failure).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One cause, as it stands now."""

    row: DeadGroupRecord
    count: int
    """Letters, those included that are not folded into *row* yet."""
    open_count: int

    @property
    def closed_count(self) -> int:
        """Letters that are resolved or discarded."""
        return self.count - self.open_count


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What letters of a group share, and others do not."""

    field: str
    """A column of the letter, ``actor``, or ``label.customer``."""
    value: str
    share: float
    """Of the letters of the group that were looked at, 0 to 1."""
    elsewhere: float | None
    """The same of letters of other groups; None = there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All that is said of one cause."""

    group: Group
    rate: tuple[int, ...]
    """How many died in each of the last 24 hours, oldest first."""
    affected: Mapping[str, Mapping[str, int]]
    """By field: its values among the last letters, the most frequent first, with how many have each."""
    common: tuple[Common, ...]
    sampled: int
    """Letters that *affected* and *common* were seen in: the last two hundred at most."""
    merged: tuple[UUID, ...]
    """The groups that were merged into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One dead letter with its story."""

    row: DeadLetterRecord
    failure: Failure | None
    """With its tries and their frames; None = it was refused, nothing had failed."""
    group: DeadGroupRecord | None
    expires_at: datetime | None
    """When it will be deleted; None = never, as long as it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which causes; of several conditions, all hold."""

    states: Sequence[str] = ()
    """Empty = any."""
    kind: str = ""
    """``failed run`` …; empty = any."""
    owner: str | None = None
    """The key of a user, empty = nobody's; None = anybody's."""
    text: str = ""
    """Somewhere in the title, the class or the place; of the newest ``SEARCHED_MAX`` causes."""
    with_closed: bool = False
    """Also those without an open letter."""
    with_snoozed: bool = False
    """Also those nobody wants to hear of now."""


After = tuple[datetime, UUID]
"""``last_at`` and id of the last cause of the page before."""
OPEN = Wanted()
"""What people have to see to."""


def groups(wanted: Wanted = OPEN, *, after: After | None = None, limit: int = 50) -> Found[Group]:
    """A page of causes, that which failed last first. Three statements."""
    parts = [_newest(part, wanted.text, limit) for part in _parts(wanted, after)]
    rows = [row for part in parts for row in part]
    rows.sort(key=lambda row: (row.last_at, row.id), reverse=True)
    found = Found(_counted(rows[:limit]))
    if len(rows) < limit and any(part.searched for part in parts):
        found.searched = querying.SEARCHED_MAX
    return found


def _parts(wanted: Wanted, after: After | None) -> list[QuerySet[DeadGroupRecord]]:
    """What has to be looked at; each part has an index of its own, together they would have none."""
    found = _groups().filter(merged_into=None)
    # Of a split group nothing is left but what is not moved yet.
    found = found.filter(Q(split_by=None) | Q(count__gt=0))
    if wanted.states:
        found = found.filter(state__in=wanted.states)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.owner is not None:
        found = found.filter(owner=wanted.owner)
    if not wanted.with_snoozed:
        found = found.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=Now()))
    if after is not None:
        at, last = after
        found = found.filter(Q(last_at__lte=at) & (Q(last_at__lt=at) | Q(id__lt=last)))
    if wanted.with_closed:
        return [found]
    has_new = DeadTallyRecord.objects.using(settings().DATABASE).filter(open_count__gt=0)
    return [
        found.filter(open_count__gt=0),
        found.filter(open_count__lte=0, id__in=has_new.values("group_id")),
    ]


def group(group_id: UUID) -> Page | None:
    """All that is said of that cause; None where there is none. Six statements."""
    row = _groups().filter(pk=group_id).first()
    if row is None:
        return None
    [counted] = _counted([row])
    sample, others = _samples(group_id)
    values = _values(sample)
    return Page(
        group=counted,
        rate=_rate(row),
        affected={name: dict(each.most_common(_VALUES_SHOWN)) for name, each in values.items()},
        common=_common(values, len(sample), others),
        sampled=len(sample),
        merged=tuple(_groups().filter(merged_into=group_id).values_list("id", flat=True)[:100]),
    )


def exists(group_id: UUID) -> bool:
    """There is such a cause."""
    return _groups().filter(pk=group_id).exists()


def letter(letter_id: UUID) -> Letter | None:
    """That dead letter; None where there is none. Two statements."""
    row = _letters().filter(pk=letter_id).first()
    if row is None:
        return None
    return Letter(
        row=row,
        failure=None if row.failure is None else _failure(bytes(row.failure)),
        group=_groups().filter(pk=row.group_id).first(),
        expires_at=expires_at(row),
    )


def expires_at(row: DeadLetterRecord) -> datetime | None:
    """When a dead letter will be deleted; None = not as long as it is open, or as settings stand."""
    days = settings().RETENTION_DEAD_DAYS
    return None if row.closed_at is None or days is None else row.closed_at + timedelta(days=days)


def _newest(found: QuerySet[DeadGroupRecord], text: str, limit: int) -> Found[DeadGroupRecord]:
    """The first of these causes; with *text*, that have it, of the newest ``SEARCHED_MAX``."""
    found = found.order_by(*_SORT)
    if not text:
        return Found(found[:limit])
    wanted = text.replace("\x00", "")
    has_text = (
        Q(title__icontains=wanted) | Q(error_type__icontains=wanted) | Q(place__icontains=wanted)
    )
    return among_newest(found, has_text, looked=querying.SEARCHED_MAX, limit=limit)


def _groups() -> QuerySet[DeadGroupRecord]:
    return DeadGroupRecord.objects.using(settings().DATABASE)


def _letters() -> QuerySet[DeadLetterRecord]:
    return DeadLetterRecord.objects.using(settings().DATABASE)


def _counted(rows: Sequence[DeadGroupRecord]) -> list[Group]:
    """With what is not folded in yet."""
    tallies = DeadTallyRecord.objects.using(settings().DATABASE)
    added = {
        each["group_id"]: (each["more"], each["more_open"])
        for each in tallies.filter(group_id__in=[row.id for row in rows])
        .values("group_id")
        .annotate(more=Sum("count"), more_open=Sum("open_count"))
    }
    return [
        Group(
            row=row,
            count=row.count + added.get(row.id, (0, 0))[0],
            open_count=row.open_count + added.get(row.id, (0, 0))[1],
        )
        for row in rows
    ]


def _rate(row: DeadGroupRecord) -> tuple[int, ...]:
    kept = json.loads(row.hours)
    this = hour_of(DatabaseClock().now())
    return tuple(kept.get(str(hour), 0) for hour in range(this - HOURS + 1, this + 1))


Known = Mapping[str, str]
"""Of one letter: its fields, and the actor and labels of its run."""


def _samples(group_id: UUID) -> tuple[Sequence[Known], Sequence[Known]]:
    """The last letters of a group, and those of others among the last of all.

    The group may be all there is: letters of others are not looked for any further back.
    """
    own = _last(_letters().filter(group_id=group_id))
    others = [row for row in _last(_letters()) if row["group_id"] != group_id]
    ids = {row["run_id"] for row in (*own, *others)} - {None}
    # An array, not hundreds of parameters.
    found = sql.query(_RUNS, {"ids": [*ids]}) if ids else []
    runs = {sql.as_uuid(run): (actor, labels) for run, actor, labels in found}
    known = [[_known(row, runs.get(row["run_id"])) for row in rows] for rows in (own, others)]
    return known[0], known[1]


def _last(letters: QuerySet[DeadLetterRecord]) -> list[dict[str, Any]]:
    newest = letters.order_by("-created_at", "-id")
    return [*newest.values("run_id", "group_id", *FIELDS)[:SAMPLE]]


def _known(row: Mapping[str, Any], run: tuple[str | None, str] | None) -> dict[str, str]:
    known = {name: row[name] for name in FIELDS if row[name]}
    if run is not None:
        actor, labels = run
        if actor:
            known["actor"] = actor
        if labels != "{}":
            shown = mask().value(json.loads(labels))
            known |= {f"label.{name}": str(value) for name, value in shown.items()}
    return known


def _values(sample: Iterable[Known]) -> dict[str, Counter[str]]:
    """By field: how often each value comes."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for known in sample:
        for name, value in known.items():
            found[name].append(value)
    return {name: Counter(values) for name, values in found.items()}


def _common(
    values: Mapping[str, Counter[str]], sampled: int, others: Sequence[Known]
) -> tuple[Common, ...]:
    """The values that are in most of the group, and in clearly fewer of the others."""
    found = []
    for name, counter in values.items():
        [(value, count)] = counter.most_common(1)
        share = count / sampled
        elsewhere = (
            sum(known.get(name) == value for known in others) / len(others) if others else None
        )
        if share >= _SHARE_MIN and share - (elsewhere or 0.0) >= _MORE_MIN:
            found.append(Common(field=name, value=value, share=share, elsewhere=elsewhere))
    return tuple(sorted(found, key=lambda each: (each.elsewhere or 0.0) - each.share))

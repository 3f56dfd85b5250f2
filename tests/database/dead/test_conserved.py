"""Whatever is done to dead letters and causes, in whatever order: none is lost, and counts are right."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest

from flowengine.errors import GroupRefused
from flowengine.models import DeadGroupRecord, DeadLetterRecord, DeadTallyRecord
from flowengine.orchestration import dead, groups, prune
from flowengine.store import dead_groups, dead_letters, sql
from tests.builders.dead import NOON, SOMEBODY, a_letter, fold, new_id

pytestmark = pytest.mark.django_db

MESSAGES = ("card gone", "card lost", "no route", "gateway down")
SOURCES = ("web", "till", None)


class People:
    """They do one thing after another, by chance; one seed, one story."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._now = NOON
        self.buried: set[UUID] = set()
        self.deleted = 0

    def act(self) -> None:
        self._now += timedelta(minutes=self._chance.randrange(1, 9))
        acts: tuple[Callable[[], None], ...] = (
            *(self._bury, self._bury, self._close, self._claim, self._reopen, self._merge),
            *(self._split, self._beat, self._beat, self._replay, self._prune),
        )
        self._chance.choice(acts)()

    def _bury(self) -> None:
        letters = [
            a_letter(
                self._chance.choice(MESSAGES), source=self._chance.choice(SOURCES), at=self._now
            )
            for _ in range(self._chance.randrange(1, 6))
        ]
        again = letters + self._chance.sample(letters, 1)
        with sql.writing():
            dead_letters.insert(again, self._now)
        self.buried |= {letter.id for letter in letters}

    def _some(self) -> list[UUID]:
        known = sorted(DeadLetterRecord.objects.values_list("id", flat=True))
        return self._chance.sample(known, min(len(known), 4))

    def _close(self) -> None:
        state = self._chance.choice(("resolved", "discarded"))
        dead_letters.close(self._some(), state, reason="x", by="7", now=self._now)

    def _claim(self) -> None:
        dead_letters.claim(self._some(), new_id())

    def _reopen(self) -> None:
        dead_letters.reopen(self._some())

    def _groups(self, most: int) -> list[UUID]:
        known = sorted(DeadGroupRecord.objects.values_list("id", flat=True))
        return self._chance.sample(known, min(len(known), most))

    def _merge(self) -> None:
        chosen = self._groups(3)
        if len(chosen) > 1:
            with suppress(GroupRefused):
                groups.merge(chosen[1:], chosen[0], SOMEBODY)

    def _split(self) -> None:
        for group in self._groups(1):
            with suppress(GroupRefused):
                groups.split(group, self._chance.choice(("source", "message")), SOMEBODY)

    def _beat(self) -> None:
        groups.run_due(self._now)

    def _replay(self) -> None:
        dead_groups.mark_replayed(self._groups(2), self._now, begun=self._now)

    def _prune(self) -> None:
        later = self._now + timedelta(days=90) - timedelta(minutes=10)
        self.deleted += prune.run(later, limit=3).dead_letters


def counted() -> dict[UUID, tuple[int, int]]:
    """By group: letters, and open ones, as its row and its tallies say."""
    found: dict[UUID, list[int]] = defaultdict(lambda: [0, 0])
    for model, key in ((DeadGroupRecord, "id"), (DeadTallyRecord, "group_id")):
        for group, count, opened in model.objects.values_list(key, "count", "open_count"):
            found[group][0] += count
            found[group][1] += opened
    return {group: (n, opened) for group, (n, opened) in found.items() if (n, opened) != (0, 0)}


def there() -> dict[UUID, tuple[int, int]]:
    """The same, counted one by one."""
    rows = DeadLetterRecord.objects.values_list("group_id", "state")
    every = Counter(group for group, _state in rows)
    opened = Counter(group for group, state in rows if state in {"open", "replaying"})
    return {group: (count, opened[group]) for group, count in every.items()}


@pytest.mark.parametrize("seed", range(12))
def test_no_letter_is_lost_and_every_count_is_right(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "MOVE_PAGE", 2)
    monkeypatch.setattr(groups, "FOLD_PAGE", 3)
    people = People(seed)

    for _ in range(60):
        people.act()
        assert counted() == there()

    assert DeadLetterRecord.objects.count() == len(people.buried) - people.deleted
    states = set(DeadLetterRecord.objects.values_list("state", flat=True))
    assert states <= {"open", "replaying", "resolved", "discarded"}
    fold(NOON + timedelta(days=1))
    assert counted() == there()
    pages = [dead.group(group) for group in there()]
    assert {page.group.row.id: page.group.count for page in pages if page is not None} == {
        group: count for group, (count, _opened) in there().items()
    }
    sending = DeadGroupRecord.objects.exclude(merged_into=None, split_by=None)
    kept = DeadLetterRecord.objects.filter(group_id__in=sending.values("id"))
    assert [*kept] == []

"""What is read of a hundred thousand dead letters: by an index, and about as much as is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from flowengine.orchestration import dead, groups, prune, querying, replay, selections
from flowengine.orchestration.replay import discarding
from flowengine.orchestration.selections import parse
from flowengine.store import dead_groups, dead_letters, sql
from tests.builders import graves
from tests.builders.dead import NOON, SOMEBODY, a_letter, new_id
from tests.builders.plans import all_explained

pytestmark = pytest.mark.django_db

COUNT = 100_000
PAGE = 50
SEARCHED = 2_000
"""In place of ten thousand: of half of all causes an index is no better than the table."""
Asked = dict[str, tuple[Callable[[], object], int]]
"""Each with the rows of large tables that it may look at."""


def lists_of_letters() -> Asked:
    """Each with words of the language of lists."""
    asked = {
        "": PAGE,
        "state:open": PAGE,
        "state:discarded": PAGE,
        "workflow:order state:open": 12 * PAGE,
        "workflow:none": PAGE,
        "state:open since:1h": 12 * PAGE,
        f"group:{graves.group_ids(1)[0]}": PAGE,
        f"group:{graves.group_ids(1)[0]} state:open": 12 * PAGE,
        f"run:{new_id()}": PAGE,
        # Looked at one by one: the bound, and what is read to find it.
        "nowhere": 2 * SEARCHED + PAGE,
        "state:resolved nowhere": 2 * SEARCHED + PAGE,
        "code:FE999": 2 * SEARCHED + PAGE,
        "event:*.nothing": 2 * SEARCHED + PAGE,
        "kind:overflow source:x": 2 * SEARCHED + PAGE,
    }
    return {
        f"letters {query!r}": (
            partial(selections.page, "dead_letter", parse(query, "dead_letter", NOON), limit=PAGE),
            rows,
        )
        for query, rows in asked.items()
    }


def lists_of_causes() -> Asked:
    """And one of them."""
    one = graves.group_ids(1)[0]
    return {
        "causes": (partial(dead.groups, limit=PAGE), 3 * PAGE),
        "the next causes": (
            partial(dead.groups, limit=PAGE, after=(NOON - timedelta(minutes=5), one)),
            3 * PAGE,
        ),
        "causes with words": (
            partial(dead.groups, dead.Wanted(text="gateway 7"), limit=PAGE),
            SEARCHED + 3 * PAGE,
        ),
        "causes of a state": (
            partial(dead.groups, dead.Wanted(states=["new"]), limit=PAGE),
            3 * PAGE,
        ),
        "a cause": (partial(dead.group, one), 12 * dead.SAMPLE),
        "a letter": (partial(dead.letter, graves.letter_ids(1)[0]), PAGE),
    }


def acts() -> Asked:
    """What beats and workers do."""
    going = prune.Pass(NOON + timedelta(days=91))
    some = graves.letter_ids(PAGE)
    with sql.writing():
        chosen = selections.freeze("dead_letter", "state:open", "7")
        large = selections.freeze("dead_letter", "workflow:order", "7")
    moving = graves.group_ids(3)
    return {
        "a page of runs that open letters may hold": (going.page, 30 * prune.PAGE),
        "the next page": (going.page, 30 * prune.PAGE),
        "letters buried": (
            lambda: dead_letters.insert(
                [a_letter(f"gone {chr(97 + n % 20)}") for n in range(PAGE)], NOON
            ),
            10 * PAGE,
        ),
        "letters claimed": (partial(dead_letters.claim, some, new_id()), 3 * PAGE),
        "letters given back": (partial(dead_letters.reopen, some), 3 * PAGE),
        "tallies folded": (partial(groups.run_due, NOON), 10 * PAGE),
        "a cause merged": (
            partial(groups.merge, moving[:2], moving[2], SOMEBODY),
            20 * COUNT // CAUSES,
        ),
        "causes replayed": (
            partial(dead_groups.mark_replayed, moving, NOON, begun=NOON),
            3 * PAGE,
        ),
        "a discarding begun": (partial(replay.discard, chosen.id, SOMEBODY), 15 * discarding.PAGE),
        "another one": (partial(replay.discard, large.id, SOMEBODY), 15 * discarding.PAGE),
    }


CAUSES = 20_000
FULL = {f"flowengine_{name}" for name in ("dead_letter", "dead_group", "run", "event")}
"""The tables that are: of others, almost empty, nothing is to be seen."""


def test_nothing_is_asked_of_all_letters(
    postgres: str, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    graves.fill(COUNT, groups=CAUSES)
    monkeypatch.setattr(querying, "SEARCHED_MAX", SEARCHED)
    for asked in (lists_of_letters, lists_of_causes, acts):
        for name, (ask, rows_max) in asked().items():
            with all_explained(monkeypatch) as seen:
                ask()
            with subtests.test(name):
                assert not seen.scanned & FULL, (seen.scanned, seen.plans)
                assert seen.read <= rows_max, (seen.read, rows_max, seen.plans)

"""Inboxes as browsers are told of them: one moment, numbers that are resumed from, acts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.models import InboxRecord, NotificationRecord
from flowengine.representations import Json
from flowengine.representations.inbox import SENTENCES
from flowengine.store import inbox, inbox_acts, notifications, sql
from flowengine.store.inbox_acts import Act
from flowengine.store.notifications import Note
from flowengine.web.words import WORDS
from tests.builders.stored import now

pytestmark = pytest.mark.django_db


def tell(user: str, *titles: str, **fields: Any) -> list[UUID]:
    """Put these into that user's inbox, a moment apart, and number them together."""
    begun = now()
    notes = [
        Note(id=uuid4(), user=user, kind="message", tone="info", title=title, **fields)
        for title in titles
    ]
    with sql.writing():
        for n, note in enumerate(notes):
            at = begun + timedelta(milliseconds=n)
            notifications.insert([note], at, mail_after=None, push_after=None)
    number(user)
    return [note.id for note in notes]


def number(*users: str) -> None:
    with sql.writing():
        notifications.number(users)


def titles(user: str = "7") -> list[str]:
    return [item["title"] for item in inbox.look([user])[user].items]


def counts(user: str = "7") -> tuple[int, int]:
    mine = inbox.look([user])[user]
    return mine.unread, mine.unseen


def test_inbox_that_nothing_was_put_into_is_empty_and_stands_nowhere() -> None:
    mine = inbox.look(["7"])["7"]

    assert (mine.position, mine.view) == (
        inbox.NO_INBOX,
        {"items": [], "unread": 0, "unseen": 0},
    )
    assert inbox.heads(["7"]) == {"7": inbox.NO_INBOX}


def test_inbox_is_shown_newest_first_with_its_counts_and_no_other_users() -> None:
    tell("7", "first", "second")
    tell("8", "hers")

    assert titles() == ["second", "first"]
    assert counts() == (2, 2)
    assert inbox.look(["7"])["7"].position == inbox.heads(["7"])["7"]


def test_only_the_newest_are_shown_but_all_are_counted() -> None:
    tell("7", *[f"no. {n}" for n in range(inbox.ITEMS_MAX + 5)])

    assert len(titles()) == inbox.ITEMS_MAX
    assert counts() == (inbox.ITEMS_MAX + 5, inbox.ITEMS_MAX + 5)


def test_number_of_statements_does_not_depend_on_the_number_of_users() -> None:
    for user in range(20):
        tell(str(user), "first", "second")
    asked = []

    for users in (["1"], [str(n) for n in range(20)]):
        with CaptureQueriesContext(connection) as queries:
            inbox.look(users)
            inbox.changes(dict.fromkeys(users, 0))
            inbox.heads(users)
        asked.append(len(queries))

    assert asked == [3, 3]


def entries(after: int, user: str = "7") -> list[Json]:
    return inbox.changes({user: after})[user].after(after)


def test_who_stands_at_a_number_is_told_what_came_after_it_and_the_counts() -> None:
    tell("7", "first")
    [second] = tell("7", "second")

    told = entries(1)

    assert [(each["t"], each.get("id")) for each in told] == [
        ("item", str(second)),
        ("counts", None),
    ]
    assert told[-1] == {"t": "counts", "unread": 2, "unseen": 2}


def test_who_has_all_is_told_the_counts_alone() -> None:
    tell("7", "first")

    assert [each["t"] for each in entries(1)] == ["counts"]


def test_archived_item_is_told_as_gone() -> None:
    [first] = tell("7", "first")

    inbox_acts.do("7", Act.ARCHIVE, now(), ids=[first])

    assert entries(1) == [
        {"t": "gone", "id": str(first)},
        {"t": "counts", "unread": 0, "unseen": 0},
    ]
    assert titles() == []


def test_what_has_no_number_yet_is_counted_and_told_together() -> None:
    tell("7", "first")
    with sql.writing():
        note = Note(id=uuid4(), user="7", kind="message", tone="info", title="second")
        notifications.insert([note], now(), mail_after=None, push_after=None)

    assert counts() == (2, 2)
    assert [each["t"] for each in entries(1)] == ["item", "counts"]


def test_who_is_too_far_behind_is_not_told_in_parts() -> None:
    tell("7", *[f"no. {n}" for n in range(inbox.ITEMS_MAX + 1)])

    assert not inbox.changes({"7": 0})["7"].is_whole


def test_seen_read_and_archived_are_three_things() -> None:
    first, second = tell("7", "first", "second")

    inbox_acts.do("7", Act.SEEN, now())
    seen = counts()
    inbox_acts.do("7", Act.READ, now(), ids=[first])
    read = counts()
    done = inbox_acts.do("7", Act.ARCHIVE, now(), ids=[second])

    assert (seen, read, counts()) == ((2, 0), (1, 0), (0, 0))
    assert (done.unread, done.unseen, done.position) == (0, 0, inbox.heads(["7"])["7"])
    assert titles() == ["first"]


def test_act_that_comes_twice_changes_nothing_more() -> None:
    [first] = tell("7", "first")
    once = inbox_acts.do("7", Act.READ, now(), ids=[first])

    twice = inbox_acts.do("7", Act.READ, now(), ids=[first])

    assert (once.changed, twice.changed) == (1, 0)
    assert once.position == twice.position


def test_act_does_nothing_to_items_of_others_and_says_the_same_as_of_none() -> None:
    [hers] = tell("8", "hers")

    foreign = inbox_acts.do("7", Act.ARCHIVE, now(), ids=[hers])
    missing = inbox_acts.do("7", Act.ARCHIVE, now(), ids=[uuid4()])

    assert foreign == missing
    assert titles("8") == ["hers"]


@pytest.mark.parametrize("act", [Act.READ, Act.ARCHIVE, Act.SNOOZE])
def test_act_is_taken_back_whole(act: Act) -> None:
    tell("7", "first", "second")
    before, at = (titles(), counts()), now()
    done = inbox_acts.do("7", act, at, until=at + timedelta(hours=1))

    undone = inbox_acts.undo("7", act, at)

    assert (done.changed, undone.changed) == (2, 2)
    assert (titles(), (undone.unread, 2)) == (before[0], (before[1][0], 2))
    assert inbox_acts.undo("7", act, at).changed == 0


def test_undo_leaves_alone_what_was_done_by_another_act_or_by_another_user() -> None:
    first, second = tell("7", "first", "second")
    at = now()
    inbox_acts.do("7", Act.ARCHIVE, at, ids=[first])
    inbox_acts.do("7", Act.ARCHIVE, at + timedelta(seconds=1), ids=[second])

    others = inbox_acts.undo("8", Act.ARCHIVE, at)
    mine = inbox_acts.undo("7", Act.ARCHIVE, at)

    assert (others.changed, mine.changed) == (0, 1)
    assert titles() == ["first"]


def test_archived_item_can_be_put_back() -> None:
    [first] = tell("7", "first")
    inbox_acts.do("7", Act.ARCHIVE, now(), ids=[first])

    inbox_acts.do("7", Act.RESTORE, now(), ids=[first])

    assert titles() == ["first"]


def test_tabs_of_the_page_hold_each_item_once_and_go_on_where_a_page_ends() -> None:
    ids = tell("7", *[f"no. {n}" for n in range(inbox.ITEMS_MAX + 3)])
    NotificationRecord.objects.update(at=now())
    inbox_acts.do("7", Act.ARCHIVE, now(), ids=ids[:1])
    inbox_acts.do("7", Act.SNOOZE, now(), ids=ids[1:2], until=now() + timedelta(hours=1))

    page, has_more = inbox.page_of("7", "inbox", None)
    rest, is_more = inbox.page_of("7", "inbox", UUID(page[-1]["id"]))

    assert (len(page), has_more, len(rest), is_more) == (inbox.ITEMS_MAX, True, 1, False)
    assert {item["id"] for item in [*page, *rest]} == {str(each) for each in ids[2:]}
    assert [item["id"] for item in inbox.page_of("7", "archived", None)[0]] == [str(ids[0])]
    assert [item["id"] for item in inbox.page_of("7", "snoozed", None)[0]] == [str(ids[1])]


def test_old_items_are_deleted_and_their_inbox_begins_anew_for_who_watches() -> None:
    tell("7", "old", "new")
    NotificationRecord.objects.filter(title="old").update(at=now() - timedelta(days=100))
    before = inbox.heads(["7"])["7"]

    with sql.writing():
        deleted = notifications.forget(now() - timedelta(days=90), limit=10)

    assert (deleted, titles()) == (1, ["new"])
    assert inbox.heads(["7"])["7"][0] != before[0]
    assert InboxRecord.objects.get().number == before[1]


def test_items_lead_to_their_run_to_their_approval_or_where_they_say() -> None:
    run = uuid4()
    tell("7", "run", run_id=run)
    tell("7", "own", run_id=run, url="/orders/1/")
    with sql.writing():
        asked = Note(
            id=uuid4(), user="7", kind="approval", tone="warning", title="asked", run_id=run,
            step="boss", item="3",
        )  # fmt: skip
        notifications.insert([asked], now(), mail_after=None, push_after=None)

    urls = {item["title"]: item["url"] for item in inbox.look(["7"])["7"].items}

    assert urls == {
        "run": f"/flow/my/runs/{run}/",
        "own": "/orders/1/",
        "asked": f"/flow/my/approvals/{run}/boss/3/",
    }


def test_nothing_told_turns_round_how_it_is_read() -> None:
    tell("7", "pay \u202e001", text="to \u2066you")

    [item] = inbox.look(["7"])["7"].items

    assert (item["title"], item["text"]) == ("pay 001", "to you")


def test_own_sentences_are_those_of_the_pages() -> None:
    assert {name: str(WORDS[name]) for name in SENTENCES} == SENTENCES

"""The inbox over the socket: of who is logged in, with stored numbers, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.live.hints import announce_inboxes
from flowengine.live.inbox import Inbox
from flowengine.live.kind import Question
from flowengine.models import InboxRecord
from flowengine.store import inbox
from tests.live.browser import Browser, Open, a_user, in_database, until


async def watching(browse: Open, user: Any) -> tuple[Browser, dict[str, Any]]:
    browser = await browse(user)
    await browser.send(t="sub", c="inbox")
    return browser, await browser.frame()


async def stands(user: Any, number: int) -> None:
    """The inbox of that user is at that number."""
    await in_database(
        InboxRecord.objects.update_or_create,
        user_key=str(user.pk),
        defaults={"epoch": "e1", "number": number},
    )


async def test_inbox_into_which_nothing_was_put_is_empty(browse: Open) -> None:
    browser, frame = await watching(browse, await a_user())
    beat = await browser.ping()

    assert (frame["t"], frame["c"], frame["s"]) == (
        "snap",
        "inbox",
        {"items": [], "unread": 0, "unseen": 0},
    )
    assert beat["h"] == {"inbox": list(inbox.NO_INBOX)}


async def test_change_is_told_by_a_hint_to_its_user_and_to_nobody_else(browse: Open) -> None:
    ann, eve = await a_user("ann"), await a_user("eve")
    await stands(ann, 3)
    hers, snap = await watching(browse, ann)
    other, _ = await watching(browse, eve)

    await stands(ann, 4)
    announce_inboxes([(str(ann.pk), 4)])
    told = await hers.frame()

    assert (snap["e"], snap["o"]) == ("e1", 3)
    assert (told["t"], told["f"], told["o"]) == ("pub", 4, 4)
    assert told["d"][-1]["t"] == "counts"
    assert await other.is_silent()


async def test_lost_hint_is_healed_by_the_heartbeat(browse: Open) -> None:
    ann = await a_user("ann")
    await stands(ann, 3)
    browser, _ = await watching(browse, ann)

    await stands(ann, 5)
    await browser.send(t="ping")
    told, beat = await browser.frame(), await browser.frame()

    assert (told["t"], told["o"]) == ("pub", 5)
    assert beat["h"] == {"inbox": ["e1", 5]}


async def test_inbox_made_anew_is_shown_whole(browse: Open) -> None:
    ann = await a_user("ann")
    await stands(ann, 3)
    browser = await browse(ann)

    await browser.send(t="sub", c="inbox", p={"e": "another", "o": 2})
    whole = await browser.frame()
    await browser.send(t="sub", c="inbox", p={"e": "e1", "o": 3})
    nothing = await browser.frame()

    assert (whole["t"], whole["o"]) == ("snap", 3)
    assert (nothing["t"], nothing["d"]) == ("pub", [])


async def test_inbox_that_is_left_wants_no_hints(browse: Open) -> None:
    from flowengine.live.hub import hub

    browser, _ = await watching(browse, await a_user())
    assert len(hub().shards()) == 1

    await browser.send(t="unsub", c="inbox")
    await until(lambda: not hub().shards())

    assert (await browser.ping())["h"] == {}


@pytest.mark.django_db
def test_number_of_queries_does_not_depend_on_the_number_of_inboxes() -> None:
    def count(number: int) -> int:
        questions = [
            Question(
                topic="inbox",
                about="",
                users={str(n): None},
                positions=frozenset({None, ("0", 0)}),
            )
            for n in range(number)
        ]
        with CaptureQueriesContext(connection) as queries:
            answers = Inbox().answers(questions)
        assert all(answer.snapshot and answer.changes for answer in answers)
        return len(queries)

    assert count(1) == count(40) == 2

"""What operators watch: one reading for all of them, nothing for those who may not, no payload for anybody."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.live import hub
from flowengine.live.hints import announce
from flowengine.live.kind import Question
from flowengine.live.protocol import Close
from flowengine.live.topics import parse
from flowengine.models import StationRecord
from flowengine.orchestration import groups, replay, selections
from flowengine.orchestration.audit import By
from flowengine.orchestration.replay import Bulk
from tests.builders.fleet import a_worker
from tests.builders.line import begin, now
from tests.builders.stored import define, start
from tests.database.api.given import CANARY, a_letter
from tests.live.browser import (
    ALL_STEPS,
    SECRET,
    Browser,
    Open,
    a_line,
    a_user,
    in_database,
    worked,
)
from tests.live.test_without_socket import frames

ASKS = f"""
workflow: asked
on: asked.begun
steps:
  - id: boss
    approval: {{ask: "{SECRET}", users: ["8"]}}
    timeout: 1h
"""


async def an_operator(*permissions: str, name: str = "op") -> Any:
    """A user with these permissions of flowengine."""
    user = await a_user(name)
    found = await in_database(list, Permission.objects.filter(codename__in=permissions))
    await in_database(user.user_permissions.set, found)
    return user


async def watching(browse: Open, user: Any, topic: str) -> tuple[Browser, dict[str, Any]]:
    browser = await browse(user)
    await browser.send(t="sub", c=topic)
    return browser, await browser.frame()


def lanes_in(frame: dict[str, Any]) -> list[str]:
    return [each["workflow"] for each in frame["s"]["lanes"]]


async def test_floor_shows_all_lines_and_that_of_some_workflows_only_theirs(browse: Open) -> None:
    operator = await an_operator("view_run")

    _, whole = await watching(browse, operator, "floor")
    _, one = await watching(browse, operator, "floor:line")
    _, two = await watching(browse, operator, "floor:sale,nothing of that name,line")

    assert (whole["t"], {"line", "sale"} < set(lanes_in(whole))) == ("snap", True)
    assert (one["t"], lanes_in(one)) == ("snap", ["line"])
    assert (two["t"], lanes_in(two)) == ("snap", ["line", "sale"])


async def test_floor_tells_what_a_hint_has_moved_and_nothing_else(browse: Open) -> None:
    ann, operator = await a_user("ann"), await an_operator("view_run")
    run = await a_line(ann)
    browser, snap = await watching(browse, operator, "floor:line")

    announce(await worked(run, "one"))
    pub = await browser.frame()

    assert (pub["t"], pub["f"], pub["o"]) == ("pub", snap["o"] + 1, snap["o"] + 1)
    assert [(each["t"], each["id"]) for each in pub["d"]] == [("station", "line.work@default")]
    assert [token["step"] for token in pub["d"][0]["tokens"]] == ["two"]


async def test_floor_that_no_hint_has_moved_is_healed_by_the_heartbeat(browse: Open) -> None:
    operator = await an_operator("view_run")
    browser, _ = await watching(browse, operator, "floor:line")
    await browser.ping()

    await in_database(StationRecord.objects.create, name="default", door="paused", since=now())
    await browser.send(t="ping")
    pub, beat = await browser.frame(), await browser.frame()

    assert pub["d"][-1]["needs"][0]["kind"] == "paused"
    assert beat["h"] == {"floor:line": [pub["e"], pub["o"]]}


async def test_quiet_floor_is_read_no_more(browse: Open, monkeypatch: Any) -> None:
    operator = await an_operator("view_run")
    browser, _ = await watching(browse, operator, "floor")
    await browser.ping()
    kind, about = parse("floor") or (None, None)
    reads: list[Any] = []
    monkeypatch.setattr(kind, "read", lambda _question: reads.append(about))

    await browser.ping()
    await browser.ping()

    assert reads == []


async def test_who_may_not_see_the_floor_is_told_so_at_once(browse: Open) -> None:
    browser = await browse(await a_user("eve"))
    await browser.send(t="sub", c="runs:mine")
    await browser.frame()

    for topic in ("floor", "floor:line", "floor:nothing of that name"):
        await browser.send(t="sub", c=topic)
        assert await browser.frame() == {"t": "err", "c": topic, "code": "forbidden"}


async def test_permission_that_was_taken_away_ends_the_floor(
    browse: Open, monkeypatch: Any
) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.2)
    operator = await an_operator("view_run")
    browser, _ = await watching(browse, operator, "floor")

    await in_database(operator.user_permissions.clear)

    assert await browser.closed() == Close.FORBIDDEN


async def test_line_of_nothing_is_unknown_to_who_may_see_all(browse: Open) -> None:
    operator = await an_operator("view_run")

    _, answer = await watching(browse, operator, "floor:nothing of that name")

    assert answer == {"t": "err", "c": "floor:nothing of that name", "code": "unknown_topic"}


async def test_watchers_share_one_reading(browse: Open) -> None:
    users = [await an_operator("view_run", name=f"op{n}") for n in range(3)]
    browsers = [(await watching(browse, user, "floor:line"))[0] for user in users]

    [run] = await in_database(begin, "line")
    with_reads: list[int] = []
    kind, _about = parse("floor:line") or (None, None)
    assert kind is not None
    read = type(kind).read  # type: ignore[attr-defined] # a view's

    def counting(self: Any, question: Question) -> Any:
        with_reads.append(len(question.users))
        return read(self, question)

    type(kind).read = counting  # type: ignore[attr-defined]
    try:
        announce([(run, 2)])
        frames = [await browser.frame() for browser in browsers]
    finally:
        type(kind).read = read  # type: ignore[attr-defined]

    assert with_reads == [3]
    assert {frame["o"] for frame in frames} == {frames[0]["o"]}


async def test_permissions_of_many_are_asked_in_one_statement(browse: Open) -> None:
    may = [await an_operator("view_run", name=f"op{n}") for n in range(5)]
    users = {str(user.pk): user for user in (*may, await a_user("eve"))}
    kind, _about = parse("floor") or (None, None)
    assert kind is not None
    question = Question(topic="floor", about="", users=users, positions=frozenset({None}))

    def ask() -> tuple[Any, int]:
        with CaptureQueriesContext(connection) as asked:
            allowed = kind.allowed([question])
        return allowed, len(asked)

    allowed, statements = await in_database(ask)

    assert (allowed, statements) == ([frozenset(str(user.pk) for user in may)], 1)
    assert await in_database(ask) == (allowed, 0)


async def test_runs_that_a_filter_finds_are_told_as_they_come_move_and_go(browse: Open) -> None:
    ann, operator = await a_user("ann"), await an_operator("view_run")
    first = await a_line(ann)
    browser, snap = await watching(browse, operator, "runs:query:workflow:line state:running")
    [row] = snap["s"]["rows"]

    announce(await worked(first, "one"))
    moved = await browser.frame()
    second = await a_line(ann)
    announce([(second, 2)])
    joined = await browser.frame()
    announce(await worked(first, *ALL_STEPS[1:]))
    gone = await browser.frame()

    assert (row["id"], row["progress"], row["step"], row["total"]) == (str(first), 0, "One", 5)
    assert [(e["t"], e["id"], e["progress"]) for e in moved["d"]] == [("row", str(first), 20)]
    assert [(e["t"], e["id"]) for e in joined["d"]] == [("row", str(second))]
    assert gone["d"] == [{"t": "gone", "what": "row", "id": str(first)}]


async def test_filter_that_cannot_be_understood_is_no_topic(browse: Open) -> None:
    operator = await an_operator("view_run")

    _, answer = await watching(browse, operator, "runs:query:colour:red")

    assert (answer["t"], answer["code"]) == ("err", "unknown_topic")


async def test_where_the_project_decides_each_sees_a_list_of_their_own(
    browse: Open, settings: Any
) -> None:
    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.live.test_operators.is_of"}
    ann = await an_operator("view_run", name="ann")
    eve = await an_operator("view_run", name="eve")
    run = await a_line(ann)

    _, of_ann = await watching(browse, ann, "runs:query:")
    _, of_eve = await watching(browse, eve, "runs:query:")

    assert [row["id"] for row in of_ann["s"]["rows"]] == [str(run)]
    assert of_eve["s"]["rows"] == []


def is_of(user: Any, run: Any) -> bool:
    """A project's predicate: one's own runs."""
    return bool(run.actor == str(user.pk))


async def test_causes_of_dead_letters_are_told_without_what_errors_say(browse: Open) -> None:
    operator = await an_operator("view_dead_letter")
    browser, empty = await watching(browse, operator, "dead")
    await browser.ping()

    await in_database(a_letter, message=CANARY)
    await in_database(groups.run_due, now())
    await browser.send(t="ping")
    pub = await browser.frame()

    assert (empty["s"]["groups"], empty["s"]["needs"]) == ([], [])
    assert [each["t"] for each in pub["d"]] == ["group", "dead"]
    assert (pub["d"][0]["open_count"], pub["d"][0]["state"]) == (1, "new")
    assert CANARY not in json.dumps(pub)


async def test_workers_are_told_and_what_of_them_needs_somebody(browse: Open) -> None:
    operator = await an_operator("view_workerrecord")
    await in_database(a_worker, "default", project_version="7")
    browser, snap = await watching(browse, operator, "workers")
    await browser.ping()
    long_ago = now() - timedelta(minutes=5)

    await in_database(a_worker, "till", name="w2", seen_at=long_ago)
    await browser.send(t="ping")
    pub = await browser.frame()

    [worker] = snap["s"]["workers"]
    assert (worker["stations"], worker["is_alive"], worker["seen_at"]) == (["default"], True, None)
    assert {need["subject"] for need in snap["s"]["needs"]} >= {"till"}
    told = [each for each in pub["d"] if each["t"] == "worker"]
    assert [(each["name"], each["is_silent"]) for each in told] == [("w2", True)]
    kinds = {need["kind"] for need in pub["d"][-1]["needs"]}
    assert {"silent", "unserved"} <= kinds


async def test_no_operator_topic_ever_has_a_payload(browse: Open) -> None:
    names = ("view_run", "view_dead_letter", "view_workerrecord", "view_payload")
    operator = await an_operator(*names)
    await worked(await a_line(operator), *ALL_STEPS)
    browser = await browse(operator)

    for topic in ("floor", "dead", "workers", "runs:query:"):
        await browser.send(t="sub", c=topic)
        frame = await browser.frame()
        assert frame["t"] == "snap"
        assert SECRET not in json.dumps(frame)


async def test_poll_answers_with_the_view_and_then_with_nothing_new(browse: Open) -> None:
    operator, eve = await an_operator("view_run"), await a_user("eve")
    await a_line(operator)

    snap, _beat = await frames({"floor:line": None}, user=operator)
    position = {"e": snap["e"], "o": snap["o"]}
    [again] = await frames({"floor:line": position}, user=operator)
    refused, _beat = await frames({"floor:line": None}, user=eve)

    assert (snap["t"], lanes_in(snap)) == ("snap", ["line"])
    assert again["h"] == {"floor:line": [snap["e"], snap["o"]]}
    assert refused == {"t": "err", "c": "floor:line", "code": "forbidden"}


async def test_approvals_are_told_as_they_come_without_what_they_ask(browse: Open) -> None:
    operator = await an_operator("view_run")
    browser, snap = await watching(browse, operator, "approvals")
    assert snap["s"] == {"approvals": [], "more": False}

    [run] = await in_database(lambda: start(define(ASKS)))
    announce([(run, 2)])
    pub = await browser.frame()

    assert [each["t"] for each in pub["d"]] == ["approval"]
    assert set(pub["d"][0]) == {"t", "id", "given", "due_at", "asked_at"}
    assert SECRET not in json.dumps(pub)


async def test_replay_is_told_as_it_goes_to_who_may_see_what_it_is_of(browse: Open) -> None:
    operator = await an_operator("view_dead_letter")
    await in_database(a_letter)
    chosen = await in_database(selections.freeze, "dead_letter", "", "7")
    begun = await in_database(
        lambda: replay.start(chosen.id, "event", by=By(who="7", reason="it is mended"))
    )
    topic = f"replay:{begun.id}"

    browser, snap = await watching(browse, operator, topic)
    assert (snap["s"]["state"], snap["s"]["total"]) == ("running", 1)

    await in_database(replay.pause, begun.id, By(who="7", reason="wait"))
    pub = await browser.frame()
    assert [(each["t"], each["state"]) for each in pub["d"]] == [("replay", "paused")]

    stranger, _ = await watching(browse, await an_operator("view_run", name="eve"), "runs:mine")
    for name in (topic, "replay:01930000-0000-7000-8000-000000000000"):
        await stranger.send(t="sub", c=name)
        assert await stranger.frame() == {"t": "err", "c": name, "code": "forbidden"}


async def test_act_on_runs_is_not_told_where_the_project_says_who_may_see_which(
    browse: Open, settings: Any
) -> None:
    workflow = await in_database(define, ASKS)
    await in_database(start, workflow)
    chosen = await in_database(selections.freeze, "run", "", "7")
    told = await in_database(
        lambda: replay.tell_runs(Bulk.HOLD, chosen.id, By(who="7", reason="wait"))
    )
    topic = f"replay:{told.id}"
    operator = await an_operator("view_run")
    _, snap = await watching(browse, operator, topic)
    assert snap["t"] == "snap"

    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.live.test_operators.is_of"}

    again, _ = await watching(browse, operator, "runs:mine")
    await again.send(t="sub", c=topic)
    assert await again.frame() == {"t": "err", "c": topic, "code": "forbidden"}

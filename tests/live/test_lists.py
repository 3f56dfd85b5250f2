"""Lists of runs: who is in them, what moves them, and what nobody else learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.live import hub, lists
from flowengine.live.hints import announce
from flowengine.live.kind import Answer, Question
from flowengine.live.lists import MyRuns, RunList
from flowengine.models import RunRecord
from tests.builders.line import begin
from tests.live.browser import (
    ALL_STEPS,
    Browser,
    Open,
    a_line,
    a_user,
    in_database,
    until,
    worked,
)


def runs_in(frame: dict[str, Any]) -> list[str]:
    return [line["id"] for line in frame["s"]["runs"]]


async def watching(browse: Open, user: Any, topic: str) -> tuple[Browser, dict[str, Any]]:
    browser = await browse(user)
    await browser.send(t="sub", c=topic)
    return browser, await browser.frame()


async def test_my_runs_are_those_that_i_have_caused_newest_first(browse: Open) -> None:
    ann, eve = await a_user("ann"), await a_user("eve")
    first, second = await a_line(ann), await a_line(ann)
    await a_line(eve)

    _, frame = await watching(browse, ann, "runs:mine")

    assert (frame["t"], runs_in(frame)) == ("snap", [str(second), str(first)])
    assert frame["s"]["runs"][0] | {"created_at": "", "started_at": ""} == {
        "id": str(second),
        "workflow": "line",
        "title": "Line 0",
        "state": "running",
        "percent": 0,
        "note": "",
        "created_at": "",
        "started_at": "",
        "finished_at": None,
    }


async def test_list_is_told_what_has_changed_in_it_when_a_hint_comes(browse: Open) -> None:
    ann = await a_user("ann")
    first = await a_line(ann)
    browser, snap = await watching(browse, ann, "runs:mine")

    announce(await worked(first, *ALL_STEPS))
    moved = await browser.frame()
    second = await a_line(ann)
    announce([(second, 2)])
    joined = await browser.frame()

    assert (moved["t"], moved["f"], moved["o"]) == ("pub", snap["o"] + 1, snap["o"] + 1)
    assert [(e["t"], e["id"], e["state"]) for e in moved["d"]] == [("row", str(first), "succeeded")]
    assert [(e["t"], e["id"]) for e in joined["d"]] == [("row", str(second))]


async def test_lost_hint_is_healed_by_the_heartbeat_that_has_the_head(browse: Open) -> None:
    ann = await a_user("ann")
    run = await a_line(ann)
    browser, _ = await watching(browse, ann, "runs:workflow:line")
    await browser.ping()

    await worked(run, "one")
    await browser.send(t="ping")
    pub, beat = await browser.frame(), await browser.frame()

    assert (pub["t"], pub["d"][0]["percent"]) == ("pub", 20)
    assert beat["h"] == {"runs:workflow:line": [pub["e"], pub["o"]]}


async def test_list_where_nothing_happened_is_silent(browse: Open) -> None:
    ann = await a_user("ann")
    await a_line(ann)
    browser, snap = await watching(browse, ann, "runs:mine")

    announce([(await a_line(await a_user("eve")), 2)])
    beats = [await browser.ping(), await browser.ping()]

    assert [beat["h"] for beat in beats] == [{"runs:mine": [snap["e"], snap["o"]]}] * 2


async def test_position_of_another_hub_is_answered_with_the_whole_list(browse: Open) -> None:
    ann = await a_user("ann")
    browser = await browse(ann)

    await browser.send(t="sub", c="runs:mine", p={"e": "of another hub", "o": 7})

    assert (await browser.frame())["t"] == "snap"


async def test_who_asks_again_from_where_the_list_stands_is_told_that_nothing_came(
    browse: Open,
) -> None:
    ann = await a_user("ann")
    browser, snap = await watching(browse, ann, "runs:mine")

    await browser.send(t="sub", c="runs:mine", p={"e": snap["e"], "o": snap["o"]})
    frame = await browser.frame()

    assert (frame["t"], frame["f"], frame["o"], frame["d"]) == ("pub", 2, 1, [])


async def test_foreign_runs_are_not_in_a_list_not_even_their_ids(browse: Open) -> None:
    ann, eve = await a_user("ann"), await a_user("eve")
    hers = await a_line(ann)
    own = await a_line(eve)

    browser, frame = await watching(browse, eve, "runs:workflow:line")
    announce(await worked(hers, "one"))
    beat = await browser.ping()

    assert runs_in(frame) == [str(own)]
    assert str(hers) not in str(beat)
    assert await browser.is_silent()


async def test_permission_for_one_run_that_goes_takes_it_from_the_list(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.1)
    ann = await a_user("ann")
    run = await a_line(ann)
    browser, _ = await watching(browse, ann, "runs:mine")

    await in_database(RunRecord.objects.filter(pk=run).update, watchers="[]")

    assert (await browser.frame())["d"] == [{"t": "gone", "id": str(run)}]


async def test_operator_whose_permission_goes_keeps_a_list_of_his_own_runs(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.1)
    ann, boss = await a_user("ann"), await a_user("boss")
    hers, his = await a_line(ann), await a_line(boss)
    permission = await in_database(Permission.objects.get, codename="view_run")
    await in_database(boss.user_permissions.add, permission)
    browser, frame = await watching(browse, boss, "runs:workflow:line")
    assert runs_in(frame) == [str(his), str(hers)]

    await in_database(boss.user_permissions.clear)

    assert (await browser.frame())["d"] == [{"t": "gone", "id": str(hers)}]


async def test_runs_of_a_subject_are_those_whose_event_has_it(browse: Open) -> None:
    ann = await a_user("ann")
    run, other = await a_line(ann), await a_line(ann)
    await in_database(_name_subject, run, "order/17")
    await in_database(_name_subject, other, "order/18")

    browser, frame = await watching(browse, ann, "runs:subject:order/17")
    announce(await worked(other, "one"))
    announce(await worked(run, "one"))

    assert runs_in(frame) == [str(run)]
    assert (await browser.frame())["d"][0]["id"] == str(run)


async def test_predicate_of_the_project_decides_over_lists_too(browse: Open, settings: Any) -> None:
    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.live.test_permission.is_bob"}
    ann, bob = await a_user("ann"), await a_user("bob")
    run = await a_line(ann)

    _, hers = await watching(browse, ann, "runs:workflow:line")
    _, his = await watching(browse, bob, "runs:workflow:line")

    assert (runs_in(hers), runs_in(his)) == ([], [str(run)])


async def test_two_tabs_of_one_user_are_read_for_once(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await a_user("ann")
    await a_line(ann)
    first, _ = await watching(browse, ann, "runs:mine")
    second, _ = await watching(browse, ann, "runs:mine")
    asked: list[int] = []
    answers = MyRuns.answers

    def counted(kind: MyRuns, page: Sequence[Question]) -> list[Answer]:
        asked.append(len(page))
        return answers(kind, page)

    monkeypatch.setattr(MyRuns, "answers", counted)

    announce([(await a_line(ann), 2)])
    frames = [await first.frame(), await second.frame()]

    assert [frame["t"] for frame in frames] == ["pub", "pub"]
    assert asked == [1]


async def test_list_that_is_left_needs_no_more_hints_of_strangers(browse: Open) -> None:
    ann = await a_user("ann")
    browser, _ = await watching(browse, ann, "runs:mine")
    here = hub.hub()
    assert len(here.shards()) == 16

    await browser.send(t="unsub", c="runs:mine")
    await until(lambda: not here.shards())

    assert (await browser.ping())["h"] == {}


@pytest.mark.parametrize("name", ["runs:mine", "runs:workflow", "runs:subject"])
@pytest.mark.django_db
def test_number_of_queries_does_not_depend_on_the_number_of_lists(name: str) -> None:
    begin("line", 3)

    def count(number: int) -> int:
        kind = MyRuns(name) if name == "runs:mine" else RunList(name)
        questions = [
            Question(
                topic=name,
                about="line" if n % 2 else f"other {n}",
                users={str(n): Anybody()},
                positions=frozenset({None}),
                epoch="e",
            )
            for n in range(number)
        ]
        with CaptureQueriesContext(connection) as queries:
            answers = kind.answers(questions)
        assert all(answer.snapshot for answer in answers)
        return len(queries)

    count(2)  # the definition is read once
    assert count(2) == count(40)


@pytest.mark.django_db
def test_line_of_a_run_that_has_not_moved_is_not_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin("line", 3)
    kind = RunList("runs:workflow")
    question = Question(
        topic="runs:workflow:line",
        about="line",
        users={"1": Anybody()},
        positions=frozenset({None}),
        epoch="e",
    )
    [first] = kind.answers([question])
    monkeypatch.setattr(lists, "summary", lambda _view: 1 / 0)

    [second] = kind.answers([replace(question, kept=first.kept)])

    assert second.position == first.position
    assert second.kept.lines == first.kept.lines


class Anybody:
    """A user who may see everything."""

    pk = 1
    is_authenticated = True
    is_active = True

    def has_perm(self, _permission: str) -> bool:
        return True


def _name_subject(run: UUID, subject: str) -> None:
    from flowengine.models import EventRecord

    event = RunRecord.objects.values_list("event_id", flat=True).get(pk=run)
    EventRecord.objects.filter(pk=event).update(subject=subject)

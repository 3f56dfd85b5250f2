"""Who sees a run, and what everybody else sees: nothing that tells it from one that is not there."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group, Permission

from flowengine.live import hub
from flowengine.live.hints import announce
from flowengine.live.protocol import Close
from flowengine.models import RunRecord
from tests.live.browser import (
    Browser,
    Open,
    a_line,
    a_user,
    an_emitted,
    in_database,
    routed,
    worked,
)


async def test_foreign_run_is_answered_like_one_that_is_not_there(browse: Open) -> None:
    run, missing = await a_line(await a_user("ann")), uuid4()
    browser = await browse(await a_user("eve"))

    await browser.watch(run)
    await browser.watch(missing)
    answers = [await browser.frame(), await browser.frame()]
    announce(await worked(run, "one"))

    assert sorted(frame["c"] for frame in answers) == sorted([f"run:{run}", f"run:{missing}"])
    assert {frame["t"] for frame in answers} == {"pending"}
    assert await browser.is_silent()
    assert (await browser.ping())["h"] == {f"run:{run}": None, f"run:{missing}": None}


async def test_run_appears_to_its_owner_when_it_is_there(browse: Open) -> None:
    user = await a_user()
    emitted = await an_emitted(actor=user)
    run = emitted.run_ids["line"]
    browser = await browse(user)
    await browser.watch(run)
    assert await browser.frame() == {"t": "pending", "c": f"run:{run}"}

    await routed(emitted)
    announce([(run, 2)])

    assert (await browser.frame())["t"] == "snap"


async def test_run_appears_without_a_hint_by_the_next_heartbeat(browse: Open) -> None:
    user = await a_user()
    emitted = await an_emitted(actor=user)
    browser = await browse(user)
    await browser.watch(emitted.run_ids["line"])
    await browser.frame()

    await routed(emitted)
    await browser.send(t="ping")

    assert (await browser.frame())["t"] == "snap"


async def test_event_that_starts_no_run_ends_the_topic_with_its_outcome(browse: Open) -> None:
    user = await a_user()
    emitted = await an_emitted("troubled.some", user, order_id=1, ignored=True)
    run = emitted.run_ids["troubled"]
    browser = await browse(user)
    await browser.watch(run)
    await browser.frame()

    await routed(emitted)
    await browser.send(t="ping")

    assert await browser.frame() == {
        "t": "end",
        "c": f"run:{run}",
        "outcome": "no_match",
        "message": "There was nothing to do.",
    }
    assert (await browser.frame())["h"] == {}


async def test_outcome_of_a_foreign_event_stays_pending(browse: Open) -> None:
    emitted = await an_emitted("troubled.some", await a_user("ann"), order_id="x")
    await routed(emitted)
    browser = await browse(await a_user("eve"))

    await browser.watch(emitted.run_ids["troubled"])

    assert (await browser.frame())["t"] == "pending"


async def test_member_of_a_group_that_notify_names_sees_the_run(browse: Open) -> None:
    run = await a_line(await a_user("ann"))
    user = await a_user("bob")

    def name_group() -> None:
        user.groups.add(Group.objects.create(name="packers"))
        RunRecord.objects.filter(pk=run).update(watcher_groups=json.dumps(["packers"]))

    await in_database(name_group)
    browser = await browse(user)
    await browser.watch(run)

    assert (await browser.frame())["t"] == "snap"


async def test_permission_to_view_runs_opens_all_of_them(browse: Open) -> None:
    run = await a_line(await a_user("ann"))
    user = await a_user("operator")

    def permit() -> None:
        user.user_permissions.add(Permission.objects.get(codename="view_run"))

    await in_database(permit)
    browser = await browse(user)
    await browser.watch(run)

    assert (await browser.frame())["t"] == "snap"


async def _watching(browse: Open) -> tuple[Browser, UUID]:
    user = await a_user("ann")
    run = await a_line(user)
    browser = await browse(user)
    await browser.watch(run)
    assert (await browser.frame())["t"] == "snap"
    return browser, run


async def test_permission_that_goes_ends_the_topic(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.1)
    browser, run = await _watching(browse)
    await browser.watch(uuid4())
    assert (await browser.frame())["t"] == "pending"

    await in_database(RunRecord.objects.filter(pk=run).update, watchers="[]")

    assert await browser.frame() == {"t": "err", "c": f"run:{run}", "code": "forbidden"}


async def test_permission_for_all_that_is_watched_goes_and_the_socket_with_it(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.1)
    browser, run = await _watching(browse)

    await in_database(RunRecord.objects.filter(pk=run).update, watchers="[]")

    assert await browser.closed() == Close.FORBIDDEN


async def test_permission_that_goes_is_noticed_by_the_next_push(browse: Open) -> None:
    browser, run = await _watching(browse)

    heads = await worked(run, "one")
    await in_database(RunRecord.objects.filter(pk=run).update, watchers="[]")
    announce(heads)

    message = await browser.socket.receive_output(timeout=5)
    assert message["type"] == "websocket.close"


async def test_permission_that_comes_opens_a_topic_that_was_pending(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.1)
    run = await a_line(await a_user("ann"))
    user = await a_user("bob")
    browser = await browse(user)
    await browser.watch(run)
    assert (await browser.frame())["t"] == "pending"

    await in_database(RunRecord.objects.filter(pk=run).update, watchers=json.dumps([str(user.pk)]))

    assert (await browser.frame())["t"] == "snap"


async def test_predicate_of_the_project_decides(browse: Open, settings: Any) -> None:
    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.live.test_permission.is_bob"}
    ann, bob = await a_user("ann"), await a_user("bob")
    run = await a_line(ann)
    hers, his = await browse(ann), await browse(bob)

    await hers.watch(run)
    await his.watch(run)

    assert (await hers.frame())["t"] == "pending"
    assert (await his.frame())["t"] == "snap"


async def test_predicate_that_fails_has_not_said_yes(browse: Open, settings: Any) -> None:
    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.live.test_permission.breaks"}
    user = await a_user("ann")
    browser = await browse(user)

    await browser.watch(await a_line(user))

    assert (await browser.frame())["t"] == "pending"


def is_bob(user: Any, run: RunRecord) -> bool:
    """A predicate of a project."""
    return bool(user.username == "bob" and run.workflow == "line")


def breaks(_user: Any, _run: RunRecord) -> bool:
    """A predicate of a project, with a mistake in it."""
    raise ZeroDivisionError

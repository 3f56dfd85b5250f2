"""A project's own users, known by UUIDs, cause runs, watch them, and lose sight of them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group, Permission
from django.template import Context, Template
from django.urls import reverse

from flowengine import emit
from flowengine.access import cancel_run, may_watch, user_key
from flowengine.live import hub, sessions
from flowengine.live.hints import announce
from flowengine.live.protocol import Close
from flowengine.models import DecisionRecord, EventRecord, RunRecord
from flowengine.testing import Runner
from tests.builders.line import begin
from tests.live.browser import (
    Open,
    a_line,
    an_emitted,
    cookie_of,
    in_database,
    routed,
    worked,
)
from tests.uuid_user.models import Person


@pytest.fixture
def ann(db: None) -> Person:
    return a_person("ann")


def a_person(name: str, **fields: Any) -> Person:
    return Person.objects.create_user(f"{name}@example.com", **fields)


def a_parcel(flow_runner: Runner, actor: Any, receiver: Any) -> RunRecord:
    """A run whose workflow says who is told."""
    run_id = emit("parcel.sent", {"receiver": receiver}, actor=actor).run_ids["parcel"]
    flow_runner.run()
    return RunRecord.objects.get(pk=run_id)


def test_actor_is_kept_as_the_text_of_the_key(ann: Person, flow_runner: Runner) -> None:
    by_user, by_key = emit("chain.begun", {}, actor=ann), emit("chain.begun", {}, actor=ann.pk)
    flow_runner.run()

    assert user_key(ann) == str(ann.pk)
    assert list(EventRecord.objects.values_list("actor", flat=True)) == [str(ann.pk)] * 2
    runs = RunRecord.objects.filter(event_id__in=[by_user.event_id, by_key.event_id])
    assert list(runs.values_list("actor", "watchers")) == [(str(ann.pk), f'["{ann.pk}"]')] * 2


def test_who_caused_a_run_watches_it_and_nobody_else_does(ann: Person, flow_runner: Runner) -> None:
    emitted = emit("chain.begun", {}, actor=ann)
    flow_runner.run()
    run = RunRecord.objects.get(pk=emitted.run_ids["chain"])

    assert may_watch(Person.objects.get(email="ann@example.com"), run)
    assert not may_watch(a_person("eve"), run)
    assert not may_watch(a_person("off", is_active=False, is_superuser=True), run)
    assert not cancel_run(ann, run)


def test_notify_names_users_by_the_keys_in_the_data(ann: Person, flow_runner: Runner) -> None:
    bob, eve, carrier = a_person("bob"), a_person("eve"), a_person("carrier")
    carrier.groups.add(Group.objects.create(name="carriers"))

    run = a_parcel(flow_runner, ann, bob.pk)

    assert json.loads(run.watchers) == [str(ann.pk), str(bob.pk)]
    assert [may_watch(who, run) for who in (ann, bob, carrier, eve)] == [True, True, True, False]


def test_permission_to_view_runs_opens_all_of_them(ann: Person, flow_runner: Runner) -> None:
    run = a_parcel(flow_runner, None, str(uuid4()))
    assert not may_watch(ann, run)

    ann.user_permissions.add(Permission.objects.get(codename="view_run"))

    assert may_watch(Person.objects.get(pk=ann.pk), run)


def test_page_and_frame_are_for_the_watcher_only(ann: Person, client: Any) -> None:
    [run] = begin("line")
    RunRecord.objects.filter(pk=run).update(watchers=json.dumps([str(ann.pk)]))
    eve = a_person("eve")

    def shown_to(user: Person) -> bool:
        client.force_login(user)
        context = Context({"run": run, "request": SimpleNamespace(user=user)})
        page = Template("{% load flowengine %}{% flow_progress run %}").render(context)
        frame = client.get(f"/flow/my/runs/{run}.json").json()
        assert (frame["t"] == "snap") == ('data-state="running"' in page)
        return bool(frame["t"] == "snap")

    assert shown_to(ann)
    assert not shown_to(eve)


@pytest.mark.parametrize("model", [EventRecord, RunRecord])
def test_admin_lists_and_shows_what_a_person_caused(
    ann: Person, flow_runner: Runner, client: Any, model: type[Any]
) -> None:
    a_parcel(flow_runner, ann, ann.pk)
    row = model.objects.get()
    name = f"admin:flowengine_{model.__name__.lower()}"
    client.force_login(a_person("root", is_staff=True, is_superuser=True))

    listed = client.get(reverse(f"{name}_changelist"))
    shown = client.get(reverse(f"{name}_change", args=[row.pk]))
    found = client.get(reverse(f"{name}_changelist"), {"q": str(row.pk)})

    assert (listed.status_code, shown.status_code, found.status_code) == (200, 200, 200)
    assert str(row.pk) in listed.content.decode()
    assert str(ann.pk) in shown.content.decode()
    assert f"/{row.pk}/change/" in found.content.decode()


async def test_socket_follows_the_run_of_its_person_and_of_nobody_else(browse: Open) -> None:
    ann, eve = await in_database(a_person, "ann"), await in_database(a_person, "eve")
    run = await a_line(ann)
    hers, other = await browse(ann), await browse(eve)

    await hers.watch(run)
    await other.watch(run)

    assert (await hers.frame())["t"] == "snap"
    assert await other.frame() == {"t": "pending", "c": f"run:{run}"}
    announce(await worked(run, "one"))
    assert (await hers.frame_of("pub"))["c"] == f"run:{run}"
    assert await other.is_silent()


def test_session_of_a_socket_is_found_again_by_the_key(ann: Person, client: Any) -> None:
    client.force_login(ann)
    credential = sessions.credential(ann, client.session)

    assert credential.session_key == client.session.session_key
    assert sessions.renew([credential], sessions.Seen()) == [ann]


async def test_outcome_without_a_run_is_told_to_the_person_who_caused_it(browse: Open) -> None:
    ann = await in_database(a_person, "ann")
    emitted = await an_emitted("troubled.some", ann, order_id=1, ignored=True)
    await routed(emitted)
    browser = await browse(ann)

    await browser.watch(emitted.run_ids["troubled"])

    assert (await browser.frame())["outcome"] == "no_match"
    assert await in_database(DecisionRecord.objects.count) == 1


async def test_socket_ends_when_its_person_is_switched_off(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.1)
    ann = await in_database(a_person, "ann")
    run: UUID = await a_line(ann)
    browser = await browse(cookie=await cookie_of(ann))
    await browser.watch(run)
    assert (await browser.frame())["t"] == "snap"
    assert (await browser.ping())["h"].keys() == {f"run:{run}"}

    await in_database(Person.objects.filter(pk=ann.pk).update, is_active=False)

    assert await browser.closed() == Close.SIGNED_OUT

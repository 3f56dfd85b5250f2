"""A run over HTTP, for where no socket can be opened."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from flowengine import emit
from flowengine.engine.messages import Succeeded
from flowengine.models import RunRecord
from flowengine.orchestration.route import route
from flowengine.orchestration.sync import sync_project
from tests.builders.line import begin, claim, now, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(client: Client) -> User:
    """The user who is logged in."""
    user = User.objects.create_user("ann")
    client.force_login(user)
    return user


def a_run_of(user: User) -> UUID:
    [run] = begin("line")
    RunRecord.objects.filter(pk=run).update(watchers=f'["{user.pk}"]')
    return run


def test_watcher_gets_the_frame_that_the_socket_would_send(client: Client, ann: User) -> None:
    run = a_run_of(ann)

    response = client.get(f"/flow/my/runs/{run}.json")
    frame = response.json()

    assert response.status_code == 200
    assert (frame["t"], frame["c"], frame["o"]) == ("snap", f"run:{run}", 2)
    assert [step["state"] for step in frame["s"]["steps"]] == ["ready", *["pending"] * 4]


def test_who_stands_at_the_head_is_told_that_nothing_came(client: Client, ann: User) -> None:
    run = a_run_of(ann)
    frame = client.get(f"/flow/my/runs/{run}.json").json()
    query = {"e": frame["e"], "o": frame["o"]}

    again = client.get(f"/flow/my/runs/{run}.json", query).json()
    claim([run], "one")
    tell(run, Succeeded(step="one", attempt=1, output=None))
    later = client.get(f"/flow/my/runs/{run}.json", query).json()

    assert (again["t"], again["d"]) == ("pub", [])
    assert (later["t"], later["s"]["percent"]) == ("snap", 20)


def test_foreign_run_is_answered_like_one_that_is_not_there(client: Client, ann: User) -> None:
    foreign, missing = a_run_of(User.objects.create_user("bob")), uuid4()

    of_foreign = client.get(f"/flow/my/runs/{foreign}.json")
    of_missing = client.get(f"/flow/my/runs/{missing}.json")

    assert of_foreign.status_code == of_missing.status_code == 404
    assert of_foreign.json() == {"t": "pending", "c": f"run:{foreign}"}
    assert of_missing.json() == {"t": "pending", "c": f"run:{missing}"}


def test_page_of_a_foreign_run_looks_like_that_of_one_that_is_not_there(
    client: Client, ann: User
) -> None:
    foreign, missing = a_run_of(User.objects.create_user("bob")), uuid4()

    def shown(run: UUID) -> tuple[int, str]:
        answer = client.get(f"/flow/my/runs/{run}/")
        text = answer.content.decode().replace(str(run), "")
        fleeting = r'as of [0-9:]+|as-of="[^"]*"|name="flow-csrf" content="[^"]*"'
        return answer.status_code, re.sub(fleeting, "", text)

    assert shown(foreign) == shown(missing)
    assert shown(a_run_of(ann)) != shown(missing)


def test_who_is_not_logged_in_is_told_so_whatever_the_run(client: Client) -> None:
    [run] = begin("line")

    answers = [client.get(f"/flow/my/runs/{each}.json") for each in (run, uuid4())]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert {answer.json()["code"] for answer in answers} == {"signed_out"}


def test_event_without_a_run_is_told_to_its_actor_only(client: Client, ann: User) -> None:
    sync_project(now=now())
    emitted = emit("troubled.x", {"order_id": "no number"}, actor=str(ann.pk))
    route([emitted.event_id], now=now())
    url = f"/flow/my/runs/{emitted.run_ids['troubled']}.json"

    mine = client.get(url)
    client.force_login(User.objects.create_user("eve"))
    hers = client.get(url)

    assert (mine.json()["t"], mine.json()["outcome"]) == ("end", "bad_input")
    assert (hers.status_code, hers.json()["t"]) == (404, "pending")


def test_page_that_opens_the_socket_over_http_says_what_is_missing(client: Client) -> None:
    response = client.get("/flow/ws/")

    assert response.status_code == 426
    assert b"flowengine.routing.application" in response.content

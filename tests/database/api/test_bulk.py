"""Runs chosen by a query or by their ids, and told over the API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from flowengine.models import AuditRecord, RunRecord
from flowengine.orchestration import selections
from flowengine.orchestration.replay import telling_runs
from tests.builders.stored import define
from tests.database.api.people import API, a_client, get, post
from tests.database.api.table import REASON
from tests.database.replay.scenes import ORDER, placed

pytestmark = pytest.mark.django_db


def choose(client: Any, **body: Any) -> Any:
    return post(client, "selections", {"kind": "run", "q": "", **body})


def tell(client: Any, act: str, selection: str, key: str = "k") -> Any:
    return post(client, f"selections/{selection}/{act}", REASON, **{"Idempotency-Key": key})


def test_runs_are_chosen_one_by_one() -> None:
    ids = placed(define(ORDER), 3)
    client = a_client("view_run")

    chosen = choose(client, ids=[str(ids[2]), str(ids[0]), str(uuid4())]).json()

    assert (chosen["count"], chosen["words"]) == (2, "runs: chosen one by one")
    items = get(client, f"selections/{chosen['id']}/items")["items"]
    assert {each["object_id"] for each in items} == {str(ids[0]), str(ids[2])}


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [str(uuid4())]},
        {"ids": [str(uuid4())], "q": "state:failed"},
        {"ids": [str(uuid4()) for _ in range(1001)]},
    ],
    ids=["none is there", "a query besides", "too many"],
)
def test_choice_that_will_not_do_is_refused(body: dict[str, Any]) -> None:
    assert choose(a_client("view_run"), **body).status_code == 422


def test_act_is_begun_once_followed_and_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling_runs, "PAGE", 2)
    placed(define(ORDER), 5)
    client = a_client("view_run", "cancel_run", "replay")
    selection = choose(client, q="workflow:order").json()["id"]

    begun = tell(client, "cancel", selection)
    again = tell(client, "cancel", selection)

    assert (begun.status_code, begun.json()["state"]) == (201, "running")
    assert again.json()["id"] == begun.json()["id"]
    place = f"replays/{begun.json()['id']}"
    told = get(client, place)
    assert (told["mode"], told["kind"], told["total"], told["succeeded"]) == ("cancel", "run", 5, 2)
    assert get(client, "replays")["items"][0]["id"] == told["id"]
    stopped = post(client, f"{place}/stop", REASON).json()
    assert (stopped["state"], stopped["verdict"][:18]) == ("stopped", "2 of 5 cancelled, ")
    assert RunRecord.objects.filter(state="cancelled").count() == 2
    assert AuditRecord.objects.filter(verb="run.cancel").count() == 2


def test_who_may_not_do_it_neither_begins_nor_steers_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling_runs, "PAGE", 1)
    placed(define(ORDER), 2)
    ann = a_client("view_run", "hold_run")
    bob = a_client("view_run", "cancel_run", "replay", name="bob")
    selection = choose(ann, q="workflow:order").json()["id"]

    act = tell(ann, "hold", selection).json()["id"]

    assert tell(bob, "hold", selection).status_code == 403
    assert tell(bob, "release", selection).status_code == 403
    assert post(bob, f"replays/{act}/stop", REASON).status_code == 403
    assert tell(ann, "cancel", selection).status_code == 403


def test_run_that_is_to_be_held_says_so() -> None:
    [run] = placed(define(ORDER))
    client = a_client("view_run", "hold_run")

    held = post(client, f"runs/{run}/hold", REASON)
    told = (get(client, f"runs/{run}")["holding"], get(client, "runs")["items"][0]["holding"])
    again = post(client, f"runs/{run}/hold", REASON)
    released = post(client, f"runs/{run}/release", REASON)

    assert (held.status_code, told) == (200, (True, True))
    assert (again.status_code, again.json()["code"]) == (409, "FE501")
    assert released.json() == {"id": str(run), "state": "running"}
    assert not get(client, f"runs/{run}")["holding"]


def test_what_was_chosen_of_all_runs_is_no_way_to_those_that_one_may_not_see(
    settings: Settings,
) -> None:
    placed(define(ORDER), 2)
    selection = str(selections.freeze("run", "", "7").id)
    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.database.api.test_runs.nobody_of"}
    client = a_client("view_run", "cancel_run")

    answers = [
        tell(client, "cancel", selection),
        client.get(f"{API}selections/{selection}"),
        client.get(f"{API}selections/{selection}/items"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert get(client, "replays")["items"] == []
    assert not RunRecord.objects.filter(state="cancelled").exists()

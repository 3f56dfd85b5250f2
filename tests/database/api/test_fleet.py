"""Stations and workers over the API: what people have said of them, and what that needs."""

from __future__ import annotations

from uuid import uuid4

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.engine.gauge import Gauge, Reading, Slot
from flowengine.models import AuditRecord
from flowengine.orchestration import groups
from flowengine.testing import Runner
from tests.builders.fleet import a_worker
from tests.builders.line import now
from tests.database.api.given import a_failed_run
from tests.database.api.people import a_client, get, own, post

pytestmark = pytest.mark.django_db

LOOK = "view_workerrecord"


def test_station_is_limited_opened_slowly_and_let_go() -> None:
    client = a_client(LOOK, "pause_station")
    place = "stations/default"

    limited = post(client, f"{place}/limit", {"reason": "four lines", "places": 4}).json()
    slowly = post(client, f"{place}/drain", {"reason": "it answers"}).json()
    free = post(client, f"{place}/limit", {"reason": "mended", "places": None}).json()
    wrong = [
        post(client, f"{place}/limit", body).status_code
        for body in ({"reason": "x", "places": 0}, {"reason": "x"}, {"places": 4})
    ]

    assert (limited["cap"]["places"], limited["cap"]["reason"]) == (4, "four lines")
    assert (slowly["door"], slowly["reason"], slowly["cap"]) == (
        "draining",
        "it answers",
        limited["cap"],
    )
    assert free["cap"] is None
    assert wrong == [422, 422, 422]
    acts = AuditRecord.objects.order_by("number").values_list("verb", "reason")
    assert list(acts) == [
        ("station.limit", "four lines"),
        ("station.drain", "it answers"),
        ("station.unlimit", "mended"),
    ]


def test_station_says_how_many_of_its_letters_are_open_to_who_may_see_them(
    flow_runner: Runner,
) -> None:
    a_failed_run(flow_runner)
    groups.run_due(now())

    [told] = get(a_client(LOOK, "view_dead_letter"), "stations")["items"][:1]
    [hidden] = get(a_client(LOOK, name="bob"), "stations")["items"][:1]

    assert (told["name"], told["dead"]) == ("default", 1)
    assert "dead" not in hidden


def test_station_says_what_came_and_what_went() -> None:
    reading = Reading(stations=[Gauge("default", "line.work", None, [Slot(0, 0, 0, {}, 120)])])
    a_worker("default", meter=msgspec.json.encode(reading).decode())

    [told] = [s for s in get(a_client(LOOK), "stations")["items"] if s["name"] == "default"]

    assert (told["in_per_s"], told["out_per_s"], told["last_at"]) == (2.0, 0.0, None)


def test_stations_are_read_in_six_statements() -> None:
    client = a_client(LOOK, "view_dead_letter")

    with CaptureQueriesContext(connection) as asked:
        get(client, "stations")

    assert len(own(asked)) <= 6


def test_worker_is_asked_to_rest_and_to_go_on() -> None:
    client = a_client(LOOK, "drain_worker")
    worker = a_worker("default")

    drained = post(client, f"workers/{worker}/drain", {"reason": "a new disk"}).json()
    listed = get(client, "workers")["items"][0]
    back = post(client, f"workers/{worker}/resume", {"reason": "it is in"}).json()
    gone = post(client, f"workers/{uuid4()}/drain", {"reason": "x"})

    assert (drained["wanted"], drained["wanted_reason"]) == ("draining", "a new disk")
    assert drained["state"] == "alive"  # It has not heard of it yet.
    assert listed["wanted_by"] == client.session["_auth_user_id"]
    assert back["wanted"] == "alive"
    assert (gone.status_code, gone.json()["code"]) == (404, "FE803")

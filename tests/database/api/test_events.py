"""Events over the API."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine import emit
from flowengine.testing import Runner
from tests.database.api.given import CANARY, a_failed_run
from tests.database.api.people import API, a_client, get

pytestmark = pytest.mark.django_db


def test_event_is_told_with_what_workflows_answered(flow_runner: Runner) -> None:
    run = a_failed_run(flow_runner)
    emit("troubled.x", {"order_id": 7, "ignored": True})
    flow_runner.run()
    client = a_client("view_eventrecord")

    ignored, started = get(client, "events")["items"]

    assert started["type"] == "troubled.broken"
    [answer] = started["answers"]
    assert (answer["workflow"], answer["outcome"]) == ("troubled", "started")
    assert answer["run_id"] == str(run.id)
    assert ignored["answers"][0]["outcome"] == "no_match"
    assert ignored["answers"][0]["run_id"] is None
    assert get(client, f"events/{started['id']}") == started


def test_events_are_listed_a_page_at_a_time() -> None:
    made = [str(emit("a.b", {"n": n}).event_id) for n in range(5)]
    client = a_client("view_eventrecord")

    first = get(client, "events", limit=3)
    rest = get(client, "events", limit=3, after=first["next"])

    assert {each["id"] for each in [*first["items"], *rest["items"]]} == set(made)
    assert rest["next"] is None


def test_events_are_filtered_by_the_query() -> None:
    emit("a.b", {})
    emit("a.c", {})

    found = get(a_client("view_eventrecord"), "events", q="type:a.c")["items"]

    assert [each["type"] for each in found] == ["a.c"]


def test_payload_of_an_event_is_only_for_who_may_see_it(flow_runner: Runner) -> None:
    event = a_failed_run(flow_runner).event_id
    viewer = a_client("view_eventrecord")
    reader = a_client("view_eventrecord", "view_payload", name="bob")

    for place in ("events", f"events/{event}"):
        assert CANARY not in viewer.get(API + place).content.decode()
        assert CANARY in reader.get(API + place).content.decode()
    for place in (f"events/{event}/data", f"events/{event}/explanation"):
        assert viewer.get(API + place).status_code == 403
        assert CANARY in reader.get(API + place).content.decode()


def test_payload_of_an_event_is_not_for_who_may_not_see_events(flow_runner: Runner) -> None:
    event = a_failed_run(flow_runner).event_id
    client = a_client("view_payload")

    for place in ("data", "explanation"):
        answers = [client.get(f"{API}events/{each}/{place}") for each in (event, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]


def test_explanation_says_clause_by_clause_why_nothing_started(flow_runner: Runner) -> None:
    event = emit("troubled.x", {"order_id": 7, "ignored": True}).event_id
    flow_runner.run()
    client = a_client("view_eventrecord", "view_payload")

    said = get(client, f"events/{event}/explanation")["workflows"]

    [troubled] = [each for each in said if each["workflow"] == "troubled"]
    assert troubled["recorded"]["outcome"] == "no_match"
    [clause] = troubled["triggers"][0]["filter"]
    assert clause["value"] is False


def test_event_that_is_not_there_is_not_found() -> None:
    client = a_client("view_eventrecord", "view_payload")

    for place in ("", "/data", "/explanation"):
        assert client.get(f"{API}events/{uuid4()}{place}").status_code == 404


def test_list_asks_the_database_six_times_however_long_it_is() -> None:
    for n in range(30):
        emit("troubled.x", {"order_id": n})
    client = a_client("view_eventrecord")

    with CaptureQueriesContext(connection) as asked:
        page = get(client, "events", limit=200)

    assert len(page["items"]) == 30
    assert len(asked) <= 6, [each["sql"] for each in asked]

"""The sandbox over the API: texts that are in no file, checked and tried, with nothing left of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from flowengine import emit
from flowengine.models import DefinitionRecord, EventRecord, RunRecord
from flowengine.orchestration.sync import sync_project
from flowengine.store import definitions
from flowengine.web.api import sandbox
from flowengine.web.api.pacing import Pace
from tests.builders.line import now
from tests.database.api.people import a_client, post

pytestmark = pytest.mark.django_db
EVERYTHING = ("try_definition", "view_eventrecord", "view_payload", "view_workflowrecord")
ORDER = """workflow: tried
title: Order ${{ event.data.order }}
on:
  event: order.placed
  if: event.data.total > 10 && event.data.order != 'x'
steps:
  - sleep: 1s
    if: event.data.total > 1000
  - emit: order.seen
    with: {order: "${{ event.data.order }}"}
  - approval:
      ask: "${{ event.data.order }} for ${{ event.data.total }}?"
      groups: [bosses]
    timeout: 1d
"""
LOOP = """workflow: tried
on: order.placed
steps:
  - for_each: "${{ range(10000) }}"
    max_parallel: 1000
    emit: order.seen
    with: {n: "${{ range(9000).map(x, [x, x]) }}"}
"""


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pace that other tests have not used up."""
    monkeypatch.setattr(sandbox, "PACE", Pace(burst=30, per_s=0))


@pytest.fixture
def client() -> Client:
    """Somebody who may try texts, and see what is in events."""
    return a_client(*EVERYTHING)


def checked(client: Client, source: str) -> Any:
    answer = post(client, "sandbox/check", {"source": source})
    assert answer.status_code == 200, answer.content
    return answer.json()


def tried(client: Client, source: str, **data: Any) -> Any:
    event = emit("order.placed", data)
    answer = post(client, f"events/{event.event_id}/trial", {"source": source})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_all_that_is_wrong_with_a_text_is_told_with_its_place(client: Client) -> None:
    told = checked(client, ORDER.replace("timeout", "timeuot").replace("total", "total &&", 1))

    assert told["is_fit"] is False
    assert told["drawing"] is None
    places = [(each["line"], each["code"], each["hint"]) for each in told["problems"]]
    assert [line for line, _code, _hint in places] == sorted(line for line, *_rest in places)
    assert (14, "FE110", "did you mean 'timeout'?") in places
    assert any(line == 5 and code.startswith("FE2") for line, code, _hint in places)


def test_text_that_is_fit_is_drawn_and_nothing_is_stored(client: Client) -> None:
    sync_project(now=now())
    before = DefinitionRecord.objects.count()

    told = checked(client, ORDER)

    assert (told["is_fit"], told["workflow"], told["current"]) == (True, "tried", None)
    assert "<svg" in told["drawing"]
    assert DefinitionRecord.objects.count() == before


def test_text_is_compared_with_the_version_that_takes_new_runs(client: Client) -> None:
    sync_project(now=now())
    digest = definitions.synchronised()["line"]
    source = DefinitionRecord.objects.get(digest=digest).source

    same = checked(client, f"{source}\n# a comment\n")
    other = checked(client, f"{source}\ntimeout: 3d\n")

    assert (same["current"], same["digest"], same["changes"]) == (digest, digest, [])
    assert [(each["sign"], each["what"]) for each in other["changes"]] == [("+", "timeout")]
    blind = a_client("try_definition", name="blind")
    assert "current" not in checked(blind, source)


def test_trial_tells_the_filter_the_inputs_and_what_begins_at_once(client: Client) -> None:
    before = RunRecord.objects.count()

    told = tried(client, ORDER, order="A7", total=42)

    assert (told["outcome"], told["title"]) == ("match", "Order A7")
    assert [each["value"] for each in told["triggers"][0]["filter"]] == [True, True]
    assert [(each["step"], each["state"]) for each in told["steps"]] == [
        ("sleep 1", "skipped"),
        ("emit 1", "succeeded"),
        ("approval 1", "waiting"),
    ]
    assert told["steps"][2]["given"]["ask"] == "A7 for 42?"
    assert told["emits"] == [{"type": "order.seen", "data": {"order": "A7"}}]
    assert RunRecord.objects.count() == before
    assert not EventRecord.objects.filter(type="order.seen").exists()


def test_trial_tells_why_nothing_would_start(client: Client) -> None:
    told = tried(client, ORDER, order="A7", total=3)

    assert (told["outcome"], told["steps"]) == ("no_match", [])
    assert "event.data.total > 10" in told["detail"]
    assert tried(client, ORDER.replace("order.placed", "order.x"))["outcome"] == "other_events"


def test_trial_that_would_take_for_ever_is_ended_and_not_soon_begun_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "TIME_MAX_S", 0.05)
    event = emit("order.placed", {})

    answer = post(client, f"events/{event.event_id}/trial", {"source": LOOP})
    again = post(client, f"events/{event.event_id}/trial", {"source": LOOP})

    assert (answer.status_code, answer.json()["code"]) == (422, "FE808")
    assert (again.status_code, again.json()["code"]) == (429, "FE807")


def test_text_with_errors_is_not_tried(client: Client) -> None:
    event = emit("order.placed", {})

    answer = post(client, f"events/{event.event_id}/trial", {"source": "on: 7"})

    assert (answer.status_code, answer.json()["code"]) == (422, "FE804")


def test_checking_and_trying_write_nothing(client: Client) -> None:
    event = emit("order.placed", {"order": "A7", "total": 42})

    with CaptureQueriesContext(connection) as asked:
        post(client, "sandbox/check", {"source": ORDER})
        post(client, f"events/{event.event_id}/trial", {"source": ORDER})

    texts = [each["sql"].lstrip().upper() for each in asked]
    assert not [text for text in texts if text.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_who_asks_too_often_waits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "PACE", Pace(burst=2, per_s=0))

    codes = [post(client, "sandbox/check", {"source": ""}).status_code for _ in range(3)]

    assert codes == [200, 200, 429]
    other = a_client("try_definition", name="bob")
    assert post(other, "sandbox/check", {"source": ""}).status_code == 200


def test_pace_gives_back_with_time() -> None:
    times = iter([0.0, 0.0, 0.5])
    pace = Pace(burst=1, per_s=2, monotonic=lambda: next(times))

    pace.take("7")
    with pytest.raises(Exception, match="wait a little"):
        pace.take("7")
    pace.take("7")


def test_text_that_is_too_large_is_refused(client: Client) -> None:
    answer = post(client, "sandbox/check", {"source": "x" * 300_000})

    assert (answer.status_code, answer.json()["code"]) == (422, "FE804")


def test_text_shows_under_no_other_name_what_is_hidden(client: Client, settings: Any) -> None:
    settings.FLOWENGINE = {"CONFIG": {"api_token": "hush-7"}}
    text = """workflow: tried
title: Of ${{ event.data.card_number }}
on:
  event: order.placed
  if: event.data.card_number != 'hush-4242'
steps:
  - emit: order.seen
    with: {one: "${{ event.data.card_number }}", two: "${{ config.api_token }}"}
"""

    told = tried(client, text, card_number="hush-4242", order=7)

    assert told["outcome"] == "match"
    assert "hush" not in json.dumps(told).replace("!= 'hush-4242'", "")

"""Event types, test events and schedules over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine import emit, event_types
from flowengine.engine.rules.ticks import next_tick
from flowengine.models import (
    AuditRecord,
    EventRecord,
    RunRecord,
    ScheduleRecord,
    WorkflowRecord,
)
from flowengine.orchestration import schedule
from flowengine.orchestration.sync import sync_project
from flowengine.store import schedules, sql
from flowengine.store.schedules import Schedule
from flowengine.testing import Runner
from flowengine.web.api.paging import cursor
from tests.builders.line import now
from tests.database.api.people import API, a_client, get, own, post

pytestmark = pytest.mark.django_db
SCHEMA = {
    "type": "object",
    "properties": {"lines": {"type": "array", "items": {"type": "integer"}}},
    "required": ["lines"],
}
SEND = ("send_test_event", "view_eventrecord")


@pytest.fixture
def registered() -> Any:
    """A type with a schema."""
    event_types.register_event("checked.lines", SCHEMA)
    yield "checked.lines"
    event_types.forget("checked.lines")


def test_test_event_is_marked_and_in_the_audit(flow_runner: Runner) -> None:
    client = a_client(*SEND)
    body = {"type": "troubled.x", "data": {"order_id": 7}, "subject": "order:7", "reason": "try it"}

    sent = post(client, "events/test", body, **{"Idempotency-Key": "k1"})

    assert sent.status_code == 201
    event = get(client, f"events/{sent.json()['id']}")
    user = get(client, "session")["user"]
    assert (event["is_test"], event["key"]) == (True, f"test:{user}:k1")
    assert (event["actor"], event["subject"]) == (user, "order:7")
    [row] = AuditRecord.objects.filter(verb="event.test")
    assert (row.object_id, row.reason, row.who) == (event["id"], "try it", user)
    flow_runner.run()
    assert RunRecord.objects.filter(pk=sent.json()["run_ids"]["troubled"]).exists()


def test_test_event_that_is_sent_twice_is_one() -> None:
    client = a_client(*SEND)
    body = {"type": "a.b", "data": {}, "reason": "x"}

    first, again = (post(client, "events/test", body, **{"Idempotency-Key": "k"}) for _ in "12")

    assert first.json() == again.json()
    assert EventRecord.objects.filter(type="a.b").count() == 1
    assert AuditRecord.objects.filter(verb="event.test").count() == 1


def test_test_event_that_does_not_fit_is_refused_with_each_place(registered: str) -> None:
    client = a_client(*SEND)
    body = {"type": registered, "data": {"lines": [1, "two"]}, "reason": "x"}

    refused = post(client, "events/test", body, **{"Idempotency-Key": "k"})

    assert (refused.status_code, refused.json()["code"]) == (422, "FE804")
    [error] = refused.json()["errors"]
    assert error["place"] == "data.lines[1]"
    assert not EventRecord.objects.filter(type=registered).exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "flowengine.call"}, "FE309"),
        ({"type": "no type"}, "FE309"),
        ({"reason": " "}, "FE513"),
    ],
)
def test_test_event_that_will_not_do_is_refused(change: dict[str, str], code: str) -> None:
    body = {"type": "a.b", "data": {}, "reason": "x", **change}

    refused = post(a_client(*SEND), "events/test", body, **{"Idempotency-Key": "k"})

    assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_types_are_those_that_are_known_and_those_that_came(registered: str) -> None:
    sync_project(now=now())
    emit("troubeld.broken", {})
    client = a_client("view_eventrecord")

    listed = {each["type"]: each for each in get(client, "event-types", limit=200)["items"]}

    assert listed[registered]["is_registered"] is True
    assert listed[registered]["last_at"] is None
    mistyped = listed["troubeld.broken"]
    assert (mistyped["lately"], mistyped["starts"]) == (1, [])
    assert list(listed) == sorted(listed)
    first = get(client, "event-types", limit=1)
    assert get(client, "event-types", limit=1, after=first["next"])["items"] != first["items"]


def test_page_of_a_type_has_its_rate_its_schema_and_who_deals_with_it(registered: str) -> None:
    sync_project(now=now())
    for _ in range(3):
        emit(registered, {"lines": [1]})
    EventRecord.objects.filter(
        pk=EventRecord.objects.filter(type=registered).values("pk")[:1]
    ).update(created_at=now() - timedelta(hours=2))
    client = a_client("view_eventrecord")

    told = get(client, f"event-types/{registered}")

    assert told["data_schema"] == SCHEMA
    assert (sum(told["minutes"]), sum(told["hours"]), told["counted_since"]) == (2, 3, None)
    assert (len(told["minutes"]), len(told["hours"])) == (60, 24)
    assert told["sources"] == [{"source": None, "n": 3}]
    assert client.get(f"{API}event-types/no+type").status_code == 404


def test_filters_of_consumers_are_for_who_may_see_definitions() -> None:
    sync_project(now=now())
    viewer = a_client("view_eventrecord")
    reader = a_client("view_eventrecord", "view_workflowrecord", name="bob")

    [seen] = get(viewer, "event-types/troubled.x")["consumers"]
    [read] = get(reader, "event-types/troubled.x")["consumers"]

    assert (seen["workflow"], seen["how"], seen["pattern"]) == ("troubled", "starts", "troubled.*")
    assert "condition" not in seen
    assert "event.data" in read["condition"]


def test_type_that_nobody_listens_to_names_what_was_meant(registered: str) -> None:
    sync_project(now=now())
    emit("checked.linse", {})
    client = a_client("view_eventrecord")

    told = get(client, "event-types/checked.linse")
    [event] = get(client, "events", q="type:checked.linse")["items"]

    assert (told["consumers"], told["near"]) == ([], registered)
    assert (event["is_heard"], event["near"], event["is_test"]) == (False, registered, False)


def test_statements_do_not_grow_with_the_number_of_types() -> None:
    sync_project(now=now())
    for n in range(40):
        emit(f"many.n{n}", {})
    client = a_client("view_eventrecord", "view_workflowrecord")

    for place in ("event-types", "event-types/many.n1", "schedules"):
        with CaptureQueriesContext(connection) as asked:
            get(client, place)
        assert len(own(asked)) <= 6, own(asked)


def a_schedule(**fields: Any) -> Schedule:
    """A schedule of ``line``."""
    given = Schedule(
        workflow="line",
        trigger=3,
        cron="0 9 * * 1-5",
        timezone="Europe/Berlin",
        missed="once",
        due_at=None,
        **fields,
    )
    with sql.writing():
        schedules.put([given])
    return given


def test_schedule_says_in_words_when_it_comes_next_and_what_came_last() -> None:
    sync_project(now=now())
    ticked = datetime(2026, 3, 2, 8, tzinfo=UTC)
    a_schedule(ticked_at=ticked)
    client = a_client("view_workflowrecord", "view_run")

    [told] = [e for e in get(client, "schedules")["items"] if e["trigger"] == 3]

    assert told["words"] == "At 09:00 on Monday through Friday"
    assert told["is_enabled"] is True
    assert len(told["next"]) == 5
    ticks = [datetime.fromisoformat(each) for each in told["next"]]
    assert [next_tick("0 9 * * 1-5", "Europe/Berlin", each) for each in ticks[:4]] == ticks[1:]
    assert told["event_id"] == str(schedule.tick_id(a_schedule(), ticked))
    assert (told["outcome"], told["run_id"]) == ("", None)


def test_schedule_links_the_run_of_its_last_tick_for_who_may_see_runs(
    flow_runner: Runner,
) -> None:
    sync_project(now=now())
    given = a_schedule()
    with sql.writing():
        row = ScheduleRecord.objects.filter(workflow="line", trigger=3)
        row.update(due_at=now() - timedelta(seconds=1))
    schedule.run_once(now(), limit=10)
    flow_runner.run()
    seer = a_client("view_workflowrecord", "view_run")
    blind = a_client("view_workflowrecord", name="bob")

    [told] = [e for e in get(seer, "schedules")["items"] if e["trigger"] == 3]
    [less] = [e for e in get(blind, "schedules")["items"] if e["trigger"] == 3]

    assert EventRecord.objects.filter(pk=told["event_id"], target=given.workflow).exists()
    assert (less["run_id"], less["run_state"]) == (None, "")
    assert less["event_id"] == told["event_id"]


def test_place_in_the_list_of_schedules_that_is_no_number_begins_with_the_workflow() -> None:
    a_schedule()

    found = get(a_client("view_workflowrecord"), "schedules", after=cursor("", "²"))

    assert found["items"]


def test_workflow_that_is_switched_off_stops_its_schedules_and_says_why() -> None:
    sync_project(now=now())
    a_schedule()
    client = a_client("view_workflowrecord", "change_workflowrecord")

    off = post(client, "workflows/line/disable", {"reason": "stocktaking"}).json()
    [told] = [e for e in get(client, "schedules")["items"] if e["trigger"] == 3]
    on = post(client, "workflows/line/enable", {"reason": "done"}).json()

    assert (off["is_enabled"], told["is_enabled"], on["is_enabled"]) == (False, False, True)
    assert WorkflowRecord.objects.get(name="line").is_enabled
    verbs = AuditRecord.objects.filter(object_id="line").order_by("number")
    assert [(row.verb, row.reason) for row in verbs] == [
        ("workflow.disable", "stocktaking"),
        ("workflow.enable", "done"),
    ]

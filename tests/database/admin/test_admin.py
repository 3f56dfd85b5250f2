"""The Django admin: it shows the line, changes nothing, and keeps payloads to who may see them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from flowengine import emit
from flowengine.admin.read_only import COUNT_MAX, BoundedPaginator, ReadOnlyAdmin
from flowengine.models import (
    AuditRecord,
    DeadGroupRecord,
    DeadLetterRecord,
    DecisionRecord,
    EventRecord,
    KeyRecord,
    PlaceRecord,
    ReplayRecord,
    RunRecord,
    ScheduleRecord,
    StepRecord,
    WaitRecord,
    WorkerRecord,
    WorkflowRecord,
)
from flowengine.orchestration import replay, selections
from flowengine.orchestration.audit import By
from flowengine.testing import Runner

pytestmark = pytest.mark.django_db

MODELS = [
    *(EventRecord, RunRecord, DeadLetterRecord, WorkerRecord, WorkflowRecord, AuditRecord),
    *(KeyRecord, PlaceRecord, DeadGroupRecord, ReplayRecord),
]
SECRET = "canary-payload"
VIEWS = ["view_dead_letter", *(f"view_{model.__name__.lower()}" for model in MODELS)]


def a_client(*permissions: str) -> Client:
    """Somebody of the staff with these permissions."""
    user = User.objects.create_user(f"user-{User.objects.count()}", is_staff=True)
    for name in permissions:
        user.user_permissions.add(
            Permission.objects.get(codename=name, content_type__app_label="flowengine")
        )
    client = Client()
    client.force_login(user)
    return client


def a_failed_run(flow_runner: Runner) -> UUID:
    """A run of ``troubled`` that failed, whose event holds the secret."""
    data = {"order_id": 7, "note": SECRET}
    run_id = emit("troubled.broken", data, actor="7").run_ids["troubled"]
    flow_runner.run()
    return run_id


def a_replay() -> None:
    """A replay of all dead letters, and the row that says so."""
    chosen = selections.freeze("dead_letter", "", "7")
    replay.start(chosen.id, "resume", by=By(who="7", reason="x"))


def page(client: Client, model: type[Any], key: Any = None, **query: str) -> str:
    """The list of a model, or the page of one row."""
    name = model.__name__.lower()
    if key is None:
        url = reverse(f"admin:flowengine_{name}_changelist")
    else:
        url = reverse(f"admin:flowengine_{name}_change", args=[key])
    answer = client.get(url, query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def a_worker() -> WorkerRecord:
    now = datetime.now(UTC)
    return WorkerRecord.objects.create(
        id=uuid4(),
        name="worker-one",
        host="here",
        pid=1,
        stations='["default", "mail"]',
        due_at=now + timedelta(minutes=1),
        started_at=now,
        seen_at=now,
    )


def a_place(run_id: UUID) -> PlaceRecord:
    """A run that waits for a place of a key whose text is a payload."""
    now = datetime.now(UTC)
    key = KeyRecord.objects.create(
        id=uuid4(), workflow="troubled", gate="concurrency", key=SECRET, state=b'{"open": 1}'
    )
    return PlaceRecord.objects.create(run_id=run_id, key_id=key.id, state="queued", written_at=now)


@pytest.mark.parametrize("model", MODELS)
def test_each_model_is_registered_and_can_only_be_looked_at(
    model: type[Any], flow_runner: Runner
) -> None:
    a_place(a_failed_run(flow_runner))
    a_worker()
    a_replay()
    registered = admin.site._registry[model]
    row = model.objects.first()
    name = model.__name__.lower()
    client = Client()
    client.force_login(User.objects.create_superuser("root"))

    assert isinstance(registered, ReadOnlyAdmin)
    page(client, model)
    shown = page(client, model, row.pk)
    assert 'name="_save"' not in shown
    assert client.get(reverse(f"admin:flowengine_{name}_add")).status_code == 403
    change = reverse(f"admin:flowengine_{name}_change", args=[row.pk])
    delete = reverse(f"admin:flowengine_{name}_delete", args=[row.pk])
    before = model.objects.filter(pk=row.pk).values().get()
    assert client.post(change, {"state": "x"}).status_code == 403
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("model", MODELS)
def test_staff_without_permission_sees_nothing(model: type[Any]) -> None:
    url = reverse(f"admin:flowengine_{model.__name__.lower()}_changelist")

    assert a_client().get(url).status_code == 403


def test_payloads_and_error_texts_need_their_own_permission(flow_runner: Runner) -> None:
    run_id = a_failed_run(flow_runner)
    run, letter = RunRecord.objects.get(pk=run_id), DeadLetterRecord.objects.get()
    places = [(RunRecord, run_id), (EventRecord, run.event_id), (DeadLetterRecord, letter.pk)]
    operator, developer = a_client(*VIEWS), a_client(*VIEWS, "view_payload")

    unseen = [page(operator, model, key) for model, key in places]
    unseen += [page(operator, model) for model, _ in places]
    seen = [page(developer, model, key) for model, key in places]

    assert not any(SECRET in text or "broken for good" in text for text in unseen)
    assert SECRET in seen[1]
    assert "broken for good" in seen[0]
    assert "broken for good" in seen[2]
    assert "Traceback" in seen[0]


def test_an_event_shows_what_each_workflow_answered(flow_runner: Runner) -> None:
    run_id = a_failed_run(flow_runner)
    declined = emit("troubled.x", {"order_id": 7, "ignored": True}).event_id
    flow_runner.run()
    client = a_client(*VIEWS)

    started_page = page(client, EventRecord, RunRecord.objects.get().event_id)
    declined_page = page(client, EventRecord, declined)

    run_page = reverse("admin:flowengine_runrecord_change", args=[run_id])
    assert f'href="{run_page}"' in started_page
    assert "no_match" in declined_page


def test_why_a_workflow_declined_an_event_is_payload(flow_runner: Runner) -> None:
    event = emit("troubled.x", {"order_id": 7, "ignored": True}).event_id
    flow_runner.run()
    DecisionRecord.objects.filter(event_id=event).update(detail=f"'{SECRET}' is no number")

    unseen = page(a_client(*VIEWS), EventRecord, event)
    seen = page(a_client(*VIEWS, "view_payload"), EventRecord, event)

    assert (SECRET in unseen, SECRET in seen) == (False, True)


def test_a_run_shows_its_steps_and_its_history(flow_runner: Runner) -> None:
    run_id = a_failed_run(flow_runner)

    shown = page(a_client(*VIEWS), RunRecord, run_id)

    for text in ("told", "line.broken", "run.started", "step.failed", "Permanent in broken"):
        assert text in shown


def test_a_run_shows_what_it_waits_for_who_called_it_and_whom_it_called(
    flow_runner: Runner,
) -> None:
    run_id, child_id = a_failed_run(flow_runner), a_failed_run(flow_runner)
    RunRecord.objects.filter(pk=child_id).update(
        parent_run=run_id, parent_step="deliver", parent_item="3"
    )
    WaitRecord.objects.create(
        run_id=run_id,
        step="paid",
        patterns='["card.paid"]',
        match=f'{{"card": "{SECRET}"}}',
        key=uuid4(),
        created_at=datetime.now(UTC),
    )
    StepRecord.objects.filter(run_id=run_id).update(item="3.7")
    client = a_client(*VIEWS)

    caller, called = page(client, RunRecord, run_id), page(client, RunRecord, child_id)

    child_page = reverse("admin:flowengine_runrecord_change", args=[child_id])
    assert f'<td>deliver[3]</td><td><a href="{child_page}"' in caller
    assert "card.paid" in caller
    assert "[3.7]" in caller
    assert SECRET not in caller
    assert str(run_id) in called


def test_a_workflow_shows_when_it_starts_by_itself(flow_runner: Runner) -> None:
    ScheduleRecord.objects.create(
        workflow="chain", trigger=0, cron="15 2 * * *", timezone="Europe/Berlin", missed="once"
    )

    assert "15 2 * * *" in page(a_client(*VIEWS), WorkflowRecord, "chain")


def test_key_of_a_run_that_waits_is_payload(flow_runner: Runner) -> None:
    place = a_place(a_failed_run(flow_runner))
    operator, developer = a_client(*VIEWS), a_client(*VIEWS, "view_payload")

    unseen = [page(operator, KeyRecord), page(operator, KeyRecord, place.key_id)]

    assert not any(SECRET in text for text in unseen)
    assert SECRET in page(developer, KeyRecord, place.key_id)
    assert str(place.key_id) in page(operator, PlaceRecord, place.run_id)


def test_who_may_watch_every_run_may_look_at_them_here(flow_runner: Runner) -> None:
    run_id = a_failed_run(flow_runner)

    assert "troubled" in page(a_client("view_run"), RunRecord, run_id)


def test_foreign_text_is_escaped(flow_runner: Runner) -> None:
    evil = "<script>alert(1)</script>"
    event = emit("troubled.quiet", {"order_id": 7, "note": evil}, subject=evil, key=evil)
    flow_runner.run()
    client = a_client(*VIEWS, "view_payload")

    pages = [page(client, EventRecord, event.event_id), page(client, EventRecord)]
    pages.append(page(client, RunRecord, event.run_ids["troubled"]))

    assert all(evil not in text for text in pages)
    assert "&lt;script&gt;" in pages[0]


def test_a_list_goes_back_a_week_unless_asked(flow_runner: Runner) -> None:
    run_id = a_failed_run(flow_runner)
    RunRecord.objects.update(created_at=datetime.now(UTC) - timedelta(days=10))
    client = a_client(*VIEWS)

    week, month, searched = (
        page(client, RunRecord),
        page(client, RunRecord, period="30d"),
        page(client, RunRecord, q=str(run_id)),
    )

    assert str(run_id) not in week
    assert str(run_id) in month
    assert searched.count(f"/{run_id}/change/") == 1


def test_a_search_takes_whole_ids_only(flow_runner: Runner) -> None:
    run_id = a_failed_run(flow_runner)
    event_id = str(RunRecord.objects.get().event_id)
    client = a_client(*VIEWS)

    assert f"/{run_id}/change/" in page(client, RunRecord, q=event_id)
    assert f"/{run_id}/change/" not in page(client, RunRecord, q="trou")
    assert "troubled" in page(client, WorkflowRecord, q="troub")


def test_filters_offer_fixed_choices_and_lists_read_no_payloads(flow_runner: Runner) -> None:
    a_failed_run(flow_runner)
    client = a_client(*VIEWS, "view_payload")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        shown = page(client, RunRecord, state="failed", workflow="troubled", period="24h")
        page(client, EventRecord, state="routed")
        page(client, DeadLetterRecord)

    sql = [query["sql"] for query in queries]
    assert "troubled" in shown
    assert not any("DISTINCT" in text for text in sql)
    assert not any('"flowengine_event"."data"' in text for text in sql)
    assert not any('"flowengine_run"."inputs"' in text for text in sql)
    assert not any('"flowengine_dead_letter"."body"' in text for text in sql)


def test_counting_stops_at_a_bound() -> None:
    rows = range(COUNT_MAX * 3)

    with CaptureQueriesContext(connection) as queries:
        counted = BoundedPaginator(EventRecord.objects.order_by("pk"), 50).count

    assert counted == 0
    assert f"LIMIT {COUNT_MAX}" in queries[0]["sql"]
    assert BoundedPaginator(list(rows), 50).count == len(rows)


def test_a_worker_counts_as_alive_until_its_lease_ends() -> None:
    worker = a_worker()
    client = a_client(*VIEWS)

    alive = page(client, WorkerRecord)
    WorkerRecord.objects.update(due_at=datetime.now(UTC) - timedelta(seconds=1))
    dead = page(client, WorkerRecord)

    assert worker.name in alive
    assert "default, mail" in alive
    assert "icon-yes" in alive
    assert "icon-no" in dead


def switch(client: Client, action: str) -> int:
    """Do that to ``chain`` on the list of workflows, with a reason; the status."""
    url = reverse("admin:flowengine_workflowrecord_changelist")
    sent = {"action": action, "_selected_action": "chain", "apply": "1", "reason": "a moment"}
    return client.post(url, sent, follow=True).status_code


def test_a_disabled_workflow_starts_nothing_until_it_is_enabled(flow_runner: Runner) -> None:
    client = a_client(*VIEWS, "change_workflowrecord")

    switch(client, "disable")
    emit("chain.begun", {})
    flow_runner.run()
    switch(client, "enable")
    after = emit("chain.begun", {})
    flow_runner.run()

    assert list(RunRecord.objects.values_list("pk", flat=True)) == [after.run_ids["chain"]]
    rows = AuditRecord.objects.order_by("number")
    assert [row.verb for row in rows] == ["workflow.disable", "workflow.enable"]
    assert {(row.object_id, row.reason, row.door) for row in rows} == {
        ("chain", "a moment", "admin")
    }


def test_switching_a_workflow_that_is_so_already_is_not_written_down(flow_runner: Runner) -> None:
    switch(a_client(*VIEWS, "change_workflowrecord"), "enable")

    assert not AuditRecord.objects.exists()


def test_who_may_only_look_switches_nothing_off(flow_runner: Runner) -> None:
    switch(a_client(*VIEWS), "disable")

    assert WorkflowRecord.objects.get(pk="chain").is_enabled


def test_a_workflow_shows_the_drawing_that_the_dashboard_shows(flow_runner: Runner) -> None:
    client = a_client(*VIEWS)
    digest = WorkflowRecord.objects.get(pk="chain").digest

    found = re.search(r'<img src="([^"]+)" alt="The line', page(client, WorkflowRecord, "chain"))

    assert found is not None
    assert found[1] == f"/flow/api/v1/definitions/{digest}/drawing"
    assert b"<svg" in client.get(found[1]).content


def test_a_workflow_shows_its_text_and_its_versions(flow_runner: Runner) -> None:
    shown = page(a_client(*VIEWS), WorkflowRecord, "chain")

    assert "on: chain.begun" in shown
    assert "chain.yaml" in shown


@pytest.mark.parametrize(
    ("model", "place"),
    [(RunRecord, "runs"), (EventRecord, "events"), (DeadLetterRecord, "dead/letters")],
)
def test_page_of_a_row_leads_to_its_screen_of_the_dashboard(
    model: Any, place: str, flow_runner: Runner
) -> None:
    emit("troubled.broken", {"order_id": 7})
    flow_runner.run()
    row = model.objects.first()
    name = model._meta.model_name

    page = a_client(*VIEWS).get(reverse(f"admin:flowengine_{name}_change", args=[row.pk]))

    assert f'<a href="/flow/{place}/{row.pk}">Open in flow</a>' in page.content.decode()

"""Definitions, workers, approvals, the session and the audit over the API."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from flowengine import project
from flowengine.definitions.drawing import Drawing, drawing
from flowengine.definitions.model import Workflow
from flowengine.models import (
    AuditRecord,
    DefinitionRecord,
    RunRecord,
    StepRecord,
    WorkerRecord,
)
from flowengine.orchestration import audit, doors
from flowengine.orchestration.audit import By
from flowengine.orchestration.sync import sync_project
from flowengine.store import open_runs, sql
from flowengine.web.api import definitions
from tests.builders.line import now
from tests.database.api.given import CANARY
from tests.database.api.people import API, a_client, get, own, permit, post
from tests.database.web.asked import a_big_order, a_boss

pytestmark = pytest.mark.django_db


def test_workflows_are_listed_by_name_a_page_at_a_time() -> None:
    sync_project(now=now())
    client = a_client("view_workflowrecord")

    first = get(client, "workflows", limit=2)
    rest = get(client, "workflows", after=first["next"])

    names = [each["name"] for each in [*first["items"], *rest["items"]]]
    assert names == sorted(project.catalog().workflows)
    assert len(first["items"]) == 2
    assert get(client, "workflows/line") == first["items"][1]
    assert client.get(API + "workflows/none").status_code == 404


def test_versions_have_their_text_and_their_picture() -> None:
    sync_project(now=now())
    client = a_client("view_workflowrecord")

    [version] = get(client, "workflows/line/versions")["items"]
    definition = get(client, f"definitions/{version['digest']}")
    picture = client.get(f"{API}definitions/{version['digest']}/drawing")

    assert version["is_active"] is True
    assert definition["source"].startswith("workflow: line")
    assert picture["Content-Type"] == "image/svg+xml"
    assert "default-src 'none'" in picture["Content-Security-Policy"]
    assert ET.fromstring(picture.content).tag == "{http://www.w3.org/2000/svg}svg"


def test_line_is_laid_out_once_for_each_version(monkeypatch: pytest.MonkeyPatch) -> None:
    sync_project(now=now())
    client = a_client("view_workflowrecord")
    versions = [
        get(client, f"workflows/{name}/versions")["items"][0]["digest"]
        for name in ("line", "chain")
    ]
    drawn: list[str] = []

    def counted(workflow: Workflow) -> Drawing:
        drawn.append(workflow.name)
        return drawing(workflow)

    monkeypatch.setattr(definitions, "drawing", counted)
    definitions.picture_of.cache_clear()

    pictures = [client.get(f"{API}definitions/{each}/drawing").content for each in versions * 2]

    assert drawn == ["line", "chain"]
    assert pictures[:2] == pictures[2:]
    assert pictures[0] != pictures[1]


def a_run(digest: str, state: str) -> None:
    RunRecord.objects.create(
        id=uuid4(),
        workflow="line",
        digest=digest,
        event_id=uuid4(),
        state=state,
        seq=1,
        created_at=now(),
    )


def test_open_runs_are_counted_by_workflow_and_by_version(monkeypatch: pytest.MonkeyPatch) -> None:
    sync_project(now=now())
    client = a_client("view_workflowrecord")
    [line] = get(client, "workflows/line/versions")["items"]
    for digest in (line["digest"], "an older one"):
        for state in ("running", "running", "held", "succeeded", "failed"):
            a_run(digest, state)
    DefinitionRecord.objects.create(
        digest="an older one", workflow="line", path="p", source="", created_at=now()
    )

    def told() -> tuple[int, dict[str, int], int]:
        versions = get(client, "workflows/line/versions")["items"]
        return (
            get(client, "workflows/line")["open_runs"],
            {each["digest"]: each["open_runs"] for each in versions},
            get(client, "workflows/chain")["open_runs"],
        )

    assert told() == (6, {line["digest"]: 3, "an older one": 3}, 0)
    monkeypatch.setattr(open_runs, "COUNTED_MAX", 2)
    assert told() == (2, {line["digest"]: 2, "an older one": 2}, 0)


def test_versions_are_compared_by_what_they_do() -> None:
    sync_project(now=now())
    client = a_client("view_workflowrecord")
    old = DefinitionRecord.objects.get(workflow="chain")
    source = old.source.replace("workflow: chain", "workflow: chain\ntimeout: 3h")
    DefinitionRecord.objects.create(
        digest="other", workflow="chain", path=old.path, source=source, created_at=now()
    )
    [line] = get(client, "workflows/line/versions")["items"]

    found = get(client, "definitions/other/changes", since=old.digest)
    foreign = client.get(f"{API}definitions/other/changes", {"since": line["digest"]})

    assert found["changes"] == [{"sign": "+", "what": "timeout", "detail": '"3h"'}]
    assert foreign.status_code == 422


@pytest.mark.parametrize("place", ["", "/drawing", "/changes?since=none"])
def test_version_that_is_not_there_is_not_found(place: str) -> None:
    answer = a_client("view_workflowrecord").get(f"{API}definitions/none{place}")

    assert answer.status_code == 404


def a_worker(name: str, *, started_s_ago: float, alive: bool) -> WorkerRecord:
    at = now()
    return WorkerRecord.objects.create(
        id=uuid4(),
        name=name,
        host="here",
        pid=1,
        stations='["default"]',
        due_at=at + timedelta(minutes=1 if alive else -1),
        started_at=at - timedelta(seconds=started_s_ago),
        seen_at=at,
    )


def test_workers_are_listed_the_last_started_first() -> None:
    a_worker("old", started_s_ago=60, alive=False)
    a_worker("new", started_s_ago=1, alive=True)
    client = a_client("view_workerrecord")

    first = get(client, "workers", limit=1)
    rest = get(client, "workers", limit=1, after=first["next"])

    assert [(w["name"], w["is_alive"]) for w in first["items"]] == [("new", True)]
    assert [(w["name"], w["is_alive"]) for w in rest["items"]] == [("old", False)]
    assert first["items"][0]["stations"] == ["default"]


def test_stations_are_closed_and_opened_and_it_is_written_down() -> None:
    client = a_client("view_workerrecord", "pause_station")

    closed = post(client, "stations/default/pause", {"reason": "the bank is away"})
    listed = get(client, "stations")["items"]
    opened = post(client, "stations/default/resume", {"reason": "it is back"})
    without = post(client, "stations/default/pause", {"reason": ""})
    unknown = post(client, "stations/nowhere/pause", {"reason": "x"})

    assert (closed.json()["door"], closed.json()["reason"]) == ("paused", "the bank is away")
    [default] = [each for each in listed if each["name"] == "default"]
    assert (default["door"], default["by"]) == ("paused", client.session["_auth_user_id"])
    assert opened.json()["door"] == "open"
    assert (without.status_code, unknown.status_code) == (422, 404)
    verbs = AuditRecord.objects.order_by("number").values_list("verb", "door", "object_id")
    assert [*verbs] == [
        ("station.pause", "api", "default"),
        ("station.resume", "api", "default"),
    ]


def test_stations_are_listed_by_name_a_page_at_a_time() -> None:
    client = a_client("view_workerrecord")

    first = get(client, "stations", limit=1)
    names, after = [each["name"] for each in first["items"]], first["next"]
    rest = get(client, "stations", after=after) if after else {"items": []}

    names += [each["name"] for each in rest["items"]]
    assert names == sorted({*project.catalog().stations(), "default"})


def test_breakers_reason_is_only_for_who_may_see_payloads() -> None:
    doors.trip("default", "2:ab", CANARY, seen=None, now=now())

    [hidden] = [s for s in get(a_client("view_workerrecord"), "stations")["items"] if s["since"]]
    reader = a_client("view_workerrecord", "view_payload", name="bob")
    [shown] = [s for s in get(reader, "stations")["items"] if s["since"]]

    assert (hidden["door"], hidden["fingerprint"], "reason" in hidden) == ("parked", "2:ab", False)
    assert shown["reason"] == CANARY


def test_session_says_who_is_signed_in_and_what_he_may_do() -> None:
    client = a_client("view_run", "cancel_run")

    said = get(client, "session")

    assert said["name"] == "ann"
    assert said["permissions"] == ["cancel_run", "view_run"]


def test_approvals_are_listed_without_their_question(settings: Any, tmp_path: Path) -> None:
    runs = [str(a_big_order(settings, tmp_path)) for _ in range(4)]
    StepRecord.objects.filter(run_id__in=runs[:2]).update(due_at=None)
    client = a_client("view_run")

    found: list[Any] = []
    after: str | None = ""
    while after is not None:
        page = get(client, "approvals", limit=1, after=after)
        found, after = [*found, *page["items"]], page["next"]

    assert [each["run_id"] for each in found] == [*runs[2:], *sorted(runs[:2])]
    assert {each["is_mine"] for each in found} == {False}
    assert "ask" not in found[0]
    assert client.get(f"{API}approvals?after=eA").status_code == 422


def test_question_is_told_to_who_is_asked_and_to_who_may_see_payloads(
    settings: Any, tmp_path: Path
) -> None:
    a_big_order(settings, tmp_path)
    boss = a_boss()
    permit(boss, "view_run")
    asked = Client()
    asked.force_login(boss)

    [mine] = get(asked, "approvals")["items"]
    [seen] = get(a_client("view_run", "view_payload"), "approvals")["items"]

    assert (mine["is_mine"], mine["ask"]) == (True, seen["ask"])
    assert seen["is_mine"] is False


def an_act(verb: str, *, by: By = By(who="7"), **fields: Any) -> None:  # noqa: B008 - a value
    with sql.writing():
        audit.record([audit.Entry(by=by, verb=verb, **fields)], now())


def test_audit_is_listed_the_newest_first_and_filtered() -> None:
    an_act("group.note", kind="dead_group", object_id="a", details={"length": 3})
    an_act("discard", kind="selection", object_id="b", selection_id=uuid4())
    an_act("group.note", kind="dead_group", object_id="b")
    client = a_client("view_auditrecord", "view_payload")

    first = get(client, "audit", limit=2)
    rest = get(client, "audit", limit=2, after=first["next"])
    of_group = get(client, "audit", kind="dead_group", object_id="a")

    assert [each["number"] for each in [*first["items"], *rest["items"]]] == [3, 2, 1]
    assert [each["details"] for each in of_group["items"]] == [{"length": 3}]
    selection = first["items"][1]["selection_id"]
    assert len(get(client, "audit", selection_id=selection)["items"]) == 1


def test_details_of_an_act_are_only_for_who_may_see_payloads() -> None:
    an_act("replay.start", kind="replay", object_id="a", details={"options": {"edit": [1]}})
    by_itself = By(who="", door="system", reason=CANARY)
    an_act("station.park", by=by_itself, kind="station", object_id="a")

    parked, told = get(a_client("view_auditrecord"), "audit")["items"]
    seen = get(a_client("view_auditrecord", "view_payload", name="bob"), "audit")["items"]

    assert (told["verb"], told["reason"]) == ("replay.start", "")
    assert "details" not in told
    assert "reason" not in parked
    assert seen[0]["reason"] == CANARY


@pytest.mark.parametrize(
    ("place", "permission"),
    [
        ("workflows", "view_workflowrecord"),
        ("workflows/line/versions", "view_workflowrecord"),
        ("workers", "view_workerrecord"),
        ("stations", "view_workerrecord"),
        ("approvals", "view_run"),
        ("audit", "view_auditrecord"),
    ],
)
def test_list_asks_the_database_six_times_at_most(place: str, permission: str) -> None:
    sync_project(now=now())
    for n in range(20):
        a_worker(str(n), started_s_ago=n, alive=True)
        an_act("group.note", kind="dead_group", object_id=str(n))
    client = a_client(permission)

    with CaptureQueriesContext(connection) as asked:
        get(client, place, limit=200)

    assert len(own(asked)) <= 6, own(asked)

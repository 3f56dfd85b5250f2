"""Who may not see payloads is told nothing of any: each column that holds some has a secret, and everything
that can be read is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import BinaryField, Model
from django.test import Client

from flowengine.engine.run import Answer, Failure
from flowengine.live.topics import KINDS, parse
from flowengine.models import (
    AttemptLogRecord,
    AuditRecord,
    DeadGroupRecord,
    DeadLetterRecord,
    DecisionRecord,
    EventRecord,
    HistoryRecord,
    ReplayItemRecord,
    ReplayRecord,
    RunRecord,
    SelectionRecord,
    StationRecord,
    StepRecord,
)
from flowengine.orchestration import audit, selections
from flowengine.orchestration.audit import By
from flowengine.store import sql
from tests.builders.line import now
from tests.database.api.given import CANARY, a_letter
from tests.database.api.people import API, permit
from tests.database.api.table import PERMISSIONS, TABLE
from tests.database.api.test_matrix import ask

pytestmark = pytest.mark.django_db

PAYLOADS: Mapping[type[Model], frozenset[str]] = {
    EventRecord: frozenset({"data"}),
    DecisionRecord: frozenset({"detail"}),
    RunRecord: frozenset({"inputs", "output", "failure"}),
    StepRecord: frozenset({"value", "input", "output", "failure", "answers"}),
    HistoryRecord: frozenset({"transitions"}),
    AttemptLogRecord: frozenset({"log"}),
    DeadLetterRecord: frozenset({"message", "body", "headers", "failure"}),
    DeadGroupRecord: frozenset({"title"}),
    SelectionRecord: frozenset({"query", "words", "filter"}),
    ReplayRecord: frozenset({"options"}),
    ReplayItemRecord: frozenset({"difference", "detail"}),
    StationRecord: frozenset({"reason"}),
    AuditRecord: frozenset({"reason", "details"}),
}
"""The columns in which payloads and what errors say are kept."""
NO_PAYLOADS = frozenset({"flowengine_step.counts", "flowengine_key.state"})
"""Binary columns without any: numbers and instants."""
QUOTED = json.dumps({"note": CANARY}).encode()
TOPICS = (
    *("run:{run}", "runs:mine", "runs:subject:order/7", "runs:workflow:troubled", "inbox"),
    *("floor", "floor:troubled", "runs:query:workflow:troubled", "dead", "workers"),
    *("approvals", "replay:{replay}"),
)
"""One topic of each kind."""


@pytest.fixture
def hidden(things: Mapping[str, Mapping[str, str]], settings: Any) -> Mapping[str, str]:
    """The ids of what there is, with the secret in every such column of it."""
    settings.FLOWENGINE = {}
    mine = things["mine"]
    answer = Answer(user="7", approved=True, at=now(), comment=CANARY)
    StepRecord.objects.filter(run_id=mine["run"]).update(
        value=QUOTED, answers=msgspec.json.encode([answer])
    )
    told = RunRecord.objects.get(pk=mine["run"]).failure or b""
    for row in HistoryRecord.objects.filter(run_id=mine["run"]):
        row.transitions = bytes(row.transitions).replace(b"broken for good", CANARY.encode())
        row.save(update_fields=["transitions"])
    letter = a_letter(
        "failed run",
        message=CANARY,
        body=QUOTED,
        headers={"x": CANARY},
        run_id=UUID(mine["run"]),
        failure=msgspec.json.decode(bytes(told), type=Failure),
    )
    edit = [{"op": "replace", "path": "/note", "value": CANARY}]
    replays = ReplayRecord.objects.filter(pk=mine["replay"])
    replays.update(options=json.dumps({"edit": edit}))
    items = ReplayItemRecord.objects.filter(replay_id=mine["replay"])
    items.update(difference=json.dumps(edit), detail=CANARY)
    StationRecord.objects.create(name="till", door="parked", since=now(), reason=CANARY)
    frozen = selections.freeze("dead_letter", CANARY, "7").id
    with sql.writing():
        by = By(who="", door="system", reason=CANARY)
        entry = audit.Entry(by=by, verb="station.park", kind="station", object_id="till")
        edited = audit.Entry(by=By(who="7"), verb="replay.start", details={"edit": edit})
        audit.record([entry, edited], now())
    return {**mine, "letter": str(letter), "searched": str(frozen)}


def test_every_column_that_may_hold_anything_is_known() -> None:
    binary = {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_app_config("flowengine").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, BinaryField)
    }

    known = {f"{m._meta.db_table}.{name}" for m, names in PAYLOADS.items() for name in names}
    assert binary - known == NO_PAYLOADS


def test_every_kind_of_topic_is_watched() -> None:
    found = [parse(topic.format(run=uuid4(), replay=uuid4())) for topic in TOPICS]

    assert {each[0] for each in found if each is not None} == set(KINDS)


@pytest.mark.usefixtures("hidden")
def test_secret_is_in_every_column_that_holds_payloads() -> None:
    without = []
    for model, names in PAYLOADS.items():
        for name in names:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {name} FROM {model._meta.db_table}")
                values = [bytes(v) if isinstance(v, memoryview) else v for (v,) in cursor]
            if not any(CANARY in (v.decode() if isinstance(v, bytes) else v or "") for v in values):
                without.append(f"{model._meta.db_table}.{name}")
    assert without == []


def test_nothing_that_is_read_says_a_secret_but_to_who_may_see_payloads(
    hidden: Mapping[str, str],
) -> None:
    told = everything_told(PERMISSIONS - {"view_payload"}, hidden)
    told_more = everything_told(PERMISSIONS, hidden)

    assert [place for place, text in told.items() if CANARY in text] == []
    places = {place for place, text in told_more.items() if CANARY in text}
    assert {"get_run_payload", "get_dead_letter", "list_groups", "list_audit"} <= places
    assert not places & set(TOPICS), "what is watched is one for all of its watchers"


def everything_told(permissions: AbstractSet[str], ids: Mapping[str, str]) -> dict[str, str]:
    """All answers and frames for somebody with these permissions, by operation and topic."""
    user = User.objects.create_user(f"reader of {len(permissions)}")
    permit(user, *permissions)
    client = Client()
    client.force_login(user)
    told = {name: ask(client, row, ids).content.decode() for name, row in TABLE.items()}
    searched = client.get(f"{API}selections/{ids['searched']}")
    assert searched.status_code == 200
    told["a search"] = searched.content.decode()
    for topic in TOPICS:
        name = topic.format(run=ids["run"], replay=ids["replay"])
        answer = client.post(
            "/flow/live/",
            {"m": {name: None}, "g": []},
            content_type="application/json",
            headers={"origin": "http://testserver", "host": "testserver"},
        )
        frames = answer.json()["frames"]
        assert frames[0]["t"] == "snap", (topic, frames)
        told[topic] = answer.content.decode()
    return told

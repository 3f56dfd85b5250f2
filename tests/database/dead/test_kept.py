"""Everything that dies is kept, in the transaction of its failure, with all its tries."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from msgspec.structs import replace
from pytest_django import Settings

from flowengine.broker.base import Delivery
from flowengine.engine.messages import Due, Failed
from flowengine.engine.run import Failure, Frame
from flowengine.models import DeadGroupRecord, DeadLetterRecord, StepRecord, WorkerRecord
from flowengine.orchestration import dead
from flowengine.orchestration.receive import receive
from flowengine.store import dead_letters, sql
from tests.builders.dead import NOON, a_letter, bury, fold, the_group
from tests.builders.line import WORKER, begin, claim, tell

FRAME = Frame(file="shop/cards.py", line=88, name="charge", is_own=True)
DOWN = Failure(
    code="GatewayDown",
    message="gateway gave 503",
    traceback="Traceback 1 …",
    frames=(FRAME,),
    version="7.2",
)


@pytest.mark.django_db
def test_failed_run_is_kept_with_each_of_its_tries() -> None:
    WorkerRecord.objects.create(
        id=WORKER, name="ops-1:42", host="ops-1", pid=42, started_at=NOON, seen_at=NOON
    )
    [run] = begin("chain")
    claim([run], "one")

    tell(run, Failed(step="one", attempt=1, failure=DOWN))
    StepRecord.objects.filter(run_id=run).update(due_at=NOON)
    tell(run, Due())
    claim([run], "one")
    last = replace(DOWN, message="gateway gave 504", traceback="Traceback 2 …", permanent=True)

    tell(run, Failed(step="one", attempt=2, failure=last))

    row = DeadLetterRecord.objects.get()
    assert (row.kind, row.code, row.step, row.tries) == ("failed run", "FE421", "one", 2)
    assert (row.worker, row.version, row.workflow) == ("ops-1:42", "7.2", "chain")
    assert row.event_type == "chain.begun"
    assert row.digest
    kept = dead.letter(row.id)
    assert kept is not None
    assert kept.failure is not None
    assert [
        (each.attempt, each.message, each.worker, each.traceback, each.frames, each.version)
        for each in kept.failure.tries
    ] == [
        (1, "gateway gave 503", "ops-1:42", "Traceback 1 …", (FRAME,), "7.2"),
        (2, "gateway gave 504", "ops-1:42", "Traceback 2 …", (FRAME,), "7.2"),
    ]
    for each in kept.failure.tries:
        assert each.started_at is not None
        assert each.ended_at is not None
    fold()
    assert the_group().place == "shop/cards.py:88 charge"


@pytest.mark.django_db
def test_what_fails_without_a_version_has_that_of_who_buries_it(settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "VERSION": "8.0"}

    bury(a_letter())

    assert DeadLetterRecord.objects.get().version == "8.0"


@pytest.mark.django_db
def test_version_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWENGINE_VERSION", "9f31c2")

    bury(a_letter())

    assert DeadLetterRecord.objects.get().version == "9f31c2"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "settings_", "kind", "code"),
    [
        (b"\xff", {}, "unreadable", "FE301"),
        ({"type": "nobody.knows"}, {"UNKNOWN_EVENTS": "dead"}, "unknown event", "FE302"),
        ({"type": "order.placed", "data": "x" * 300_000}, {}, "bad event", "FE304"),
    ],
)
def test_what_arrives_and_will_not_do_is_kept_as_it_came(
    settings: Settings, body: Any, settings_: dict[str, str], kind: str, code: str
) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, **settings_}
    if isinstance(body, dict):
        event = {"specversion": "1.0", "id": "1", "source": "https://a.example", "data": {}, **body}
        body = json.dumps(event).encode()
    delivery = Delivery(
        queue="intake",
        body=body,
        headers={"traceparent": "00-1"},
        content_type="application/cloudevents+json",
    )

    receive([delivery], NOON)

    row = DeadLetterRecord.objects.get()
    assert (row.kind, row.code, bytes(row.body or b"")) == (kind, code, body)
    assert json.loads(row.headers) == {
        "content-type": "application/cloudevents+json",
        "traceparent": "00-1",
    }
    assert row.source == ("" if kind == "unreadable" else "https://a.example")
    assert DeadGroupRecord.objects.get().kind == kind


@pytest.mark.django_db
def test_closing_a_letter_leaves_what_died_as_it_was() -> None:
    [letter] = bury(a_letter(body=b"\x00\xff", headers={"a": [1]}))
    before = DeadLetterRecord.objects.values("body", "headers", "failure", "message").get()

    dead_letters.close([letter], "resolved", reason="x", by="7", now=NOON)

    after = DeadLetterRecord.objects.values("body", "headers", "failure", "message").get()
    assert after == before
    assert b"CardDeclined" in bytes(after["failure"] or b"")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [
        {"body": b"other"},
        {"body": None},
        {"headers": "{}"},
        {"failure": None},
        {"message": ""},
        {"fingerprint": "2:other"},
    ],
)
def test_database_refuses_to_change_what_died(given: dict[str, Any]) -> None:
    bury(a_letter(body=b"\x00", headers={"a": 1}))

    with pytest.raises(DatabaseError, match="what died is kept as it was"), transaction.atomic():
        DeadLetterRecord.objects.update(**given)

    letter = DeadLetterRecord.objects.get()
    letter.reason = "the rest may be written, also with all columns named"
    letter.save()


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_another_who_buries_the_same_cause(postgres: str) -> None:
    bury(a_letter())
    has_buried, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with sql.writing():
                dead_letters.insert([a_letter()], NOON)
                has_buried.set()
                assert may_commit.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        assert has_buried.wait(30)
        with sql.writing():
            sql.execute("SET LOCAL lock_timeout = '1s'", {})
            dead_letters.insert([a_letter()], NOON)
        fold()
        assert the_group().count == 2
    finally:
        may_commit.set()
        thread.join(30)

    fold()
    assert the_group().count == 3

"""``emit()``: one row, in the caller's transaction, and what it promises about it."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine import event_types, signals
from flowengine.engine.identity import run_id
from flowengine.errors import EventRefused
from flowengine.models import EventRecord
from flowengine.orchestration.emit import NewEvent, aemit, emit, emit_many
from tests.builders.files import HELLO, declare

pytestmark = pytest.mark.django_db


def row() -> EventRecord:
    return EventRecord.objects.get()


def test_emit_writes_one_pending_row_that_is_due() -> None:
    emitted = emit("order.placed", {"order_id": 42}, subject="42")

    record = row()
    assert record.id == emitted.event_id
    assert (record.type, record.subject, record.state) == ("order.placed", "42", "pending")
    assert json.loads(bytes(record.data)) == {"order_id": 42}
    assert record.source is None
    assert record.due_at == record.created_at == record.time
    assert abs(record.created_at - datetime.now(UTC)) < timedelta(seconds=5)
    assert record.correlation_id == str(emitted.event_id)
    assert emitted.event_id.version == 7


def test_emit_is_one_statement_in_the_callers_transaction() -> None:
    emit("order.placed", {})  # reads the workflow files, once per process

    with CaptureQueriesContext(connection) as statements:
        emit("order.placed", {"order_id": 42}, key="42")

    assert len(statements) == 1


@pytest.mark.parametrize("count", [1, 200])
def test_emit_many_is_one_statement_for_any_number(count: int) -> None:
    with CaptureQueriesContext(connection) as statements:
        emitted = emit_many(NewEvent("order.placed", {"n": n}) for n in range(count))

    assert len(statements) == 1
    assert EventRecord.objects.count() == len({each.event_id for each in emitted}) == count


def test_emit_many_of_more_than_a_page_writes_all() -> None:
    emit_many(NewEvent("order.placed", {"n": n}) for n in range(1_201))

    assert EventRecord.objects.count() == 1_201


def test_emit_many_of_nothing_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as statements:
        assert emit_many([]) == []

    assert len(statements) == 0


def test_emit_many_with_one_bad_event_writes_none_and_names_it() -> None:
    events = [NewEvent("order.placed", {}), NewEvent("order.placed", {"when": {1}})]

    with pytest.raises(EventRefused, match=r"event 1: data\.when: a set is not JSON"):
        emit_many(events)

    assert not EventRecord.objects.exists()


def test_emit_with_a_key_returns_the_same_ids_the_second_time() -> None:
    first = emit("order.paid", {"n": 1}, key="42")

    second = emit("order.paid", {"n": 2}, key="42")

    assert second == first
    assert json.loads(bytes(row().data)) == {"n": 1}


def test_emit_with_a_key_twice_in_one_call_writes_one_row() -> None:
    emitted = emit_many([NewEvent("order.paid", 1, key="42"), NewEvent("order.paid", 2, key="42")])

    assert emitted[0] == emitted[1]
    assert EventRecord.objects.count() == 1


def test_emit_with_the_key_of_another_type_is_another_event() -> None:
    emit("order.paid", {}, key="42")
    emit("order.placed", {}, key="42")

    assert EventRecord.objects.count() == 2


def test_run_ids_name_every_workflow_whose_pattern_matches(
    settings: Settings, tmp_path: Path
) -> None:
    other = HELLO.replace("workflow: hello", "workflow: every-greeting").replace(
        "hello.said", "hello.*"
    )
    declare(settings, tmp_path, HELLO, other)

    emitted = emit("hello.said", {})

    assert emitted.run_ids == {
        name: run_id(emitted.event_id, name, 0) for name in ("hello", "every-greeting")
    }
    assert emit("nobody.cares", {}).run_ids == {}


def test_broken_workflow_file_does_not_keep_events_from_being_emitted(
    settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO, "workflow: [")

    assert set(emit("hello.said", {}).run_ids) == {"hello"}


def test_actor_is_a_user_or_a_key_and_is_stored_as_text() -> None:
    user = User.objects.create_user("ann")
    key = uuid.UUID(int=5)

    for given, stored in [
        (user, str(user.pk)),
        (7, "7"),
        ("7", "7"),
        (key, str(key)),
        (None, None),
        (AnonymousUser(), None),
    ]:
        emitted = emit("order.placed", {}, actor=given)
        assert EventRecord.objects.get(pk=emitted.event_id).actor == stored


def test_given_time_is_kept_in_utc_and_its_row_is_due_now() -> None:
    past = datetime(2020, 1, 1, 12, tzinfo=UTC)

    emit("order.placed", {}, time=past)

    record = row()
    assert record.time == past
    assert record.due_at == record.created_at > past


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"type": "order..placed"}, "FE309"),
        ({"type": "order placed"}, "FE309"),
        ({"type": "order.*"}, "FE309"),
        ({"type": "a" * 201}, "FE309"),
        ({"type": ""}, "FE309"),
        ({"type": 5}, "FE309"),
        ({"type": "flowengine.run.succeeded"}, "FE309"),
        ({"subject": ""}, "FE309"),
        ({"subject": 42}, "FE309"),
        ({"subject": "a\x00b"}, "FE309"),
        ({"key": "a\nb"}, "FE309"),
        ({"key": "\ud800"}, "FE309"),
        ({"key": "k" * 1025}, "FE309"),
        ({"actor": True}, "FE309"),
        ({"actor": object()}, "FE309"),
        ({"traceparent": "00-zz"}, "FE309"),
        ({"time": datetime(2026, 3, 2)}, "FE309"),  # noqa: DTZ001 - a naive one
        ({"correlation_id": ""}, "FE309"),
        ({"data": "x" * 262_143}, "FE304"),
    ],
)
def test_what_will_not_do_is_refused_and_the_transaction_goes_on(
    arguments: dict[str, Any], code: str
) -> None:
    with transaction.atomic(), pytest.raises(EventRefused) as caught:
        emit(**{"type": "order.placed", "data": {}, **arguments})

    assert caught.value.code == code
    assert not EventRecord.objects.exists()


def test_largest_data_is_stored_byte_true() -> None:
    emit("order.placed", "x" * 262_142)

    assert len(bytes(row().data)) == 262_144


def test_registered_type_is_checked_with_path_and_problem() -> None:
    event_types.register_event("order.checked", {"type": "object", "required": ["order_id"]})
    try:
        with pytest.raises(EventRefused, match=r'\$ "order_id" is a required property') as caught:
            emit("order.checked", {})
    finally:
        event_types.forget("order.checked")

    assert caught.value.code == "FE303"


def test_unregistered_type_is_refused_where_the_setting_says_so(settings: Settings) -> None:
    settings.FLOWENGINE = {"UNKNOWN_EVENTS": "dead"}
    event_types.register_event("order.known")
    try:
        with pytest.raises(EventRefused, match=r"did you mean 'order\.known'") as caught:
            emit("order.knwon", {})
        emit("order.known", {})
    finally:
        event_types.forget("order.known")

    assert caught.value.code == "FE302"


def test_event_emitted_is_sent_after_the_commit_only(
    django_capture_on_commit_callbacks: Any,
) -> None:
    heard: list[tuple[uuid.UUID, str]] = []

    def listen(*, event_id: uuid.UUID, type: str, **_kwargs: Any) -> None:  # noqa: A002
        heard.append((event_id, type))

    signals.event_emitted.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            emitted = emit("order.placed", {})
            assert heard == []
    finally:
        signals.event_emitted.disconnect(listen)

    assert heard == [(emitted.event_id, "order.placed")]


@pytest.mark.django_db(transaction=True)
async def test_aemit_writes_the_same_row() -> None:
    emitted = await aemit("order.placed", {"n": 1}, key="a", subject="s")

    record = await EventRecord.objects.aget()
    await sync_to_async(connections.close_all)()
    assert (record.id, record.key, record.subject) == (emitted.event_id, "a", "s")

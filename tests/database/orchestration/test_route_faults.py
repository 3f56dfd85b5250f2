"""Routing what cannot be routed: one bad event harms no other, and is buried at last."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError, OperationalError
from psycopg import errors
from pytest_django import Settings

from flowengine.models import DeadLetterRecord, DecisionRecord, EventRecord, RunRecord
from flowengine.orchestration import admit as admission
from flowengine.orchestration import route as routing
from flowengine.orchestration.emit import NewEvent, emit, emit_many
from flowengine.orchestration.route import route
from tests.builders.database import raised
from tests.builders.events import NOON
from tests.builders.files import HELLO, synchronise

pytestmark = pytest.mark.django_db


def _make_guilty(monkeypatch: pytest.MonkeyPatch, guilty: UUID, error: Exception) -> None:
    """Let every batch with that event in it fail, as the database would."""

    def admit(asked: Any, now: Any, claim: Any, **how: Any) -> Any:
        if any(each.event.id == guilty for each in asked):
            raise error
        return admission.admit(asked, now, claim, **how)

    monkeypatch.setattr(routing, "admit", admit)


def test_one_guilty_event_among_two_hundred_leaves_the_others_routed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(settings, tmp_path, HELLO)
    emitted = emit_many(NewEvent("hello.said", {"n": n}) for n in range(200))
    guilty = emitted[123].event_id
    _make_guilty(monkeypatch, guilty, DataError("no such character"))

    routed = route([each.event_id for each in emitted], now=NOON)

    assert (routed.routed, routed.failed) == (199, 1)
    assert RunRecord.objects.count() == DecisionRecord.objects.count() == 199
    record = EventRecord.objects.get(pk=guilty)
    assert (record.state, record.tries) == ("published", 1)
    assert record.due_at == NOON + timedelta(seconds=1)


def test_guilty_event_is_tried_again_later_each_time_and_buried_at_last(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(settings, tmp_path, HELLO)
    guilty = emit("hello.said", {}).event_id
    _make_guilty(monkeypatch, guilty, ZeroDivisionError("our mistake"))
    waits = []

    for _ in range(5):
        route([guilty], now=NOON)
        waits.append(EventRecord.objects.get().due_at)
    routed = route([guilty], now=NOON)

    assert waits == [NOON + timedelta(seconds=wait) for wait in (1, 2, 4, 8, 16)]
    record = EventRecord.objects.get()
    assert (record.state, record.due_at) == ("dead", None)
    letter = DeadLetterRecord.objects.get()
    assert (letter.kind, letter.code, letter.event_id) == ("bad event", "FE901", guilty)
    assert "routing failed 6 times: ZeroDivisionError: our mistake" in letter.message
    assert b"Traceback" in bytes(letter.failure or b"")
    assert routed.committed.buried == [letter.id]
    assert route([guilty], now=NOON).failed == 0


def test_event_that_takes_too_long_is_given_time_and_holds_up_no_other(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(settings, tmp_path, HELLO)
    slow, good = (emit("hello.said", {}).event_id for _ in range(2))
    _make_guilty(monkeypatch, slow, raised(OperationalError, errors.QueryCanceled()))

    routed = route([slow, good], now=NOON)

    assert (routed.routed, routed.failed) == (1, 1)
    record = EventRecord.objects.get(pk=slow)
    assert (record.tries, record.due_at) == (1, NOON + timedelta(minutes=1))


def test_event_routed_at_last_forgets_nothing_of_its_tries(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO)
    event_id = emit("hello.said", {}).event_id
    with pytest.MonkeyPatch.context() as patch:
        _make_guilty(patch, event_id, DataError("only now"))
        route([event_id], now=NOON)

    route([event_id], now=NOON)

    record = EventRecord.objects.get()
    assert (record.state, record.tries, record.due_at) == ("routed", 1, None)


def test_absent_database_is_the_callers_to_repeat(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(settings, tmp_path, HELLO)
    event_id = emit("hello.said", {}).event_id
    _make_guilty(monkeypatch, event_id, OperationalError("gone"))

    with pytest.raises(OperationalError):
        route([event_id], now=NOON)

    record = EventRecord.objects.get()
    assert (record.state, record.tries) == ("pending", 0)
    assert not RunRecord.objects.exists()


def test_event_whose_stored_data_cannot_be_read_is_blamed_alone(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO)
    good, bad = emit("hello.said", {}).event_id, emit("hello.said", {}).event_id
    EventRecord.objects.filter(pk=bad).update(data=b"{")

    routed = route([good, bad], now=NOON)

    assert (routed.routed, routed.failed) == (1, 1)
    assert EventRecord.objects.get(pk=bad).tries == 1

"""The public door: ``cancel``; the rest is tested where it is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

import flowengine
from flowengine import signals
from flowengine.models import HistoryRecord, RunRecord
from flowengine.orchestration.route import route
from tests.builders.events import NOON
from tests.builders.files import HELLO, synchronise

pytestmark = pytest.mark.django_db


@pytest.fixture
def run_id(settings: Settings, tmp_path: Path) -> UUID:
    synchronise(settings, tmp_path, HELLO)
    emitted = flowengine.emit("hello.said", {})
    route([emitted.event_id], now=NOON)
    return emitted.run_ids["hello"]


def test_cancel_ends_a_waiting_run_and_says_who_and_why(
    run_id: UUID, django_capture_on_commit_callbacks: Any
) -> None:
    user = User.objects.create_user("ann")
    heard: list[tuple[UUID, int]] = []

    def listen(*, heads: list[tuple[UUID, int]], **_kwargs: Any) -> None:
        heard.extend(heads)

    signals.run_changed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            assert flowengine.cancel(run_id, by=user, reason="changed my mind") is True
    finally:
        signals.run_changed.disconnect(listen)

    run = RunRecord.objects.get()
    assert run.state == "cancelled"
    assert heard == [(run_id, run.seq)]
    told = b"".join(bytes(row.transitions) for row in HistoryRecord.objects.all())
    assert b"changed my mind" in told
    assert f'"by":"{user.pk}"'.encode() in told


def test_cancelling_twice_changes_nothing(run_id: UUID) -> None:
    flowengine.cancel(run_id)

    assert flowengine.cancel(run_id) is False


def test_cancelling_what_does_not_exist_changes_nothing() -> None:
    assert flowengine.cancel(uuid4()) is False

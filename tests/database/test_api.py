"""The public door: what people do to runs; the rest is tested where it is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

import flowengine
from flowengine import signals
from flowengine.errors import AnswerRefused, NotPermitted, RunRefused
from flowengine.models import HistoryRecord, RunRecord, StepRecord
from flowengine.orchestration.route import route
from tests.builders.events import NOON
from tests.builders.files import HELLO, synchronise
from tests.builders.line import now

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


HELD = """
workflow: held
on: held.begun
hold_on_failure: 1d
steps:
  - {id: stop, fail: {error: Refused, message: "No."}}
  - {id: after, task: line.nothing}
"""
ASKS = """
workflow: asks
on: asks.begun
steps:
  - id: decide
    approval: {ask: "Shall we?", users: ["${{ event.data.user }}"]}
    timeout: 1h
  - {id: after, task: line.nothing}
"""


def begun(settings: Settings, folder: Path, name: str, text: str, **data: Any) -> UUID:
    """A run of that workflow, as far as it goes by itself."""
    synchronise(settings, folder, text)
    emitted = flowengine.emit(f"{name}.begun", data)
    route([emitted.event_id], now=now())
    return emitted.run_ids[name]


def state_of(run: UUID, step: str) -> str:
    return StepRecord.objects.get(run_id=run, step=step).state


def test_a_held_run_goes_on_past_the_step_that_failed(settings: Settings, tmp_path: Path) -> None:
    run = begun(settings, tmp_path, "held", HELD)

    flowengine.resume(run, by=7, reason="done by hand", is_done=True)

    assert (state_of(run, "stop"), state_of(run, "after")) == ("succeeded", "ready")
    with pytest.raises(RunRefused):
        flowengine.resume(run)


def test_a_held_run_that_is_given_up_fails(settings: Settings, tmp_path: Path) -> None:
    run = begun(settings, tmp_path, "held", HELD)

    flowengine.give_up(run, reason="nobody wants it")

    assert RunRecord.objects.get(pk=run).state == "failed"
    with pytest.raises(RunRefused):
        flowengine.give_up(run)


def test_who_is_asked_answers_once_and_what_follows_is_due_at_once(
    settings: Settings, tmp_path: Path
) -> None:
    ann, bob = User.objects.create_user("ann"), User.objects.create_user("bob")
    run = begun(settings, tmp_path, "asks", ASKS, user=str(ann.pk))

    with pytest.raises(NotPermitted):
        flowengine.answer(run, "decide", user=bob, approved=True)
    flowengine.answer(run, "decide", user=ann, approved=True, comment="yes")
    with pytest.raises(AnswerRefused):
        flowengine.answer(run, "decide", user=ann, approved=False)

    assert state_of(run, "decide") == "succeeded"
    due_at = StepRecord.objects.get(run_id=run, step="after").due_at
    assert due_at is not None
    assert due_at <= now()

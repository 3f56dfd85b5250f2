"""What people do to runs is kept with who, why and from where; or it is not done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import flowengine
from flowengine.engine.messages import Failed, Succeeded
from flowengine.engine.patch import patched
from flowengine.engine.run import Failure
from flowengine.errors import EditRefused, NotPermitted, ReasonMissing, RunRefused
from flowengine.models import (
    AuditRecord,
    DeadLetterRecord,
    HistoryRecord,
    ReplayItemRecord,
    ReplayRecord,
    RunRecord,
    StepRecord,
)
from flowengine.orchestration import audit as auditing
from flowengine.orchestration import control
from flowengine.orchestration.audit import By, digest
from flowengine.store import audit
from tests.builders.stored import begin, claim, define, now, row, start, tell
from tests.database.replay.scenes import beat, failed_orders, letters_of, started

pytestmark = pytest.mark.django_db

ANN = By(who="7", reason="the bank said so", door="cli", address="anna@ops-1")
HELD = """
workflow: order
on: order.begun
hold_on_failure: 2d
steps:
  - {id: charge, task: line.told, with: {order_id: 1}, retry: {attempts: 1}}
  - line.nothing
"""
LOOP = """
workflow: order
on: order.begun
hold_on_failure: 2d
steps:
  - id: each
    for_each: ${{ [1, 2, 3] }}
    max_parallel: 3
    max_failures: 1
    task: line.told
    with: {order_id: "${{ item }}"}
    retry: {attempts: 1}
"""
ASKED = """
workflow: order
on: order.begun
steps:
  - id: decide
    approval: {ask: May it?, users: ["%s"], form: {amount: {type: integer}}}
    timeout: 1d
"""
FAST = {"rate": 1000, "in_flight": 1000}
NO = Failure(code="Declined", message="no funds", permanent=True)


def held(text: str = HELD) -> UUID:
    """A run whose first step has failed for good."""
    [run] = start(define(text))
    claim(run, "charge")
    tell(run, Failed(step="charge", attempt=1, failure=NO))
    assert RunRecord.objects.get(pk=run).state == "held"
    return run


def asked(user: User) -> UUID:
    [run], _committed = begin(define(ASKED % user.pk), [{}], actor="9")
    return run


def cancelled(by: By) -> UUID:
    [run] = start(define(HELD))
    control.cancel(run, by=by, now=now())
    return run


def resumed(by: By) -> UUID:
    run = held()
    control.resume(run, by=by, now=now())
    return run


def given_up(by: By) -> UUID:
    run = held()
    control.give_up(run, by=by, now=now())
    return run


ACTS: dict[str, Callable[[By], UUID]] = {
    "run.cancel": cancelled,
    "run.resume": resumed,
    "run.give_up": given_up,
}


def kept() -> AuditRecord:
    """The one act."""
    return AuditRecord.objects.get()


def told() -> dict[str, Any]:
    """What else is known of it."""
    found: dict[str, Any] = json.loads(kept().details)
    return found


@pytest.mark.parametrize("verb", ACTS)
def test_act_of_somebody_leaves_one_row_with_who_why_and_from_where(verb: str) -> None:
    run = ACTS[verb](ANN)

    act = kept()
    assert (act.verb, act.kind, act.object_id) == (verb, "run", str(run))
    assert (act.who, act.reason, act.door) == ("7", "the bank said so", "cli")
    assert (act.address, act.before_sha256, act.after_sha256) == ("anna@ops-1", "", "")


@pytest.mark.parametrize("verb", ACTS)
def test_what_a_program_does_by_itself_stands_in_the_history_alone(verb: str) -> None:
    run = ACTS[verb](By(who="", reason="too old"))

    assert not AuditRecord.objects.exists()
    assert HistoryRecord.objects.filter(run_id=run).count() > 1


@pytest.mark.parametrize("verb", ACTS)
def test_nobody_does_anything_without_a_reason(verb: str) -> None:
    with pytest.raises(ReasonMissing):
        ACTS[verb](By(who="7", reason=" \t"))

    assert not AuditRecord.objects.exists()
    assert RunRecord.objects.get().state in {"running", "held"}


@pytest.mark.parametrize("verb", ACTS)
def test_act_that_cannot_be_written_down_is_not_done(
    monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    def broken(_rows: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(audit, "append", broken)
    with pytest.raises(ZeroDivisionError):
        ACTS[verb](ANN)

    assert RunRecord.objects.get().state in {"running", "held"}
    assert set(DeadLetterRecord.objects.values_list("state", flat=True)) <= {"open"}


def test_act_that_changes_nothing_is_not_written_down() -> None:
    run = cancelled(By(who=""))

    control.cancel(run, by=ANN, now=now())
    for refused in (control.resume, control.give_up):
        with pytest.raises(RunRefused):
            refused(run, by=ANN, now=now())

    assert not AuditRecord.objects.exists()


def test_public_functions_keep_who_is_named_and_where_he_is() -> None:
    user = User.objects.create_user("ann")
    run, other, third = held(), held(), asked(user)
    place = "192.0.2.7"

    flowengine.resume(run, by=user, reason="there is money", address=place)
    flowengine.give_up(other, by=user, reason="no use", address=place)
    flowengine.cancel(run, by=user, reason="changed his mind", address=place)
    flowengine.answer(third, "decide", user=user, approved=True, form={"amount": 1}, address=place)
    flowengine.cancel(third)

    rows = AuditRecord.objects.order_by("number")
    assert [each.verb for each in rows] == ["run.resume", "run.give_up", "run.cancel", "run.answer"]
    assert {(each.who, each.door, each.address) for each in rows} == {(str(user.pk), "code", place)}
    with pytest.raises(ReasonMissing):
        flowengine.cancel(run, by=user)


# -- edits --------------------------------------------------------------------------------------------


def document(run: UUID, *places: tuple[str, str]) -> dict[str, Any]:
    """What the digests are of: these steps as they are."""
    found = {}
    for step, item in places:
        value = row(run, step, item)
        found[f"{step}.{item}" if item else step] = {
            "input": value.input,
            "output": value.output,
            "skipped": value.state == "skipped",
        }
    return found


@pytest.mark.parametrize(
    "edit",
    [{"inputs": {"order_id": 2}}, {"is_done": True, "output": {"order_id": 3}}, {"skip": True}],
)
def test_edit_is_kept_with_its_digests_and_with_what_it_replaces(edit: dict[str, Any]) -> None:
    run = held()
    before = document(run, ("charge", ""))

    control.resume(run, by=ANN, **edit, now=now())

    after = document(run, ("charge", ""))
    difference = told()["difference"]
    assert (kept().before_sha256, kept().after_sha256) == (digest(before), digest(after))
    assert patched(before, difference, size_max_bytes=10_000) == after != before


def test_original_of_a_corrected_input_is_kept() -> None:
    run = held()

    control.resume(run, by=ANN, inputs={"order_id": 2}, now=now())

    assert told()["difference"] == [
        {"op": "test", "path": "/charge/input/order_id", "value": 1},
        {"op": "add", "path": "/charge/input/order_id", "value": 2},
    ]


def test_edit_of_a_loop_is_of_its_failed_items() -> None:
    [run] = start(define(LOOP))
    claim(run, "each", "0", "1", "2")
    tell(run, Succeeded(step="each", item="1", attempt=1, output=None))
    for item in ("0", "2"):
        tell(run, Failed(step="each", item=item, attempt=1, failure=NO))
    assert RunRecord.objects.get(pk=run).state == "held"
    places = [("each", "0"), ("each", "2")]
    before = document(run, *places)

    control.resume(run, by=ANN, inputs={"order_id": 9}, now=now())

    after = document(run, *places)
    difference = told()["difference"]
    assert patched(before, difference, size_max_bytes=10_000) == after != before
    assert {each["path"] for each in difference} == {
        "/each.0/input/order_id",
        "/each.2/input/order_id",
    }
    assert kept().after_sha256 == digest(after)


def test_difference_that_is_too_large_is_cut_off_and_the_digests_are_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flowengine.orchestration.edits.DIFFERENCE_MAX_BYTES", 10)
    run = held()

    control.resume(run, by=ANN, inputs={"order_id": 2}, now=now())

    assert "difference" not in told()
    assert kept().after_sha256 == digest(document(run, ("charge", "")))


def test_replay_keeps_the_edit_of_each_run_and_its_statements_do_not_grow_with_them() -> None:
    def statements(count: int) -> int:
        replay_id = started(
            "resume", letters_of(failed_orders(count)), set={"order_id": 99}, pace=FAST
        )
        with CaptureQueriesContext(connection) as queries:
            beat()
        items = ReplayItemRecord.objects.filter(replay_id=replay_id)
        assert {item.state for item in items} == {"sent"}
        for item in items:
            act = AuditRecord.objects.get(object_id=str(item.object_id), verb="replay.resume")
            assert len(item.before_sha256) == len(item.after_sha256) == 64
            assert item.before_sha256 != item.after_sha256
            assert (act.before_sha256, act.after_sha256) == (item.before_sha256, item.after_sha256)
            assert json.loads(act.details)["difference"] == json.loads(item.difference)
        ReplayRecord.objects.update(due_at=None)
        return len(queries)

    statements(1)
    assert statements(2) == statements(12)


def test_nobody_corrects_a_run_alone_where_four_eyes_are_wanted_but_a_program_may(
    settings: Any,
) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "REPLAY_FOUR_EYES": True}
    run = held()

    for edit in ({"inputs": {"order_id": 2}}, {"is_done": True}, {"skip": True}):
        with pytest.raises(NotPermitted) as refused:
            control.resume(run, by=ANN, **edit, now=now())
        assert refused.value.code == "FE522"
    flowengine.resume(run, skip=True)

    assert RunRecord.objects.get(pk=run).state == "running"


def test_edit_that_does_not_fit_is_not_written_down() -> None:
    with pytest.raises(EditRefused):
        control.resume(held(), by=ANN, inputs={"nonsense": 2}, now=now())

    assert not AuditRecord.objects.exists()
    assert StepRecord.objects.get(step="charge").state == "failed"


# -- answers ------------------------------------------------------------------------------------------


def test_answer_on_a_page_is_kept_and_its_words_are_payload() -> None:
    user = User.objects.create_user("ann")
    run = asked(user)
    client = Client()
    client.force_login(user)

    place = f"/flow/my/approvals/{run}/decide/"
    said = client.post(place, {"answer": "approve", "comment": "canary", "field.amount": "3"})

    assert said.status_code == 302, said.content
    act = kept()
    assert (act.verb, act.object_id, act.who) == ("run.answer", str(run), str(user.pk))
    assert (act.reason, act.door, act.address) == ("asked at step 'decide'", "page", "127.0.0.1")
    assert told() == {"step": "decide", "item": "", "approved": True, "comment": "canary"}
    assert len(act.after_sha256) == 64
    assert auditing.verify().broken_at is None

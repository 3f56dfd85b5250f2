"""What each way of replaying does to runs, events and dead letters."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from flowengine.engine.identity import idempotency_key, run_id
from flowengine.models import (
    AuditRecord,
    DeadLetterRecord,
    DecisionRecord,
    EventRecord,
    HistoryRecord,
    ReplayItemRecord,
    RunRecord,
)
from flowengine.store import runs, sql
from tests.builders.stored import define, publish
from tests.database.replay.scenes import (
    NO,
    ORDER,
    beat,
    details,
    fail,
    failed_orders,
    letter_states,
    letters_of,
    pay,
    placed,
    runs_of,
    seen,
    started,
    states,
    through,
)

pytestmark = pytest.mark.django_db

OTHER = ORDER.replace("workflow: order", "workflow: invoice")


def event_of(run: UUID) -> UUID:
    """Which began it."""
    return RunRecord.objects.get(pk=run).event_id


def keys_of(run: UUID) -> UUID:
    """What its idempotency keys are made of."""
    with sql.writing():
        return runs.lock([run]).readable[run].keys_of


def first_words(run: UUID) -> dict[str, object]:
    """The first transition of its history."""
    [row] = HistoryRecord.objects.filter(run_id=run, first=1)
    found: dict[str, object] = json.loads(bytes(row.transitions))[0]
    return found


def test_resumed_run_goes_on_from_its_failed_step_and_resolves_its_letter() -> None:
    [run] = failed_orders()
    [letter] = letters_of([run])
    replay = started("resume", [letter])

    beat()

    assert (states(replay), letter_states([letter])) == (["sent"], ["replaying"])
    assert RunRecord.objects.get(pk=run).state == "running"
    pay(run)
    done = seen(replay)
    assert (done.state, done.succeeded, states(replay)) == ("done", 1, ["succeeded"])
    assert letter_states([letter]) == ["resolved"]
    assert "1 succeeded" in done.verdict["words"]


def test_restart_begins_a_new_run_of_the_same_event_by_the_newest_definition() -> None:
    [run] = failed_orders()
    newest = define(ORDER.replace("- {id: before, task: line.nothing}\n", ""))
    replay = started("restart", letters_of([run]))

    beat()

    event = event_of(run)
    copy = RunRecord.objects.get(pk=run_id(event, "order", 1))
    assert (copy.event_id, copy.digest, copy.replay_of) == (event, newest.digest, run)
    assert first_words(copy.id)["replay_of"] == str(run)
    assert first_words(copy.id)["by"] == "7"
    assert first_words(copy.id)["reason"] == "the bank is back"
    assert RunRecord.objects.get(pk=run).state == "failed"
    assert states(replay) == ["sent"]


def test_replayed_event_starts_only_the_workflow_that_its_dead_letter_names() -> None:
    order, _invoice = define(ORDER), define(OTHER)
    [run] = placed(order)
    fail(run)

    started("event", letters_of([run]))
    beat()

    event = event_of(run)
    assert [each.workflow for each in runs_of(event)].count("order") == 2
    assert [each.workflow for each in runs_of(event)].count("invoice") == 1


def test_replayed_event_starts_every_workflow_that_wants_it_where_all_are_asked_for() -> None:
    order, _invoice = define(ORDER), define(OTHER)
    [run] = placed(order)
    event = event_of(run)
    fail(run)
    for other in runs_of(event, workflow="invoice"):
        pay(other.id, failure=NO)

    replay = started("event", letters_of([run]), workflow="*")
    beat()

    copies = DecisionRecord.objects.filter(event_id=event, replay=1)
    assert {each.workflow: each.outcome for each in copies} == {
        "order": "started",
        "invoice": "started",
    }
    pay(run_id(event, "order", 1))
    assert seen(replay).state == "running"  # the other one has not ended
    pay(run_id(event, "invoice", 1))
    assert seen(replay).state == "done"


@pytest.mark.parametrize("mode", ["event", "restart"])
def test_new_run_has_the_idempotency_keys_of_the_first_one(mode: str) -> None:
    [run] = failed_orders()

    started(mode, letters_of([run]))
    beat()

    copy = run_id(event_of(run), "order", 1)
    assert keys_of(copy) == run
    assert idempotency_key(keys_of(copy), "charge") == idempotency_key(run, "charge")


@pytest.mark.parametrize("mode", ["event", "restart"])
def test_new_keys_are_others_than_those_of_the_first_run(mode: str) -> None:
    [run] = failed_orders()

    started(mode, letters_of([run]), new_keys=True)
    beat()

    copy = run_id(event_of(run), "order", 1)
    assert keys_of(copy) == copy


def test_run_that_fails_again_leaves_one_open_letter_and_the_old_one_says_so() -> None:
    [run] = failed_orders()
    [letter] = letters_of([run])
    replay = started("restart", [letter])
    beat()

    fail(run_id(event_of(run), "order", 1))
    done = seen(replay)

    assert (done.succeeded, done.failed, states(replay)) == (0, 1, ["failed"])
    assert sorted(DeadLetterRecord.objects.values_list("state", flat=True)) == ["open", "resolved"]
    old = DeadLetterRecord.objects.get(pk=letter)
    assert "failed again" in old.reason


def test_restart_that_starts_nothing_leaves_the_letter_open() -> None:
    [run] = failed_orders()
    letters = letters_of([run])
    replay = started("restart", letters)
    define(ORDER.replace("on: order.placed", "on: {event: order.placed, if: event.data.order > 5}"))

    beat()
    seen(replay)

    assert states(replay) == ["skipped"]
    assert "no_match" in details(replay)[0]
    assert letter_states(letters) == ["open"]


def test_edited_payload_becomes_an_event_of_its_own_that_the_original_has_caused() -> None:
    [run] = failed_orders()
    original = EventRecord.objects.get(pk=event_of(run))
    body = bytes(original.data)
    edit = [{"op": "replace", "path": "/order", "value": 9}]

    replay = started("restart", letters_of([run]), edit=edit)
    beat()

    item = ReplayItemRecord.objects.get(replay_id=replay)
    assert item.event_id is not None
    copy = EventRecord.objects.get(pk=item.event_id)
    assert (copy.causation_id, json.loads(bytes(copy.data))) == (str(original.id), {"order": 9})
    assert (item.before_sha256 != item.after_sha256, json.loads(item.difference)) == (True, edit)
    assert bytes(EventRecord.objects.get(pk=original.id).data) == body
    restarted = RunRecord.objects.get(event_id=copy.id)
    assert (restarted.replay_of, keys_of(restarted.id)) == (run, run)


def test_each_item_may_have_an_edit_of_its_own() -> None:
    runs_ = failed_orders(2)
    letters = letters_of(runs_)
    edits = {str(letters[1]): [{"op": "add", "path": "/note", "value": "by hand"}]}

    replay = started("event", letters, edits=edits)
    beat()

    [plain, edited] = ReplayItemRecord.objects.filter(replay_id=replay).order_by("n")
    assert plain.event_id == event_of(runs_[0])
    assert edited.event_id not in {event_of(run) for run in runs_}


def test_resume_takes_corrected_inputs_an_output_or_skips() -> None:
    [corrected, skipped] = failed_orders(2)
    started("resume", letters_of([corrected]), set={"order_id": 5})
    started("resume", letters_of([skipped]), skip=True)

    beat()

    assert RunRecord.objects.get(pk=skipped).state == "succeeded"
    assert RunRecord.objects.get(pk=corrected).state == "running"


def test_runs_and_events_can_be_replayed_without_a_letter() -> None:
    [run] = placed(define(ORDER))
    pay(run)
    event = publish("order.placed", {"order": 3})
    through([event])
    pay(run_id(event, "order"))

    first = started("restart", [run], kind="run")
    second = started("event", [event], kind="event", even_if_succeeded=True)
    beat()

    assert (states(first), states(second)) == (["sent"], ["sent"])
    assert RunRecord.objects.get(replay_of=run).event_id == event_of(run)
    assert RunRecord.objects.filter(event_id=event).count() == 2


def test_resume_of_a_selected_run_resolves_its_open_letter() -> None:
    [run] = failed_orders()

    started("resume", [run], kind="run")
    beat()

    assert letter_states(letters_of([run])) == ["resolved"]


def test_each_replayed_item_has_one_row_in_the_audit_with_who_why_and_what() -> None:
    runs_ = failed_orders(3)

    replay = started("resume", letters_of(runs_))
    beat()

    rows = AuditRecord.objects.filter(replay_id=replay, verb="replay.resume").order_by("number")
    assert {row.object_id for row in rows} == {str(each) for each in letters_of(runs_)}
    assert {(row.who, row.reason, row.kind) for row in rows} == {
        ("7", "the bank is back", "dead_letter")
    }
    assert AuditRecord.objects.filter(verb="replay.start", replay_id=replay).count() == 1

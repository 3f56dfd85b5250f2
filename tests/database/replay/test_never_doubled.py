"""However often, and by however many, a replay is asked for: each thing is replayed once."""

from __future__ import annotations

from uuid import UUID

import pytest

from flowengine.engine.identity import corrected_event_id
from flowengine.engine.messages import Failed
from flowengine.errors import ReplayRefused
from flowengine.models import (
    AuditRecord,
    DeadLetterRecord,
    DefinitionRecord,
    EventRecord,
    ReplayRecord,
    RunRecord,
    WorkflowRecord,
)
from flowengine.orchestration import control, replay
from flowengine.orchestration.audit import By
from flowengine.orchestration.replay.sending import send
from flowengine.store import audit, definitions
from tests.builders.stored import claim, define, now, tell
from tests.database.replay.scenes import (
    NO,
    ORDER,
    beat,
    chosen,
    details,
    fail,
    failed_orders,
    letter_states,
    letters_of,
    pay,
    placed,
    seen,
    started,
    states,
)

pytestmark = pytest.mark.django_db

EDIT = [{"op": "add", "path": "/note", "value": "by hand"}]


def test_same_request_twice_is_one_replay() -> None:
    selection = chosen(letters_of(failed_orders(2)))

    def asked(reason: str = "again") -> UUID:
        by = By(who="7", reason=reason)
        begun = replay.start(selection, "restart", by=by, request_key="click-1")
        return begun.id

    assert asked() == asked()
    with pytest.raises(ReplayRefused, match="used for another replay"):
        asked("for another reason")
    assert ReplayRecord.objects.count() == 1
    assert AuditRecord.objects.filter(verb="replay.start").count() == 1


def test_two_people_who_choose_the_same_letters_replay_each_once() -> None:
    runs = failed_orders(3)
    letters = letters_of(runs)

    mine, theirs = started("restart", letters[:2]), started("restart", letters)
    beat()

    assert states(mine) == ["sent", "sent"]
    assert states(theirs) == ["skipped", "skipped", "sent"]
    assert details(theirs)[0] == f"replay {mine}, which 7 asked for and is running, has it"
    assert RunRecord.objects.filter(replay_of__in=runs).count() == 3


def test_selection_that_another_replay_has_whole_is_over_at_once() -> None:
    letters = letters_of(failed_orders())
    started("restart", letters)

    second = replay.status(started("restart", letters))

    assert (second.state, second.skipped, second.due_at) == ("done", 1, None)


def test_letter_and_run_of_one_failure_are_replayed_once() -> None:
    [run] = failed_orders()

    first = started("restart", letters_of([run]))
    second = started("restart", [run], kind="run")
    beat()
    seen(second)

    assert states(first) == ["sent"]
    assert states(second) == ["skipped"]
    assert RunRecord.objects.filter(replay_of=run).count() == 1


def test_several_letters_of_one_run_resume_it_once() -> None:
    [run] = failed_orders()
    control.resume(run, now=now())
    fail(run)
    letters = [*DeadLetterRecord.objects.order_by("created_at").values_list("id", flat=True)]
    DeadLetterRecord.objects.update(state="open", closed_at=None)

    replay_id = started("resume", letters)
    beat()

    assert states(replay_id) == ["sent", "skipped"]
    assert RunRecord.objects.get(pk=run).replay == 2


def test_batch_that_is_sent_twice_is_sent_once() -> None:
    runs = failed_orders(2)
    letters = letters_of(runs)
    replay_id = started("restart", letters)

    assert send(replay_id, letters, now()).sent == 2
    assert send(replay_id, letters, now()).sent == 0
    beat()

    assert RunRecord.objects.filter(replay_of__in=runs).count() == 2
    assert AuditRecord.objects.filter(replay_id=replay_id, verb="replay.restart").count() == 2


def test_edited_copy_has_the_same_id_however_often_it_is_made() -> None:
    [letter] = letters_of(failed_orders())
    edit = [{"op": "add", "path": "/note", "value": 1}]

    first = started("event", [letter], edit=edit)
    beat()
    item = replay.items(first)[0]

    assert item.event_id == corrected_event_id(first, letter)


def test_what_has_succeeded_since_is_left_alone_unless_it_is_wanted_all_the_same() -> None:
    runs = failed_orders(2)
    letters = letters_of(runs)
    for run in runs:
        started("restart", [run], kind="run")
    beat()
    for copy in RunRecord.objects.filter(replay_of__in=runs):
        pay(copy.id)
    DeadLetterRecord.objects.update(state="open", closed_at=None)
    for each in ReplayRecord.objects.all():
        seen(each.id)

    careful = started("restart", letters[:1])
    all_the_same = started("restart", letters[1:], even_if_succeeded=True)
    beat()

    assert (states(careful), states(all_the_same)) == (["skipped"], ["sent"])
    assert details(careful)[0].startswith("succeeded_since: run ")


@pytest.mark.parametrize("mode", ["event", "restart", "resume"])
def test_run_whose_edited_copy_has_succeeded_is_left_alone(mode: str) -> None:
    [run] = failed_orders()
    edit = [{"op": "add", "path": "/note", "value": "by hand"}]
    corrected = started("event", letters_of([run]), edit=edit)
    beat()
    pay(RunRecord.objects.exclude(pk=run).get().id)
    seen(corrected)

    careful = started(mode, [run], kind="run")
    beat()
    all_the_same = started(mode, [run], kind="run", even_if_succeeded=True)
    beat()

    assert (states(careful), states(all_the_same)) == (["skipped"], ["sent"])
    assert details(careful)[0].startswith("succeeded_since: run ")


def test_copy_for_all_workflows_keeps_its_event_from_being_replayed_for_one() -> None:
    [run] = failed_orders()
    edit = [{"op": "add", "path": "/note", "value": "by hand"}]
    corrected = started("event", letters_of([run]), workflow="*", edit=edit)
    beat()

    at_work = started("restart", [run], kind="run")
    beat()
    pay(RunRecord.objects.exclude(pk=run).get().id)
    seen(corrected)
    over = started("restart", [run], kind="run")
    beat()

    assert details(at_work)[0].endswith("is running for it")
    assert details(over)[0].startswith("succeeded_since: run ")


@pytest.mark.parametrize("edit", [[], [{"op": "add", "path": "/note", "value": "by hand"}]])
def test_copy_for_one_workflow_keeps_its_event_from_being_replayed_for_all(
    edit: list[object],
) -> None:
    [run] = failed_orders()
    event = RunRecord.objects.get(pk=run).event_id

    for_one = started("event", letters_of([run]), workflow="order", edit=edit)
    beat()
    at_work = started("event", [event], kind="event", workflow="*")
    beat()
    pay(RunRecord.objects.exclude(pk=run).get().id)
    seen(for_one)
    over = started("event", [event], kind="event", workflow="*")
    beat()

    assert (states(for_one), states(at_work), states(over)) == (
        ["succeeded"],
        ["skipped"],
        ["skipped"],
    )
    assert details(at_work)[0].startswith("not_open: ")
    assert details(over)[0].startswith("succeeded_since: run ")
    assert RunRecord.objects.count() == 2


def test_two_replays_of_one_event_for_other_workflows_do_not_keep_one_another() -> None:
    [run] = failed_orders()
    define(ORDER.replace("workflow: order", "workflow: invoice"))
    event = RunRecord.objects.get(pk=run).event_id

    first = started("event", letters_of([run]), workflow="order")
    beat()
    second = started("event", [event], kind="event", workflow="invoice")
    beat()

    assert (states(first), states(second)) == (["sent"], ["sent"])


def test_item_whose_event_is_on_its_way_is_sent_later() -> None:
    [order] = failed_orders()
    define(ORDER.replace("workflow: order", "workflow: invoice"))
    [run] = placed(define(ORDER))
    for each in RunRecord.objects.exclude(pk=order):
        fail(each.id)
    letters = letters_of(
        RunRecord.objects.exclude(pk=order).order_by("workflow").values_list("id", flat=True)
    )
    assert len(letters) == 2

    replay_id = started("restart", letters)
    beat()
    assert states(replay_id) == ["sent", "pending"]  # both are of one event
    seen(replay_id)

    assert states(replay_id) == ["sent", "sent"]
    event = RunRecord.objects.get(pk=run).event_id
    assert RunRecord.objects.filter(event_id=event).count() == 4


def test_undone_run_and_one_whose_definition_is_gone_are_skipped_with_the_reason() -> None:

    undone, gone, disabled = failed_orders(3)
    RunRecord.objects.filter(pk=undone).update(has_undone=True)
    letters = letters_of([undone, gone, disabled])
    first = started("resume", letters[:1])
    beat()
    assert details(first) == ["undone: a step was undone; use restart"]

    WorkflowRecord.objects.update(is_enabled=False)
    second = started("restart", letters[2:])
    beat()
    assert details(second) == ["definition_gone: order takes no new runs"]

    DefinitionRecord.objects.all().delete()
    definitions._cached.clear()
    third = started("resume", letters[1:2])
    beat()
    assert details(third)[0].startswith("definition_gone: there is no definition")
    assert letter_states(letters) == ["open", "open", "open"]


def test_beat_that_is_killed_while_it_sends_has_sent_nothing_and_another_sends_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = failed_orders(3)
    letters = letters_of(runs)
    replay_id = started("restart", letters)

    def killed(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(audit, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            send(replay_id, letters, now())
    assert states(replay_id) == ["pending"] * 3
    assert letter_states(letters) == ["open"] * 3
    beat()

    assert states(replay_id) == ["sent"] * 3
    assert RunRecord.objects.filter(replay_of__in=runs).count() == 3


def test_item_that_its_batch_cannot_be_sent_with_is_refused_and_the_others_are_sent() -> None:
    runs = failed_orders(3)
    letters = letters_of(runs)
    guilty = EventRecord.objects.get(pk=RunRecord.objects.get(pk=runs[1]).event_id)
    EventRecord.objects.filter(pk=guilty.pk).update(data=b"no JSON")

    replay_id = started("restart", letters)
    beat()

    assert states(replay_id) == ["sent", "refused", "sent"]
    assert "DecodeError" in details(replay_id)[1]
    assert letter_states(letters) == ["replaying", "open", "replaying"]
    assert replay.status(replay_id).skipped == 1


@pytest.mark.parametrize("is_over", [False, True])
@pytest.mark.parametrize("workflow", ["", "*"])
def test_correction_of_a_correction_keeps_the_first_event_from_being_replayed(
    workflow: str, *, is_over: bool
) -> None:
    [run] = failed_orders()
    first = started("event", letters_of([run]), edit=EDIT)
    beat()
    [copy] = copies_of(run)
    fail(copy.id)
    seen(first)
    second = started("event", letters_of([copy.id]), edit=EDIT)
    beat()
    [other] = copies_of(run, copy.id)
    if is_over:
        pay(other.id)
        seen(second)

    event = RunRecord.objects.get(pk=run).event_id
    whole = started("event", [event], kind="event", workflow=workflow)
    beat()
    alone = started("restart", [run], kind="run")
    beat()

    assert (states(whole), states(alone)) == (["skipped"], ["skipped"])
    assert RunRecord.objects.count() == 3


def test_copy_that_only_one_of_two_workflows_has_done_is_done_for_that_one() -> None:
    [run] = failed_orders()
    define(ORDER.replace("workflow: order", "workflow: stock"))
    corrected = started("event", letters_of([run]), workflow="*", edit=EDIT)
    beat()
    copies = {each.workflow: each.id for each in copies_of(run)}
    pay(copies["order"])
    fail(copies["stock"])
    seen(corrected)

    again = started("restart", [run], kind="run")
    beat()

    assert states(corrected) == ["failed"]
    assert details(again) == [f"succeeded_since: run {copies['order']} has succeeded since"]


def copies_of(*runs: UUID) -> list[RunRecord]:
    """All runs but these."""
    return [*RunRecord.objects.exclude(pk__in=runs)]


@pytest.mark.parametrize("mode", ["restart", "event"])
def test_run_of_which_only_a_hook_has_failed_is_not_done_again(mode: str) -> None:
    hook = "finally:\n  - {id: bye, task: line.told, with: {order_id: 1}, retry: {attempts: 1}}\n"
    [run] = placed(define(ORDER + hook))
    pay(run)
    claim(run, "bye")
    tell(run, Failed(step="bye", attempt=1, failure=NO))
    letter = DeadLetterRecord.objects.get(kind="failed hook")
    assert RunRecord.objects.get().state == "succeeded"

    left = started(mode, [letter.id])
    beat()
    assert details(left) == [f"succeeded_since: run {run} has succeeded: only its hook has failed"]
    assert letter_states([letter.id]) == ["open"]

    wanted = started(mode, [letter.id], even_if_succeeded=True)
    beat()
    assert states(wanted) == ["sent"]

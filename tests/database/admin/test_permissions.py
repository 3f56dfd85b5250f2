"""Every page and every action of the admin needs exactly its permissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from flowengine.models import (
    AuditRecord,
    DeadGroupRecord,
    DeadLetterRecord,
    EventRecord,
    ReplayRecord,
    RunRecord,
    SelectionRecord,
    WorkerRecord,
    WorkflowRecord,
)
from flowengine.orchestration import groups, replay, selections
from flowengine.orchestration.audit import By
from flowengine.orchestration.replay.verdict import PROPOSED_FOR
from tests.builders.line import now
from tests.database.admin.test_admin import a_client, a_worker
from tests.database.api.given import a_letter
from tests.database.replay.scenes import chosen, failed_orders, letters_of, started

pytestmark = pytest.mark.django_db

PAGES: Mapping[type[Any], set[str]] = {
    EventRecord: {"view_eventrecord"},
    RunRecord: {"view_run", "view_runrecord"},
    DeadLetterRecord: {"view_dead_letter"},
    DeadGroupRecord: {"view_dead_letter"},
    AuditRecord: {"view_auditrecord"},
    WorkerRecord: {"view_workerrecord"},
    WorkflowRecord: {"view_workflowrecord"},
}
"""The permissions of which any shows the page."""
REPLAYS = {"dead_letter": "view_dead_letter", "run": "view_run", "event": "view_eventrecord"}
SEES, MAY_REPLAY = "view_dead_letter", {"view_dead_letter", "replay"}
ACTIONS: list[tuple[type[Any], str, set[str]]] = [
    (DeadLetterRecord, "replay", MAY_REPLAY),
    (DeadLetterRecord, "discard", {SEES, "discard"}),
    (DeadGroupRecord, "replay", MAY_REPLAY),
    (DeadGroupRecord, "discard", {SEES, "discard"}),
    (DeadGroupRecord, "acknowledge", {SEES, "triage_dead_letter"}),
    (ReplayRecord, "pause", MAY_REPLAY),
    (ReplayRecord, "slower", MAY_REPLAY),
    (ReplayRecord, "stop", MAY_REPLAY),
    (WorkflowRecord, "disable", {"view_workflowrecord", "change_workflowrecord"}),
]


def every() -> set[str]:
    found = Permission.objects.filter(content_type__app_label="flowengine")
    return set(found.values_list("codename", flat=True))


def url(model: type[Any], key: Any = None) -> str:
    name = f"admin:flowengine_{model.__name__.lower()}"
    return reverse(f"{name}_changelist") if key is None else reverse(f"{name}_change", args=[key])


def statuses(client: Client, model: type[Any], key: Any) -> list[int]:
    return [client.get(each).status_code for each in (url(model), url(model, key))]


def take(client: Client, model: type[Any], action: str, *keys: Any, **more: str) -> Any:
    """Take that action of a list, with a reason."""
    body = {"action": action, "_selected_action": [str(each) for each in keys]}
    return client.post(url(model), {**body, "apply": "1", "reason": "because", **more})


def test_page_is_shown_for_its_permission_and_for_no_other() -> None:
    begun = replay.start(chosen(letters_of(failed_orders())), "resume", by=By(who="7", reason="x"))
    groups.run_due(now())
    a_worker()
    replay.pause(begun.id, By(who="7", reason="x"))
    everything = every()

    for model, needs in PAGES.items():
        key = model.objects.values_list("pk", flat=True)[0]
        for need in needs:
            assert statuses(a_client(need), model, key) == [200, 200], (model, need)
        assert statuses(a_client(*everything - needs), model, key) == [403, 403], model


def test_replays_are_shown_to_who_may_see_what_was_chosen() -> None:
    runs = failed_orders(3)
    [event] = EventRecord.objects.filter(pk=RunRecord.objects.get(pk=runs[2]).event_id)
    things = {"dead_letter": letters_of(runs[:1]), "run": runs[1:2], "event": [event.pk]}
    made = {kind: started("event", ids, kind=kind) for kind, ids in things.items()}
    everything = every()

    for kind, need in REPLAYS.items():
        sees, others = a_client(need), a_client(*everything - {need})
        listed = sees.get(url(ReplayRecord)).content.decode()
        for other, replay_id in made.items():
            assert (str(replay_id) in listed) is (other == kind)
            is_shown = sees.get(url(ReplayRecord, replay_id)).status_code == 200
            assert is_shown is (other == kind), (kind, other)
        assert others.get(url(ReplayRecord, made[kind])).status_code != 200
    assert a_client(*everything - {*REPLAYS.values()}).get(url(ReplayRecord)).status_code == 403


@pytest.mark.parametrize(("model", "action", "needs"), ACTIONS)
def test_action_is_taken_by_who_has_its_permissions_and_by_nobody_who_lacks_one(
    model: type[Any], action: str, needs: set[str]
) -> None:
    key = a_thing(model)
    everything = every()

    for lacking in needs:
        take(a_client(*everything - {lacking}), model, action, key)
        assert done() == 0, lacking
    take(a_client(*needs), model, action, key)

    assert done() == 1


def a_thing(model: type[Any]) -> Any:
    if model is ReplayRecord:
        made = started("resume", letters_of(failed_orders()))
        SelectionRecord.objects.update(created_by="the test")
        return made
    failed_orders()
    groups.run_due(now())
    return model.objects.values_list("pk", flat=True)[0]


def done() -> int:
    """Selections that were made, and acts that were written down, over the admin."""
    chosen_there = SelectionRecord.objects.exclude(created_by="the test").exclude(created_by="")
    return chosen_there.count() + AuditRecord.objects.filter(door="admin").count()


# -- four eyes ----------------------------------------------------------------------------------------

EDITOR = {*MAY_REPLAY, "edit_dead_letter", "view_payload"}


def proposed(settings: Any, by: Client, **options: Any) -> UUID:
    """The id of a replay with edits that this user has proposed through another door."""
    settings.FLOWENGINE = {**settings.FLOWENGINE, "REPLAY_FOUR_EYES": True}
    selection = chosen(letters_of(failed_orders()))
    person = By(who=by.session["_auth_user_id"], reason="typo", door="api")
    mode = "restart" if "new_keys" in options else "resume"
    edit: dict[str, Any] = (
        {"edit": [{"op": "add", "path": "/note", "value": 1}]} if options else {"skip": True}
    )
    return replay.start(selection, mode, {**edit, **options}, by=person).id


def test_edit_is_approved_in_the_admin_by_somebody_else_who_could_have_proposed_it(
    settings: Any,
) -> None:
    ann = a_client(*EDITOR)
    replay_id = proposed(settings, ann)
    asked = take(ann, ReplayRecord, "approve", replay_id, apply="")
    shown = ann.get(url(ReplayRecord, replay_id)).content.decode()

    take(ann, ReplayRecord, "approve", replay_id)
    for lacking in EDITOR:
        take(a_client(*every() - {lacking}), ReplayRecord, "approve", replay_id)
    take(a_client(*EDITOR), ReplayRecord, "approve", replay_id, reason=" ")
    before = replay.status(replay_id).state
    bob = a_client(*EDITOR)
    take(bob, ReplayRecord, "approve", replay_id)

    end = ReplayRecord.objects.get(pk=replay_id).created_at + PROPOSED_FOR
    assert date_format(localtime(end), "DATETIME_FORMAT") in shown
    assert asked.status_code == 302 or "Reason" in asked.content.decode()
    assert before == "proposed"
    after = replay.status(replay_id)
    assert (after.state, after.approver) == ("running", bob.session["_auth_user_id"])
    row = AuditRecord.objects.get(verb="replay.approve")
    assert (row.who, row.door, row.reason, row.address) == (
        after.approver,
        "admin",
        "because",
        "127.0.0.1",
    )


def test_new_keys_are_approved_in_the_admin_by_who_may_give_them(settings: Any) -> None:
    replay_id = proposed(settings, a_client(*EDITOR), new_keys=True)

    take(a_client(*EDITOR), ReplayRecord, "approve", replay_id)
    before = replay.status(replay_id).state
    take(a_client(*EDITOR, "replay_new_keys"), ReplayRecord, "approve", replay_id)

    assert (before, replay.status(replay_id).state) == ("proposed", "running")


# -- texts of queries ---------------------------------------------------------------------------------


def test_words_that_were_looked_for_in_error_texts_are_payload() -> None:
    letter = a_letter(message="card 4242 declined")
    reader = a_client(SEES, "discard", "view_payload")
    selection = selections.freeze("dead_letter", "state:open 4242", "7")
    assert selection.count == 1, letter
    place = reverse("admin:flowengine_act", args=["discard", selection.id])

    seen = reader.get(place).content.decode()
    hidden = a_client(SEES, "discard").get(place).content.decode()

    assert "4242" in seen
    assert "4242" not in hidden
    assert "dead letters: state is" in hidden

"""Who does it at a terminal: whoever types, who may everything, or a user, who may what he may."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from flowengine.cli.exits import Exit
from flowengine.models import AuditRecord, DeadLetterRecord, ReplayRecord, RunRecord
from flowengine.orchestration import replay
from flowengine.orchestration.audit import By
from tests.database.api.given import a_letter
from tests.database.api.people import API, a_client, permit, post
from tests.database.api.table import REASON
from tests.database.cli.conftest import Flow, Said
from tests.database.replay.scenes import chosen, failed_orders, letters_of

pytestmark = pytest.mark.django_db

EDITOR = ("view_dead_letter", "replay", "edit_dead_letter", "view_payload")


def a_user(name: str, *permissions: str) -> User:
    user = User.objects.create_user(name)
    permit(user, *permissions)
    return user


@pytest.fixture
def ops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits at a terminal."""
    at(monkeypatch, "ops")


def at(monkeypatch: pytest.MonkeyPatch, login: str) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: login)
    monkeypatch.setattr("socket.gethostname", lambda: "box-1")


def acts() -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """What users need for each command that does something: its words, and the permissions."""
    [run] = failed_orders()
    [letter] = letters_of([run])
    cause = str(DeadLetterRecord.objects.get(pk=letter).group_id)
    going = str(replay.start(chosen([a_letter()]), "event", by=By(who="7", reason="x")).id)
    steering = ("view_dead_letter", "replay")
    mine = ("--q", f"id:{letter}", "--yes", "--no-follow")
    return [
        (
            "group",
            ("dead", "group", cause, "--acknowledge"),
            ("view_dead_letter", "triage_dead_letter"),
        ),
        ("pause", ("replay", "pause", going), steering),
        ("slower", ("replay", "slower", going), steering),
        ("go on", ("replay", "resume", going), steering),
        ("stop", ("replay", "stop", going), steering),
        ("close", ("stations", "pause", "default"), ("view_workerrecord", "pause_station")),
        ("open", ("stations", "resume", "default"), ("view_workerrecord", "pause_station")),
        ("emit", ("emit", "a.b", "--test"), ("send_test_event",)),
        ("plain", ("replay", *mine), steering),
        ("resume", ("run", "resume", str(run)), ("view_run", "resume_run")),
        ("cancel", ("cancel", str(run)), ("view_run", "cancel_run")),
        (
            "discard",
            ("dead", "discard", "--q", "state:open", "--yes"),
            ("view_dead_letter", "discard"),
        ),
    ]


@pytest.mark.usefixtures("ops")
def test_user_who_is_named_may_what_he_may_and_is_written_down(flow: Flow) -> None:
    ann = a_user("ann")

    for name, words, needs in acts():
        for lacking in needs:
            permit(ann, *{*needs} - {lacking})
            refused = flow(*words, "--reason", name, "--as", "ann")
            assert (refused.code, refused.err) == (
                Exit.REFUSED,
                f"error: ann lacks flowengine.{lacking}\n",
            )
        permit(ann, *needs)
        done = flow(*words, "--reason", name, "--as", "ann")
        assert done.code == Exit.OK, (name, done.err)
        row = AuditRecord.objects.get(reason=name)
        told = (row.who, row.door, row.address)
        assert told == (str(ann.pk), "cli", "ops@box-1")


@pytest.mark.usefixtures("ops")
def test_who_types_needs_no_permission_and_is_written_down(flow: Flow) -> None:
    for name, words, _needs in acts():
        done = flow(*words, "--reason", name)
        assert done.code == Exit.OK, (name, done.err)
        row = AuditRecord.objects.get(reason=name)
        assert (row.who, row.door, row.address) == ("cli:ops", "cli", "ops@box-1")


@pytest.mark.usefixtures("ops")
@pytest.mark.parametrize(
    ("options", "lacking"),
    [
        (("--skip",), "edit_dead_letter"),
        (("--set", "with.order_id=1"), "view_payload"),
        (("--mode", "restart", "--new-keys"), "replay_new_keys"),
    ],
)
def test_user_who_is_named_needs_more_for_edits_and_new_keys(
    flow: Flow, options: tuple[str, ...], lacking: str
) -> None:
    [run] = failed_orders()
    a_user("ann", *{*EDITOR, "view_run", "resume_run"} - {lacking})
    common = (*options, "--reason", "x", "--as", "ann")

    said = [flow("replay", "--q", "state:open", "--yes", "--no-follow", *common)]
    if lacking != "replay_new_keys":
        said.append(flow("run", "resume", str(run), *common))

    assert {(each.code, each.err) for each in said} == {
        (Exit.REFUSED, f"error: ann lacks flowengine.{lacking}\n")
    }
    assert not AuditRecord.objects.exists()


def test_nobody_is_named_who_is_not_there(flow: Flow) -> None:
    said = flow("dead", "discard", "--q", "", "--reason", "x", "--as", "nobody", "--yes")

    assert (said.code, said.err) == (Exit.REFUSED, "error: there is no user 'nobody'\n")


# -- four eyes ----------------------------------------------------------------------------------------


@pytest.fixture
def four_eyes(settings: Any) -> None:
    """Somebody else has to approve an edit."""
    settings.FLOWENGINE = {"REPLAY_FOUR_EYES": True}


def propose(flow: Flow, *options: str) -> Said:
    return flow(
        *("replay", "--q", "state:open", "--reason", "x", "--yes", "--skip", "--no-follow"),
        *options,
    )


def approve(flow: Flow, *options: str) -> Said:
    replay_id = str(ReplayRecord.objects.get().id)
    return flow("replay", "approve", replay_id, "--reason", "looked at it", *options)


@pytest.mark.usefixtures("four_eyes", "ops")
def test_edit_is_proposed_and_approved_by_users_at_two_terminals(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed_orders()
    _ann, bob = a_user("ann", *EDITOR), a_user("bob", *EDITOR)

    proposed = propose(flow, "--as", "ann")
    by_same = approve(flow, "--as", "ann")
    at_same = approve(flow, "--as", "bob")
    at(monkeypatch, "bob")
    shown = flow("replay", "show", str(ReplayRecord.objects.get().pk))
    by_nobody = approve(flow)
    by_same_elsewhere = approve(flow, "--as", "ann")
    by_other = approve(flow, "--as", "bob", "--json")

    assert "next: flowengine replay approve" in proposed.err
    assert "to be approved until " in shown.out
    for refused in (by_same, at_same, by_nobody, by_same_elsewhere):
        assert (refused.code, "error[FE522]" in refused.err) == (Exit.REFUSED, True)
    assert json.loads(by_other.out)["approver"] == str(bob.pk)


@pytest.mark.usefixtures("four_eyes", "ops")
def test_edit_is_not_proposed_by_who_only_types(flow: Flow) -> None:
    [run] = failed_orders()

    said = [propose(flow), flow("run", "resume", str(run), "--skip", "--reason", "x")]

    for refused in said:
        assert (refused.code, "error[FE522]" in refused.err) == (Exit.REFUSED, True)
    assert not ReplayRecord.objects.exists()
    assert RunRecord.objects.get(pk=run).state == "failed"


@pytest.mark.usefixtures("four_eyes", "ops")
@pytest.mark.parametrize("first", ["api", "cli"])
def test_who_proposes_through_one_door_does_not_approve_through_another(
    flow: Flow, first: str
) -> None:
    failed_orders()
    client = a_client(*EDITOR)

    if first == "cli":
        propose(flow, "--as", "ann")
        answer = post(client, f"replays/{ReplayRecord.objects.get().id}/approve", REASON)
        code = answer.json()["code"]
    else:
        body = {
            **REASON,
            "selection_id": str(selection()),
            "mode": "resume",
            "options": {"skip": True},
        }
        client.post(
            f"{API}replays",
            json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": "1"},
        )
        code = "FE522" if "error[FE522]" in approve(flow, "--as", "ann").err else ""

    assert code == "FE522"
    assert ReplayRecord.objects.get().state == "proposed"


def selection() -> UUID:
    return chosen(DeadLetterRecord.objects.values_list("id", flat=True))

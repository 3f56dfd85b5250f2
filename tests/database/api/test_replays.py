"""Replays over the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.models import AuditRecord, DeadLetterRecord, ReplayRecord, RunRecord
from tests.database.api.given import CANARY, a_letter
from tests.database.api.people import API, a_client, get, permit, post
from tests.database.api.table import REASON
from tests.database.replay.scenes import beat, failed_orders, pay

pytestmark = pytest.mark.django_db

OPERATOR = ("view_dead_letter", "view_payload", "replay")


def choose(client: Any, query: str = "state:open") -> str:
    """The id of a selection of dead letters."""
    answer = post(client, "selections", {"kind": "dead_letter", "q": query})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def start(client: Any, selection: str, key: str = "k", **body: Any) -> Any:
    """The answer to the beginning of a replay."""
    given = {"selection_id": selection, "mode": "resume", "reason": "the bank is back", **body}
    return post(client, "replays", given, **({"Idempotency-Key": key} if key else {}))


def test_plan_says_what_would_be_done_and_does_nothing() -> None:
    failed_orders(3)
    a_letter()
    client = a_client(*OPERATOR)

    answer: Any = post(
        client, "replays/plan", {"selection_id": choose(client), "mode": "resume", "limit": 2}
    )

    plan = answer.json()
    assert (plan["total"], plan["counts"]) == (4, {"eligible": 3, "not_open": 1})
    assert plan["effects"]["tasks"] == ["line.told"]
    assert [item["word"] for item in plan["page"]["items"]] == ["eligible", "eligible"]
    rest: Any = post(
        client,
        "replays/plan",
        {
            "selection_id": choose(client),
            "mode": "resume",
            "after": plan["page"]["next"],
        },
    )
    assert [item["n"] for item in rest.json()["page"]["items"]] == [3, 4]
    assert not ReplayRecord.objects.exists()
    assert not AuditRecord.objects.exists()


def test_replay_is_begun_followed_and_judged() -> None:
    runs = failed_orders(3)
    client = a_client(*OPERATOR)

    begun = start(client, choose(client), pace={"rate": 1000})
    beat()
    for run in runs:
        pay(run)
    beat(1)

    assert begun.status_code == 201
    replay = begun.json()["id"]
    told = get(client, f"replays/{replay}")
    assert (told["state"], told["succeeded"], told["failed"]) == ("done", 3, 0)
    assert told["verdict"] == "3 of 3 replayed: 3 succeeded, 0 failed again, 0 skipped"
    assert told["words"].startswith("dead letters: state is")
    items = get(client, f"replays/{replay}/items")["items"]
    assert {item["state"] for item in items} == {"succeeded"}
    assert {UUID(item["run_id"]) for item in items} == set(runs)
    assert set(DeadLetterRecord.objects.values_list("state", flat=True)) == {"resolved"}


def test_same_key_again_is_the_same_replay() -> None:
    failed_orders()
    client = a_client(*OPERATOR)
    chosen = choose(client)

    first, again = start(client, chosen), start(client, chosen)
    other = start(client, chosen, reason="another")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert (other.status_code, other.json()["code"]) == (409, "FE521")
    assert ReplayRecord.objects.count() == 1
    assert AuditRecord.objects.filter(verb="replay.start").count() == 1


def test_keys_of_two_users_are_two_keys() -> None:
    failed_orders()
    ann, bob = a_client(*OPERATOR), a_client(*OPERATOR, name="bob")
    chosen = choose(ann)

    answers = [start(client, chosen) for client in (ann, bob)]

    assert len({answer.json()["id"] for answer in answers}) == 2
    assert [answer.json()["skipped"] for answer in answers] == [0, 1]


def test_replay_without_a_key_or_a_reason_is_refused() -> None:
    failed_orders()
    client = a_client(*OPERATOR)
    chosen = choose(client)

    answers = [
        start(client, chosen, key=""),
        start(client, chosen, key="x" * 101),
        start(client, chosen, reason=""),
        start(client, chosen, mode="again"),
        start(client, chosen, pace={"rate": 0}),
        start(client, chosen, pace={"speed": 1}),
        start(client, chosen, options={"skip": True}, mode="event"),
        start(client, chosen, options={"force": True}),
    ]

    assert [answer.status_code for answer in answers] == [422] * 8
    assert "Idempotency-Key" in answers[0].json()["detail"]
    assert not ReplayRecord.objects.exists()


@pytest.mark.parametrize(
    ("body", "needed"),
    [
        (
            {"mode": "event", "options": {"edit": [{"op": "remove", "path": "/x"}]}},
            "edit_dead_letter",
        ),
        ({"options": {"skip": True}}, "edit_dead_letter"),
        ({"options": {"output": None}}, "edit_dead_letter"),
        ({"mode": "restart", "options": {"new_keys": True}}, "replay_new_keys"),
    ],
)
def test_what_is_more_than_a_replay_needs_its_own_permission(
    body: dict[str, Any], needed: str
) -> None:
    failed_orders()
    without = a_client(*OPERATOR)
    allowed = a_client(*OPERATOR, needed, name="bob")
    chosen = choose(without)

    refused = start(without, chosen, **body)
    planned = post(without, "replays/plan", {"selection_id": chosen, "mode": "resume", **body})
    begun = start(allowed, chosen, **body)

    assert (refused.status_code, refused.json()["code"]) == (403, "FE802")
    assert needed in refused.json()["detail"]
    assert planned.status_code == 403
    assert begun.status_code == 201


def test_nobody_edits_what_he_may_not_see() -> None:
    failed_orders()
    client = a_client("view_dead_letter", "replay", "edit_dead_letter")

    answer = start(client, choose(client), options={"set": {"order_id": 1}})

    assert answer.status_code == 403
    assert "view_payload" in answer.json()["detail"]


def test_edits_and_texts_of_a_replay_are_only_for_who_may_see_payloads() -> None:
    failed_orders(secret=CANARY)
    editor = a_client(*OPERATOR, "edit_dead_letter")
    chosen = choose(editor)
    patch = [{"op": "add", "path": "/note", "value": CANARY}]
    body: dict[str, Any] = {"mode": "event", "options": {"edit": patch}}

    plan = post(editor, "replays/plan", {"selection_id": chosen, **body})
    replay = start(editor, chosen, **body).json()["id"]
    beat()

    viewer = a_client("view_dead_letter", name="bob")
    places = ["replays", f"replays/{replay}", f"replays/{replay}/items"]
    assert CANARY in plan.content.decode()
    for place in places:
        assert CANARY in editor.get(API + place).content.decode()
        assert CANARY not in viewer.get(API + place).content.decode()
    assert get(viewer, f"replays/{replay}")["is_edited"] is True


def test_words_that_were_looked_for_in_error_texts_are_only_for_who_may_see_payloads() -> None:
    a_letter(message=f"card {CANARY} declined")
    reader = a_client(*OPERATOR)
    query = f'state:open,replaying "{CANARY}" since:2h'
    selection = choose(reader, query)
    replay = start(reader, selection).json()["id"]

    viewer = a_client("view_dead_letter", name="bob")
    for place in (f"selections/{selection}", f"replays/{replay}", "replays"):
        assert CANARY in reader.get(API + place).content.decode()
        assert CANARY not in viewer.get(API + place).content.decode()
    told = get(viewer, f"selections/{selection}")
    assert told["words"].startswith(
        "dead letters: state is 'open' or 'replaying', with '…', since "
    )
    assert told["query"].startswith('state:"open","replaying" "…" since:')
    assert get(reader, f"selections/{selection}")["query"] == query


def test_replay_is_paused_slowed_resumed_and_stopped() -> None:
    failed_orders(3)
    client = a_client(*OPERATOR)
    replay = start(client, choose(client), pace={"rate": 8}).json()["id"]

    acts = ("pause", "slower", "resume", "stop")
    silent: list[Any] = [post(client, f"replays/{replay}/{act}") for act in acts]
    answers: list[Any] = [post(client, f"replays/{replay}/{act}", REASON) for act in acts]

    assert {answer.status_code for answer in silent} == {422}
    states = [answer.json()["state"] for answer in answers]
    assert states == ["paused", "paused", "running", "stopped"]
    assert answers[1].json()["pace"]["rate"] == 4
    verbs = AuditRecord.objects.order_by("number").values_list("verb", flat=True)
    assert [*verbs][1:] == ["replay.pause", "replay.slower", "replay.go_on", "replay.stop"]
    again = post(client, f"replays/{replay}/stop", {"reason": "wrong"})
    assert again.status_code == 409
    assert set(DeadLetterRecord.objects.values_list("state", flat=True)) == {"open"}


def test_edits_are_approved_by_somebody_else(settings: Any) -> None:
    settings.FLOWENGINE = {"REPLAY_FOUR_EYES": True}
    failed_orders()
    ann = a_client(*OPERATOR, "edit_dead_letter")
    bob = a_client(*OPERATOR, "edit_dead_letter", name="bob")

    proposed = start(ann, choose(ann), options={"skip": True}).json()
    by_ann: Any = post(ann, f"replays/{proposed['id']}/approve", REASON)
    by_bob: Any = post(bob, f"replays/{proposed['id']}/approve", {"reason": "looks right"})

    assert proposed["state"] == "proposed"
    until = datetime.fromisoformat(proposed["expires_at"])
    assert until - datetime.fromisoformat(proposed["created_at"]) == timedelta(days=7)
    assert by_bob.json()["expires_at"] is None
    assert (by_ann.status_code, by_ann.json()["code"]) == (409, "FE522")
    assert by_bob.json()["state"] == "running"
    assert by_bob.json()["approver"] == bob.session["_auth_user_id"]


@pytest.mark.parametrize("missing", ["replay", "view_payload", "edit_dead_letter"])
def test_nobody_approves_what_he_may_not_begin_or_see(settings: Any, missing: str) -> None:
    settings.FLOWENGINE = {"REPLAY_FOUR_EYES": True}
    failed_orders()
    ann = a_client(*OPERATOR, "edit_dead_letter")
    held = {*OPERATOR, "edit_dead_letter"} - {missing}
    bob = a_client(*held, name="bob")

    proposed = start(ann, choose(ann), options={"skip": True}).json()
    answer = post(bob, f"replays/{proposed['id']}/approve", REASON)

    assert (answer.status_code, answer.json()["code"]) == (403, "FE802")
    assert ReplayRecord.objects.get().state == "proposed"


def test_new_keys_are_approved_by_who_may_give_new_keys(settings: Any) -> None:
    settings.FLOWENGINE = {"REPLAY_FOUR_EYES": True}
    failed_orders()
    ann = a_client(*OPERATOR, "edit_dead_letter", "replay_new_keys")
    bob = a_client(*OPERATOR, "edit_dead_letter", name="bob")
    edit = [{"op": "add", "path": "/note", "value": "by hand"}]

    options = {"edit": edit, "new_keys": True}
    proposed = start(ann, choose(ann), mode="restart", options=options).json()

    assert post(bob, f"replays/{proposed['id']}/approve", REASON).status_code == 403


def test_replays_are_listed_the_newest_first_to_who_may_see_what_was_chosen() -> None:
    failed_orders(5)
    client = a_client(*OPERATOR)
    made = [
        start(client, choose(client, f"id:{letter}"), key=str(letter)).json()["id"]
        for letter in DeadLetterRecord.objects.values_list("id", flat=True)
    ]

    first = get(client, "replays", limit=3)
    rest = get(client, "replays", limit=3, after=first["next"])

    assert [each["id"] for each in [*first["items"], *rest["items"]]] == made[::-1]
    assert get(a_client("view_run", name="bob"), "replays")["items"] == []
    stranger = a_client("view_run", "replay", name="eve")
    for place in (f"replays/{made[0]}", f"replays/{made[0]}/items", f"replays/{uuid4()}"):
        assert stranger.get(API + place).status_code == 404


def test_runs_are_replayed_by_who_may_see_runs() -> None:
    failed_orders(2)
    user = User.objects.create_user("eve")
    permit(user, "view_run", "replay")
    client = a_client("view_run", "replay")
    chosen: Any = post(client, "selections", {"kind": "run", "q": "state:failed"})

    begun = start(client, chosen.json()["id"], mode="restart", pace={"rate": 1000})
    beat()

    assert begun.json()["kind"] == "run"
    assert RunRecord.objects.exclude(replay_of=None).count() == 2


def test_items_are_filtered_by_their_state() -> None:
    failed_orders(2)
    client = a_client(*OPERATOR)
    replay = start(client, choose(client), pace={"canary": 1}).json()["id"]
    beat()

    found = {
        state: len(get(client, f"replays/{replay}/items", state=state)["items"])
        for state in ("", "sent", "pending", "failed")
    }

    assert found == {"": 2, "sent": 1, "pending": 1, "failed": 0}
    assert client.get(f"{API}replays/{replay}/items", {"state": "x"}).status_code == 422


@pytest.mark.parametrize("place", ["replays", "items"])
def test_list_asks_the_database_seven_times_however_long_it_is(place: str) -> None:
    failed_orders(10)
    client = a_client("view_dead_letter", "replay")
    chosen = choose(client)
    [made, *_] = [start(client, chosen, key=str(n)).json()["id"] for n in range(5)]

    with CaptureQueriesContext(connection) as asked:
        page = get(client, "replays" if place == "replays" else f"replays/{made}/items")

    assert len(page["items"]) in {5, 10}
    assert len(asked) <= (6 if place == "replays" else 7), [each["sql"] for each in asked]

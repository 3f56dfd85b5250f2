"""Acts in the Django admin: frozen, planned, with a reason, and only for who may."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from flowengine.models import (
    AuditRecord,
    DeadGroupRecord,
    DeadLetterRecord,
    ReplayRecord,
    SelectionRecord,
)
from flowengine.orchestration import doors, groups
from flowengine.orchestration.replay import discarding
from tests.builders.line import now
from tests.database.admin.test_admin import a_client, page
from tests.database.api.given import CANARY, a_letter
from tests.database.replay.scenes import failed_orders, letters_of

pytestmark = pytest.mark.django_db

LETTERS = "/admin/flowengine/deadletterrecord/"
GROUPS = "/admin/flowengine/deadgrouprecord/"


def choose(client: Client, url: str, action: str, *ids: UUID, **more: str) -> Any:
    """Take that action of a list."""
    body = {"action": action, "_selected_action": [str(each) for each in ids], **more}
    return client.post(url, body)


def states() -> set[str]:
    return set(DeadLetterRecord.objects.values_list("state", flat=True))


def test_discarding_of_more_than_a_page_is_shown_as_it_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(discarding, "PAGE", 1)
    letters = [a_letter() for _ in range(2)]
    client = a_client("view_dead_letter", "discard")
    chosen = choose(client, LETTERS, "discard", *letters)

    begun = client.post(chosen["Location"], {"reason": "test data"}, follow=True)

    page = begun.content.decode()
    assert "The discarding has begun" in page
    assert str(ReplayRecord.objects.get().pk) in page
    assert begun.status_code == 200


def test_discarding_asks_why_and_is_written_down() -> None:
    letters = [a_letter() for _ in range(3)]
    client = a_client("view_dead_letter", "discard")

    chosen = choose(client, LETTERS, "discard", *letters[:2])
    asked = client.get(chosen["Location"]).content.decode()
    without = client.post(chosen["Location"], {"reason": " "})
    before = states()
    done = client.post(chosen["Location"], {"reason": "test data"}, follow=True)

    assert chosen.status_code == 302
    assert "2: dead letters: id is" in asked
    assert without.status_code == 200
    assert before == {"open"}
    assert "Discarded: 2" in done.content.decode()
    found = dict(DeadLetterRecord.objects.values_list("id", "state"))
    assert [found[each] for each in letters] == ["discarded", "discarded", "open"]
    row = AuditRecord.objects.get()
    assert (row.verb, row.reason, row.door) == ("discard", "test data", "admin")
    assert (row.address, row.selection_id) == ("127.0.0.1", SelectionRecord.objects.get().pk)


def test_looking_at_the_page_of_an_act_changes_nothing() -> None:
    runs = failed_orders(2)
    client = a_client("view_dead_letter", "replay", "discard")
    chosen = choose(client, LETTERS, "replay", *letters_of(runs))["Location"]

    for url in (chosen, chosen.replace("/replay/", "/discard/"), f"{chosen}?mode=restart"):
        assert client.get(url).status_code == 200

    assert states() == {"open"}
    assert not ReplayRecord.objects.exists()
    assert not AuditRecord.objects.exists()


def test_plan_is_shown_and_the_same_form_twice_is_one_replay() -> None:
    runs = failed_orders(2)
    poison = a_letter()
    client = a_client("view_dead_letter", "replay")
    url = choose(client, LETTERS, "replay", *letters_of(runs), poison)["Location"]
    form = {"reason": "the bank is back", "canary": "1", "rate": "5", "mode": "resume"}

    plan = client.get(url).content.decode()
    first = client.post(url, form)
    again = client.post(url, form)

    assert "eligible: 2" in plan
    assert f"{poison}: not_open" in plan
    assert "run again, not idempotent: line.told" in " ".join(plan.split())
    replay = ReplayRecord.objects.get()
    assert (
        first["Location"]
        == again["Location"]
        == f"/admin/flowengine/replayrecord/{replay.id}/change/"
    )
    assert (replay.state, replay.reason, replay.door) == ("canary", "the bank is back", "admin")
    shown = page(client, ReplayRecord, replay.id)
    assert str(letters_of(runs)[0]) in shown


def test_replay_of_another_mode_is_planned_in_that_mode() -> None:
    runs = failed_orders()
    client = a_client("view_dead_letter", "replay")
    url = choose(client, LETTERS, "replay", *letters_of(runs))["Location"]

    shown = client.get(f"{url}?mode=event").content.decode()
    client.post(url, {"reason": "x", "canary": "0", "rate": "5", "mode": "event"})

    assert '<input type="hidden" name="mode" value="event">' in shown
    assert ReplayRecord.objects.get().mode == "event"
    assert client.get(f"{url}?mode=nothing").status_code == 404


def test_form_that_does_not_fit_is_shown_again_with_what_is_wrong() -> None:
    runs = failed_orders()
    client = a_client("view_dead_letter", "replay")
    url = choose(client, LETTERS, "replay", *letters_of(runs))["Location"]

    answer = client.post(url, {"reason": "x", "canary": "-1", "rate": "0", "mode": "resume"})

    assert answer.status_code == 200
    assert not ReplayRecord.objects.exists()


@pytest.mark.parametrize("act", ["replay", "discard"])
def test_act_is_only_for_who_may(act: str) -> None:
    letter = a_letter()
    may = a_client("view_dead_letter", act)
    url = choose(may, LETTERS, act, letter)["Location"]

    for permissions in (("view_dead_letter",), (act,), ("view_dead_letter", "triage_dead_letter")):
        client = a_client(*permissions)
        assert client.get(url).status_code == 404
        assert client.post(url, {"reason": "x"}).status_code == 404
        choose(client, LETTERS, act, letter)
    assert SelectionRecord.objects.count() == 1
    assert states() == {"open"}
    stranger = Client().get(url)
    assert (stranger.status_code, "login" in stranger["Location"]) == (302, True)


def test_act_without_the_token_is_refused() -> None:
    letter = a_letter()
    client = a_client("view_dead_letter", "discard")
    url = choose(client, LETTERS, "discard", letter)["Location"]
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies

    assert strict.post(url, {"reason": "x"}).status_code == 403
    assert states() == {"open"}


def test_what_is_not_there_is_not_found() -> None:
    letter = a_letter()
    client = a_client("view_dead_letter", "discard", "replay")
    url = choose(client, LETTERS, "discard", letter)["Location"]

    for wrong in (re.sub(r"[0-9a-f-]{36}", str(uuid4()), url), url.replace("discard", "burn")):
        assert client.get(wrong).status_code == 404


def test_what_all_pages_have_is_not_chosen_by_a_click() -> None:
    letter = a_letter()
    client = a_client("view_dead_letter", "discard")

    answer = choose(client, LETTERS, "discard", letter, select_across="1")

    assert answer["Location"] == LETTERS
    assert not SelectionRecord.objects.exists()


def test_open_letters_of_causes_are_chosen() -> None:
    letters = [a_letter(), a_letter(message="other"), a_letter(message="third")]
    groups.run_due(now())
    causes = [DeadLetterRecord.objects.get(pk=each).group_id for each in letters[:2]]
    client = a_client("view_dead_letter", "discard")

    url = choose(client, GROUPS, "discard", *causes)["Location"]
    client.post(url, {"reason": "x"})
    again = choose(client, GROUPS, "discard", *causes)

    found = dict(DeadLetterRecord.objects.values_list("id", "state"))
    assert [found[each] for each in letters] == ["discarded", "discarded", "open"]
    assert again["Location"] == GROUPS
    assert "othing was found" in client.get(GROUPS).content.decode()


def test_causes_are_acknowledged_with_a_reason() -> None:
    for message in ("one", "other"):
        a_letter(message=message)
    groups.run_due(now())
    causes = [*DeadGroupRecord.objects.values_list("pk", flat=True)]
    client = a_client("view_dead_letter", "triage_dead_letter")

    asked = choose(client, GROUPS, "acknowledge", *causes)
    before = set(DeadGroupRecord.objects.values_list("state", flat=True))
    choose(client, GROUPS, "acknowledge", *causes, apply="1", reason="seen")
    choose(client, GROUPS, "acknowledge", causes[0], apply="1", reason="seen")

    assert 'name="apply" value="1"' in asked.content.decode()
    assert before == {"new"}
    assert set(DeadGroupRecord.objects.values_list("state", flat=True)) == {"acknowledged"}
    assert {row.reason for row in AuditRecord.objects.all()} == {"seen"}
    assert AuditRecord.objects.count() == 2
    said = client.get(GROUPS).content.decode()
    assert "only what is new or regressed is acknowledged" in said


def test_texts_of_causes_replays_and_acts_need_the_permission_of_payloads() -> None:
    failed_orders(secret=CANARY)
    a_letter(message=CANARY)
    groups.run_due(now())
    viewer = a_client("view_dead_letter", "view_auditrecord", "replay")
    reader = a_client("view_dead_letter", "view_auditrecord", "replay", "view_payload")
    letters = [*DeadLetterRecord.objects.values_list("pk", flat=True)]
    url = choose(reader, LETTERS, "replay", *letters)["Location"]
    reader.post(url, {"reason": "x", "canary": "0", "rate": "5", "mode": "event"})

    doors.trip("default", "2:ab", CANARY, seen=None, now=now())
    rows = [*DeadGroupRecord.objects.all(), *ReplayRecord.objects.all(), *AuditRecord.objects.all()]
    assert len(rows) > 2
    for row in rows:
        assert CANARY not in page(viewer, type(row), row.pk)
    [cause] = DeadGroupRecord.objects.filter(title__contains="canary")
    assert CANARY in page(reader, DeadGroupRecord, cause.pk)
    assert CANARY not in viewer.get(url).content.decode()
    assert CANARY not in page(viewer, AuditRecord)

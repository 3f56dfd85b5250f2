"""Dead letters, selections and discarding over the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.models import AuditRecord, DeadLetterRecord
from flowengine.orchestration.replay import discarding
from flowengine.testing import Runner
from tests.database.api.given import CANARY, a_failed_run, a_letter
from tests.database.api.people import API, a_client, get, post

pytestmark = pytest.mark.django_db


def test_dead_letters_are_listed_the_newest_first_a_page_at_a_time() -> None:
    made = [str(a_letter()) for _ in range(5)]
    client = a_client("view_dead_letter")

    first = get(client, "dead-letters", limit=3)
    rest = get(client, "dead-letters", limit=3, after=first["next"])

    assert [each["id"] for each in [*first["items"], *rest["items"]]] == made[::-1]
    assert rest["next"] is None


def test_dead_letters_are_filtered_by_the_query() -> None:
    poison = a_letter(kind="unreadable", code="FE301")
    a_letter()
    client = a_client("view_dead_letter")

    found = get(client, "dead-letters", q="kind:unreadable state:open")["items"]

    assert [each["id"] for each in found] == [str(poison)]


def test_dead_letter_is_told_with_its_tries_and_without_its_text(flow_runner: Runner) -> None:
    a_failed_run(flow_runner)
    letter = DeadLetterRecord.objects.get()

    told = get(a_client("view_dead_letter"), f"dead-letters/{letter.id}")

    assert (told["kind"], told["step"], told["state"]) == ("failed run", "broken", "open")
    assert told["failure"]["code"] == "Permanent"
    assert told["body_bytes"] is None
    assert told.keys().isdisjoint({"message", "headers"})
    assert "message" not in told["failure"]


def test_text_of_a_dead_letter_is_only_for_who_may_see_payloads() -> None:
    letter = a_letter(message=CANARY, headers={"x": CANARY}, body=CANARY.encode())
    viewer = a_client("view_dead_letter")
    reader = a_client("view_dead_letter", "view_payload", name="bob")

    for place in ("dead-letters", f"dead-letters/{letter}"):
        assert CANARY not in viewer.get(API + place).content.decode()
        assert CANARY in reader.get(API + place).content.decode()
    assert get(reader, f"dead-letters/{letter}")["headers"] == {"x": CANARY}


def test_words_in_error_texts_cannot_be_guessed_by_searching() -> None:
    a_letter(message=CANARY)

    refused = a_client("view_dead_letter").get(API + "dead-letters", {"q": "canary"})
    found = get(
        a_client("view_dead_letter", "view_payload", name="bob"), "dead-letters", q="CANARY"
    )

    assert (refused.status_code, refused.json()["code"]) == (403, "FE802")
    assert len(found["items"]) == 1
    chosen = post(
        a_client("view_dead_letter", name="eve"), "selections", {"kind": "dead_letter", "q": "can"}
    )
    assert chosen.status_code == 403


def test_raw_bytes_are_a_file_that_no_browser_opens() -> None:
    letter = a_letter(body=b"<script>alert(1)</script>\x00\xff")
    client = a_client("view_dead_letter", "view_payload")

    answer = client.get(f"{API}dead-letters/{letter}/body")

    assert answer.content == b"<script>alert(1)</script>\x00\xff"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="dead-letter-{letter}.bin"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_raw_bytes_need_both_permissions() -> None:
    letter = a_letter(body=b"x")

    of_viewer = a_client("view_dead_letter").get(f"{API}dead-letters/{letter}/body")
    of_reader = a_client("view_payload", name="bob").get(f"{API}dead-letters/{letter}/body")

    assert [of_viewer.status_code, of_reader.status_code] == [403, 404]


def test_letter_without_bytes_has_no_file() -> None:
    client = a_client("view_dead_letter", "view_payload")

    for letter in (a_letter(), uuid4()):
        assert client.get(f"{API}dead-letters/{letter}/body").status_code == 404
    assert client.get(f"{API}dead-letters/{uuid4()}").status_code == 404


def choose(client: Any, query: str = "state:open") -> UUID:
    """The id of a selection of dead letters."""
    answer = post(client, "selections", {"kind": "dead_letter", "q": query})
    assert answer.status_code == 201, answer.content
    return UUID(answer.json()["id"])


def test_selection_is_what_was_found_when_it_was_made() -> None:
    made = [str(a_letter()) for _ in range(3)]
    client = a_client("view_dead_letter")

    chosen = choose(client)
    a_letter()

    told = get(client, f"selections/{chosen}")
    first = get(client, f"selections/{chosen}/items", limit=2)
    rest = get(client, f"selections/{chosen}/items", limit=2, after=first["next"])
    assert (told["count"], told["kind"]) == (3, "dead_letter")
    assert told["words"].startswith("dead letters: state is")
    found = [*first["items"], *rest["items"]]
    assert [(each["n"], each["object_id"]) for each in found] == [*enumerate(made, start=1)]


@pytest.mark.parametrize(
    ("kind", "permission"),
    [("dead_letter", "view_dead_letter"), ("run", "view_run"), ("event", "view_eventrecord")],
)
def test_things_are_chosen_only_by_who_may_see_them(
    flow_runner: Runner, kind: str, permission: str
) -> None:
    a_failed_run(flow_runner)
    sees = a_client(permission)
    others = {"view_dead_letter", "view_run", "view_eventrecord"} - {permission}
    blind = a_client(*others, name="bob")

    made = post(sees, "selections", {"kind": kind, "q": ""})
    refused = post(blind, "selections", {"kind": kind, "q": ""})
    chosen = made.json()["id"]

    assert (made.status_code, refused.status_code) == (201, 403)
    for place in ("", "/items"):
        assert sees.get(f"{API}selections/{chosen}{place}").status_code == 200
        assert blind.get(f"{API}selections/{chosen}{place}").status_code == 404


def test_runs_are_not_chosen_in_bulk_where_the_project_says_who_sees_which(
    settings: Any, flow_runner: Runner
) -> None:
    a_failed_run(flow_runner)
    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.database.api.test_runs.nobody_of"}

    answer = post(a_client("view_run"), "selections", {"kind": "run", "q": ""})

    assert answer.status_code == 403


def test_selection_of_nothing_is_refused() -> None:
    answer = post(a_client("view_dead_letter"), "selections", {"kind": "dead_letter", "q": ""})

    assert (answer.status_code, answer.json()["code"]) == (422, "FE511")


def test_what_was_chosen_is_discarded_once_and_written_down() -> None:
    for _ in range(3):
        a_letter()
    client = a_client("view_dead_letter", "discard")
    chosen = choose(client)
    body = {"selection_id": str(chosen), "reason": "test data"}

    first = post(client, "discards", body)
    again = post(client, "discards", body)

    told = first.json()
    assert (first.status_code, told["mode"], told["state"]) == (201, "discard", "done")
    assert (told["total"], told["succeeded"], told["selection_id"]) == (3, 3, str(chosen))
    assert again.json() == told == client.get(f"{API}replays/{told['id']}").json()
    assert set(DeadLetterRecord.objects.values_list("state", flat=True)) == {"discarded"}
    row = AuditRecord.objects.order_by("number").first()
    assert row is not None
    assert (row.verb, row.reason, row.door) == ("discard", "test data", "api")
    assert (row.selection_id, row.address) == (chosen, "127.0.0.1")
    assert row.who == client.session["_auth_user_id"]


def test_large_selection_is_answered_with_an_act_that_goes_on_and_is_steered_by_who_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(discarding, "PAGE", 2)
    for _ in range(3):
        a_letter()
    client = a_client("view_dead_letter", "discard", "replay")
    chosen = choose(client)

    told = post(client, "discards", {"selection_id": str(chosen), "reason": "test data"}).json()
    other = a_client("view_dead_letter", "replay", name="bob")
    refused = post(other, f"replays/{told['id']}/stop", {"reason": "x"})
    stopped = post(client, f"replays/{told['id']}/stop", {"reason": "x"})

    assert (told["state"], told["succeeded"], told["ended_at"]) == ("running", 2, None)
    assert (refused.status_code, stopped.json()["state"]) == (403, "stopped")
    assert DeadLetterRecord.objects.filter(state="open").count() == 1


def test_nobody_discards_what_he_may_not_see() -> None:
    a_letter()
    chosen = choose(a_client("view_dead_letter"))

    answer = post(
        a_client("discard", name="bob"),
        "discards",
        {"selection_id": str(chosen), "reason": "x"},
    )

    assert answer.status_code == 404
    assert DeadLetterRecord.objects.get().state == "open"


@pytest.mark.parametrize("place", ["dead-letters", "selections"])
def test_list_asks_the_database_six_times_however_long_it_is(place: str) -> None:
    for _ in range(30):
        a_letter()
    client = a_client("view_dead_letter")
    if place == "selections":
        place = f"selections/{choose(client)}/items"

    with CaptureQueriesContext(connection) as asked:
        page = get(client, place, limit=200)

    assert len(page["items"]) == 30
    assert len(asked) <= 6, [each["sql"] for each in asked]

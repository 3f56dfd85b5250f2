"""Causes of dead letters over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.models import AuditRecord, DeadGroupRecord, DeadLetterRecord
from flowengine.orchestration import groups, querying
from tests.builders.line import now
from tests.database.api.given import CANARY, a_letter
from tests.database.api.people import API, a_client, get, own, post
from tests.database.api.table import REASON

pytestmark = pytest.mark.django_db

TRIAGE = ("view_dead_letter", "triage_dead_letter")


def a_cause(message: str = "it does not fit", count: int = 1, **fields: Any) -> UUID:
    """The cause of so many letters."""
    letters = [a_letter(message=message, **fields) for _ in range(count)]
    groups.run_due(now())
    return DeadLetterRecord.objects.get(pk=letters[-1]).group_id


def test_many_failures_of_three_causes_are_three_groups() -> None:
    made = {a_cause("no answer", 5), a_cause("no such field", 3), a_cause("no JSON", 1)}

    found = get(a_client("view_dead_letter"), "groups")["items"]

    assert {UUID(each["id"]) for each in found} == made
    assert [(each["count"], each["open_count"]) for each in found] == [(1, 1), (3, 3), (5, 5)]


def test_causes_are_listed_a_page_at_a_time() -> None:
    made = {str(a_cause(message)) for message in ("one", "other", "third", "last")}
    client = a_client("view_dead_letter")

    first = get(client, "groups", limit=3)
    rest = get(client, "groups", limit=3, after=first["next"])

    assert {each["id"] for each in [*first["items"], *rest["items"]]} == made
    assert (len(first["items"]), rest["next"]) == (3, None)


def test_causes_are_filtered() -> None:
    mine, other = a_cause("one"), a_cause("other", kind="unreadable", code="FE301")
    DeadGroupRecord.objects.filter(pk=mine).update(owner="7", state="acknowledged")
    client = a_client("view_dead_letter")

    def found(**query: Any) -> list[str]:
        return [each["id"] for each in get(client, "groups", **query)["items"]]

    assert found(owner="7") == found(state="acknowledged") == [str(mine)]
    assert found(kind="unreadable") == found(owner="") == [str(other)]


def test_title_of_a_cause_is_only_for_who_may_see_payloads() -> None:
    cause = a_cause(CANARY)
    viewer = a_client("view_dead_letter")
    reader = a_client("view_dead_letter", "view_payload", name="bob")

    for place in ("groups", f"groups/{cause}"):
        assert CANARY not in viewer.get(API + place).content.decode()
        assert CANARY in reader.get(API + place).content.decode()
    assert viewer.get(API + "groups", {"text": "canary"}).status_code == 403
    assert len(get(reader, "groups", text="canary")["items"]) == 1


def test_search_for_a_text_says_how_far_back_it_has_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    a_cause("no answer")
    a_cause("no JSON", kind="unreadable", code="FE301")
    client = a_client("view_dead_letter", "view_payload")

    assert "searched_newest" not in get(client, "groups", text="json")
    monkeypatch.setattr(querying, "SEARCHED_MAX", 1)
    found = get(client, "groups", text="answer")
    assert (found["items"], found["next"], found["searched_newest"]) == ([], None, 1)
    assert "searched_newest" not in get(client, "groups")


def test_page_of_a_cause_says_what_its_letters_have_in_common() -> None:
    a_cause("other", 4, source="web", event_type="order.placed")
    cause = a_cause("one", 4, source="mobile", event_type="order.placed")

    told = get(a_client("view_dead_letter"), f"groups/{cause}")

    assert told["affected"]["source"] == {"mobile": 4}
    [common] = told["common"]
    assert (common["field"], common["value"]) == ("source", "mobile")
    assert (common["share"], common["elsewhere"]) == (1.0, 0.0)
    assert (sum(told["rate"]), len(told["rate"]), told["sampled"]) == (4, 24, 4)


def test_triage_is_done_and_written_down() -> None:
    cause = a_cause()
    client = a_client(*TRIAGE)
    until = (now() + timedelta(hours=2)).isoformat()

    acts: list[tuple[str, dict[str, Any]]] = [
        ("acknowledge", REASON),
        ("assign", {"owner": "7", **REASON}),
        ("note", {"text": "the gateway is away"}),
        ("snooze", {"until": until, **REASON}),
        ("snooze", {"until": None, **REASON}),
        ("resolve", {"reason": "it is back"}),
    ]
    answers = [post(client, f"groups/{cause}/{act}", body) for act, body in acts]

    assert [answer.status_code for answer in answers] == [200] * 6
    told = answers[-1].json()
    assert (told["state"], told["owner"]) == ("resolved", "7")
    assert (told["note"], told["snoozed_until"]) == ("the gateway is away", None)
    rows = AuditRecord.objects.order_by("number")
    assert [row.verb for row in rows] == [f"group.{act}" for act, _ in acts]
    assert {row.object_id for row in rows} == {str(cause)}
    assert {row.who for row in rows} == {client.session["_auth_user_id"]}
    assert {row.verb: row.reason for row in rows}["group.note"] == "the gateway is away"


def test_causes_are_merged_and_split() -> None:
    one, other = a_cause("one", 2, source="web"), a_cause("other", 3, source="mobile")
    client = a_client(*TRIAGE)

    merged = post(client, f"groups/{one}/merge", {"groups": [str(other)], "reason": "the same"})
    parts = post(client, f"groups/{one}/split", {"field": "source", **REASON})

    assert merged.json()["merged"] == [str(other)]
    assert parts.status_code == 200
    groups.run_due(now())
    found = get(client, "groups")["items"]
    assert sorted(each["open_count"] for each in found) == [2, 3]


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        ("resolve", {}, 422),
        *(("acknowledge", {}, 422), ("assign", {"owner": "7"}, 422), ("note", {"text": ""}, 422)),
        *(("snooze", {"until": None}, 422), ("split", {"field": "source"}, 422)),
        ("merge", {"groups": [str(uuid4())]}, 422),
        ("snooze", {"until": "2030-01-01T00:00:00", **REASON}, 422),
        ("snooze", REASON, 422),
        ("split", {"field": "colour", **REASON}, 409),
        ("merge", {"groups": [], **REASON}, 422),
        ("merge", {"groups": [str(uuid4())], **REASON}, 409),
        ("note", {"text": "x" * 2001}, 422),
        ("acknowledge", {"force": True, **REASON}, 422),
    ],
)
def test_triage_that_does_not_fit_changes_nothing(
    act: str, body: dict[str, Any], status: int
) -> None:
    cause = a_cause()

    answer = post(a_client(*TRIAGE), f"groups/{cause}/{act}", body)

    assert answer.status_code == status
    assert not AuditRecord.objects.exists()


def test_cause_is_acknowledged_once() -> None:
    cause = a_cause()
    client = a_client(*TRIAGE)

    first, again = (post(client, f"groups/{cause}/acknowledge", REASON) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 409)
    assert again.json()["code"] == "FE512"


def test_list_asks_the_database_six_times_however_long_it_is() -> None:
    for number in range(30):
        a_cause("many " + "x" * number)
    client = a_client("view_dead_letter")

    with CaptureQueriesContext(connection) as asked:
        page = get(client, "groups", limit=200)

    assert len(page["items"]) == 30
    assert len(own(asked)) <= 6, own(asked)

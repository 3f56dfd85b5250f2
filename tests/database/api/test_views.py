"""Saved views over the API: those always there, one's own, the team's."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from flowengine.models import AuditRecord, SavedViewRecord
from flowengine.orchestration import views
from flowengine.orchestration.audit import By
from tests.database.api.people import a_client, get, own, post

pytestmark = pytest.mark.django_db

SOMEBODY = By(who="7")


def save(client: Any, name: str = "Late", q: str = "state:held", **body: Any) -> Any:
    return post(client, "views", {"kind": "run", "name": name, "q": q, **body})


def names(client: Any, kind: str = "run") -> list[str]:
    """Of those that are not always there."""
    return [each["name"] for each in get(client, f"views?kind={kind}")["items"] if each["id"]]


def test_views_that_are_always_there_are_filters_that_are_understood() -> None:
    client = a_client("view_run", "view_eventrecord", "view_dead_letter", "view_payload")

    for kind in views.BUILT_IN:
        found = get(client, f"views?kind={kind}")["items"]
        assert [each["name"] for each in found] == [name for name, _ in views.BUILT_IN[kind]]
        for each in found:
            place = {"run": "runs", "event": "events", "dead_letter": "dead-letters"}[kind]
            get(client, place, q=each["q"])


def test_view_is_saved_listed_changed_and_removed() -> None:
    ann, bob = a_client("view_run"), a_client("view_run", name="bob")

    first = save(ann, "  Late   ones ", " state:held ")
    again = save(ann, "Late ones", "state:held since:2h")

    assert first.status_code == 201
    assert (first.json()["name"], first.json()["q"]) == ("Late ones", "state:held")
    assert again.json()["id"] == first.json()["id"]
    [kept] = [each for each in get(ann, "views?kind=run")["items"] if each["id"]]
    assert (kept["q"], kept["is_team"], kept["problem"]) == ("state:held since:2h", False, "")
    assert names(bob) == []
    assert post(bob, f"views/{kept['id']}/remove").status_code == 404
    assert post(ann, f"views/{kept['id']}/remove").status_code == 200
    assert post(ann, f"views/{kept['id']}/remove").status_code == 404
    assert names(ann) == []


def test_views_of_the_team_are_saved_and_removed_by_who_may_and_seen_by_all() -> None:
    ann, bob = a_client("view_run", "share_view"), a_client("view_run", name="bob")

    refused = save(bob, is_team=True)
    shared = save(ann, is_team=True).json()
    save(bob)

    assert (refused.status_code, refused.json()["code"]) == (403, "FE802")
    assert names(bob) == ["Late", "Late"]
    assert post(bob, f"views/{shared['id']}/remove").status_code == 403
    assert post(ann, f"views/{shared['id']}/remove").status_code == 200
    assert names(bob) == ["Late"]


def test_what_is_done_to_the_teams_views_stands_in_the_audit_and_ones_own_does_not() -> None:
    ann = a_client("view_run", "share_view")
    save(ann)
    shared = save(ann, is_team=True).json()
    save(ann, q="state:failed", is_team=True)
    save(ann, "More", "bad:key", is_team=True)
    post(ann, f"views/{shared['id']}/remove")
    post(ann, f"views/{shared['id']}/remove")

    acts = AuditRecord.objects.order_by("number")

    assert {(act.kind, act.object_id, act.who, act.door) for act in acts} == {
        ("view", shared["id"], shared["created_by"], "api")
    }
    about = {"list": "run", "name": "Late"}
    assert [(act.verb, json.loads(act.details)) for act in acts] == [
        ("view.save", {**about, "query": "state:held", "was": None}),
        ("view.save", {**about, "query": "state:failed", "was": "state:held"}),
        ("view.remove", {**about, "query": "state:failed"}),
    ]


def test_list_that_one_may_not_see_has_no_views() -> None:
    client = a_client("view_eventrecord")
    kept = views.save("run", "Late", "state:held", owner=views.TEAM, by=SOMEBODY)

    assert client.get("/flow/api/v1/views?kind=run").status_code == 404
    assert save(client).status_code == 404
    assert post(client, f"views/{kept.id}/remove").status_code == 404
    assert post(client, f"views/{uuid4()}/remove").status_code == 404


@pytest.mark.parametrize(
    ("name", "q", "code"),
    [
        ("", "", "FE514"),
        ("x" * 61, "", "FE514"),
        ("a\u202eb", "", "FE514"),
        ("held", "", "FE514"),
        ("Late", "state:hold", "FE510"),
    ],
)
def test_view_that_will_not_do_is_refused(name: str, q: str, code: str) -> None:
    answer = save(a_client("view_run"), name, q)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not SavedViewRecord.objects.exists()


def test_there_are_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "VIEWS_MAX", 1)
    client = a_client("view_run")
    save(client)

    assert save(client, "More").json()["code"] == "FE514"
    assert save(client, "Late", "").status_code == 201


def test_filter_that_is_not_understood_any_more_says_so() -> None:
    client = a_client("view_run")
    save(client)
    SavedViewRecord.objects.update(query="nothing:there")

    [kept] = [each for each in get(client, "views?kind=run")["items"] if each["id"]]

    assert kept["problem"].startswith("there is no key 'nothing'")


def test_words_that_somebody_looks_for_in_errors_are_told_to_who_sees_payloads() -> None:
    views.save("dead_letter", "Cards", "state:open card", owner=views.TEAM, by=SOMEBODY)

    assert names(a_client("view_dead_letter"), "dead_letter") == []
    assert names(a_client("view_dead_letter", "view_payload", name="bob"), "dead_letter") == [
        "Cards"
    ]


def test_list_costs_one_statement(django_assert_max_num_queries: Any) -> None:
    client = a_client("view_run")
    for name in "abc":
        save(client, name)

    with django_assert_max_num_queries(6) as asked:
        get(client, "views?kind=run")

    assert len(own(asked)) == 1


def test_key_of_a_user_is_one_value_whatever_is_in_it() -> None:
    [mine] = [each for each in views.of_user("run", 'a "b"') if each.name == "Mine"]

    assert mine.query == r'actor:"a \"b\""'
    assert mine.problem == ""

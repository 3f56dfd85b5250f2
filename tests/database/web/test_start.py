"""Starting a workflow by hand, in the browser and over HTTP."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from pytest_django import Settings

from flowengine.models import EventRecord, RunRecord
from flowengine.orchestration.route import route
from tests.builders.files import synchronise
from tests.builders.line import now

pytestmark = pytest.mark.django_db

REPORT = """
workflow: monthly-report
description: What was sold.
on:
  - manual: true
inputs:
  month: {type: string, pattern: "^[0-9]{4}-[0-9]{2}$", description: "The month, as 2026-03"}
  pages: {type: integer, minimum: 1, default: 3}
  share: {type: number, default: 0.5}
  kind: {enum: [short, long], default: short}
  is_draft: {type: boolean, default: true}
  recipients: {type: array, items: {type: string}, default: [board@example.com]}
steps:
  - line.nothing
"""
FOR_FINANCE = """
workflow: for-finance
on:
  - manual: {groups: [finance]}
  - report.wanted
steps:
  - line.nothing
"""
BY_EVENT = """
workflow: by-event
on: something.happened
steps:
  - line.nothing
"""
FORM = {
    "field.month": "2026-03",
    "field.pages": "12",
    "field.share": "0.25",
    "field.kind": "1",
    "field.recipients": '["ann@example.com"]',
    "key": "k1",
}


@pytest.fixture(autouse=True)
def workflows(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, REPORT, FOR_FINANCE, BY_EVENT)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def an_operator(name: str = "ann") -> User:
    user = User.objects.create_user(name)
    user.user_permissions.add(Permission.objects.get(codename="start_workflow"))
    return user


def starts() -> list[UUID]:
    """The events that these tests have written."""
    ids: list[UUID] = list(
        EventRecord.objects.filter(type="flowengine.manual").values_list("pk", flat=True)
    )
    return ids


def routed() -> None:
    route(starts(), now=now())


def inputs_of(run: UUID) -> Any:
    import json

    return json.loads(bytes(RunRecord.objects.get(pk=run).inputs or b""))


def run_in(location: str) -> UUID:
    found = re.fullmatch(r"/flow/my/runs/([0-9a-f-]+)/", location)
    assert found is not None, location
    return UUID(found[1])


def test_form_comes_from_the_inputs(client: Client) -> None:
    text = logged_in(an_operator()).get("/flow/start/monthly-report/").content.decode()

    assert "What was sold." in text
    assert 'name="field.month" type="text" value=""' in text
    assert 'name="field.pages" type="number" value="3" step="1"' in text
    assert 'name="field.share" type="number" value="0.5" step="any"' in text
    assert '<option value="0" selected>short</option>' in text
    assert 'type="checkbox" name="field.is_draft" checked' in text
    assert "[&quot;board@example.com&quot;]</textarea>" in text
    assert "The month, as 2026-03" in text


def test_form_that_is_sent_starts_a_run_with_what_was_typed() -> None:
    ann = an_operator()
    client = logged_in(ann)

    answer = client.post("/flow/start/monthly-report/", FORM)
    run = run_in(answer["Location"])
    routed()

    assert RunRecord.objects.get(pk=run).actor == str(ann.pk)
    assert inputs_of(run) == {
        "month": "2026-03",
        "pages": 12,
        "share": 0.25,
        "kind": "long",
        "is_draft": False,
        "recipients": ["ann@example.com"],
    }


def test_page_of_the_run_expects_it_until_it_is_there() -> None:
    client = logged_in(an_operator())
    url = client.post("/flow/start/monthly-report/", FORM)["Location"]

    before = client.get(url).content.decode()
    routed()
    after = client.get(url).content.decode()

    assert 'data-state="pending"' in before
    assert 'data-state="running"' in after
    assert client.get(url).headers["Cache-Control"].startswith("max-age=0")


def test_two_clicks_on_one_form_start_one_run() -> None:
    client = logged_in(an_operator())

    answers = [client.post("/flow/start/monthly-report/", FORM) for _ in range(2)]
    other = client.post("/flow/start/monthly-report/", {**FORM, "key": "k2"})

    runs = [run_in(answer["Location"]) for answer in (*answers, other)]
    assert runs[0] == runs[1]
    assert runs[2] != runs[0]
    assert len(starts()) == 2


def test_same_key_of_another_user_is_another_start() -> None:
    mine = logged_in(an_operator()).post("/flow/start/monthly-report/", FORM)
    hers = logged_in(an_operator("eve")).post("/flow/start/monthly-report/", FORM)

    assert run_in(mine["Location"]) != run_in(hers["Location"])


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"field.month": ""}, "Month is missing"),
        ({"field.month": "March"}, "Month must look like"),
        ({"field.pages": "0"}, "Pages must be at least 1"),
        ({"field.pages": "1.5"}, "Pages must be a whole number"),
        ({"field.share": "inf"}, "Share must be a number"),
        ({"field.share": "1e999"}, "Share must be a number"),
        ({"field.kind": "-1"}, "Kind is not one of the choices"),
        ({"field.recipients": "["}, "Recipients is not JSON"),
        ({"field.recipients": "[1]"}, "must be string"),
    ],
)
def test_form_that_does_not_fit_says_where_and_starts_nothing(
    wrong: dict[str, str], problem: str
) -> None:
    answer = logged_in(an_operator()).post("/flow/start/monthly-report/", {**FORM, **wrong})

    assert answer.status_code == 422
    assert problem in answer.content.decode()
    assert starts() == []


def test_input_with_a_default_may_be_left_out() -> None:
    client = logged_in(an_operator())

    answer = client.post("/flow/start/monthly-report/", {"field.month": "2026-03"})
    routed()

    assert inputs_of(run_in(answer["Location"]))["pages"] == 3


def test_who_may_not_start_it_finds_no_such_workflow() -> None:
    finance = User.objects.create_user("fin")
    finance.groups.add(Group.objects.create(name="finance"))
    operator, member, nobody, root = (
        logged_in(an_operator()),
        logged_in(finance),
        logged_in(User.objects.create_user("eve")),
        logged_in(User.objects.create_superuser("root")),
    )

    def may(client: Client, name: str) -> bool:
        return client.get(f"/flow/start/{name}/").status_code == 200

    names = ("monthly-report", "for-finance", "by-event", "missing")
    assert [may(operator, name) for name in names] == [True, False, False, False]
    assert [may(member, name) for name in names] == [False, True, False, False]
    assert [may(nobody, name) for name in names] == [False] * 4
    assert [may(root, name) for name in names] == [True, True, False, False]
    assert nobody.post("/flow/start/monthly-report/", FORM).status_code == 404
    refused = nobody.post("/flow/start/monthly-report.json", {}, "application/json")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert starts() == []


def test_list_names_what_this_user_may_start() -> None:
    mine = logged_in(an_operator()).get("/flow/start/").content.decode()
    hers = logged_in(User.objects.create_user("eve")).get("/flow/start/").content.decode()

    assert 'href="/flow/start/monthly-report/"' in mine
    assert "for-finance" not in mine
    assert "There is nothing that you may start." in hers


def test_start_needs_the_token_of_the_page() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(an_operator())

    assert client.post("/flow/start/monthly-report/", FORM).status_code == 403
    assert client.post("/flow/start/monthly-report.json", {}, "application/json").status_code == 403


def test_who_is_not_logged_in_is_sent_to_log_in(client: Client) -> None:
    assert client.get("/flow/start/monthly-report/").status_code == 302
    assert client.post("/flow/start/monthly-report.json").status_code == 401


def test_program_starts_a_run_once_per_key() -> None:
    client = logged_in(an_operator())
    body = {"inputs": {"month": "2026-03"}, "key": "nightly"}

    answers = [
        client.post("/flow/start/monthly-report.json", body, "application/json") for _ in range(2)
    ]
    routed()

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert inputs_of(UUID(answers[0].json()["run"]))["month"] == "2026-03"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ({"inputs": []}, 400),
        ({"inputs": {"month": "2026-03"}, "key": 7}, 400),
        ({"inputs": {"month": "2026-03"}, "key": "x" * 101}, 400),
        ({"inputs": {}}, 422),
        ({"inputs": {"month": "2026-03", "more": 1}}, 422),
    ],
)
def test_program_that_sends_nonsense_is_told_and_starts_nothing(body: Any, status: int) -> None:
    client = logged_in(an_operator())

    answer = client.post("/flow/start/monthly-report.json", body, "application/json")

    assert (answer.status_code, answer.json()["code"]) == (
        status,
        "bad_body" if status == 400 else "bad_inputs",
    )
    assert starts() == []


def test_run_of_somebody_else_is_not_told_of() -> None:
    url = logged_in(an_operator()).post("/flow/start/monthly-report/", FORM)["Location"]
    routed()

    answer = logged_in(User.objects.create_user("eve")).get(url)

    assert "Waiting for this to begin" in answer.content.decode()
    assert "onthly" not in answer.content.decode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [(FORM, MULTIPART_CONTENT), ({"month": "2026-03"}, "application/json")],
    ids=["form", "json"],
)
def test_one_click_that_comes_twice_is_one_run(body: dict[str, str], kind: str) -> None:
    client = logged_in(an_operator())

    answers = [
        client.post("/flow/start/monthly-report", body, kind, headers={"idempotency-key": key})
        for key in ("first", "first", "second")
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    first, again, other = [answer.json()["run"] for answer in answers]
    assert first == again != other
    assert len(starts()) == 2


def test_one_click_is_refused_as_the_others_are() -> None:
    client = logged_in(an_operator())
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(an_operator("eve"))

    codes = [
        client.post("/flow/start/by-event").status_code,
        client.post("/flow/start/monthly-report", {"field.month": "May"}).status_code,
        client.post(
            "/flow/start/monthly-report", FORM, headers={"idempotency-key": "k" * 101}
        ).status_code,
        client.get("/flow/start/monthly-report").status_code,
        strict.post("/flow/start/monthly-report", FORM).status_code,
        Client().post("/flow/start/monthly-report").status_code,
    ]

    assert codes == [404, 422, 400, 405, 403, 401]
    assert starts() == []

"""Approvals in the browser and over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from flowengine.models import RunRecord, StepRecord
from flowengine.orchestration import control
from tests.builders.line import now, state_of
from tests.database.web.asked import a_big_order, a_boss, orders_in_a_loop

pytestmark = pytest.mark.django_db

FORM = {"field.budget": "500", "field.note": "", "field.way": "0", "field.gift": "on"}


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(run: UUID, *place: str, suffix: str = "/") -> str:
    return f"/flow/my/approvals/{run}/{'/'.join(place or ('boss',))}{suffix}"


def step_state(run: UUID, step: str = "boss") -> str:
    return StepRecord.objects.get(run_id=run, step=step).state


def test_who_is_asked_sees_the_question_on_the_list_and_on_its_page(
    settings: Settings, tmp_path: Path
) -> None:
    run = a_big_order(settings, tmp_path)
    client = logged_in(a_boss())

    listed = client.get("/flow/my/approvals/").content.decode()
    shown = client.get(url(run)).content.decode()

    assert f'href="{url(run)}"' in listed
    assert "May order 17 be sent?" in listed
    assert "May order 17 be sent?" in shown
    assert 'name="field.budget" type="number"' in shown
    assert "In euros" in shown
    assert "csrfmiddlewaretoken" in shown


def test_who_is_not_asked_sees_nothing_of_it(settings: Settings, tmp_path: Path) -> None:
    run = a_big_order(settings, tmp_path)
    client = logged_in(User.objects.create_superuser("root"))

    assert client.get("/flow/my/approvals.json").json() == {"approvals": []}
    assert "Nothing waits for you." in client.get("/flow/my/approvals/").content.decode()
    for place in (url(run), url(uuid4()), url(run, "nowhere"), url(run, "boss", "3")):
        assert client.get(place).status_code == 404
        assert client.post(place, {"answer": "approve"}).status_code == 404
    assert step_state(run) == "waiting"


def test_list_asks_for_the_groups_of_a_user_once(
    settings: Settings, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    runs = [a_big_order(settings, tmp_path) for _ in range(6)]
    client = logged_in(a_boss())

    with django_assert_max_num_queries(4):
        asked = client.get("/flow/my/approvals.json").json()["approvals"]

    assert {each["run"] for each in asked} == set(map(str, runs))


def test_who_is_not_logged_in_is_sent_to_log_in_and_a_program_is_told(client: Client) -> None:
    page = client.get(url(uuid4()))
    programs = [
        client.get("/flow/my/approvals.json"),
        client.get(f"/flow/my/runs/{uuid4()}/approvals.json"),
        client.post(url(uuid4(), suffix=".json")),
    ]

    assert page.status_code == 302
    assert page["Location"].startswith("/accounts/login/?next=/flow/my/approvals/")
    assert [(each.status_code, each.json()["code"]) for each in programs] == [
        (401, "signed_out")
    ] * 3


def test_approval_goes_on_with_what_was_filled_in(settings: Settings, tmp_path: Path) -> None:
    run = a_big_order(settings, tmp_path)
    boss = a_boss()
    client = logged_in(boss)

    answer = client.post(url(run), {"answer": "approve", "comment": "Fine.", **FORM}, follow=True)

    assert "You have approved." in answer.content.decode()
    assert answer.redirect_chain == [(url(run), 302)]
    row = StepRecord.objects.get(run_id=run, step="boss")
    assert row.state == "succeeded"
    assert b'"budget":500' in bytes(row.output or b"")
    assert b'"way":"swallow"' in bytes(row.output or b"")
    assert b'"gift":true' in bytes(row.output or b"")
    assert StepRecord.objects.get(run_id=run, step="nothing").state == "ready"


def test_next_step_is_due_at_once(settings: Settings, tmp_path: Path) -> None:
    run = a_big_order(settings, tmp_path)

    logged_in(a_boss()).post(url(run), {"answer": "approve", **FORM})

    due_at = StepRecord.objects.get(run_id=run, step="nothing").due_at
    assert due_at is not None
    assert due_at <= now()


def test_rejection_needs_no_form(settings: Settings, tmp_path: Path) -> None:
    run = a_big_order(settings, tmp_path)

    answer = logged_in(a_boss()).post(
        url(run), {"answer": "reject", "comment": "Too dear."}, follow=True
    )

    assert "You have rejected." in answer.content.decode()
    assert "Too dear." in answer.content.decode()
    assert (step_state(run), state_of(run)) == ("failed", "failed")


@pytest.mark.parametrize("answer", [{}, {"answer": ""}, {"answer": "Approve"}, {"answer": "no"}])
def test_form_that_does_not_say_yes_or_no_decides_nothing(
    settings: Settings, tmp_path: Path, answer: dict[str, str]
) -> None:
    run = a_big_order(settings, tmp_path)

    shown = logged_in(a_boss()).post(url(run), {**answer, **FORM})

    assert shown.status_code == 422
    assert "Please say whether you approve or reject." in shown.content.decode()
    assert step_state(run) == "waiting"


def test_second_click_changes_nothing_and_shows_the_first_answer(
    settings: Settings, tmp_path: Path
) -> None:
    run = a_big_order(settings, tmp_path, quorum=2)
    client = logged_in(a_boss())

    answers = [client.post(url(run), {"answer": "approve", **FORM}, follow=True) for _ in range(2)]
    late = client.post(url(run), {"answer": "reject"}, follow=True)

    texts = [each.content.decode() for each in (*answers, late)]
    assert all("You have approved." in text and "Others are still asked." in text for text in texts)
    assert step_state(run) == "waiting"
    assert client.get("/flow/my/approvals.json").json() == {"approvals": []}


def test_several_may_have_to_answer(settings: Settings, tmp_path: Path) -> None:
    run = a_big_order(settings, tmp_path, quorum=2)
    first, second = logged_in(a_boss()), logged_in(a_boss("other"))

    first.post(url(run), {"answer": "approve", **FORM})

    assert "1 of 2 answers" in second.get(url(run)).content.decode()
    second.post(url(run), {"answer": "approve", **FORM})
    assert step_state(run) == "succeeded"


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"field.budget": ""}, "Budget is missing"),
        ({"field.budget": "much"}, "Budget must be a whole number"),
        ({"field.budget": "0"}, "Budget must be at least 1"),
        ({"field.way": "7"}, "Way is not one of the choices"),
    ],
)
def test_form_that_does_not_fit_says_where_and_keeps_what_was_typed(
    settings: Settings, tmp_path: Path, wrong: dict[str, str], problem: str
) -> None:
    run = a_big_order(settings, tmp_path)
    form = {"answer": "approve", "comment": "So be it", **FORM, **wrong}

    answer = logged_in(a_boss()).post(url(run), form)

    text = answer.content.decode()
    assert answer.status_code == 422
    assert problem in text
    assert 'aria-invalid="true"' in text
    assert "So be it" in text
    assert step_state(run) == "waiting"


def test_requester_may_not_answer_what_he_asked_for(settings: Settings, tmp_path: Path) -> None:
    boss = a_boss()
    run = a_big_order(settings, tmp_path, actor=boss)
    client = logged_in(boss)

    assert client.get(url(run)).status_code == 404
    assert client.post(url(run), {"answer": "approve", **FORM}).status_code == 404
    assert step_state(run) == "waiting"


def test_user_may_be_asked_by_key(settings: Settings, tmp_path: Path) -> None:
    ann = User.objects.create_user("ann")
    run = a_big_order(settings, tmp_path, users=(ann.pk,))

    assert logged_in(ann).get(url(run)).status_code == 200


def test_question_that_is_over_says_so(settings: Settings, tmp_path: Path) -> None:
    run = a_big_order(settings, tmp_path)
    client = logged_in(a_boss())
    control.cancel(run, now=now())

    text = client.get(url(run)).content.decode()

    assert "does not wait for an answer any more" in text
    assert "<form" not in text
    assert client.post(url(run), {"answer": "approve", **FORM}).status_code == 302


def test_answer_needs_the_token_of_the_page(settings: Settings, tmp_path: Path) -> None:
    run = a_big_order(settings, tmp_path)
    client = Client(enforce_csrf_checks=True)
    client.force_login(a_boss())

    assert client.post(url(run), {"answer": "approve", **FORM}).status_code == 403
    forged = client.post(url(run, suffix=".json"), {"approved": True}, "application/json")
    assert forged.status_code == 403
    assert step_state(run) == "waiting"


def test_question_is_text_and_never_markup(settings: Settings, tmp_path: Path) -> None:
    run = a_big_order(settings, tmp_path)
    evil = "<img src=x onerror=alert(1)>"
    RunRecord.objects.filter(pk=run).update(title=evil)

    text = logged_in(a_boss()).get(url(run)).content.decode()

    assert "<img" not in text
    assert "&lt;img" in text


def test_question_cannot_be_turned_round_by_what_an_event_says(
    settings: Settings, tmp_path: Path
) -> None:
    run = a_big_order(settings, tmp_path)
    boss = logged_in(a_boss())
    turned = "Order \u202e71\u202c \u2067x\u2069"
    RunRecord.objects.filter(pk=run).update(title=turned)
    asked = StepRecord.objects.get(run_id=run, step="boss")
    assert asked.input is not None
    asked.title = turned
    asked.input = json.dumps({**json.loads(bytes(asked.input)), "ask": turned}).encode()
    asked.save()

    texts = [
        boss.get(each).content.decode()
        for each in (url(run), "/flow/my/approvals/", f"/flow/my/runs/{run}/")
    ]
    told = boss.get(url(run, suffix=".json")).json()

    assert texts[0].count("Order 71 x") >= 3
    assert not [turn for turn in "\u202e\u202c\u2067\u2069" for text in texts if turn in text]
    assert (told["ask"], told["title"], told["run_title"]) == ("Order 71 x",) * 3


def test_run_on_the_page_of_its_question_does_not_lead_to_that_page(
    settings: Settings, tmp_path: Path
) -> None:
    run = a_big_order(settings, tmp_path)
    boss = a_boss()
    RunRecord.objects.filter(pk=run).update(watcher_groups='["bosses"]')

    own = logged_in(boss).get(url(run)).content.decode()
    other = logged_in(boss).get(f"/flow/my/runs/{run}/").content.decode()

    assert f'run-id="{run}"' in own
    assert f'href="{url(run)}"' not in own
    assert f'href="{url(run)}"' in other


def test_watcher_who_may_answer_is_given_the_link_in_the_page(
    settings: Settings, tmp_path: Path
) -> None:
    from django.template import Context, Template
    from django.test import RequestFactory

    boss = a_boss()
    run = a_big_order(settings, tmp_path)
    RunRecord.objects.filter(pk=run).update(watcher_groups='["bosses"]')

    def page(user: User) -> str:
        request = RequestFactory().get("/")
        request.user = user
        tag = Template("{% load flowengine %}{% flow_progress run %}")
        return tag.render(Context({"run": run, "request": request}))

    assert f'<a class="flow-go" href="{url(run)}"' in page(boss)
    assert "flow-go" not in page(User.objects.create_superuser("root"))


def test_program_reads_and_answers(settings: Settings, tmp_path: Path) -> None:
    run = a_big_order(settings, tmp_path)
    client = logged_in(a_boss())

    [asked] = client.get("/flow/my/approvals.json").json()["approvals"]
    of_run = client.get(f"/flow/my/runs/{run}/approvals.json").json()["approvals"]
    body = {"approved": True, "comment": "", "form": {"budget": 3}}
    answered = client.post(url(run, suffix=".json"), body, "application/json")
    again = client.post(url(run, suffix=".json"), body, "application/json")

    assert of_run == [asked]
    assert (asked["run"], asked["step"], asked["ask"]) == (
        str(run),
        "boss",
        "May order 17 be sent?",
    )
    assert asked["url"] == url(run)
    assert (answered.status_code, answered.json()["state"]) == (200, "succeeded")
    assert (again.status_code, again.json()["code"]) == (409, "answered")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[]", 400),
        ({}, 400),
        ({"approved": "yes"}, 400),
        ({"approved": True, "form": []}, 400),
        ({"approved": True, "form": {"budget": 3}, "comment": 7}, 400),
        ({"approved": True, "form": {}}, 422),
        ({"approved": True, "form": {"budget": 0}}, 422),
        ({"approved": True, "form": {"budget": 1, "more": 2}}, 422),
        ('{"approved": true, "form": {"budget": NaN}}', 400),
        ({"approved": True, "form": {"budget": 10**300}}, 422),
        ({"approved": True, "form": {"budget": 1, "note": "\ud800"}}, 422),
        ({"approved": True, "form": {"budget": 1, "note": "\0"}}, 422),
        ({"approved": True, "form": {"budget": 1, "note": "x" * 70_000}}, 422),
        ({"approved": True, "form": {"budget": 1}, "comment": "\ud800"}, 422),
        ({"approved": False, "form": {"\ud800": 1}}, 422),
    ],
)
def test_program_that_sends_nonsense_is_told_and_changes_nothing(
    settings: Settings, tmp_path: Path, body: Any, status: int
) -> None:
    run = a_big_order(settings, tmp_path)

    answer = logged_in(a_boss()).post(url(run, suffix=".json"), body, "application/json")

    assert answer.status_code == status
    assert answer.json()["code"] in {"bad_body", "bad_form"}
    assert step_state(run) == "waiting"


def test_each_item_of_a_loop_is_answered_at_a_place_of_its_own(
    settings: Settings, tmp_path: Path
) -> None:
    run = orders_in_a_loop(settings, tmp_path)
    client = logged_in(a_boss())

    asked = client.get("/flow/my/approvals.json").json()["approvals"]
    text = client.get(url(run, "boss", "1")).content.decode()
    client.post(url(run, "boss", "1"), {"answer": "approve"})

    assert [each["item"] for each in asked] == ["0", "1"]
    assert "May b be sent?" in text
    states = StepRecord.objects.filter(run_id=run, step="boss").order_by("item")
    assert [row.state for row in states] == ["waiting", "succeeded"]

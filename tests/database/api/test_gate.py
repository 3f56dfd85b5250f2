"""The gate: nobody comes in who is not known, has no token, or lacks the permission."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from ninja import Router
from ninja.operation import Operation

from flowengine.web.api.app import api
from flowengine.web.api.gate import NOBODY, Door, Need, Session, permission
from tests.database.api.people import API, a_client, post

pytestmark = pytest.mark.django_db


def operations() -> Iterator[Operation]:
    """Every operation that there is."""
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            yield from view.operations


def test_every_operation_stands_behind_the_gate_with_a_need() -> None:
    found = list(operations())

    assert len(found) > 15
    for operation in found:
        [session] = operation.auth_callbacks
        assert isinstance(session, Session), operation.operation_id
        assert isinstance(session.needs, Need)
        assert session.needs is not NOBODY
        assert operation.csrf_exempt is False


def test_operation_without_a_need_cannot_be_registered() -> None:
    def view(request: Any) -> None:
        """Nothing."""

    with pytest.raises(TypeError, match="needs"):
        Door("things").get("things")(view)  # type: ignore[call-arg]


def test_operation_that_went_round_the_doors_is_refused_to_everybody() -> None:
    from ninja import NinjaAPI

    bare = Router()
    bare.get("things")(lambda request: "open")
    other = NinjaAPI(auth=Session(NOBODY), urls_namespace="other")
    other.add_router("", bare)
    [bound] = [each for each in other._get_bound_routers() if each.path_operations]
    [view] = bound.path_operations.values()

    [session] = view.operations[0].auth_callbacks
    assert isinstance(session, Session)
    assert session.needs is NOBODY


def test_who_is_not_signed_in_is_told_so_whatever_is_asked(client: Client) -> None:
    answers = [
        client.get(API + "runs"),
        client.get(API + f"runs/{uuid4()}"),
        post(client, f"runs/{uuid4()}/cancel", {"reason": "x"}),
    ]

    assert [each.status_code for each in answers] == [401] * 3
    assert {each.json()["code"] for each in answers} == {"FE801"}


def test_user_who_was_switched_off_is_not_signed_in() -> None:
    client = a_client("view_run")
    User.objects.update(is_active=False)

    assert client.get(API + "runs").status_code == 401


def test_missing_permission_is_named() -> None:
    answer = a_client("view_payload").get(API + "runs")

    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:flowengine:FE802",
        "title": "Not permitted",
        "status": 403,
        "detail": "This needs flowengine.view_run.",
        "code": "FE802",
        "instance": "/flow/api/v1/runs",
    }


def test_post_without_the_token_is_refused_as_a_problem() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("root"))

    answer = post(strict, f"runs/{uuid4()}/cancel", {"reason": "x"})

    assert (answer.status_code, answer.json()["code"]) == (403, "FE805")


def test_post_with_the_token_comes_in() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("root"))
    token = "a" * 32
    strict.cookies["csrftoken"] = token

    answer = post(strict, f"runs/{uuid4()}/cancel", {"reason": "x"}, **{"X-CSRFToken": token})

    assert (answer.status_code, answer.json()["code"]) == (404, "FE803")


def test_place_that_is_not_there_is_a_problem() -> None:
    answer = a_client("view_run").get(API + "nowhere")

    assert (answer.status_code, answer.json()["code"]) == (404, "FE803")


def test_method_that_is_not_there_is_a_problem_that_names_those_that_are() -> None:
    answer = post(a_client("view_run"), "runs", {})

    assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert answer.json()["code"] == "FE806"


@pytest.mark.parametrize("body", ["{", "[1]", '{"reason": NaN}', "[" * 100_000])
def test_body_that_is_no_json_object_is_refused(body: str) -> None:
    client = a_client("view_run", "cancel_run")

    answer = client.post(f"{API}runs/{uuid4()}/cancel", body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "FE804")


def test_body_that_is_too_large_is_refused(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    client = a_client("view_run", "cancel_run")

    answer = post(client, f"runs/{uuid4()}/cancel", {"reason": "x" * 200})

    assert (answer.status_code, answer.json()["code"]) == (413, "FE804")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"limit": 0}, "query.limit"),
        ({"limit": 201}, "query.limit"),
        ({"limit": "many"}, "query.limit"),
        ({"limt": 3}, "query.limt"),
        ({"after": "x" * 201}, "query.after"),
    ],
)
def test_query_that_does_not_fit_is_refused_with_its_place(
    query: dict[str, Any], place: str
) -> None:
    answer = a_client("view_workerrecord").get(API + "workers", query)

    assert (answer.status_code, answer.json()["code"]) == (422, "FE804")
    assert [each["place"] for each in answer.json()["errors"]] == [place]


@pytest.mark.parametrize("after", ["x", "bm9uc2Vuc2U", "MQoyCjM", "MQoy", "é", "\x00"])
def test_cursor_that_was_not_made_here_is_refused(after: str) -> None:
    client = a_client("view_workerrecord", "view_run", "view_auditrecord")

    for place in ("workers", "runs", "audit"):
        answer = client.get(API + place, {"after": after})
        assert (answer.status_code, answer.json()["code"]) == (422, "FE804")


def test_answers_are_never_stored_and_never_sniffed() -> None:
    answer = a_client("view_run").get(API + "session")

    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_need_is_asked_of_the_user() -> None:
    user = User.objects.create_user("ann")

    assert permission("view_run").is_met(user) is False
    assert permission("view_run").is_met(User.objects.create_superuser("root")) is True


def test_process_that_only_emits_does_not_import_the_library_of_the_api() -> None:
    program = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings';"
        "django.setup(); import flowengine, flowengine.api, flowengine.urls;"
        "from django.urls import reverse; reverse('flowengine:workflows');"
        "print([name for name in sys.modules if name.partition('.')[0] == 'ninja'])"
    )

    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert said.stdout.strip() == "[]"

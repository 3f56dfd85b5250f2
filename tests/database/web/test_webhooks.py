"""What other services post: signed it becomes an event, and anything else nothing."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from flowengine.models import EventRecord, RunRecord
from flowengine.orchestration.route import route
from flowengine.web.webhooks import AGE_MAX_S
from tests.builders.files import synchronise
from tests.builders.line import now

pytestmark = pytest.mark.django_db

GITHUB = {
    "SECRETS": ["the new one", "the old one"],
    "SIGNATURE_HEADER": "X-Hub-Signature-256",
    "KEY_HEADER": "X-GitHub-Delivery",
    "SUBJECT_HEADER": "X-GitHub-Event",
}
STRIPE = {"SECRETS": ["whsec"], "SIGNATURE_HEADER": "Stripe-Signature", "KEY_FIELD": "id"}
PLAIN = {"SECRETS": ["plain"], "SIGNATURE_HEADER": "X-Signature"}
PUSHED = """
workflow: pushed
on: {event: webhook.github, if: "event.subject == 'push' && event.data.ref == 'main'"}
steps:
  - line.nothing
"""


@pytest.fixture(autouse=True)
def webhooks(settings: Settings) -> None:
    senders = {"github": GITHUB, "stripe": STRIPE, "plain": PLAIN}
    settings.FLOWENGINE = {**settings.FLOWENGINE, "WEBHOOKS": senders}


def post(name: str, raw: bytes, headers: Mapping[str, str], client: Client | None = None) -> Any:
    """The answer; the client insists on CSRF tokens, as browsers meet it."""
    client = client or Client(enforce_csrf_checks=True)
    return client.post(f"/flow/webhooks/{name}/", raw, "application/json", headers=dict(headers))


def signed(secret: str, text: bytes) -> str:
    return hmac.digest(secret.encode(), text, "sha256").hex()


def from_github(
    body: Any, *, secret: str = "the new one", delivery: str = "d-1", raw: bytes | None = None
) -> Any:
    raw = json.dumps(body).encode() if raw is None else raw
    headers = {
        "X-Hub-Signature-256": f"sha256={signed(secret, raw)}",
        "X-GitHub-Delivery": delivery,
        "X-GitHub-Event": "push",
    }
    return post("github", raw, headers)


def from_stripe(body: Any, *, age_s: float = 0, time: str = "") -> Any:
    raw = json.dumps(body).encode()
    time = time or str(int(now().timestamp() - age_s))
    signature = signed("whsec", time.encode() + b"." + raw)
    other = signed("another", raw)
    return post("stripe", raw, {"Stripe-Signature": f"t={time},v1={other}, v1={signature},v0=x"})


def told(answer: HttpResponse) -> tuple[int, str]:
    return answer.status_code, json.loads(answer.content)["code"]


def test_signed_delivery_starts_the_workflow_that_listens(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, PUSHED)

    answer = from_github({"ref": "main"})
    event = EventRecord.objects.get()
    route([event.id], now=now())

    assert (answer.status_code, answer.json()) == (202, {"event": str(event.id)})
    assert (event.type, event.subject, event.key) == ("webhook.github", "push", "d-1")
    assert json.loads(bytes(event.data)) == {"ref": "main"}
    assert RunRecord.objects.get().workflow == "pushed"


def test_same_delivery_twice_is_one_event() -> None:
    first, again = from_github({"ref": "main"}), from_github({"ref": "main"})
    other = from_github({"ref": "main"}, delivery="d-2")

    assert first.json() == again.json() != other.json()
    assert EventRecord.objects.count() == 2


def test_old_secret_is_taken_as_long_as_it_is_listed(settings: Settings) -> None:
    listed = from_github({}, secret="the old one")
    senders = {"github": {**GITHUB, "SECRETS": ["the new one"]}}
    settings.FLOWENGINE = {**settings.FLOWENGINE, "WEBHOOKS": senders}
    taken_out = from_github({}, secret="the old one", delivery="d-2")

    assert listed.status_code == 202
    assert told(taken_out) == (403, "bad_signature")


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        "sha1=" + signed("the new one", b"{}"),
        signed("the new one", b'{"a": 1}'),
        signed("plain", b"{}"),
        signed("", b"{}"),
        f"v1={signed('the new one', b'{}')}",
        f"t=,v1={signed('the new one', b'{}')}",
        "sha256=\u00e9\u00ff",
        "=,=,t,v1",
    ],
)
def test_delivery_without_a_good_signature_is_refused_and_no_event(signature: str | None) -> None:
    headers = {} if signature is None else {"X-Hub-Signature-256": signature}

    answer = post("github", b"{}", {**headers, "X-GitHub-Delivery": "d-1"})

    assert told(answer) == (403, "bad_signature")
    assert not EventRecord.objects.exists()


def test_delivery_in_the_form_with_a_time_has_its_id_in_the_body() -> None:
    first, again = from_stripe({"id": "evt_1"}), from_stripe({"id": "evt_1"}, age_s=60)

    assert (first.status_code, again.status_code) == (202, 202)
    assert [event.key for event in EventRecord.objects.all()] == ["evt_1"]


@pytest.mark.parametrize("age_s", [AGE_MAX_S + 30, -AGE_MAX_S - 30])
def test_signature_of_another_time_is_none(age_s: float) -> None:
    assert told(from_stripe({"id": "evt_1"}, age_s=age_s)) == (403, "bad_signature")


@pytest.mark.parametrize("time", ["soon", "-1", "1e9", "9" * 5000, "\u00b2"])
def test_time_that_is_none_is_no_signature(time: str) -> None:
    assert told(from_stripe({"id": "evt_1"}, time=time)) == (403, "bad_signature")


@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": True}, {"id": ["evt_1"]}])
def test_delivery_without_its_id_is_refused(body: Any) -> None:
    assert told(from_stripe(body)) == (400, "bad_body")
    assert not EventRecord.objects.exists()


@pytest.mark.parametrize("body", [{"id": ""}, {"id": "x" * 1025}, {"id": "a\nb"}])
def test_id_that_cannot_be_a_key_is_refused(body: Any) -> None:
    assert told(from_stripe(body)) == (400, "bad_event")
    assert not EventRecord.objects.exists()


def test_sender_without_ids_has_an_event_for_each_delivery() -> None:
    headers = {"X-Signature": signed("plain", b"{}").upper()}

    answers = [post("plain", b"{}", headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert [event.key for event in EventRecord.objects.all()] == [None, None]


def test_name_that_the_setting_has_not_is_not_there() -> None:
    assert told(post("gitlab", b"{}", {})) == (404, "not_found")


def test_delivery_beyond_the_limit_of_an_event_is_refused_unread(settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "EVENT_DATA_MAX_BYTES": 100}
    fits = b"{" + b" " * 98 + b"}"

    assert from_github(None, raw=fits).status_code == 202
    assert told(from_github(None, raw=fits + b" ", delivery="d-2")) == (413, "too_large")
    assert told(post("github", b"x" * 101, {})) == (413, "too_large")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"payload=%7B%7D",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": "\xff"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda raw: raw[:20],
)
def test_signed_body_that_is_no_json_object_is_refused(raw: bytes) -> None:
    assert told(from_github(None, raw=raw)) == (400, "bad_body")
    assert not EventRecord.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"a": "\ud800"}',
        rb'{"\udfff": 1}',
        rb'{"a": "\u0000"}',
        b'{"a": 1e999}',
        b'{"a": 9223372036854775808}',
        b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}",
    ],
    ids=lambda raw: raw[:20],
)
def test_signed_json_that_no_event_can_hold_is_refused(raw: bytes) -> None:
    assert told(from_github(None, raw=raw)) == (400, "bad_event")
    assert not EventRecord.objects.exists()


def test_type_that_must_be_known_and_is_not_is_refused(settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "UNKNOWN_EVENTS": "dead"}

    assert told(from_github({})) == (400, "bad_event")


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_only_posts_are_taken(method: str) -> None:
    answer = getattr(Client(), method)("/flow/webhooks/github/")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_project_where_all_pages_ask_for_login_takes_deliveries(settings: Settings) -> None:
    middleware = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, middleware]

    assert from_github({}).status_code == 202

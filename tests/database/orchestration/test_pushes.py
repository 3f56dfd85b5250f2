"""Pushes to browsers: only to their makers' servers, once each, off without a key."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar
from uuid import uuid4

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine.models import NotificationRecord, PushSubscriptionRecord
from flowengine.orchestration import pushes
from flowengine.store import inbox_acts, notifications, preferences, push_subscriptions, sql
from flowengine.store.inbox_acts import Act
from flowengine.store.notifications import Note
from flowengine.store.preferences import Preference
from flowengine.store.push_subscriptions import Subscription
from tests.builders.stored import now

pytestmark = pytest.mark.django_db

AFTER = timedelta(seconds=10)
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"


@pytest.fixture(autouse=True)
def key(settings: Settings) -> ec.EllipticCurvePrivateKey:
    """The project's VAPID key, in its settings."""
    made = ec.generate_private_key(ec.SECP256R1())
    number = made.private_numbers().private_value.to_bytes(32, "big")
    settings.FLOWENGINE = {
        **settings.FLOWENGINE,
        "PUSH_KEY": _text(number),
        "PUSH_CONTACT": "mailto:ops@shop.example",
    }
    return made


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


def subscribe(user: User, endpoint: str = ENDPOINT) -> None:
    made = Subscription(user=str(user.pk), endpoint=endpoint, p256dh="p", auth="a")
    push_subscriptions.save(made, now())


def told(user: User, title: str = "Order 42") -> None:
    note = Note(
        id=uuid4(), user=str(user.pk), kind="run.failed", tone="failure", title=title,
        word="why.step", step="Charge",
    )  # fmt: skip
    with sql.writing():
        notifications.insert([note], now(), mail_after=None, push_after=AFTER)


def answering(*statuses: int) -> tuple[list[Any], Callable[[Subscription, str], int]]:
    """What was sent, and a way to send that gets these answers; 0 raises."""
    sent: list[Any] = []
    answers = iter(statuses)

    def send(subscription: Subscription, text: str) -> int:
        sent.append((subscription.endpoint, json.loads(text)))
        status = next(answers)
        if status == 0:
            raise ConnectionError("no server")
        return status

    return sent, send


def due() -> Any:
    return now() + AFTER + timedelta(seconds=1)


def test_push_says_what_the_inbox_says_and_is_sent_once(ann: User) -> None:
    subscribe(ann)
    told(ann)
    sent, send = answering(201, 201)

    pushes.run_once(now(), send)
    early = list(sent)
    pushes.run_once(due(), send)
    pushes.run_once(due() + timedelta(hours=1), send)

    [(endpoint, text)] = sent
    assert early == []
    assert endpoint == ENDPOINT
    assert (text["title"], text["text"]) == ("Order 42", "Something went wrong in «Charge».")


def test_what_was_seen_is_not_pushed(ann: User) -> None:
    subscribe(ann)
    told(ann)
    inbox_acts.do(str(ann.pk), Act.SEEN, now())
    sent, send = answering()

    pushes.run_once(due(), send)

    assert sent == []


@pytest.mark.parametrize(
    "wanted", [Preference(push=False), Preference(quiet_from=time(0), quiet_to=time(23, 59))]
)
def test_nobody_is_pushed_to_who_does_not_want_it_now(ann: User, wanted: Preference) -> None:
    preferences.save(str(ann.pk), wanted)
    subscribe(ann)
    told(ann)
    sent, send = answering()

    pushes.run_once(due(), send)

    assert sent == []


@pytest.mark.parametrize("status", [404, 410])
def test_browser_that_is_gone_is_forgotten(ann: User, status: int) -> None:
    subscribe(ann)
    told(ann)
    _sent, send = answering(status)

    pushes.run_once(due(), send)

    assert not PushSubscriptionRecord.objects.exists()
    assert NotificationRecord.objects.get().push_at is None


@pytest.mark.parametrize("status", [0, 429, 500])
def test_server_that_fails_is_asked_again_later(ann: User, status: int) -> None:
    subscribe(ann)
    told(ann)
    sent, send = answering(status, 201)
    at = due()

    pushes.run_once(at, send)
    pushes.run_once(at + timedelta(seconds=59), send)
    pushes.run_once(at + timedelta(seconds=61), send)

    assert len(sent) == 2
    assert NotificationRecord.objects.get().push_at is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://169.254.169.254/latest",
        "https://localhost/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/fcm.googleapis.com",
        "https://notify.windows.com/x",
        "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://[::1]/x",
        "https://[/x",
        "file:///etc/passwd",
    ],
)
def test_only_the_servers_of_browsers_are_spoken_to(ann: User, endpoint: str) -> None:
    subscribe(ann, endpoint)
    told(ann)
    sent, send = answering()
    client = Client()
    client.force_login(ann)
    body = {"endpoint": endpoint, "keys": {"p256dh": "p", "auth": "a"}}

    pushes.run_once(due(), send)
    answer = client.post("/flow/inbox/push/", json.dumps(body), content_type="application/json")

    assert (sent, answer.status_code) == ([], 422)


def test_browser_subscribes_and_leaves_over_http(ann: User) -> None:
    client = Client()
    client.force_login(ann)
    body = {"endpoint": ENDPOINT, "keys": {"p256dh": "p", "auth": "a"}}

    codes = [
        client.post("/flow/inbox/push/", json.dumps(body), content_type="application/json"),
        client.post("/flow/inbox/push/", json.dumps(body), content_type="application/json"),
    ]
    kept = PushSubscriptionRecord.objects.count()
    client.delete("/flow/inbox/push/", json.dumps(body), content_type="application/json")

    assert [answer.status_code for answer in codes] == [204, 204]
    assert (kept, PushSubscriptionRecord.objects.count()) == (1, 0)


def test_page_gives_the_public_half_of_the_key(ann: User, key: ec.EllipticCurvePrivateKey) -> None:
    client = Client()
    client.force_login(ann)
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )

    html = client.get("/flow/inbox/preferences/").content.decode()

    public = pushes.public_key()
    assert urlsafe_b64decode(public + "=" * (-len(public) % 4)) == point
    assert f'key="{public}"' in html


def test_worker_of_the_browser_is_a_script_of_this_site() -> None:
    answer = Client().get("/flow/inbox/push.js")

    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert b"showNotification" in answer.content


def test_user_keeps_the_newest_browsers_only(ann: User) -> None:
    for n in range(push_subscriptions.OF_USER_MAX + 2):
        subscribe(ann, f"{ENDPOINT}/{n}")

    kept = [each.endpoint for each in push_subscriptions.of([str(ann.pk)])[str(ann.pk)]]

    assert len(kept) == push_subscriptions.OF_USER_MAX
    assert kept[-1].endswith(f"/{push_subscriptions.OF_USER_MAX + 1}")


def test_nothing_is_pushed_or_kept_without_a_key(ann: User, settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "PUSH_KEY": None}
    client = Client()
    client.force_login(ann)

    with CaptureQueriesContext(connection) as asked:
        pushes.run_once(now())
    answer = client.post("/flow/inbox/push/", "{}", content_type="application/json")

    assert len(asked) == 0
    assert (pushes.public_key(), answer.status_code) == ("", 404)


class PushServer(BaseHTTPRequestHandler):
    """What a browser's maker runs: it takes what is pushed, and cannot read it."""

    taken: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Nothing on the terminal."""


def test_browser_can_read_what_is_pushed_and_knows_whom_it_is_from(
    key: ec.EllipticCurvePrivateKey,
) -> None:
    browser, secret = ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef"
    point = browser.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    with HTTPServer(("127.0.0.1", 0), PushServer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        status = pushes.sent(
            Subscription(
                user="7",
                endpoint=f"http://127.0.0.1:{server.server_port}/push",
                p256dh=_text(point),
                auth=_text(secret),
            ),
            '{"title": "Order 42"}',
        )
        thread.join(timeout=10)

    [(headers, body)] = PushServer.taken
    assert status == 201
    assert b"Order 42" not in body
    assert http_ece.decrypt(body, private_key=browser, auth_secret=secret) == (
        b'{"title": "Order 42"}'
    )
    assert headers["authorization"].startswith("vapid ")
    assert pushes.public_key() in headers["authorization"]

"""The inbox in the browser and over HTTP: its page, its acts, its element, its preferences."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from flowengine.models import NotificationPreferenceRecord, NotificationRecord
from flowengine.orchestration.letters import unsubscribe_token
from flowengine.signals import inbox_changed
from flowengine.store import inbox, notifications, sql
from flowengine.store.notifications import Note
from tests.builders.stored import now
from tests.database.web.test_template_tags import XSS, page

pytestmark = pytest.mark.django_db

INBOX = "{% flow_inbox %}"


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", email="ann@example.com")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob")


def signed_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def told(user: User, title: str = "Order 42", **fields: Any) -> UUID:
    note = Note(id=uuid4(), user=str(user.pk), kind="message", tone="info", title=title, **fields)
    with sql.writing():
        notifications.insert([note], now(), mail_after=None, push_after=None)
        notifications.number([note.user])
    return note.id


def post(client: Client, act: str, body: Any) -> Any:
    return client.post(f"/flow/inbox/{act}", json.dumps(body), content_type="application/json")


def counts(user: User) -> tuple[int, int]:
    mine = inbox.look([str(user.pk)])[str(user.pk)]
    return mine.unread, mine.unseen


def test_act_answers_with_the_position_and_the_counts_of_the_same_moment(ann: User) -> None:
    first, second = told(ann), told(ann)

    answer = post(signed_in(ann), "read", {"ids": [str(first)]}).json()

    epoch, number = inbox.heads([str(ann.pk)])[str(ann.pk)]
    undo = answer.pop("undo")
    assert answer == {"e": epoch, "o": number, "unread": 1, "unseen": 1}
    assert undo.startswith("read ")
    assert NotificationRecord.objects.get(read_at=None).id == second


def test_act_is_taken_back_by_what_it_answered(ann: User) -> None:
    told(ann)
    client = signed_in(ann)
    undo = post(client, "archive", {"ids": "all"}).json()["undo"]
    archived = counts(ann)

    answer = post(client, "undo", {"undo": undo}).json()

    assert (archived, (answer["unread"], answer["unseen"])) == ((0, 0), (1, 1))


def test_snooze_takes_an_instant_to_come_or_hours(ann: User) -> None:
    [item] = [told(ann)]
    until = now() + timedelta(hours=3)
    client = signed_in(ann)

    answer = post(client, "snooze", {"ids": [str(item)], "until": until.isoformat()})
    client.post("/flow/inbox/restore", {"id": str(item)})
    client.post("/flow/inbox/snooze", {"id": str(item), "until": "24"})

    assert answer.status_code == 200
    again = NotificationRecord.objects.get().snoozed_until
    assert again is not None
    assert timedelta(hours=23) < again - now() <= timedelta(hours=24)


@pytest.mark.parametrize(
    "body",
    [
        {"ids": ["no id"]},
        {"ids": "some"},
        {"ids": [1]},
        {"ids": [str(uuid4())] * 501},
        {"ids": "all", "until": "yesterday"},
        {"ids": "all", "until": "2000-01-01T00:00:00+00:00"},
        {"ids": "all", "until": "2999-01-01T00:00:00+00:00"},
        {"ids": "all", "until": "2030-01-01T00:00:00"},
        {"ids": "all"},
    ],
)
def test_act_that_says_nothing_sensible_is_refused_and_changes_nothing(
    ann: User, body: Any
) -> None:
    told(ann)

    answer = post(signed_in(ann), "snooze", body)

    assert answer.status_code == 400
    assert counts(ann) == (1, 1)


@pytest.mark.parametrize("undo", ["", "read", "seen 2026-01-01T00:00:00+00:00", "read never"])
def test_undo_of_nothing_is_refused(ann: User, undo: str) -> None:
    assert post(signed_in(ann), "undo", {"undo": undo}).status_code == 400


def test_unknown_act_is_missing(ann: User) -> None:
    assert post(signed_in(ann), "explode", {"ids": "all"}).status_code == 404


def test_item_of_another_user_answers_like_a_missing_one(ann: User, bob: User) -> None:
    told(ann)
    hers = told(bob)
    client = signed_in(ann)

    foreign = post(client, "archive", {"ids": [str(hers)]})
    missing = post(client, "archive", {"ids": [str(uuid4())]})

    assert (foreign.status_code, foreign.json()) == (missing.status_code, missing.json())
    assert (counts(ann), counts(bob)) == ((1, 1), (1, 1))


def test_undo_of_another_users_act_does_nothing(ann: User, bob: User) -> None:
    told(ann)
    undo = post(signed_in(ann), "archive", {"ids": "all"}).json()["undo"]

    post(signed_in(bob), "undo", {"undo": undo})

    assert counts(ann) == (0, 0)


def test_act_needs_a_token_and_somebody_who_is_logged_in(ann: User) -> None:
    told(ann)

    strict = post(signed_in(ann, enforce_csrf_checks=True), "read", {"ids": "all"})
    nobody = post(Client(), "read", {"ids": "all"})

    assert (strict.status_code, nobody.status_code) == (403, 401)
    assert counts(ann) == (1, 1)


def test_reading_the_pages_changes_nothing(ann: User) -> None:
    told(ann)
    client = signed_in(ann)

    codes = [
        client.get(path).status_code
        for path in (
            *("/flow/inbox/", "/flow/inbox/?tab=archived&before=x&undo=read", "/flow/inbox/read"),
            *("/flow/inbox/preferences/", f"/flow/inbox/unsubscribe/{unsubscribe_token('7')}/"),
        )
    ]

    assert codes == [200, 200, 405, 200, 200]
    assert counts(ann) == (1, 1)
    assert not NotificationPreferenceRecord.objects.exists()


def test_other_pages_of_the_user_hear_of_an_act_once_it_is_committed(
    ann: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    told(ann)
    heard: list[Any] = []

    def hear(*, heads: Any, **_signal: Any) -> None:
        heard.append(heads)

    inbox_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            post(signed_in(ann), "read", {"ids": "all"})
            before = list(heard)
    finally:
        inbox_changed.disconnect(hear)

    assert (before, heard) == ([], [[(str(ann.pk), 2)]])


def test_form_leads_back_to_where_it_stood_and_never_elsewhere(ann: User) -> None:
    told(ann)
    client = signed_in(ann)
    places = [
        client.post("/flow/inbox/read", {"id": "all", "next": to}).headers["Location"]
        for to in ("/shop/?a=1", "https://evil.example/", "//evil.example", "javascript:alert(1)")
    ]

    assert places == ["/shop/?a=1", "/flow/inbox/", "/flow/inbox/", "/flow/inbox/"]


def test_page_offers_to_take_back_what_its_form_did(ann: User) -> None:
    told(ann)
    client = signed_in(ann)
    where = client.post(
        "/flow/inbox/archive", {"id": "all", "next": "/flow/inbox/?tab=inbox"}
    ).headers["Location"]
    html = client.get(where).content.decode()

    undo = re.search(r'name="undo" value="([^"]+)"', html)
    assert undo is not None
    client.post("/flow/inbox/undo", {"undo": undo[1].replace("&#x2B;", "+")})

    assert counts(ann) == (1, 1)


def test_element_is_whole_at_first_paint_and_says_where_it_stands(ann: User) -> None:
    told(ann, "Order 42", text="Half done", url="/orders/42/")

    html = page(None, ann, INBOX)

    frame = json.loads(re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)[0])
    assert (frame["t"], frame["c"], frame["s"]["unread"]) == ("snap", "inbox", 1)
    assert (frame["e"], frame["o"]) == inbox.heads([str(ann.pk)])[str(ann.pk)]
    assert 'aria-label="Notifications, 1 unread"' in html
    assert 'href="/orders/42/"' in html
    assert html.index("Half done") < html.index("<template>")


def test_element_is_as_the_page_wants_it(ann: User) -> None:
    nothing = page(None, ann, '{% flow_inbox "bottom-start" tabs=False empty_text="All quiet." %}')
    for n in range(3):
        told(ann, f"Order {n}")
    two = page(None, ann, "{% flow_inbox page_size=2 %}")

    assert 'placement="bottom-start"' in nothing
    assert "All quiet." in nothing
    assert "flow-tabs" not in nothing
    assert 'page-size="2"' in two
    assert two[: two.index("<template>")].count('<li class="flow-item"') == 2
    assert '"unread": 3' in two


def test_bell_and_item_are_templates_of_a_project_s_own(
    ann: User, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "flowengine").mkdir()
    (tmp_path / "flowengine" / "inbox_bell.html").write_text("<b>Mine</b>")
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path]}]

    html = page(None, ann, INBOX)

    assert '<b>Mine</b><span class="flow-badge"' in html


def test_element_is_nothing_for_who_is_not_logged_in() -> None:
    from django.contrib.auth.models import AnonymousUser

    assert "flow-" not in page(None, AnonymousUser(), INBOX + "{% flow_toasts %}")


def test_nothing_that_was_told_becomes_markup(ann: User) -> None:
    told(ann, XSS, text=XSS)

    for html in (
        page(None, ann, INBOX),
        signed_in(ann).get("/flow/inbox/").content.decode(),
    ):
        assert "<img" not in html
        assert "alert(1)" in html


def preferences(client: Client, **given: str) -> Any:
    fields = {"digest": "daily", "timezone": "Europe/Berlin", "language": "de", **given}
    return client.post("/flow/inbox/preferences/", fields)


def test_preferences_are_kept(ann: User, settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "INBOX_MAIL_AFTER_S": 60}
    client = signed_in(ann)

    answer = preferences(client, quiet_from="22:00", quiet_to="07:30", email="on")

    kept = NotificationPreferenceRecord.objects.get()
    assert answer.status_code == 302
    assert (kept.user_key, kept.email, kept.push, kept.digest) == (
        str(ann.pk),
        True,
        False,
        "daily",
    )
    assert (kept.quiet_from, kept.quiet_to) == ("22:00", "07:30")
    html = client.get("/flow/inbox/preferences/").content.decode()
    assert 'value="22:00"' in html
    assert "<option selected>Europe/Berlin</option>" in html


def test_language_of_the_page_is_proposed_for_the_emails(ann: User) -> None:
    html = signed_in(ann).get("/flow/inbox/preferences/")

    assert '<option value="en" selected>' in html.content.decode()


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"digest": "never"}, "digest"),
        ({"timezone": "Mars/North"}, "timezone"),
        ({"quiet_from": "22:00"}, "quiet"),
        ({"quiet_from": "22:00", "quiet_to": "25:00"}, "quiet"),
        ({"quiet_from": "ten", "quiet_to": "six"}, "quiet"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "quiet"),
    ],
)
def test_preferences_that_do_not_fit_are_shown_again_and_say_where(
    ann: User, settings: Settings, given: dict[str, str], place: str
) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "INBOX_MAIL_AFTER_S": 60}

    answer = preferences(signed_in(ann), **given)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in html
    assert f'id="{place}-help"><strong>' in html
    assert html.count('aria-invalid="true"') == (2 if place == "quiet" else 1)
    assert not NotificationPreferenceRecord.objects.exists()


def test_zone_that_was_chosen_stays_chosen_where_the_project_has_another(
    ann: User, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    client = signed_in(ann)
    before = client.get("/flow/inbox/preferences/").content.decode()

    preferences(client, timezone="UTC")
    after = client.get("/flow/inbox/preferences/").content.decode()

    assert "<option selected>Europe/Berlin</option>" in before
    assert "<option selected>UTC</option>" in after


def test_link_of_an_email_ends_the_emails_of_its_user_without_a_login(ann: User, bob: User) -> None:
    link = f"/flow/inbox/unsubscribe/{unsubscribe_token(str(ann.pk))}/"
    # As mail programs do it: without cookies (RFC 8058).
    one_click = Client(enforce_csrf_checks=True)

    answer = one_click.post(link, {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    kept = NotificationPreferenceRecord.objects.get()
    assert (kept.user_key, kept.email, kept.digest) == (str(ann.pk), False, "immediate")


def test_link_that_was_not_signed_here_is_missing() -> None:
    assert Client().post("/flow/inbox/unsubscribe/IjciOg:forged/").status_code == 404


def test_page_holds_what_is_later_and_what_is_archived(ann: User) -> None:
    item = told(ann, "Order 42")
    client = signed_in(ann)
    client.post("/flow/inbox/archive", {"id": str(item)})

    assert "Order 42" not in client.get("/flow/inbox/").content.decode()
    html = client.get("/flow/inbox/?tab=archived").content.decode()
    assert "Order 42" in html
    assert "Put back" in html

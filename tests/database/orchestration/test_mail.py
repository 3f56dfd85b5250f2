"""E-mail of what was not seen in time: as each user prefers, claimed before and marked after."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine.models import NotificationRecord
from flowengine.orchestration import mail
from flowengine.orchestration.sending_times import TRIES_MAX
from flowengine.store import inbox_acts, notifications, outgoing, preferences, sql
from flowengine.store.inbox_acts import Act
from flowengine.store.notifications import Note
from flowengine.store.preferences import Preference
from tests.builders.stored import now

pytestmark = pytest.mark.django_db

AFTER = timedelta(minutes=15)
BROKEN = "tests.database.orchestration.test_mail.Broken"


class Broken(EmailBackend):
    """A mail server that refuses, but for those to Bob."""

    def send_messages(self, messages: Sequence[Any]) -> int:
        if any("bob@" not in message.to[0] for message in messages):
            raise ConnectionRefusedError("no server")
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def _mails(settings: Settings) -> None:
    settings.FLOWENGINE = {
        **settings.FLOWENGINE,
        "INBOX_MAIL_AFTER_S": AFTER.total_seconds(),
        "SITE_URL": "https://shop.example",
    }


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", email="ann@example.com")


def told(user: User, title: str = "Order 42", at: datetime | None = None, **fields: Any) -> Note:
    note = Note(
        id=uuid4(), user=str(user.pk), kind="run.succeeded", tone="success", title=title,
        **{"word": "say.succeeded", "run_id": uuid4(), **fields},
    )  # fmt: skip
    with sql.writing():
        notifications.insert([note], at or now(), mail_after=AFTER, push_after=None)
    return note


def due() -> datetime:
    """When what was told just now is due."""
    return now() + AFTER + timedelta(seconds=1)


def test_nothing_is_sent_before_its_time_and_then_once(ann: User) -> None:
    told(ann)

    mail.run_once(now())
    early = len(outbox.outbox)
    mail.run_once(due())
    mail.run_once(due() + timedelta(days=1))

    [sent] = outbox.outbox
    assert early == 0
    assert sent.to == ["ann@example.com"]
    assert sent.subject == "Order 42: All done."
    row = NotificationRecord.objects.get()
    assert (row.mail_at, row.mailed_at is None) == (None, False)


def test_mail_leads_to_the_run_and_to_where_one_ends_the_mails(ann: User) -> None:
    note = told(ann)

    mail.run_once(due())

    [sent] = outbox.outbox
    assert f"https://shop.example/flow/my/runs/{note.run_id}/" in sent.body
    link = sent.extra_headers["List-Unsubscribe"]
    assert link.startswith("<https://shop.example/flow/inbox/unsubscribe/")
    assert link.strip("<>") in sent.body
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<[0-9a-f-]{36}@shop\.example>", sent.extra_headers["Message-ID"])


@pytest.mark.parametrize("act", [Act.SEEN, Act.READ, Act.ARCHIVE, Act.SNOOZE])
def test_what_was_seen_or_put_away_is_not_sent(ann: User, act: Act) -> None:
    told(ann)
    inbox_acts.do(str(ann.pk), act, now(), until=due() + timedelta(days=1))

    mail.run_once(due())

    assert outbox.outbox == []


def test_what_is_due_to_a_user_is_one_mail(ann: User) -> None:
    told(ann, "Order 1")
    told(ann, "Order 2")
    told(ann, "Order 3")

    mail.run_once(due())

    [sent] = outbox.outbox
    assert sent.subject == "Order 1 and 2 more"
    assert all(f"Order {n}" in sent.body for n in (1, 2, 3))


def test_nobody_is_written_to_who_does_not_want_it_or_cannot_be(ann: User) -> None:
    preferences.save(str(ann.pk), Preference(email=False))
    told(ann)
    told(User.objects.create_user("nowhere"))
    told(User.objects.create_user("gone", email="gone@example.com", is_active=False))
    told(User(pk=999_999))

    mail.run_once(due())

    assert outbox.outbox == []
    assert not NotificationRecord.objects.exclude(mail_at=None).exists()


def test_digest_waits_for_its_hour_and_has_all_that_came_meanwhile(ann: User) -> None:
    preferences.save(str(ann.pk), Preference(digest="hourly"))
    begun = now().replace(minute=5, second=0, microsecond=0)
    told(ann, "Order 1", begun)
    told(ann, "Order 2", begun + timedelta(minutes=20))
    hour = begun.replace(minute=0) + timedelta(hours=1)

    for minutes in (20, 36, 54):
        mail.run_once(begun + timedelta(minutes=minutes))
    early = len(outbox.outbox)
    mail.run_once(hour + timedelta(seconds=1))

    assert early == 0
    assert [sent.subject for sent in outbox.outbox] == ["Order 1 and 1 more"]


def test_nothing_is_sent_in_quiet_hours_by_the_users_clock(ann: User) -> None:
    preferences.save(
        str(ann.pk),
        Preference(quiet_from=time(22), quiet_to=time(7), timezone="Asia/Tokyo"),
    )
    night = datetime.fromisoformat("2026-03-01T23:30:00+09:00")
    told(ann, at=night)

    mail.run_once(night + timedelta(hours=1))
    asleep = len(outbox.outbox)
    mail.run_once(datetime.fromisoformat("2026-03-02T06:59:00+09:00"))
    mail.run_once(datetime.fromisoformat("2026-03-02T07:00:01+09:00"))

    assert (asleep, len(outbox.outbox)) == (0, 1)


def test_mail_is_in_the_language_and_the_zone_of_its_reader(ann: User) -> None:
    preferences.save(str(ann.pk), Preference(language="de", timezone="Asia/Tokyo"))
    told(ann, at=datetime.fromisoformat("2026-03-01T23:30:00+00:00"))

    mail.run_once(due())

    [sent] = outbox.outbox
    assert "2. März 2026 08:30" in sent.body


def test_server_that_refuses_is_asked_again_with_longer_waits_and_at_last_no_more(
    ann: User, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = BROKEN
    told(ann)
    at, waits = due(), []

    for _ in range(TRIES_MAX):
        mail.run_once(at)
        again = NotificationRecord.objects.get().mail_at
        if again is None:
            break
        waits.append(again - at)
        at = again

    assert len(waits) == TRIES_MAX - 1
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert NotificationRecord.objects.get().mailed_at is None


def test_refusal_of_one_mail_does_not_keep_others_from_going_out(
    ann: User, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = BROKEN
    told(ann)
    told(User.objects.create_user("bob", email="bob@example.com"))

    mail.run_once(due())

    assert [sent.to for sent in outbox.outbox] == [["bob@example.com"]]


def test_mail_whose_sender_died_is_sent_again_under_the_same_id(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(ann)
    monkeypatch.setattr(outgoing, "mailed", lambda *_: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        mail.run_once(due())
    monkeypatch.undo()

    mail.run_once(due() + timedelta(minutes=1))
    leased = len(outbox.outbox)
    mail.run_once(due() + mail.LEASE)

    first, second = outbox.outbox
    assert leased == 1
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


def test_page_that_takes_too_long_leaves_the_rest_for_later(ann: User) -> None:
    told(ann)
    told(User.objects.create_user("bob", email="bob@example.com"))
    ticks = iter([0.0, 0.0, mail.BUDGET_S])

    mail.run_once(due(), monotonic=lambda: next(ticks))

    assert len(outbox.outbox) == 1
    assert NotificationRecord.objects.exclude(mail_at=None).count() == 1


def test_number_of_statements_of_a_claim_does_not_depend_on_the_number_of_users(
    ann: User,
) -> None:
    counts = []
    for users in (1, 10):
        for n in range(users):
            told(User.objects.create_user(f"user{users}-{n}"))
        with CaptureQueriesContext(connection) as asked:
            mail.run_once(due())
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_title_cannot_put_anything_into_the_head_of_a_mail(ann: User) -> None:
    told(ann, "Order\r\nBcc: all@example.com", word="")

    mail.run_once(due())

    [sent] = outbox.outbox
    assert sent.subject == "Order Bcc: all@example.com"
    assert "Bcc" not in dict(sent.message().items())


def test_nothing_is_asked_of_the_database_where_no_mail_is_wanted(settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "INBOX_MAIL_AFTER_S": None}

    with CaptureQueriesContext(connection) as asked:
        assert mail.run_once(now()) is False

    assert len(asked) == 0

"""The loop that writes to users, stepped by hand."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from pytest_django import Settings

from flowengine import post
from flowengine.post import Post
from flowengine.store import notifications, sql
from flowengine.store.notifications import Note
from tests.builders.stored import now
from tests.fakes.clock import SetClock

pytestmark = pytest.mark.django_db


def test_loop_sends_what_is_due_by_its_clock(settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "INBOX_MAIL_AFTER_S": 60}
    ann, clock = User.objects.create_user("ann", email="ann@example.com"), SetClock(now())
    note = Note(id=uuid4(), user=str(ann.pk), kind="message", tone="info", title="Ready")
    with sql.writing():
        after = timedelta(seconds=60)
        notifications.insert([note], clock.now(), mail_after=after, push_after=None)
    loop = Post(clock)

    loop.run_once()
    early = len(outbox.outbox)
    clock.move(61)
    more = loop.run_once()

    assert (early, more) == (0, False)
    assert [sent.subject for sent in outbox.outbox] == ["Ready"]


def test_loop_runs_only_where_something_is_sent(settings: Settings) -> None:
    before, wanted = settings.FLOWENGINE, []

    for given in ({}, {"INBOX_MAIL_AFTER_S": 60}, {"PUSH_KEY": "k"}):
        settings.FLOWENGINE = {**before, **given}
        wanted.append(post.is_wanted())

    assert wanted == [False, True, True]

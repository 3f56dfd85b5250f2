"""Operators are told, by rules of theirs, once, not too often, and only of what they may see."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine import project
from flowengine.models import (
    DeadGroupRecord,
    DeadLetterRecord,
    NotificationRecord,
    NotificationRuleRecord,
    RuleHitRecord,
    StationRecord,
    WorkerRecord,
)
from flowengine.orchestration.audit import By
from flowengine.orchestration.notices import rules, telling
from flowengine.orchestration.notices.rules import Wish
from flowengine.store import rules as stored
from tests.builders.dead import a_letter, bury
from tests.builders.fleet import a_worker
from tests.builders.line import begin
from tests.builders.stored import define, now, start
from tests.database.api.people import permit

pytestmark = pytest.mark.django_db

ASKS = """
workflow: order
on: order.begun
steps:
  - id: boss
    approval: {ask: "May it be sent?", users: ["8"]}
    timeout: 1h
"""


@pytest.fixture
def ann() -> User:
    """Somebody who may see everything that a rule can be about."""
    user = User.objects.create_user("ann")
    permit(user, "view_run", "view_dead_letter", "view_workerrecord")
    return user


def rule(user: User | None, what: str, *, at: datetime | None = None, **wish: Any) -> UUID:
    """A rule of that user's, or of a group; made a minute ago."""
    by = By(who="7", reason="they asked")
    made = at or now() - timedelta(minutes=1)
    given = Wish(what=what, user=str(user.pk) if user else "", **wish)
    return rules.make(given, by, made).id


def look(at: datetime | None = None) -> None:
    """A beat comes round."""
    telling.run_once(project.catalog(), at or now())


def said(user: User | None = None) -> list[tuple[str, str]]:
    """The titles and texts in the inboxes."""
    rows = NotificationRecord.objects.order_by("at", "title")
    rows = rows if user is None else rows.filter(user_key=str(user.pk))
    return list(rows.values_list("title", "text"))


def failed(count: int = 1, *, workflow: str = "order", at: datetime | None = None) -> None:
    """Runs that have failed."""
    when = at or now()
    bury(*(a_letter(at=when, workflow=workflow) for _ in range(count)), at=when)


def test_failed_run_is_told_once_with_where_it_leads(ann: User) -> None:
    rule(ann, "run.failed")
    failed()

    look()
    look()

    [row] = NotificationRecord.objects.all()
    assert (row.title, row.text, row.tone) == ("order failed at charge", "FE421", "failure")
    run = DeadLetterRecord.objects.get().run_id
    assert (row.url, row.number) == (f"/flow/runs/{run}", 1)


def test_only_what_its_words_are_in_is_told(ann: User) -> None:
    rule(ann, "run.failed", filter="workflow:Order CHARGE")
    failed(workflow="orders")
    failed(workflow="order")

    look()

    assert [title for title, _text in said()] == ["order failed at charge"]


def test_what_was_there_before_the_rule_is_not_told(ann: User) -> None:
    failed(at=now() - timedelta(minutes=2))
    rule(ann, "run.failed")

    look()

    assert said() == []


def test_who_may_not_see_it_is_not_told(ann: User) -> None:
    rule(ann, "run.failed")
    permit(ann, "view_dead_letter")
    failed()

    look()

    assert said() == []


def test_members_of_a_group_are_told_who_may_see_it(ann: User) -> None:
    shift = Group.objects.create(name="night shift")
    bob = User.objects.create_user("bob")
    for user in (ann, bob):
        user.groups.add(shift)
    rule(None, "run.failed", group="night shift")
    failed()

    look()

    assert len(said(ann)) == 1
    assert said(bob) == []


def test_many_at_once_are_told_together(ann: User) -> None:
    rule(ann, "run.failed")
    failed(42)

    look()

    assert said() == [("order failed at charge", "FE421, and 41 more")]


def test_rule_tells_so_often_in_an_hour_and_then_how_much_it_kept_back(ann: User) -> None:
    one = rule(ann, "run.failed", per_hour=2)
    at = now()
    for _ in range(4):
        failed()
        look(at)

    assert len(said()) == 2
    assert NotificationRuleRecord.objects.get(pk=one).kept_back == 2

    look(at + timedelta(hours=1))
    look(at + timedelta(hours=1))

    assert said()[-1] == ("More runs have failed", f"2 since {at:%H:%M} UTC")
    assert len(said()) == 3


def test_more_than_a_page_of_failures_is_looked_at_to_the_end(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "_FAILED", stored._FAILED.replace("LIMIT 1000", "LIMIT 2"))
    monkeypatch.setattr(telling, "LETTERS_MAX", 2)
    rule(ann, "run.failed", per_hour=100)
    failed(5)

    more = [telling.run_once(project.catalog(), now()) for _ in range(4)]

    assert more == [True, True, False, False]
    assert len(said()) == 5


def test_cause_is_told_when_it_is_new_and_when_it_is_back(ann: User) -> None:
    rule(ann, "cause.new")
    rule(ann, "cause.regressed")
    failed()

    look()
    cause = DeadGroupRecord.objects.get()
    DeadGroupRecord.objects.update(state="regressed", state_at=now())
    look()
    look()

    titles = {title for title, _text in said()}
    assert titles == {"New cause: CardDeclined at charge", "CardDeclined at charge is back"}
    urls = set(NotificationRecord.objects.values_list("url", flat=True))
    assert urls == {f"/flow/dead/{cause.id}"}


def test_station_that_its_breaker_has_closed_is_told_each_time_anew(ann: User) -> None:
    rule(ann, "station.closed")
    for hours in range(2):
        StationRecord.objects.create(name="cards", door="parked", since=now())
        look(now() + timedelta(hours=hours))
        StationRecord.objects.update(door="probing")
        look(now() + timedelta(hours=hours))
        StationRecord.objects.all().delete()
        look(now() + timedelta(hours=hours))

    assert [title for title, _text in said()] == ["Station cards is closed"] * 2


def test_station_where_work_waits_and_nobody_comes_is_told(ann: User) -> None:
    rule(ann, "station.unserved")
    look()
    assert said() == []

    begin("line")
    look()
    look()

    assert said() == [("No worker serves station default", "")]


def test_worker_that_is_silent_is_told(ann: User) -> None:
    rule(ann, "worker.silent", at=now() - timedelta(hours=1))
    a_worker("default", seen_at=now() - timedelta(seconds=25))
    a_worker("cards")

    look()
    look()

    assert said() == [("Worker w1 is silent", "")]
    assert WorkerRecord.objects.count() == 2


def test_approval_that_waits_is_told_without_what_it_asks(ann: User) -> None:
    rule(ann, "approval.asked")
    start(define(ASKS))

    look()

    assert said(ann) == [("order waits for an approval", "boss")]


def test_muted_rule_tells_nothing_and_not_what_came_meanwhile(ann: User) -> None:
    one = rule(ann, "run.failed")
    rules.mute(one, By(who="7"), now(), is_muted=True)
    failed()
    look()
    rules.mute(one, By(who="7"), now(), is_muted=False)
    look()

    assert said() == []


def test_rule_that_is_removed_leaves_nothing_behind(ann: User) -> None:
    one = rule(ann, "run.failed")
    failed()
    look()

    rules.remove(one, By(who="7"), now())

    assert not RuleHitRecord.objects.exists()
    assert len(said()) == 1


def test_what_was_told_is_remembered_no_longer_than_it_is_looked_at(ann: User) -> None:
    rule(ann, "run.failed")
    late = rule(ann, "run.failed", filter="charge")
    failed(3)
    look()

    for minutes in (2, 3, 4):
        look(now() + timedelta(minutes=minutes))
    hits = RuleHitRecord.objects.count()
    NotificationRuleRecord.objects.filter(pk=late).update(looked_at=now() - timedelta(minutes=1))
    look(now() + timedelta(minutes=5))

    assert hits == 0
    told = NotificationRuleRecord.objects.order_by("filter").values_list("sent", flat=True)
    assert [*told] == [3, 6]


def test_rules_of_who_is_gone_leave_room_for_others(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "RULES_MAX", 2)
    bob = User.objects.create_user("bob")
    permit(bob, "view_run")
    mine = rule(ann, "run.failed")
    rule(bob, "run.failed")
    failed()
    look()
    with pytest.raises(rules.TooMany):
        rule(ann, "station.closed")
    bob.delete()

    new = rule(ann, "station.closed")

    assert {*NotificationRuleRecord.objects.values_list("id", flat=True)} == {mine, new}
    assert {*RuleHitRecord.objects.values_list("rule_id", flat=True)} == {mine}


def test_by_mail_is_told_only_where_the_rule_says_so(ann: User, settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "INBOX_MAIL_AFTER_S": 60.0}
    rule(ann, "run.failed", mail=True)
    rule(ann, "run.failed", mail=False)
    failed()

    look()

    due = NotificationRecord.objects.values_list("mail_at", flat=True)
    assert sorted(at is None for at in due) == [False, True]


def test_statements_do_not_depend_on_how_much_there_is_to_tell(ann: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            look()
        return len(queries)

    for what in ("run.failed", "station.closed", "worker.silent", "approval.asked"):
        rule(ann, what)
    failed()
    look()
    failed()
    few = asked()
    for _ in range(3):
        rule(ann, "run.failed")
    failed(20)

    assert asked() == few


def test_without_rules_one_statement_is_asked() -> None:
    with CaptureQueriesContext(connection) as queries:
        look()

    assert len(queries) == 1


def test_which_run_failed_is_not_told_where_the_project_decides_who_may_see_it(
    ann: User, settings: Settings
) -> None:
    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.database.api.test_runs.nobody_of"}
    rule(ann, "run.failed")
    failed()

    look()

    assert NotificationRecord.objects.get().url == "/flow/runs"


def test_what_an_approval_is_about_is_not_told_where_the_project_decides_who_may_see_it(
    ann: User, settings: Settings
) -> None:
    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.database.api.test_runs.nobody_of"}
    rule(ann, "approval.asked")
    rule(ann, "approval.asked", filter="smith")
    start(define(ASKS.replace("id: boss", "id: boss\n    title: For Ms Smith")))

    look()

    assert said(ann) == [("order waits for an approval", "boss")]


def test_cause_that_others_have_displaced_meanwhile_is_not_told_again(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "CAUSES_MAX", 4)
    rule(ann, "cause.new", per_hour=100)
    for each in range(8):
        bury(a_letter(at=now(), code=f"Broken{'abcdefgh'[each]}"), at=now())
    causes = [*DeadGroupRecord.objects.order_by("last_at", "id").values_list("id", flat=True)]
    look()

    for first in (0, 4, 0, 4):
        DeadGroupRecord.objects.filter(pk__in=causes[first : first + 4]).update(last_at=now())
        look()

    assert len(said()) == 2

"""What users are told of runs: with the run's own transaction, numbered after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as changed
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine.engine.event import Parent
from flowengine.engine.messages import Answered, Cancel, Due, Failed, GiveUp, Succeeded
from flowengine.engine.run import Failure
from flowengine.models import InboxRecord, NotificationRecord, RunRecord
from flowengine.orchestration import notify
from flowengine.orchestration.advance import Told, Work, advance
from flowengine.orchestration.notify import said_by
from flowengine.signals import inbox_changed
from flowengine.store import sql
from flowengine.tasks.attempt import Notification
from tests.builders.line import step_of
from tests.builders.stored import begin, claim, define, now, start, tell

pytestmark = pytest.mark.django_db

WORKS = """
workflow: order
on: order.begun
title: Order ${{ event.data.id }}
steps:
  - {id: work, title: Charge, task: line.nothing, retry: {attempts: 1}}
"""
HELD = WORKS + "hold_on_failure: 1h\n"
BRIEF = WORKS + "notify: {users: ['7'], detail: summary}\n"
ASKS = """
workflow: order
on: order.begun
title: Order ${{ event.data.id }}
steps:
  - id: boss
    approval: {ask: "May it be sent?", users: ["8", "9"], groups: [bosses], quorum: 2}
    timeout: 1h
"""
WATCHED = """
workflow: order
on: order.begun
notify: {users: ["7"], groups: [shop]}
steps:
  - {id: work, task: line.nothing}
"""


def told(user: str | None = None) -> list[NotificationRecord]:
    """What that user, or everybody, was told."""
    rows = NotificationRecord.objects.order_by("at", "user_key")
    return list(rows if user is None else rows.filter(user_key=user))


def work(text: str = WORKS, *, is_begun: bool = True, **data: Any) -> UUID:
    [run] = start(define(text), **{"id": 42, **data})
    RunRecord.objects.filter(pk=run).update(title=f"Order {data.get('id', 42)}")
    if is_begun:
        claim(run, "work")
    return run


def done(run: UUID) -> Any:
    return tell(run, Succeeded(step="work", attempt=1, output={"secret": 1}))


def fail(run: UUID, code: str = "CardDeclined", details: Any = None) -> Any:
    failure = Failure(code=code, message="secret", permanent=True, details=details)
    return tell(run, Failed(step="work", attempt=1, failure=failure))


def test_owner_of_a_run_is_told_when_it_is_done() -> None:
    run = work()

    committed = done(run).committed

    [row] = told()
    assert (row.user_key, row.kind, row.tone) == ("7", "run.succeeded", "success")
    assert (row.title, row.text, row.word) == ("Order 42", "", "say.succeeded")
    assert (row.run_id, row.number, row.seen_at) == (run, None, None)
    assert committed.notified == ["7"]


def test_failure_names_the_step_and_never_its_error() -> None:
    fail(work())

    [row] = told()
    assert (row.kind, row.tone) == ("run.failed", "failure")
    assert (row.text, row.word, row.step) == ("", "why.step", "Charge")


def test_failure_says_what_its_author_meant_for_users() -> None:
    fail(work(), details={"user_message": "Your card was declined; nothing was charged."})

    [row] = told()
    assert (row.text, row.word) == ("Your card was declined; nothing was charged.", "")


def test_failure_of_a_run_whose_steps_are_hidden_names_none() -> None:
    fail(work(BRIEF))

    [row] = told()
    assert (row.word, row.step) == ("why.plain", "")


def test_run_that_is_held_is_told_of_and_its_end_as_well() -> None:
    run = work(HELD)
    fail(run)

    tell(run, GiveUp(by="1"))

    assert [row.kind for row in told()] == ["run.held", "run.failed"]


def test_who_cancels_a_run_himself_is_not_told() -> None:
    run, other = work(is_begun=False), work(is_begun=False)

    tell(run, Cancel(by="7"))
    tell(other, Cancel(by="1"))

    assert [(row.kind, row.run_id) for row in told()] == [("run.cancelled", other)]


def test_run_that_was_called_leaves_it_to_its_caller_to_tell() -> None:
    workflow = define(WORKS)
    caller = Parent(run=UUID(int=5), step="call", item="", depth=1)
    runs = [
        start(workflow, parent=parent, id=1)[0]
        for parent in (caller, changed(caller, detached=True))
    ]

    for run in runs:
        claim(run, "work")
        done(run)

    assert [row.run_id for row in told()] == runs[1:]


def test_nothing_is_told_where_the_settings_leave_it_out(settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "INBOX_KINDS": ("failed",)}

    done(work())
    fail(work())

    assert [row.kind for row in told()] == ["run.failed"]


def test_transaction_that_is_rolled_back_tells_nothing() -> None:
    run = work()

    with sql.writing():
        done(run)
        transaction.set_rollback(True)

    assert told() == []
    assert step_of(run, "work").output is None


def test_members_of_a_group_are_told_and_nobody_twice() -> None:
    shop = Group.objects.create(name="shop")
    members = [User.objects.create_user(f"user{n}") for n in range(3)]
    for user in members:
        user.groups.add(shop)
    run = watched(["7", str(members[0].pk)], ["shop", "none"])

    done(run)

    assert {row.user_key for row in told()} == {"7", *(str(user.pk) for user in members)}
    assert len(told()) == 4


def watched(users: Sequence[str], groups: Sequence[str]) -> UUID:
    """A run at work that these may watch."""
    run = work(WATCHED)
    RunRecord.objects.filter(pk=run).update(
        watchers="[" + ",".join(f'"{user}"' for user in users) + "]",
        watcher_groups="[" + ",".join(f'"{group}"' for group in groups) + "]",
    )
    return run


def test_predicate_of_the_project_decides_who_is_told(settings: Settings) -> None:
    settings.FLOWENGINE = {
        **settings.FLOWENGINE,
        "CAN_VIEW_RUN": "tests.database.orchestration.test_notify.only_ann",
    }
    ann, bob = User.objects.create_user("ann"), User.objects.create_user("bob")

    done(watched([str(ann.pk), str(bob.pk), "no number", "999999"], []))

    assert [row.user_key for row in told()] == [str(ann.pk)]


def only_ann(user: Any, _run: Any) -> bool:
    return bool(user.username == "ann")


def test_number_of_statements_depends_neither_on_runs_nor_on_users() -> None:
    shop = Group.objects.create(name="shop")
    outsiders = [str(1_000_000 + n) for n in range(30)]  # keys that no member of the group has
    first, few, many = [watched(["7"], ["shop"])], [watched(["7"], ["shop"])], []
    for n in range(20):
        User.objects.create_user(f"user{n}").groups.add(shop)
        many.append(watched(outsiders, ["shop"]))
    message = Succeeded(step="work", attempt=1, output=None)
    counts = []

    for runs in (first, few, many):  # the first fills what this process remembers
        with CaptureQueriesContext(connection) as asked:
            told_all = tuple(Told(run_id=run, message=message) for run in runs)
            committed = advance(Work(told=told_all), now()).committed
            notify.number(committed.notified)
        counts.append(len(asked))

    assert counts[1] == counts[2]
    assert NotificationRecord.objects.filter(user_key=outsiders[-1]).count() == 20
    assert not NotificationRecord.objects.filter(number=None).exists()


def test_approval_is_told_to_whom_it_asks_and_to_nobody_else() -> None:
    boss = User.objects.create_user("boss")
    boss.groups.add(Group.objects.create(name="bosses"))

    [run] = start(define(ASKS), id=42)

    rows = told()
    assert {row.user_key for row in rows} == {"8", "9", str(boss.pk)}
    assert {(row.kind, row.text, row.step, row.run_id) for row in rows} == {
        ("approval", "May it be sent?", "boss", run)
    }


def test_requester_is_not_asked() -> None:
    begin(define(ASKS), [{"id": 42}], actor="8")

    assert [row.user_key for row in told() if row.kind == "approval"] == ["9"]


def test_who_has_answered_is_asked_no_more_and_nobody_is_once_it_is_decided() -> None:
    [run] = start(define(ASKS), id=42)
    asked = NotificationRecord.objects.filter(kind="approval", archived_at=None)

    tell(run, Answered(step="boss", user="8", approved=True))
    waiting = [row.user_key for row in asked]
    committed = tell(run, Answered(step="boss", user="1", approved=True)).committed

    assert waiting == ["9"]
    assert not asked.all().exists()
    assert "9" in committed.notified


def test_what_a_task_says_is_told_to_who_watches_its_run() -> None:
    run = work()
    said = said_by("work", "", (Notification(title="Half done", text="page 3", url="/orders/42/"),))
    message = Succeeded(step="work", attempt=1, output=None)

    advance(Work(told=(Told(run_id=run, message=message, said=said),)), now())

    message_row = NotificationRecord.objects.get(kind="message")
    assert (message_row.title, message_row.text) == ("Half done", "page 3")
    assert (message_row.url, message_row.user_key) == ("/orders/42/", "7")


def test_what_a_stale_attempt_says_is_not_told() -> None:
    run = work()
    said = said_by("work", "", (Notification(title="Half done"),))
    late = Succeeded(step="work", attempt=9, output=None)

    advance(Work(told=(Told(run_id=run, message=late, said=said),)), now())

    assert told() == []


def test_same_words_of_another_attempt_are_told_once() -> None:
    run = work(WORKS.replace("attempts: 1", "attempts: 2, delay: 1s, jitter: 0"))
    said = said_by("work", "", (Notification(title="Half done"),))
    failure = Failure(code="Timeout", message="")
    first = Failed(step="work", attempt=1, failure=failure)
    advance(Work(told=(Told(run_id=run, message=first, said=said),)), now())
    advance(Work(told=(Told(run_id=run, message=Due()),)), now() + timedelta(seconds=2))
    claim(run, "work")

    second = Succeeded(step="work", attempt=2, output=None)
    advance(Work(told=(Told(run_id=run, message=second, said=said),)), now())

    assert [row.kind for row in told()].count("message") == 1
    assert [row.kind for row in told()].count("run.succeeded") == 1


def test_numbers_are_given_after_the_commit_and_said_aloud() -> None:
    heard: list[Any] = []

    def hear(*, heads: Any, **_signal: Any) -> None:
        heard.append(heads)

    inbox_changed.connect(hear)
    try:
        for n in (1, 2):
            notify.number(done(work(id=n)).committed.notified)
    finally:
        inbox_changed.disconnect(hear)

    assert heard == [[("7", 1)], [("7", 2)]]
    assert sorted(row.number or 0 for row in told()) == [1, 2]
    assert InboxRecord.objects.get(user_key="7").number == 2


def test_what_nobody_has_numbered_is_numbered_by_the_beat() -> None:
    done(work())

    more = notify.run_due(now(), limit=10)

    assert [row.number for row in told()] == [1]
    assert not more


def test_snoozed_comes_back_as_if_new_when_its_time_has_come() -> None:
    notify.number(done(work()).committed.notified)
    until = now() + timedelta(hours=1)
    NotificationRecord.objects.update(snoozed_until=until, seen_at=now(), read_at=now())

    notify.run_due(until - timedelta(seconds=1), limit=10)
    early = told()[0].snoozed_until
    notify.run_due(until + timedelta(seconds=1), limit=10)

    [row] = told()
    assert early == until
    assert (row.snoozed_until, row.seen_at, row.read_at, row.at) == (None, None, None, until)
    assert row.number == 2

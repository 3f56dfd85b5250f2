"""Who may watch, cancel, resume and answer a run, and start a workflow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User

from flowengine.access import (
    answer_approval,
    cancel_run,
    may_watch,
    resume_run,
    start_workflow,
    user_key,
    view_run,
)
from flowengine.models import RunRecord


def a_run(*watchers: str, groups: tuple[str, ...] = (), actor: str | None = None) -> RunRecord:
    return RunRecord(actor=actor, watchers=json.dumps(watchers), watcher_groups=json.dumps(groups))


@pytest.fixture
def ann(db: None) -> User:
    """A user without any permission."""
    return User.objects.create_user("ann")


def test_named_watcher_sees_the_run(ann: User) -> None:
    assert may_watch(ann, a_run("0", user_key(ann)))


def test_nobody_else_does(ann: User) -> None:
    assert not may_watch(ann, a_run("0", f"{user_key(ann)}0", f"0{user_key(ann)}"))


def test_actor_whom_notify_does_not_name_does_not_see_the_run(ann: User) -> None:
    assert not may_watch(ann, a_run(actor=user_key(ann)))


def test_member_of_a_named_group_sees_the_run(ann: User) -> None:
    ann.groups.add(Group.objects.create(name="packers"))

    assert may_watch(ann, a_run(groups=("drivers", "packers")))
    assert not may_watch(ann, a_run(groups=("drivers",)))


def test_permission_opens_every_run(ann: User) -> None:
    ann.user_permissions.add(Permission.objects.get(codename="view_run"))

    assert may_watch(ann, a_run())
    assert not cancel_run(ann, a_run())


def test_superuser_sees_and_cancels_every_run(ann: User) -> None:
    ann.is_superuser = True

    assert may_watch(ann, a_run())
    assert cancel_run(ann, a_run())


def test_permission_to_cancel_does_not_open_what_one_may_not_see(ann: User) -> None:
    ann.user_permissions.add(Permission.objects.get(codename="cancel_run"))

    assert cancel_run(ann, a_run(user_key(ann)))
    assert not cancel_run(ann, a_run())


def test_permission_to_resume_does_not_open_what_one_may_not_see(ann: User) -> None:
    ann.user_permissions.add(Permission.objects.get(codename="resume_run"))

    assert resume_run(ann, a_run(user_key(ann)))
    assert not resume_run(ann, a_run())


def test_who_is_asked_by_key_or_by_group_may_answer_and_nobody_else(ann: User) -> None:
    ann.groups.add(Group.objects.create(name="bosses"))

    assert answer_approval(ann, {"users": [user_key(ann)]}, None)
    assert answer_approval(ann, {"groups": ["packers", "bosses"]}, "0")
    assert not answer_approval(ann, {"users": ["0"], "groups": ["packers"]}, None)
    assert not answer_approval(ann, {}, None)


def test_superuser_who_is_not_asked_may_not_answer(ann: User) -> None:
    ann.is_superuser = True

    assert not answer_approval(ann, {"users": ["0"], "groups": ["bosses"]}, None)


def test_requester_may_answer_only_where_the_step_allows_it(ann: User) -> None:
    asked = {"users": [user_key(ann)]}

    assert not answer_approval(ann, asked, user_key(ann))
    assert answer_approval(ann, {**asked, "allow_requester": True}, user_key(ann))


def test_workflow_without_groups_is_started_by_permission(ann: User) -> None:
    assert not start_workflow(ann, None)

    ann.user_permissions.add(Permission.objects.get(codename="start_workflow"))

    again = User.objects.get(pk=ann.pk)  # permissions are cached on the object
    assert start_workflow(again, None)
    assert not start_workflow(again, ("finance",))


def test_workflow_with_groups_is_started_by_their_members_and_superusers(ann: User) -> None:
    ann.groups.add(Group.objects.create(name="finance"))

    assert start_workflow(ann, ("audit", "finance"))
    assert not start_workflow(ann, ("audit",))
    ann.is_superuser = True
    assert start_workflow(ann, ("audit",))


@pytest.mark.parametrize(
    "predicate",
    [
        lambda user: answer_approval(user, {"users": [str(getattr(user, "pk", ""))]}, None),
        lambda user: start_workflow(user, None),
        lambda user: start_workflow(user, ("finance",)),
    ],
)
def test_who_is_not_logged_in_or_switched_off_answers_and_starts_nothing(
    ann: User, predicate: Any
) -> None:
    ann.is_superuser, ann.is_active = True, False

    assert not any(predicate(user) for user in (ann, AnonymousUser(), None))


@pytest.mark.parametrize("predicate", [may_watch, view_run, cancel_run, resume_run])
def test_who_is_not_logged_in_or_switched_off_sees_nothing(ann: User, predicate: Any) -> None:
    ann.is_superuser, ann.is_active = True, False

    assert not predicate(ann, a_run(user_key(ann)))
    assert not predicate(AnonymousUser(), a_run("None"))
    assert not predicate(None, a_run("None"))

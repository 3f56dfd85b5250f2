"""Who may see what of many at once: asked in as many statements for one socket as for two hundred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.live import permitted
from flowengine.live.kind import Kind, Question
from flowengine.live.lists import MyRuns, RunList
from flowengine.live.one_run import OneRun
from flowengine.live.sessions import Credential, Seen, renew
from flowengine.models import RunRecord
from tests.builders.line import begin

pytestmark = pytest.mark.django_db

DJANGOS = "django.contrib.auth.backends.ModelBackend"
HERE = "tests.database.live.test_rights."


class ByName(ModelBackend):
    """A back end that finds users in a way of its own, and has no say in what they may do."""

    def user_can_authenticate(self, _user: Any) -> bool:
        return True


class Silent(BaseBackend):
    """A back end that answers for nothing."""


class Generous(BaseBackend):
    """A back end by which everybody may do everything."""

    def has_perm(self, _user: Any, _permission: str, _of: Any = None) -> bool:
        return True


@pytest.fixture
def clerks() -> Group:
    """A group whose members may see all runs."""
    group = Group.objects.create(name="clerks")
    group.permissions.add(Permission.objects.get(codename="view_run"))
    return group


def people(number: int, group: Group | None = None, prefix: str = "clerk") -> list[User]:
    """So many users, members of that group."""
    made: list[Any] = User.objects.bulk_create(
        [User(username=f"{prefix}{n}") for n in range(number)]
    )
    if group is not None:
        group.user_set.add(*made)
    return made


def questions(kind: Kind, topic: str, users: Sequence[Any], runs: Sequence[Any]) -> list[Question]:
    """Each user asks about the next of these runs, or about the one list."""
    about = runs if isinstance(kind, OneRun) else [kind.about(topic)] * len(users)
    return [
        Question(
            topic=topic,
            about=each,
            users={str(user.pk): user},
            positions=frozenset({None}),
            epoch="e",
        )
        for user, each in zip(users, about, strict=True)
    ]


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        (OneRun(), "run"),
        (RunList("runs:workflow"), "runs:workflow:line"),
        (MyRuns("runs:mine"), "runs:mine"),
    ],
)
def test_renewal_asks_as_much_for_two_hundred_sockets_as_for_one(
    clerks: Group, kind: Kind, topic: str
) -> None:
    runs = begin("line", 200)
    RunRecord.objects.update(watcher_groups='["nobody"]')
    users = people(200, clerks)

    def asked(number: int) -> int:
        some = questions(kind, topic, users[:number], runs[:number])
        kept = [answer.kept for answer in kind.answers(some)]
        seen = Seen()
        with CaptureQueriesContext(connection) as statements:
            renewed = renew([Credential(str(user.pk), None) for user in users[:number]], seen)
            again = questions(kind, topic, renewed, runs[:number])
            for each, what in zip(again, kept, strict=True):
                object.__setattr__(each, "kept", what)
            allowed = kind.allowed(again)
        assert all(allowed)
        return len(statements)

    asked(1)  # content types and workflows are read once
    assert asked(200) == asked(1) <= 5


@pytest.mark.parametrize(
    ("backends", "is_one"),
    [
        ([DJANGOS], True),
        ([f"{HERE}ByName"], True),
        ([DJANGOS, f"{HERE}ByName", f"{HERE}Silent"], True),
        ([DJANGOS, f"{HERE}Generous"], False),
        ([f"{HERE}Silent"], False),
    ],
)
def test_back_ends_that_only_repeat_django_are_asked_together(
    clerks: Group, settings: Any, backends: list[str], *, is_one: bool
) -> None:
    settings.AUTHENTICATION_BACKENDS = backends
    users = {str(user.pk): user for user in people(5, clerks) + people(5, prefix="eve")}
    by_one = {key for key, user in users.items() if user.has_perm("flowengine.view_run")}
    anew = {str(user.pk): user for user in User.objects.filter(pk__in=users)}
    with CaptureQueriesContext(connection) as statements:
        found = permitted.holders(anew, "flowengine.view_run")

    assert found == by_one
    assert (len(statements) == 1) is is_one


def test_user_model_that_answers_for_itself_is_heard(
    clerks: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(User, "has_perm", lambda user, *_: user.username == "clerk1")
    users = {user.username: user for user in people(3, clerks)}

    assert permitted.holders(users, "flowengine.view_run") == {"clerk1"}
